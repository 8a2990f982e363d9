// Calling hours, also when a zone's clocks are put back or forward.

import assert from "node:assert/strict";
import fc from "fast-check";
import { CallingHours, type HoursWindow, readHours } from "../../nodes/campaign/hours";
import { narrowCampaign } from "../../nodes/runtime/campaign/config";

const all = [1, 2, 3, 4, 5, 6, 7];
const at = (text: string): number => Date.parse(text);

describe("campaign hours", () => {
  const weekdays: readonly HoursWindow[] = [
    { days: [1, 2, 3, 4, 5], from: "09:00", to: "12:00" },
    { days: [1, 2, 3, 4, 5], from: "13:30", to: "18:00" },
    { days: [6], from: "22:00", to: "02:00" },
    { days: [7], from: "20:00", to: "24:00" },
  ];
  // 2026-03-02 is a Monday.
  const table: readonly (readonly [moment: string, open: boolean, next: string])[] = [
    ["2026-03-02T08:59:59+08:00", false, "2026-03-02T09:00:00+08:00"],
    ["2026-03-02T09:00:00+08:00", true, "2026-03-02T12:00:00+08:00"],
    ["2026-03-02T11:59:59+08:00", true, "2026-03-02T12:00:00+08:00"],
    ["2026-03-02T12:00:00+08:00", false, "2026-03-02T13:30:00+08:00"],
    ["2026-03-06T18:00:00+08:00", false, "2026-03-07T22:00:00+08:00"],
    ["2026-03-08T01:59:00+08:00", true, "2026-03-08T02:00:00+08:00"],
    ["2026-03-08T02:00:00+08:00", false, "2026-03-08T20:00:00+08:00"],
    ["2026-03-08T23:59:59+08:00", true, "2026-03-09T00:00:00+08:00"],
    ["2026-03-09T00:00:00+08:00", false, "2026-03-09T09:00:00+08:00"],
  ];
  for (const [moment, open, next] of table) {
    it(`${moment} is ${open ? "open" : "closed"}`, () => {
      const hours = new CallingHours(weekdays, "Asia/Shanghai");
      assert.equal(hours.isOpen(at(moment)), open);
      assert.equal(hours.nextChange(at(moment)), at(next));
    });
  }

  it("is always open without windows, and if the windows leave no gap", () => {
    for (const windows of [
      [],
      [{ days: all, from: "00:00", to: "24:00" }],
      [{ days: all, from: "08:00", to: "08:00" }],
    ]) {
      const hours = new CallingHours(windows, "Europe/Berlin");
      assert.equal(hours.isOpen(at("2026-03-29T02:30:00Z")), true);
      assert.equal(hours.nextChange(at("2026-03-29T02:30:00Z")), undefined);
    }
  });

  // Europe/Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
  const transitions: readonly (readonly [
    name: string,
    zone: string,
    window: HoursWindow,
    from: string,
    changes: readonly string[],
  ])[] = [
    [
      "a window that is skipped",
      "Europe/Berlin",
      { days: [7], from: "02:15", to: "02:45" },
      "2026-03-29T00:00Z",
      ["2026-04-05T00:15Z", "2026-04-05T00:45Z"],
    ],
    [
      "a beginning that is skipped",
      "Europe/Berlin",
      { days: [7], from: "02:30", to: "05:00" },
      "2026-03-29T00:00Z",
      ["2026-03-29T01:00Z", "2026-03-29T03:00Z"],
    ],
    [
      "an end that is skipped",
      "Europe/Berlin",
      { days: [7], from: "01:00", to: "02:30" },
      "2026-03-28T23:30Z",
      ["2026-03-29T00:00Z", "2026-03-29T01:00Z"],
    ],
    [
      "a window that comes twice",
      "Europe/Berlin",
      { days: [7], from: "02:15", to: "02:45" },
      "2026-10-24T23:00Z",
      ["2026-10-25T00:15Z", "2026-10-25T00:45Z", "2026-10-25T01:15Z", "2026-10-25T01:45Z"],
    ],
    [
      "a beginning that comes twice",
      "Europe/Berlin",
      { days: [7], from: "02:30", to: "05:00" },
      "2026-10-24T23:00Z",
      ["2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T04:00Z"],
    ],
    [
      "half an hour (Lord Howe)",
      "Australia/Lord_Howe",
      { days: [7], from: "01:40", to: "03:00" },
      "2026-04-04T14:00Z",
      ["2026-04-04T14:40Z", "2026-04-04T15:00Z", "2026-04-04T15:10Z", "2026-04-04T16:30Z"],
    ],
  ];
  for (const [name, zone, window, from, changes] of transitions) {
    it(name, () => {
      const hours = new CallingHours([window], zone);
      let moment = at(from);
      for (const change of changes) {
        moment = hours.nextChange(moment) ?? Number.NaN;
        assert.equal(new Date(moment).toISOString(), new Date(at(change)).toISOString());
      }
    });
  }

  it("finds every change that a check of each quarter of an hour finds", () => {
    const minute = 60_000;
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 45));
    const text = ([hour, past]: readonly [number, number]): string =>
      `${String(hour).padStart(2, "0")}:${String(past).padStart(2, "0")}`;
    const window = fc.record({
      days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: time.map(text),
      to: fc.oneof(time.map(text), fc.constant("24:00")),
    });
    fc.assert(
      fc.property(
        fc.array(window, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(
          ["Europe/Berlin", "2026-03-28T20:00Z"],
          ["Europe/Berlin", "2026-10-24T20:00Z"],
          ["Australia/Lord_Howe", "2026-04-04T08:00Z"],
          ["America/New_York", "2026-11-01T00:00Z"],
          ["Asia/Shanghai", "2026-03-01T12:00Z"],
        ),
        (windows, [zone = "", from = ""]) => {
          const begin = at(from);
          const hours = new CallingHours(windows, zone);
          const next = hours.nextChange(begin) ?? Number.POSITIVE_INFINITY;
          const open = hours.isOpen(begin);
          for (let moment = begin; moment < begin + 36 * 60 * minute; moment += 15 * minute) {
            // A new object, so that nothing is cached.
            const isOpen = new CallingHours(windows, zone).isOpen(moment);
            if (moment < next) assert.equal(isOpen, open, new Date(moment).toISOString());
            else {
              if (moment === next) assert.notEqual(isOpen, open);
              break;
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("counts only open time", () => {
    const hours = new CallingHours([{ days: all, from: "09:00", to: "10:00" }], "Asia/Shanghai");
    const hour = 3_600_000;
    assert.equal(hours.afterOpen(at("2026-03-02T09:30:00+08:00"), hour), at("2026-03-03T09:30:00+08:00"));
    assert.equal(hours.afterOpen(at("2026-03-02T12:00:00+08:00"), hour / 2), at("2026-03-03T09:30:00+08:00"));
    assert.equal(hours.afterOpen(at("2026-03-02T12:00:00+08:00"), 100 * hour), undefined);
  });

  it("reports an invalid setting", () => {
    const good = { days: [1], from: "09:00", to: "24:00" };
    assert.deepEqual(readHours([good]), { hours: [good] });
    assert.deepEqual(readHours(undefined), { hours: [] });
    assert.deepEqual(readHours(""), { hours: [] });
    const wrong: readonly (readonly [unknown, string])[] = [
      ["09:00-18:00", "window"],
      [[3], "window"],
      [[{ ...good, days: [] }], "days"],
      [[{ ...good, days: [0] }], "days"],
      [[{ ...good, days: "1-5" }], "days"],
      [[{ ...good, from: "9:00" }], "from"],
      [[{ ...good, from: "24:00" }], "from"],
      [[{ ...good, to: "24:01" }], "to"],
      [[{ ...good, to: 18 }], "to"],
    ];
    for (const [value, property] of wrong) assert.deepEqual(readHours(value), { problem: { index: 0, property } });
  });
});

describe("the mode of a node", () => {
  const mode = (value: unknown) => {
    const narrowed = narrowCampaign({ mode: value }, (text) => text);
    return narrowed.ok ? narrowed.value.settings.mode : narrowed.problem.reason;
  };

  it("is sent as it is, if it is an integer, and is 5 otherwise", () => {
    for (const [given, expected] of [
      [undefined, 5],
      ["", 5],
      ["2", 2],
      ["3", 3],
      [17, 17],
      ["two", "choice"],
    ]) {
      assert.equal(mode(given), expected);
    }
  });
});

describe("calling hours of a node", () => {
  const given = { OPENS: "09:00", HOURS: '[{"days":[1],"from":"09:00","to":"18:00"}]', UNSET: "" };
  const expand = (text: string) => text.replace(/\$\{(\w+)\}/g, (_, name: string) => given[name as keyof typeof given]);
  const variable = (name: string) => `\${${name}}`;
  const hours = (value: unknown) => {
    const narrowed = narrowCampaign({ hours: value }, expand);
    return narrowed.ok ? narrowed.value.settings.hours : narrowed.problem;
  };
  const window = { days: [1], from: "09:00", to: "18:00" };

  it("may come from the environment, as a whole or in parts", () => {
    for (const value of [[window], variable("HOURS"), [{ ...window, from: variable("OPENS") }]]) {
      assert.deepEqual(hours(value), [window], JSON.stringify(value));
    }
    for (const value of [undefined, "", [], " "]) assert.deepEqual(hours(value), []);
  });

  it("are refused if a variable is not set, because empty hours would mean any time", () => {
    for (const value of [variable("UNSET"), [{ ...window, to: variable("UNSET") }]]) {
      assert.deepEqual(hours(value), { setting: "hours", reason: "variable", variable: "UNSET" });
    }
    assert.deepEqual(hours("at noon"), { setting: "hours", reason: "hours" });
  });
});
