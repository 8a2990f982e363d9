// Properties of a campaign on a platform with any faults.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { CampaignSettings, ControlAction } from "../../nodes/campaign/types";
import { amount } from "../../tools/amount";
import { type Dial, type Scenario, World } from "./world";

const startAt = Date.parse("2026-03-02T09:30:00+08:00");

const hoursChoices: readonly CampaignSettings["hours"][] = [
  [],
  [{ days: [1, 2, 3, 4, 5, 6, 7], from: "09:00", to: "10:00" }],
  [
    { days: [1, 3], from: "09:00", to: "09:40" },
    { days: [2, 4, 6], from: "22:00", to: "01:00" },
  ],
  [{ days: [2, 5], from: "00:00", to: "24:00" }],
];

/** Mobiles, with duplicates, junk and rows among them. */
const row = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 99 }).map((tail) => `138001380${String(tail).padStart(2, "0")}`) },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 0, max: 99 })
      .map((tail) => ({ name: "Li", number: `139001390${String(tail).padStart(2, "0")}` })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      "abc",
      "",
      null,
      { number: "13800138000 / 13900139001" },
      7,
      "021-62348888-801",
    ),
  },
);

const percent = (max: number): fc.Arbitrary<number> => fc.oneof(fc.constant(0), fc.integer({ min: 0, max }));

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  settings: fc.record({
    agents: fc.integer({ min: 1, max: 3 }).map((count) => ["1000", "1001", "1002"].slice(0, count)),
    mode: fc.constantFrom(2, 5),
    attempts: fc.integer({ min: 1, max: 3 }),
    retryAfter: fc.constantFrom(0.5, 10, 60),
    hours: fc.constantFrom(...hoursChoices),
    maxPerDay: fc.constantFrom(0, 0, 1, 2),
    resultWait: fc.constantFrom(5, 120, 600),
    reconcile: fc.boolean(),
  }),
  rows: fc.array(row, { maxLength: 40 }),
  doNotCall: fc.constantFrom<readonly string[]>([], ["13800138007", "13900139011", "13800138022"]),
  dialect: fc.record({ taskID: fc.boolean(), userData: fc.boolean(), seq: fc.boolean(), cause: fc.boolean() }),
  faults: fc.record({
    lostAnswers: percent(40),
    lostPushes: percent(60),
    latePushes: percent(50),
    repeatedPushes: percent(50),
    refused: percent(20),
    busy: percent(40),
    lateCdrs: percent(50),
    lostCdrs: percent(30),
    logouts: percent(20),
    longCalls: percent(30),
  }),
  cdrLimit: fc.constantFrom(1, 5, 1000),
  numbersPerCommand: fc.constantFrom(2, 5, 1000),
  crashes: fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 4 }),
  crashAfter: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 6 }),
  controls: fc.array(
    fc.tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom<ControlAction>("pause", "resume", "cancel", "progress")),
    { maxLength: 4 },
  ),
  startAt: fc.constant(startAt),
});

/** A campaign that stays paused would not end. */
const withResume = (given: Scenario): Scenario => ({
  ...given,
  controls: [...given.controls, [400, "resume"], [600, "resume"]],
});

const none: Scenario["faults"] = {
  lostAnswers: 0,
  lostPushes: 0,
  latePushes: 0,
  repeatedPushes: 0,
  refused: 0,
  busy: 0,
  lateCdrs: 0,
  lostCdrs: 0,
  logouts: 0,
  longCalls: 0,
};

function dialsByNumber({ dials }: World): ReadonlyMap<string, readonly Dial[]> {
  const found = new Map<string, Dial[]>();
  for (const dial of dials) found.set(dial.number, [...(found.get(dial.number) ?? []), dial]);
  return found;
}

/** The conditions for every run. */
function verify(world: World, { settings, rows }: Scenario): void {
  assert.deepEqual(world.problems, []);
  assert.equal(world.results.size, rows.length, "one result for each entry");
  for (const [number, times] of world.sent) {
    assert.ok(times <= settings.attempts, `${number} was sent ${times} times`);
  }
  const byNumber = dialsByNumber(world);
  for (const { index, number, outcome, row: given, attempts } of world.results.values()) {
    assert.deepEqual(given, rows[index] ?? null, "the row comes back");
    const dials = byNumber.get(number ?? "") ?? [];
    if (outcome === "answered")
      assert.ok(
        dials.some(({ fate }) => fate === "answered"),
        `${number} was not answered`,
      );
    if (outcome === "vacant")
      assert.ok(
        dials.some(({ fate }) => fate === "vacant"),
        `${number} is not vacant`,
      );
    if (outcome === "unanswered") assert.ok(dials.length > 0, `${number} was never dialled`);
    if (outcome === "overLimit" || outcome === "illegal") assert.equal(attempts, 0);
  }
  const counts = { answered: 0, unanswered: 0, excluded: 0, cancelled: 0, unknown: 0 };
  for (const { outcome } of world.results.values()) {
    if (outcome === "answered" || outcome === "cancelled" || outcome === "unknown") counts[outcome] += 1;
    else if (outcome === "unanswered" || outcome === "vacant") counts.unanswered += 1;
    else counts.excluded += 1;
  }
  const { answered, unanswered, excluded, cancelled, unknown, remaining } = world.finished!;
  assert.deepEqual({ answered, unanswered, excluded, cancelled, unknown, remaining }, { ...counts, remaining: 0 });
}

const runs = Number(process.env["CAMPAIGN_RUNS"] ?? amount(50, 150));

describe("campaign, with any faults", () => {
  it("gives each entry one result, dials no number too often or at the wrong time, and ends", function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(scenario.map(withResume), (given) => {
        const world = new World(given);
        world.run();
        verify(world, given);
      }),
      { numRuns: runs },
    );
  });

  it("gives the platform's results if nothing is lost", function () {
    this.timeout(120_000);
    const quiet = scenario.map((given) => ({
      ...given,
      faults: { ...none, longCalls: 20, logouts: 10 },
      crashes: [],
      crashAfter: [],
      controls: [],
    }));
    fc.assert(
      fc.property(quiet, (given) => {
        const world = new World(given);
        world.run();
        verify(world, given);
        const byNumber = dialsByNumber(world);
        for (const { number, outcome } of world.results.values()) {
          if (!["answered", "unanswered", "vacant"].includes(outcome)) {
            assert.ok(["illegal", "duplicate", "doNotCall", "overLimit"].includes(outcome), `${number} is ${outcome}`);
            continue;
          }
          const last = byNumber.get(number!)!.at(-1)!.fate;
          // After the last attempt no query checks whether the number is vacant: only a bill can tell.
          const truth = last === "vacant" && outcome === "unanswered" && !given.dialect.cause ? "unanswered" : last;
          assert.equal(outcome, truth);
        }
      }),
      { numRuns: Math.ceil(runs / 2) },
    );
  });

  it("takes results from the CDRs if no push had them", function () {
    this.timeout(120_000);
    const silent = scenario.map((given) => ({
      ...given,
      faults: { ...none, lostPushes: 100 },
      cdrLimit: 5,
      settings: { ...given.settings, reconcile: true, resultWait: 120 },
      crashes: [],
      crashAfter: [],
      controls: [],
    }));
    fc.assert(
      fc.property(silent, (given) => {
        const world = new World(given);
        world.run();
        verify(world, given);
        for (const { number, outcome } of world.results.values()) assert.notEqual(outcome, "unknown", `${number}`);
      }),
      { numRuns: Math.ceil(runs / 3) },
    );
  });
});
