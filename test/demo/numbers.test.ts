// The numbers of a campaign as people paste and upload them, and the cells of the exported file.
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { root } from "../../tools/hosts";

interface Numbers {
  entriesOf(text: string): readonly unknown[];
  textOf(file: { arrayBuffer(): Promise<ArrayBuffer> }): Promise<string>;
  csvCell(value: unknown): string;
}

describe("the numbers of a campaign", () => {
  let numbers: Numbers;
  before(async () => {
    numbers = await import(pathToFileURL(join(root, "demo/desk/numbers.mjs")).href);
  });

  const cases: readonly { readonly text: string; readonly entries: readonly unknown[] }[] = [
    { text: "", entries: [] },
    { text: "13900139000\r\n138 0013 8888\n\n", entries: ["13900139000", "138 0013 8888"] },
    { text: "\uFEFFnumber\n13900139000", entries: ["13900139000"] },
    { text: "abc\n13900139000", entries: ["abc", "13900139000"] },
    {
      text: "姓名,手机号\n王芳,13900139000\n李伟,",
      entries: [
        { 姓名: "王芳", number: "13900139000" },
        { 姓名: "李伟", number: "" },
      ],
    },
    {
      text: "13900139000;Ann\n13800138888;Bob",
      entries: [
        { "column 2": "Ann", number: "13900139000" },
        { "column 2": "Bob", number: "13800138888" },
      ],
    },
    {
      text: 'Name\tPhone\n"Ann ""A"", Ltd."\t13900139000',
      entries: [{ Name: 'Ann "A", Ltd.', number: "13900139000" }],
    },
    { text: "Company,Cell no.\nJade,13900139000", entries: [{ Company: "Jade", number: "13900139000" }] },
  ];
  for (const { text, entries } of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(numbers.entriesOf(text), entries));
  }

  it("never loses a line, and never fails", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => Array.isArray(numbers.entriesOf(text))));
    const cell = fc.stringMatching(/^[a-z0-9]{1,9}$/);
    fc.assert(
      fc.property(fc.array(cell), (lines) => {
        const entries = numbers.entriesOf(lines.join("\n"));
        assert.ok(entries.length >= lines.length - 1);
      }),
    );
  });

  it("reads files in UTF-8 and in GBK", async () => {
    const file = (bytes: readonly number[]) => ({ arrayBuffer: async () => new Uint8Array(bytes).buffer });
    assert.equal(await numbers.textOf(file([...Buffer.from("王芳")])), "王芳");
    assert.equal(await numbers.textOf(file([0xcd, 0xf5, 0xb7, 0xbc])), "王芳");
  });

  it("writes cells that can be read back, and that no spreadsheet executes", () => {
    for (const text of ["=1+1", "+1", "-1", "@x"]) assert.equal(numbers.csvCell(text), `'${text}`);
    assert.deepEqual([numbers.csvCell(5), numbers.csvCell(-5), numbers.csvCell(null)], ["5", "-5", ""]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const cell = numbers.csvCell(text);
        assert.match(cell, /^(?:[^",\n\r]*|"(?:[^"]|"")*")$/);
        assert.doesNotMatch(cell.replace(/^"/, ""), /^[=+\-@]/);
      }),
    );
  });
});
