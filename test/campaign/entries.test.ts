// What each entry of a campaign's input becomes.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type EntryOptions, readEntries } from "../../nodes/campaign/entries";
import { planOf } from "../../nodes/protocol/numbering";

const options: EntryOptions = { region: { region: "CN", areaCode: "021" }, plan: planOf("CN"), numberField: "number" };

describe("campaign entries", () => {
  const table: readonly (readonly [
    name: string,
    input: unknown,
    expected: readonly unknown[],
    more?: Partial<EntryOptions>,
  ])[] = [
    ["a number", 13800138000, ["13800138000"]],
    ["an array of numbers", ["13800138000", 13900139000], ["13800138000", "13900139000"]],
    ["cleaned numbers", ["+86 138 0013 8000", "13900139000.0"], ["13800138000", "13900139000"]],
    ["a text", "13800138000\n13900139000, 02162348888", ["13800138000", "13900139000", "02162348888"]],
    ["rows", [{ number: "13800138000", name: "Li" }], ["13800138000"]],
    ["rows with another field", [{ 电话: "13800138000" }], ["13800138000"], { numberField: "电话" }],
    ["one row", { number: "13800138000" }, ["13800138000"]],
    ["a row without the field", [{ phone: "13800138000" }], ["illegal empty"]],
    ["a field that only every object has", [{}], ["illegal empty"], { numberField: "toString" }],
    ["a cell with several numbers", [{ number: "13800138000/13900139000" }], ["illegal several"]],
    ["several numbers in an element", ["13800138000 13900139000"], ["illegal several"]],
    [
      "junk",
      ["abc", "", null, [1], true, "2026-03-02", "1.38E+10"],
      [
        "illegal letters",
        "illegal empty",
        "illegal empty",
        "illegal object",
        "illegal object",
        "illegal date",
        "illegal scientific",
      ],
    ],
    ["an extension", ["021-62348888-801"], ["illegal extension"]],
    [
      "duplicates",
      ["13800138000", "+8613800138000", { number: 13800138000 }],
      ["13800138000", "duplicate", "duplicate"],
    ],
    ["the same line with and without its area code", ["62348888", "02162348888"], ["62348888", "duplicate"]],
    [
      "a number that must not be called",
      ["13800138000", "13900139000"],
      ["doNotCall", "13900139000"],
      { doNotCall: ["+86 138-0013-8000"] },
    ],
    [
      "rows and texts of numbers not to be called",
      ["13800138000", "02162348888"],
      ["doNotCall", "doNotCall"],
      { doNotCall: [{ number: "13800138000" }, "62348888"] },
    ],
    ["a list as text", ["13800138000"], ["doNotCall"], { doNotCall: "13800138000;13900139000" }],
    [
      "a cell with several numbers not to be called",
      ["13900139000"],
      ["doNotCall"],
      { doNotCall: ["13800138000/13900139000"] },
    ],
    [
      "one that dialOnly does not have",
      ["13800138000", "13900139000"],
      ["refused SCCC_NOT_ALLOWED", "13900139000"],
      { mayDial: (number) => number.startsWith("139") },
    ],
    [
      "a second one that must not be called",
      ["13800138000", "13800138000"],
      ["doNotCall", "duplicate"],
      { doNotCall: 13800138000 },
    ],
    ["nothing", undefined, []],
  ];
  for (const [name, input, expected, more] of table) {
    it(name, () => {
      const shown = readEntries(input, { ...options, ...more }).map(({ number, excluded, reason }) =>
        excluded === undefined ? number : reason === undefined ? excluded : `${excluded} ${reason}`,
      );
      assert.deepEqual(shown, expected);
    });
  }

  it("gives one entry for each element, whatever it is, and never the same number twice", () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), fc.anything(), (rows, doNotCall) => {
        const entries = readEntries(rows, { ...options, doNotCall });
        assert.equal(entries.length, rows.length);
        const dialled = entries.flatMap(({ number, excluded }) => (excluded === undefined ? [number] : []));
        assert.equal(new Set(dialled).size, dialled.length);
        assert.ok(entries.every(({ row }, index) => Object.is(row, rows[index])));
      }),
    );
  });
});
