// Times with a zone's offset: equal to the zone's clocks, with and without cached values.
import assert from "node:assert/strict";
import fc from "fast-check";
import { isoTime, localTime, momentOf, platformTime } from "../../nodes/util/time";

/** The time that a zone's clocks show and their offset, computed with Intl alone. */
function shown(moment: number, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "longOffset",
  }).formatToParts(moment);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  const offset = part("timeZoneName").replace("GMT", "") || "+00:00";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}${offset}`;
}

describe("times with an offset", () => {
  const zones = Intl.supportedValuesOf("timeZone");
  const from = Date.parse("1975-01-01T00:00:00Z");
  const to = Date.parse("2040-01-01T00:00:00Z");

  it("exist in the calendar, or are refused", () => {
    assert.equal(
      isoTime(momentOf("2024-02-29 23:59:59", "Asia/Shanghai") ?? 0, "Asia/Shanghai"),
      "2024-02-29T23:59:59+08:00",
    );
    for (const day of [
      "2026-02-29",
      "2026-02-31",
      "2026-04-31",
      "2026-13-01",
      "2026-00-01",
      "2026-03-00",
      "2026-03-32",
    ]) {
      assert.equal(momentOf(`${day} 10:00:00`, "Asia/Shanghai"), undefined, day);
    }
    for (const time of ["24:00:00", "24:00:01", "25:00:00", "10:60:00", "10:00:60"]) {
      assert.equal(momentOf(`2026-03-01 ${time}`, "Asia/Shanghai"), undefined, time);
    }
  });

  it("agree with Intl in every time zone (properties)", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: from, max: to }), (zone, moment) => {
        assert.equal(isoTime(moment, zone), shown(moment, zone), zone);
        assert.equal(momentOf(isoTime(moment, zone), zone), Math.floor(moment / 1000) * 1000, zone);
      }),
      { numRuns: 2000 },
    );
  });

  for (const [zone, change] of [
    ["Europe/Berlin", "2026-03-29T01:00:00Z"],
    ["Europe/Berlin", "2026-10-25T01:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
    ["America/St_Johns", "2010-03-14T03:31:00Z"],
    ["Asia/Shanghai", "1986-05-03T18:00:00Z"],
  ] as const) {
    it(`are right in ${zone} around ${change}, when the clocks change`, () => {
      const moment = Date.parse(change);
      assert.notEqual(isoTime(moment - 1, zone).slice(19), isoTime(moment, zone).slice(19));
      for (let hour = -30; hour <= 30; hour += 1) {
        for (const ms of [-1, 0, 1]) {
          const at = moment + hour * 3_600_000 + ms;
          assert.equal(isoTime(at, zone), shown(at, zone));
        }
      }
    });
  }

  it("are cached for a day on which the clocks change", () => {
    const zone = "America/Chicago";
    const { prototype } = Intl.DateTimeFormat;
    const format = Object.getOwnPropertyDescriptor(prototype, "format");
    assert.ok(format?.get !== undefined, "format is a getter");
    const { get } = format;
    let asked = 0;
    Object.defineProperty(prototype, "format", {
      ...format,
      get(this: Intl.DateTimeFormat) {
        asked += 1;
        return get.call(this);
      },
    });
    try {
      for (let index = 0; index < 2000; index += 1) {
        const time = `2026-11-01 0${index % 10}:${10 + (index % 50)}:00`;
        assert.equal(isoTime(momentOf(time, zone) ?? 0, zone).slice(0, 19), time.replace(" ", "T"));
      }
    } finally {
      Object.defineProperty(prototype, "format", format);
    }
    assert.ok(asked < 100, `${asked} times`);
  });
});

describe("times that a flow gives", () => {
  const zone = "Asia/Shanghai";

  const taken: readonly (readonly [unknown, string])[] = [
    [new Date("2026-03-01T02:00:00Z"), "2026-03-01 10:00:00"],
    ["2026-03-01T10:00:00Z", "2026-03-01 18:00:00"],
    ["2026-03-01T10:00:00z", "2026-03-01 18:00:00"],
    ["2026-03-01T10:00:00.123Z", "2026-03-01 18:00:00"],
    ["2026-03-01T10:00:00,5Z", "2026-03-01 18:00:00"],
    ["2026-03-01T10:00Z", "2026-03-01 18:00:00"],
    ["2026-03-01T10:00:00+05:30", "2026-03-01 12:30:00"],
    ["2026-03-01T10:00:00-0500", "2026-03-01 23:00:00"],
    ["2026-03-01T10:00:00+08", "2026-03-01 10:00:00"],
    ["2026-03-01 10:00:00 +08:00", "2026-03-01 10:00:00"],
    ["20260301T100000Z", "2026-03-01 18:00:00"],
    ["2026-03-01T10:00:00", "2026-03-01 10:00:00"],
    ["2026-03-01", "2026-03-01 00:00:00"],
    ["2026-03-01 10:05", "2026-03-01 10:05:00"],
    [" 2026-03-01 10:05:06 ", "2026-03-01 10:05:06"],
    ["2026/03/01", "2026-03-01 00:00:00"],
    ["2026/03/01 10:05", "2026-03-01 10:05:00"],
    ["2026/03/01 10:05:06", "2026-03-01 10:05:06"],
    ["20260301", "2026-03-01 00:00:00"],
    ["20260301100000", "2026-03-01 10:00:00"],
    [20260301, "2026-03-01 00:00:00"],
    [20260301100000, "2026-03-01 10:00:00"],
    [1767225600, "2026-01-01 08:00:00"],
    [1767225600.9, "2026-01-01 08:00:00"],
    [1767225600000, "2026-01-01 08:00:00"],
    ["1767225600", "2026-01-01 08:00:00"],
    ["1767225600.5", "2026-01-01 08:00:00"],
    ["1767225600000.25", "2026-01-01 08:00:00"],
    ["2026-03-01 10:00:00.5", "2026-03-01 10:00:00"],
    ["2026/03/01 10:00:00,5", "2026-03-01 10:00:00"],
    ["1767225600000", "2026-01-01 08:00:00"],
    ["2024-02-29", "2024-02-29 00:00:00"],
    [946684800, "2000-01-01 08:00:00"],
    [4102444799, "2100-01-01 07:59:59"],
  ];
  for (const [given, expected] of taken) {
    it(`are read: ${JSON.stringify(given)}`, () => assert.equal(platformTime(given, zone), expected));
  }

  const refused: readonly unknown[] = [
    ...["2026-02-30T10:00:00Z", "2026-02-29T10:00:00+08:00", "2026-04-31T10:00:00Z", "2026-02-30", "2026/02/30"],
    ...["20260230", "20260230100000", "20261301", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01"],
    ...["2026-03-01T24:00:00Z", "2026-03-01 24:00:00", "2026-03-01 10:60:00", "20260301106000", "2026-03-01T10:00:60Z"],
    ...["2026-03-01T10:00:00+24:00", "2026-03-01T10:00:00+08:75", "2026-03-01Z", "20260301+08", "2026-03-01+08:00"],
    ...[
      "2026-3-1",
      "2026/03-01",
      "2026-03/01",
      "03/01/2026",
      "01.03.2026",
      "1 March 2026",
      "Sun, 01 Mar 2026 10:00:00 GMT",
    ],
    ...["today", "10:00", "2026", "202603", "2026-03", "2026-W09", "2026-060", "", "0", "-1", "1e12", "0x1F", "NaN"],
    ...[0, -1, 1, 20260230, 946684799, 4102444800, 946684799999, 4102444800000, 4102444800000000, 2 ** 60],
    ...[Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), new Date(8.64e15), new Date(-8.64e15)],
    ...[null, undefined, true, {}, [], ["2026-03-01"], 1767225600n, Symbol("time"), () => "2026-03-01"],
  ];
  for (const given of refused) {
    it(`are refused: ${typeof given === "string" ? given : String(Array.isArray(given) ? "an array" : given)}`, () =>
      assert.equal(platformTime(given, zone), undefined));
  }

  const from = Date.UTC(2000, 0, 1);
  const moments = fc.integer({ min: from, max: Date.UTC(2100, 0, 1) - 1 });
  const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));

  it("are the same time in every notation (properties)", () => {
    fc.assert(
      fc.property(zones, moments, (name, moment) => {
        const expected = localTime(moment, name);
        const iso = new Date(moment).toISOString();
        const seconds = Math.floor(moment / 1000);
        for (const given of [new Date(moment), iso, isoTime(moment, name), moment, seconds, String(moment), expected]) {
          assert.equal(platformTime(given, name), expected, String(given));
        }
        for (const given of [expected.replaceAll("-", "/"), expected.replace(/[-: ]/g, "")]) {
          assert.equal(platformTime(given, name), expected, given);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never become another day (properties)", () => {
    const two = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, "0"));
    fc.assert(
      fc.property(fc.integer({ min: 1900, max: 2100 }), two, two, (year, month, day) => {
        for (const given of [`${year}-${month}-${day}`, `${year}/${month}/${day} 00:00`, `${year}${month}${day}`]) {
          const read = platformTime(given, "UTC");
          if (read !== undefined) assert.equal(read, `${year}-${month}-${day} 00:00:00`, given);
        }
        const zoned = platformTime(`${year}-${month}-${day}T12:00:00Z`, "UTC");
        if (zoned !== undefined) assert.equal(zoned, `${year}-${month}-${day} 12:00:00`);
      }),
    );
  });

  it("give the platform's format or nothing for any input (properties)", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything({ withBigInt: true, withDate: true }), fc.double(), fc.date()), (given) => {
        const read = platformTime(given, zone);
        if (read !== undefined) assert.match(read, /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
      }),
    );
  });
});
