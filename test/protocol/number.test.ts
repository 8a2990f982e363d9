// Conversion of telephone numbers to E.164: notations of Chinese platforms, other countries, and numbers that are not a subscriber's.
import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { numberE164 } from "../../nodes/protocol/number";

const shanghai = { region: "CN", areaCode: "021" };
const nowhere = { region: "CN", areaCode: "" };

describe("numbers in E.164", () => {
  for (const written of [
    "13800138000",
    "013800138000",
    " 138-0013 8000 ",
    13800138000,
    "8613800138000",
    "+8613800138000",
    "+86 (0)138 0013 8000",
    "008613800138000",
  ]) {
    it(`recognises the Chinese mobile number ${JSON.stringify(written)}`, () => {
      assert.equal(numberE164(written, shanghai), "+8613800138000");
      assert.equal(numberE164(written, nowhere), "+8613800138000");
    });
  }

  it("recognises the newer Chinese mobile prefixes", () => {
    for (const prefix of ["145", "166", "171", "191", "192", "198", "199"]) {
      assert.equal(numberE164(`0${prefix}12345678`, nowhere), `+86${prefix}12345678`);
    }
  });

  it("recognises fixed numbers with area code, with and without the trunk 0", () => {
    for (const [written, expected] of [
      ["02161234567", "+862161234567"],
      ["2161234567", "+862161234567"],
      ["01062345678", "+861062345678"],
      ["0755-82345678", "+8675582345678"],
      ["03107123456", "+863107123456"],
      ["+8602161234567", "+862161234567"],
    ]) {
      assert.equal(numberE164(written, shanghai), expected);
      assert.equal(numberE164(written, nowhere), expected);
    }
  });

  it("completes local numbers with the account's area code, and gives none without one", () => {
    for (const [areaCode, local, expected] of [
      ["021", "61234567", "+862161234567"],
      ["21", "61234567", "+862161234567"],
      ["10", "62345678", "+861062345678"],
      ["755", "82345678", "+8675582345678"],
      ["0310", "7123456", "+863107123456"],
      ["0310", "2112315", "+863102112315"],
    ] as const) {
      assert.equal(numberE164(local, { region: "CN", areaCode }), expected);
      assert.equal(numberE164(Number(local), { region: "CN", areaCode }), expected);
      assert.equal(numberE164(local, nowhere), undefined);
    }
  });

  it("recognises numbers of other countries, and numbers in other regions", () => {
    for (const [written, region, areaCode, expected] of [
      ["+14155552671", "CN", "021", "+14155552671"],
      ["0014155552671", "CN", "021", "+14155552671"],
      ["008613800138000", "US", "", "+8613800138000"],
      ["5552671", "US", "415", "+14155552671"],
      ["91234567", "HK", "", "+85291234567"],
      ["020 7946 0958", "GB", "", "+442079460958"],
      ["46881234", "IT", "06", "+390646881234"],
      ["13800138000", "cn", "", "+8613800138000"],
    ] as const) {
      assert.equal(numberE164(written, { region, areaCode }), expected, `${written} in ${region}`);
    }
  });

  it("gives none for a valid national number that exceeds the 15 digits of E.164", () => {
    assert.equal(numberE164(201000000000000, { region: "DE", areaCode: "" }), undefined);
    assert.equal(numberE164("+49201000000000000", nowhere), undefined);
  });

  it("recognises only international numbers if no region is set", () => {
    for (const region of ["", "XX", "__proto__", "constructor"]) {
      assert.equal(numberE164("+8613800138000", { region, areaCode: "" }), "+8613800138000");
      assert.equal(numberE164("13800138000", { region, areaCode: "" }), undefined);
    }
  });

  for (const written of [
    ...[
      "",
      " ",
      "0",
      "+",
      "00",
      "+0",
      "00000000",
      "1000",
      "8001",
      "unknown",
      "anonymous",
      "匿名",
      "*69",
      "#31#13800138000",
    ],
    ...["110", "10086", "+8610086", "1008611", "12315", "95588", "95105105", "96123456", "02112315", "02195588"],
    ...["4001234567", "8008101234", "+864001234567", "+18005551234"],
    ...["1380013800", "138001380001", "1069012345678", "1380013800O", "13800138000,13900139000", "02161234567 ext 5"],
    ...["+86+8613800138000", "8".repeat(1000)],
    ...[null, undefined, true, 1e21, 1.5, -13800138000, Number.NaN, {}, [], ["13800138000"], 138n],
  ]) {
    it(`gives none for ${typeof written === "bigint" ? "a bigint" : JSON.stringify(written)?.slice(0, 40)}`, () => {
      assert.equal(numberE164(written, shanghai), undefined);
      assert.equal(numberE164(written, nowhere), undefined);
    });
  }

  it("gives E.164 or none for any input, and the same number for its own result", () => {
    const digits = fc.array(fc.constantFrom(..."0123456789+-*# "), { maxLength: 20 }).map((all) => all.join(""));
    const place = fc.record({
      region: fc.constantFrom("CN", "US", "DE", "IT", "", "?"),
      areaCode: fc.oneof(digits, fc.string()),
    });
    fc.assert(
      fc.property(fc.oneof(digits, fc.anything()), place, (value, where) => {
        const number = numberE164(value, where);
        if (number === undefined) return;
        assert.match(number, /^\+[1-9]\d{4,14}$/);
        assert.equal(numberE164(number, where), number);
      }),
      { numRuns: 500 },
    );
  });

  /** The result of libphonenumber's full parser. */
  const read = (written: string): string | undefined => {
    const found = parsePhoneNumberFromString(written, "CN");
    const type = found?.getType();
    return type === "MOBILE" || type === "FIXED_LINE" ? found?.number : undefined;
  };

  it("agree with the library for Chinese numbers of eleven digits, in each of their forms (properties)", () => {
    const digits = (count: number) =>
      fc.integer({ min: 0, max: 10 ** count - 1 }).map((value) => String(value).padStart(count, "0"));
    const code = fc.constantFrom("", "0", "86", "+86", "0086");
    fc.assert(
      fc.property(code, digits(4), digits(6), (form, prefix, rest) => {
        const national = `1${prefix}${rest}`;
        const written = `${form}${national}`;
        assert.equal(numberE164(written, nowhere), read(written.replace(/^00/, "+")), written);
      }),
      { numRuns: 3000 },
    );
  });

  it("a long list of Chinese mobile numbers does not use the full parser for each", () => {
    const library = require("libphonenumber-js/max") as { parsePhoneNumberFromString: unknown };
    const original = library.parsePhoneNumberFromString as (...given: unknown[]) => unknown;
    let full = 0;
    const counted = (...given: unknown[]): unknown => {
      full += 1;
      return original(...given);
    };
    const before = Object.getOwnPropertyDescriptor(library, "parsePhoneNumberFromString");
    Object.defineProperty(library, "parsePhoneNumberFromString", {
      value: counted,
      configurable: true,
      writable: true,
    });
    try {
      for (let index = 0; index < 20_000; index += 1) {
        const number = `1391${String(index * 331).padStart(7, "0")}`;
        assert.equal(numberE164(number, shanghai), `+86${number}`);
      }
    } finally {
      if (before !== undefined) Object.defineProperty(library, "parsePhoneNumberFromString", before);
    }
    assert.ok(full <= 10, `${full} numbers were read in full`);
  });
});
