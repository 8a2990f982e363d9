// How the entries of a campaign's input are read.
import assert from "node:assert/strict";
import fc from "fast-check";
import { barredBy } from "../../nodes/campaign/do-not-call";
import { planOf } from "../../nodes/protocol/numbering";
import { type EntryOptions, readEntries } from "./reading";

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

  const notToBeCalled: readonly (readonly [entry: unknown, barred: readonly string[], not?: readonly string[]])[] = [
    ["call 13800138000 never", ["13800138000"]],
    ["never: 13800138000 or 139-0013-9000 (Li)", ["13800138000", "13900139000"]],
    ["13800138000（注2）", ["13800138000"]],
    ["021-62348888-801", ["02162348888"]],
    ["13800138000转8012", ["13800138000"]],
    ["138001380001390013900", []],
    [{ number: "请勿拨打：+86 138 0013 8000！" }, ["13800138000"], ["13900139000"]],
    [{ number: "" }, []],
    [null, []],
  ];
  for (const [entry, barred, not = []] of notToBeCalled) {
    it(`never dials the numbers in ${JSON.stringify(entry)}`, () => {
      const outcomes = (numbers: readonly string[]) =>
        readEntries([...numbers], { ...options, doNotCall: [entry] }).map(({ excluded }) => excluded);
      assert.deepEqual(
        outcomes(barred),
        barred.map(() => "doNotCall"),
      );
      assert.deepEqual(
        outcomes(not),
        not.map(() => undefined),
      );
    });
  }

  it("names the entries of a do-not-call list that have no number", () => {
    const why = (row: unknown) => {
      const read = barredBy(row, options);
      return read.kind === "unread" ? read.why : read.keys.length;
    };
    for (const row of ["nobody", "1.38E+10", "2026-03-01", true, [1], 1.5, "12", "138001380001390013900"]) {
      assert.equal(why(row), "number", JSON.stringify(row));
    }
    for (const row of [{}, { phone: "13800138000" }]) assert.equal(why(row), "column");
    for (const row of [undefined, null, "", " ", { number: null }]) assert.equal(why(row), 0);
  });

  it("gives one entry for each element of any type, and never the same number twice", () => {
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
