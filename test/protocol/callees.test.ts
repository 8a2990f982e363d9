// Numbers to dial: each is dialled as intended, or refused with a reason.
import assert from "node:assert/strict";
import fc from "fast-check";
import { planOf } from "../../nodes/protocol/numbering";
import {
  anyPlan,
  cleanNumbers,
  type IllegalReason,
  illegalReasons,
  numbersOf,
  readEntry,
} from "../../nodes/protocol/numbers-to-dial";

const china = planOf("CN");

/** An entry, and its number or numbers, or the reason for its refusal. */
type Case = readonly [entry: unknown, expected: string | readonly string[], region?: string];

const dialled: readonly Case[] = [
  // Notations.
  ["13800138000", "13800138000"],
  [13800138000, "13800138000"],
  [" 138 0013-8000 ", "13800138000"],
  ["138-0013-8000", "13800138000"],
  ["138.0013.8000", "13800138000"],
  ["138–0013—8000", "13800138000"],
  ["(021)12345678", "02112345678"],
  ["（021）6234-8888", "02162348888"],
  ["0755 8888 8888", "075588888888"],
  ["0512-62348888", "051262348888"],
  ["１３８００１３８０００", "13800138000"],
  ["＋８６　１３８００１３８０００", "13800138000"],
  ["\ufeff13800138000", "13800138000"],
  ["\u202a13800138000\u202c", "13800138000"],
  ["138\u00a00013\u200b8000", "13800138000"],
  ["'13800138000", "13800138000"],
  // Additions by spreadsheets.
  ["13800138888.0", "13800138888"],
  ["13800138888.00", "13800138888"],
  ["10086.0", "10086"],
  ["138 0013 8888.0", "13800138888"],
  // Earlier, the 0 became the last digit of a longer number.
  ["+86 13800138888.0", "+8613800138888", "US"],
  // The country code.
  ["+8613800138000", "13800138000"],
  ["0086 13800138000", "13800138000"],
  ["(+86)13800138000", "13800138000"],
  ["+ 86 13800138000", "13800138000"],
  ["86-13800138000", "13800138000"],
  ["+86 21 1234 5678", "02112345678"],
  ["+86 (0)21 1234 5678", "02112345678"],
  ["+86 512 6234888", "05126234888"],
  ["+86 400 123 4567", "4001234567"],
  ["+86 10086", "10086"],
  ["+86 95588", "95588"],
  ["+86 110", "110"],
  ["+86 021 62348888", "02162348888"],
  // Short codes, local numbers, codes of an exchange.
  ["10086", "10086"],
  [10086, "10086"],
  ["110", "110"],
  ["95588", "95588"],
  ["116114", "116114"],
  ["021 12315", "02112315"],
  ["62348888", "62348888"],
  ["6234888", "6234888"],
  ["4001-234-567", "4001234567"],
  ["*123#", "*123#"],
  ["10086#", "10086#"],
  ["013800138000", "013800138000"],
  ["1795113800138000", "1795113800138000"],
  // Other countries.
  ["+1 (212) 555-0100", "+12125550100"],
  ["001 212 555 0100", "0012125550100"],
  ["+44 (0)20 7946 0958", "+442079460958"],
  ["212-555-0100", "2125550100", "US"],
  ["911", "911", "US"],
  ["020 7946 0958", "02079460958", "GB"],
  ["01.23.45.67.89", "0123456789", "FR"],
  ["2123 4567", "21234567", "HK"],
  ["+8613800138000", "+8613800138000", "HK"],
  ["12345678", "12345678", "XX"],
  // Several numbers.
  ["13900138888/13700130000", ["13900138888", "13700130000"]],
  ["13900138888\n13700130000", ["13900138888", "13700130000"]],
  ["13900138888 13700130000", ["13900138888", "13700130000"]],
  ["13900138888、+86 137 0013 0000", ["13900138888", "13700130000"]],
  ["13900138888-13700130000", ["13900138888", "13700130000"]],
  ["138 0013 8000 139 0013 9000", ["13800138000", "13900139000"]],
  ["+86 13800138000 +86 13900139000", ["13800138000", "13900139000"]],
  ["021-62348888/0512-62348889", ["02162348888", "051262348889"]],
  ["6234 8888 6234 8889", ["62348888", "62348889"]],
  ["13800138000,10086", ["13800138000", "10086"]],
];

const apart: readonly (readonly [entry: unknown, reason: IllegalReason, region?: string])[] = [
  ["021-62348888-801", "extension"],
  ["021-62348888转8012", "extension"],
  ["62348888转 801", "extension"],
  ["02162348888分机801", "extension"],
  ["02162348888 ext. 801", "extension"],
  ["02162348888x801", "extension"],
  ["02162348888#801", "extension"],
  ["02162348888*801", "extension"],
  ["62348888-801", "extension"],
  ["0512-6234888-1", "extension"],
  ["(021)62348888(801)", "extension"],
  ["+86-21-62348888-801", "extension"],
  ["13800138000-1", "extension"],
  ["10086-1", "extension"],
  ["021-62348888/62348889", "several"],
  ["13900138888/89", "several"],
  ["13800138000/801", "several"],
  ["13800138000/110", "several"],
  ["13800138000,n/a", "letters"],
  ["13,800,138,000", "several"],
  ["2026-03-01", "date"],
  ["2026-3-1", "date"],
  ["2026/03/01", "date"],
  ["2026.03.01", "date"],
  ["01/03/2026", "date"],
  ["12-31-2026", "date"],
  ["2026-03", "date"],
  ["2026-03-01 10:00:00", "date"],
  ["2026-03-01T10:00:00Z", "date"],
  ["2026年3月1日", "date"],
  // Dates that were dialled as the local number 20260301.
  ["2026 03 01", "date"],
  ["2026–03–01", "date"],
  ["2026—03—01", "date"],
  ["2026_03_01", "date"],
  ["2026 - 03 - 01", "date"],
  ["(2026-03-01)", "date"],
  ["2026-03-01,", "date"],
  ["13800138888,2026-03-01", "several"],
  ["2026-03-01/2026-03-02", "several"],
  ["1.38E+10", "scientific"],
  ["1.38001E+10", "scientific"],
  ["1E10", "scientific"],
  [1.38e22, "scientific"],
  ["张三", "letters"],
  ["张三 13800138000", "letters"],
  ["13800138000（张三）", "letters"],
  ["n/a", "letters"],
  ["tel:13800138000", "letters"],
  ["138OO138000", "letters"],
  ["13800138.5", "characters"],
  [13800138000.5, "characters"],
  [-13800138000, "characters"],
  ["①13800138000", "characters"],
  ["10:30", "characters"],
  ["=13800138000", "characters"],
  ["138+0013", "characters"],
  ["--", "characters"],
  ["138", "tooShort"],
  ["12", "tooShort"],
  ["1380013800", "tooShort"],
  ["0216234888", "tooShort"],
  ["+86 62348888", "tooShort"],
  ["138001380001", "tooLong"],
  ["1390013888813700130000", "tooLong"],
  ["021623488889", "tooLong"],
  ["9".repeat(33), "tooLong"],
  ["1".repeat(1_000_000), "tooLong"],
  ["+1 212 555 010", "tooShort"],
  ["+1 212 555 01000", "tooLong"],
  ["555-0100", "tooShort", "US"],
  ["+999 123456789", "country"],
  ["", "empty"],
  [" \ufeff ", "empty"],
  [null, "empty"],
  [undefined, "empty"],
  [{ number: "13800138000" }, "object"],
  [["13800138000"], "object"],
  [13800138000n, "object"],
  [true, "object"],
];

describe("a number to dial", () => {
  const name = (entry: unknown) =>
    String(
      typeof entry === "string"
        ? JSON.stringify(entry.slice(0, 40))
        : typeof entry === "object"
          ? JSON.stringify(entry)
          : entry,
    );

  for (const [entry, expected, region = "CN"] of dialled) {
    it(`is normalised: ${name(entry)} in ${region}`, () => {
      const read = readEntry(entry, planOf(region));
      const want =
        typeof expected === "string" ? { kind: "number", number: expected } : { kind: "several", numbers: expected };
      assert.deepEqual(read, want);
      const numbers = typeof expected === "string" ? [expected] : expected;
      assert.deepEqual(cleanNumbers([entry], planOf(region)), { numbers, duplicates: [], illegal: [] });
    });
  }

  for (const [entry, reason, region = "CN"] of apart) {
    it(`is refused with a reason: ${name(entry)} is ${reason} in ${region}`, () => {
      assert.deepEqual(readEntry(entry, planOf(region)), { kind: "illegal", reason });
      const { numbers, illegal } = cleanNumbers([entry], planOf(region));
      assert.deepEqual([numbers, illegal.map((one) => one.reason)], [[], [reason]]);
    });
  }

  it("every reason occurs in the table", () => {
    assert.deepEqual([...new Set(apart.map(([, reason]) => reason))].sort(), [...illegalReasons].sort());
  });

  it("may be in a text separated by lines, commas and spaces", () => {
    const numbers = (text: string) => cleanNumbers(text, china).numbers;
    assert.deepEqual(numbers("13800138000\r\n13900139000\n"), ["13800138000", "13900139000"]);
    assert.deepEqual(numbers("13800138000，13900139000;10086"), ["13800138000", "13900139000", "10086"]);
    assert.deepEqual(numbers("13800138000 13900139000"), ["13800138000", "13900139000"]);
    assert.deepEqual(numbers("138 0013 8000"), ["13800138000"]);
    assert.deepEqual(numbersOf("13800138000 13900139000\n110 10086", anyPlan), [
      "13800138000",
      "13900139000",
      "110 10086",
    ]);
  });

  const reasonOf = (entry: unknown) => {
    const { numbers, illegal } = cleanNumbers([entry], china);
    return [numbers.length, illegal.map(({ reason }) => reason).join(), typeof illegal[0]?.number];
  };

  it("is refused without a raw error if it contains itself, throws when it is read, or is nested deeply", () => {
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    let deep: unknown = "13800138000";
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const unreadable = {
      get number() {
        throw new Error("no");
      },
    };
    const toJson = {
      toJSON: () => {
        throw new Error("no");
      },
    };
    const bare = Object.create(null) as object;
    for (const entry of [
      cyclic,
      { big: 1n },
      deep,
      proxy,
      unreadable,
      toJson,
      bare,
      Symbol("n"),
      () => 1,
      new Map(),
      new Date(Number.NaN),
      Buffer.from("13800138000"),
      Object("13800138000"),
    ]) {
      assert.deepEqual(reasonOf(entry), [0, "object", "string"]);
    }
    // biome-ignore lint/suspicious/noSparseArray: the test is about sparse arrays.
    assert.deepEqual(cleanNumbers([, "13800138000"], china).numbers, ["13800138000"]);
    const endless: unknown[] = [];
    endless[4_000_000_000] = "13800138000";
    assert.deepEqual(cleanNumbers(endless, china).numbers, ["13800138000"]);
  });

  const digitsOf = (text: string) => text.replace(/\D/g, "");
  const written = fc
    .array(fc.oneof(fc.stringMatching(/^\d{1,12}$/), fc.constantFrom(..." -–.()/+*#,;、\n\t转xE年")), { maxLength: 12 })
    .map((parts) => parts.join(""));
  const regions = fc.constantFrom("CN", "US", "GB", "HK", "DE", "XX");

  it("has exactly the given digits, in their order (properties)", () => {
    fc.assert(
      fc.property(written, regions, (entry, region) => {
        const read = readEntry(entry, planOf(region));
        if (read.kind === "illegal") return;
        const came = digitsOf(entry);
        let from = 0;
        for (const number of read.kind === "number" ? [read.number] : read.numbers) {
          // A Chinese number without its country code gets the trunk 0.
          const digits = [digitsOf(number), digitsOf(number).replace(/^0/, "")].find(
            (one) => came.indexOf(one, from) >= 0,
          );
          assert.ok(digits !== undefined, `${entry} became ${number}`);
          from = came.indexOf(digits, from) + digits.length;
        }
        // Only a country code, a trunk 0 or a spreadsheet's .0 was removed.
        const numbers = read.kind === "number" ? [read.number] : read.numbers;
        const kept = numbers.reduce((sum, number) => sum + digitsOf(number).length, 0);
        assert.ok(kept >= came.length - 5 * numbers.length - (/\.0+/.exec(entry)?.[0].length ?? 0), entry);
      }),
      { numRuns: 5000 },
    );
  });

  it("does not change when it is cleaned again (properties)", () => {
    fc.assert(
      fc.property(fc.oneof(written, fc.array(written)), regions, (value, region) => {
        const { numbers } = cleanNumbers(value, planOf(region));
        assert.deepEqual(cleanNumbers(numbers, planOf(region)), { numbers, duplicates: [], illegal: [] });
      }),
      { numRuns: 3000 },
    );
  });

  it("is the same number in every notation (properties)", () => {
    const mobile = fc
      .tuple(fc.constantFrom("13", "15", "18", "19"), fc.stringMatching(/^\d{9}$/))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(mobile, (number) => {
        const ways = [
          Number(number),
          `${number}.0`,
          `+86${number}`,
          `0086-${number}`,
          `(${number})`,
          `\ufeff${number} `,
        ];
        ways.push(
          `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`,
          `+86 ${number.slice(0, 3)}-${number.slice(3, 7)}-${number.slice(7)}`,
        );
        for (const way of ways) assert.deepEqual(readEntry(way, china), { kind: "number", number }, String(way));
      }),
    );
  });

  it("every entry of an array has one result, and nothing is thrown (properties)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.anything({ withBigInt: true, withDate: true, withSparseArray: true }), written)),
        (rows) => {
          const { numbers, duplicates, illegal } = cleanNumbers(rows, china);
          const expected = rows.reduce((sum: number, row) => {
            const read = readEntry(row, china);
            return sum + (read.kind === "several" ? read.numbers.length : 1);
          }, 0);
          assert.equal(numbers.length + duplicates.length + illegal.length, expected);
          assert.equal(new Set(numbers).size, numbers.length);
          for (const number of numbers) assert.match(number, /^\+?[\d*#]{2,32}$/);
          for (const { reason } of illegal) assert.ok(illegalReasons.includes(reason));
        },
      ),
    );
  });
});
