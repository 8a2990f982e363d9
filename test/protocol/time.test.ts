// Times with a zone's offset: as the zone's clocks show them, whatever of them is kept in memory.
import assert from "node:assert/strict";
import fc from "fast-check";
import { isoTime, momentOf } from "../../nodes/protocol/time";

/** What a zone's clocks show, and by how much they are ahead, from Intl alone. */
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

  it("are of the calendar, or none", () => {
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

  it("are what Intl says, in every zone (properties)", () => {
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

  it("are not asked of Intl again for each time of a day on which the clocks change", () => {
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
