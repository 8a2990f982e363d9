// How a feed reads CDRs, with a model of the platform: clock changes, wrong clocks, and late CDRs.
import assert from "node:assert/strict";
import fc from "fast-check";
import { beginningOfCdrs, type CdrSource } from "../../nodes/runtime/feed/cdrs";
import type { CdrsPosition, Position } from "../../nodes/runtime/feed/position";
import { runFeed } from "../../nodes/runtime/feed/run";
import type { Listed } from "../../nodes/runtime/feed/source";
import { clockText, clockTime, earliestClock, latestClock, momentOf, occurrenceOf } from "../../nodes/util/time";

const second = 1000;
const hour = 3600;
const day = 24 * hour;

/** A call's CDR. All in s since 1970. */
interface Cdr {
  readonly key: string;
  /** The time that the platform compares. */
  readonly at: number;
  /** When it was answered; undefined if it was not. */
  readonly answered: number | undefined;
  /** When the CDR becomes available on the platform. */
  readonly known: number;
}

/**
 * How a platform compares times: as clock times, or as moments. Of a repeated time, "first" takes the first moment and "last" the last one.
 * For a skipped time, "first" takes a moment past the change, as most libraries do, which is later than those of later times.
 */
type Comparison = "clock" | "first" | "last";

interface PlatformOptions {
  readonly zone: string;
  readonly cdrs: readonly Cdr[];
  readonly comparison?: Comparison;
  /** Maximum number of CDRs in an answer. */
  readonly most?: number;
  /** Duration of an answer, in s. */
  readonly delay?: number;
}

/** The platform and its correct clock. In s. */
class Platform {
  now = 0;
  asked = 0;
  /** The longest requested time span, in s. */
  longest = 0;

  readonly #compared: ReadonlyMap<Cdr, number>;

  constructor(private readonly options: PlatformOptions) {
    const { zone, cdrs, comparison = "clock" } = options;
    const compared = (at: number): number => (comparison === "clock" ? clockTime(at * second, zone) : at * second);
    this.#compared = new Map(cdrs.map((cdr) => [cdr, compared(cdr.at)]));
  }

  readonly read = async (from: number, to: number): Promise<Listed> => {
    const { zone, cdrs, comparison = "clock", most = Number.POSITIVE_INFINITY, delay = 0 } = this.options;
    this.asked += 1;
    this.now += delay;
    this.longest = Math.max(this.longest, (to - from) / second);
    const value = (clock: number): number => {
      if (comparison === "clock") return clock;
      return comparison === "last" ? occurrenceOf(clock, zone).last : (momentOf(clockText(clock), zone) ?? Number.NaN);
    };
    const [low, high] = [value(from), value(to)];
    if (low > high)
      return { ok: false, failure: { kind: "platform", code: "E_REFUSED", value: 1, text: "", scope: "command" } };
    const found = cdrs.filter((cdr) => {
      const compared = this.#compared.get(cdr) ?? Number.NaN;
      return cdr.known <= this.now && compared >= low && compared <= high;
    });
    const list = found.slice(0, most).map(({ key, answered }) => ({
      key,
      answerTime:
        answered === undefined
          ? ""
          : new Date(clockTime(answered * second, zone)).toISOString().slice(0, 19).replace("T", " "),
    }));
    return { ok: true, list, total: found.length };
  };
}

/** A feed with its position, on a machine whose clock may be wrong. */
class FeedModel {
  stored: Position | undefined;
  readonly given: string[] = [];
  readonly #source: CdrSource;

  constructor(
    private readonly platform: Platform,
    zone: string,
    overlap: number,
    private readonly start: Position | "now",
  ) {
    this.#source = {
      read: platform.read,
      overlapMs: overlap * second,
      zone,
      monotonic: () => platform.now * second,
      quiet: 0,
    };
  }

  get position(): CdrsPosition {
    assert.equal(this.stored?.source, "cdrs");
    return this.stored as CdrsPosition;
  }

  /** @param wrong how far the machine's clock is ahead, in s */
  async run(at: number, wrong = 0): Promise<void> {
    this.platform.now = Math.max(this.platform.now, at);
    const ran = await runFeed({
      file: {
        read: async () => this.stored,
        write: async (position) => {
          this.stored = JSON.parse(JSON.stringify(position)) as Position;
        },
      },
      source: "cdrs",
      start: this.start,
      now: () => (this.platform.now + wrong) * second,
      readRecords: () => assert.fail("no records here"),
      cdrs: this.#source,
      hand: async ({ items }) => {
        this.given.push(...items.map((item) => (item as { readonly key: string }).key));
        return true;
      },
      closing: () => false,
    });
    assert.ok(ran.ok, JSON.stringify(ran));
    assert.equal(ran.cut, false);
  }
}

const numbers = (keys: readonly string[]) => keys.map(Number).sort((one, other) => one - other);

/** The clock changes of the properties: an hour and half an hour that are repeated or skipped, a skipped day, none. */
const changes = [
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00:00Z"],
  ["Europe/Berlin", "2026-03-29T01:00:00Z"],
  ["Pacific/Apia", "2011-12-30T10:00:00Z"],
  ["Asia/Shanghai", "2026-03-01T00:00:00Z"],
] as const;

const seconds = (text: string): number => Date.parse(text) / second;

/** The maximum number of CDRs with the same clock time: an answer must have room for these, otherwise the rest cannot be read. */
function mostOfASecond(cdrs: readonly Cdr[], zone: string): number {
  const counts = new Map<number, number>();
  for (const { at } of cdrs) {
    const clock = clockTime(at * second, zone);
    counts.set(clock, (counts.get(clock) ?? 0) + 1);
  }
  return Math.max(1, ...counts.values());
}

interface Plan {
  readonly change: (typeof changes)[number];
  readonly overlap: number;
  readonly made: readonly { at: number; late: number; ring: number; told: boolean }[];
  readonly runs: readonly { at: number; wrong: number }[];
  readonly comparison: Comparison;
  readonly cuts: boolean;
  readonly delay: number;
}

const around = 3 * hour;

const plan: fc.Arbitrary<Plan> = fc.record({
  change: fc.constantFrom(...changes),
  overlap: fc.constantFrom(0, 1, 60, 300, hour, 2 * hour),
  made: fc.array(
    fc.record({
      at: fc.integer({ min: -around, max: around }),
      late: fc.integer({ min: 0, max: 2 * hour }),
      ring: fc.integer({ min: 0, max: 60 }),
      told: fc.boolean(),
    }),
    { maxLength: 40 },
  ),
  runs: fc.array(
    fc.record({
      at: fc.integer({ min: -around, max: around + 3 * hour }),
      wrong: fc.oneof(
        { arbitrary: fc.constant(0), weight: 2 },
        fc.constantFrom(day, -day, 40 * day, -40 * day, hour, -hour, 1800, -1800),
        fc.integer({ min: -around, max: around }),
      ),
    }),
    { maxLength: 10 },
  ),
  comparison: fc.constantFrom("clock", "first", "last"),
  cuts: fc.boolean(),
  delay: fc.constantFrom(0, 0, 1, 20),
});

function cdrsOf({ change, made, overlap }: Plan): readonly Cdr[] {
  const middle = seconds(change[1]);
  return made.map(({ at, late, ring, told }, index): Cdr => {
    const answered = middle + at + Math.min(ring, overlap);
    return {
      key: String(index + 1),
      at: middle + at,
      answered: told ? answered : undefined,
      known: Math.max(answered, middle + at + Math.min(late, overlap)),
    };
  });
}

const inOrder = (runs: Plan["runs"]) => [...runs].sort((one, other) => one.at - other.at);

describe("a feed's CDRs", () => {
  it("are given once each, with any clock, around any change of clocks, however late within the overlap (properties)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        const { change, overlap, runs, comparison, cuts, delay } = planned;
        const [zone, moment] = change;
        const middle = seconds(moment);
        const cdrs = cdrsOf(planned);
        // A platform that compares moments cannot distinguish times within a repeated hour.
        const most = cuts && comparison === "clock" ? mostOfASecond(cdrs, zone) : Number.POSITIVE_INFINITY;
        const platform = new Platform({ zone, cdrs, comparison, most, delay });
        const until = (middle - around + overlap) * second;
        const feed = new FeedModel(platform, zone, overlap, { source: "cdrs", until, seen: {}, key: "" });
        for (const { at, wrong } of inOrder(runs)) await feed.run(middle + at, wrong);
        await feed.run(middle + around + 4 * hour);
        assert.deepEqual(
          numbers(feed.given),
          cdrs.map(({ key }) => Number(key)),
        );
        const reached = Math.max(until / second, ...cdrs.map(({ at, answered }) => Math.max(at, answered ?? at)));
        assert.ok(feed.position.until <= reached * second, "the position is not past the last CDR");
      }),
      { numRuns: 400 },
    );
  });

  it("that exist before the first run are not given if the feed starts now, and all others are given once, with any clock (properties)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.constantFrom(0, day, -day, 40 * day, -20 * day), async (planned, wrongAtFirst) => {
        const { change, overlap, runs, comparison } = planned;
        const [zone, moment] = change;
        const middle = seconds(moment);
        const cdrs = cdrsOf(planned);
        const platform = new Platform({ zone, cdrs, comparison });
        const feed = new FeedModel(platform, zone, overlap, "now");
        const [first = { at: 0, wrong: 0 }, ...rest] = inOrder(runs);
        await feed.run(middle + first.at, wrongAtFirst);
        assert.deepEqual(feed.given, []);
        for (const { at, wrong } of rest) await feed.run(middle + at, wrong);
        await feed.run(middle + around + 4 * hour);
        assert.deepEqual(
          numbers(feed.given),
          cdrs.filter(({ known }) => known > middle + first.at).map(({ key }) => Number(key)),
        );
      }),
      { numRuns: 200 },
    );
  });

  const newYork = "America/New_York";
  const back = seconds("2026-11-01T06:00:00Z");
  const every = (step: number, from: number, to: number): readonly Cdr[] =>
    Array.from({ length: Math.floor((to - from) / step) }, (_, index) => {
      const at = from + index * step;
      return { key: String(index + 1), at, answered: at, known: at };
    });

  for (const [overlap, interval] of [
    [60, 60],
    [60, 300],
    [300, hour],
    [0, 90],
    [hour, 600],
  ] as const) {
    it(`are given once across the hour that New York repeats: overlap ${overlap} s, a run every ${interval} s`, async () => {
      const cdrs = every(20, back - 3 * hour, back + 3 * hour);
      const platform = new Platform({ zone: newYork, cdrs });
      const until = (back - 3 * hour) * second;
      const feed = new FeedModel(platform, newYork, overlap, { source: "cdrs", until, seen: {}, key: "" });
      for (let at = back - 3 * hour; at <= back + 3 * hour; at += interval) await feed.run(at);
      assert.equal(feed.given.length, 1080);
      assert.equal(new Set(feed.given).size, 1080);
    });
  }

  it("are not skipped when the clock was a day ahead for two seconds", async () => {
    const cdrs = every(60, 0, 2 * day).map((cdr) => ({
      ...cdr,
      at: cdr.at + back,
      answered: cdr.at + back,
      known: cdr.at + back,
    }));
    const platform = new Platform({ zone: "Asia/Shanghai", cdrs });
    const feed = new FeedModel(platform, "Asia/Shanghai", 300, {
      source: "cdrs",
      until: back * second,
      seen: {},
      key: "",
    });
    await feed.run(back + hour);
    await feed.run(back + hour + 1, day);
    await feed.run(back + hour + 2);
    await feed.run(back + 2 * day);
    assert.deepEqual(
      numbers(feed.given),
      cdrs.map(({ key }) => Number(key)),
    );
  });

  it("that were late are not skipped when the clock is ahead and others are added during a run", async () => {
    const zone = "Asia/Shanghai";
    const overlap = 300;
    const cdrs: readonly Cdr[] = [
      { key: "1", at: back, answered: back, known: back + overlap },
      { key: "2", at: back + 345, answered: back + 345, known: back + 345 },
    ];
    const platform = new Platform({ zone, cdrs, delay: 100 });
    // The first span ends between the two. The first CDR is not available when it is read; both are when the next one is read.
    const until = (back + 100 - hour + overlap) * second;
    const feed = new FeedModel(platform, zone, overlap, { source: "cdrs", until, seen: {}, key: "" });
    await feed.run(back + 150, day);
    assert.deepEqual(feed.given, ["2"]);
    await feed.run(back + 1000);
    assert.deepEqual(feed.given, ["2", "1"]);
  });

  it("are reported if one second has more than the platform sends, and the feed continues", async () => {
    const at = (key: number, moment: number): Cdr => ({ key: String(key), at: moment, answered: moment, known: 0 });
    const cdrs = [at(1, back), at(2, back), at(3, back), at(4, back + 5)];
    const platform = new Platform({ zone: "Asia/Shanghai", cdrs, most: 2 });
    const given: string[] = [];
    platform.now = back + 100;
    const ran = await runFeed({
      file: {
        read: async () => ({ source: "cdrs", until: (back - 10) * second, seen: {}, key: "" }),
        write: async () => undefined,
      },
      source: "cdrs",
      start: "now",
      now: () => platform.now * second,
      readRecords: () => assert.fail("no records here"),
      cdrs: { read: platform.read, overlapMs: 0, zone: "Asia/Shanghai", monotonic: () => 0, quiet: 0 },
      hand: async ({ items }) => {
        given.push(...items.map((item) => (item as { readonly key: string }).key));
        return true;
      },
      closing: () => false,
    });
    assert.ok(ran.ok && ran.cut, "it was cut off");
    assert.deepEqual(given, ["1", "2", "4"]);
  });

  for (const told of [true, false]) {
    it(`leave no more keys to remember than can come again, ${told ? "told" : "not told"} when they were answered`, async () => {
      const cdrs = every(20, back, back + 2 * day).map((cdr) => ({ ...cdr, answered: told ? cdr.at : undefined }));
      const platform = new Platform({ zone: "Asia/Shanghai", cdrs });
      const feed = new FeedModel(platform, "Asia/Shanghai", 600, {
        source: "cdrs",
        until: back * second,
        seen: {},
        key: "",
      });
      for (let moment = back; moment <= back + 2 * day; moment += 300) {
        await feed.run(moment);
        const remembered = Object.keys(feed.position.seen).length;
        assert.ok(remembered <= (told ? 60 : 400), `${remembered} keys`);
      }
      assert.equal(new Set(feed.given).size, feed.given.length);
      assert.equal(feed.given.length, cdrs.length);
    });
  }

  it("that are too many for one page are requested in parts, even if the platform would send them all", async () => {
    const cdrs = Array.from({ length: 20_000 }, (_, index): Cdr => {
      const at = back + Math.floor(index / 2);
      return { key: String(index + 1), at, answered: at, known: 0 };
    });
    const platform = new Platform({ zone: "Asia/Shanghai", cdrs });
    const feed = new FeedModel(platform, "Asia/Shanghai", 0, {
      source: "cdrs",
      until: (back - 100 * day) * second,
      seen: {},
      key: "",
    });
    await feed.run(back + day);
    assert.equal(new Set(feed.given).size, 20_000);
    assert.equal(feed.given.length, 20_000);
    assert.ok(Object.keys(feed.position.seen).length < 6000, "few keys are remembered");
  });

  it("cost a platform without any a request or two for each run, not one for every month since they began", async () => {
    const platform = new Platform({ zone: newYork, cdrs: [] });
    const feed = new FeedModel(platform, newYork, hour, { source: "cdrs", until: beginningOfCdrs, seen: {}, key: "" });
    await feed.run(back);
    const before = platform.asked;
    for (let run = 1; run <= 10; run += 1) await feed.run(back + run * 60);
    assert.ok(platform.asked - before <= 20, `${platform.asked - before} requests`);
  });

  it("continue from the position that an earlier version stored", async () => {
    const cdrs = every(20, back - 3 * hour, back + 3 * hour);
    const platform = new Platform({ zone: newYork, cdrs });
    const feed = new FeedModel(platform, newYork, 300, "now");
    const ended = back - 2 * hour;
    const given = cdrs.filter(({ at }) => at <= ended);
    const seen = Object.fromEntries(
      given.filter(({ at }) => at >= ended - 300).map(({ key }) => [key, ended * second]),
    );
    feed.stored = { source: "cdrs", until: ended * second, seen, key: String(given.length) };
    await feed.run(back + 3 * hour);
    assert.deepEqual(
      numbers(feed.given),
      cdrs.slice(given.length).map(({ key }) => Number(key)),
    );
  });
});

describe("clock times", () => {
  it("are found again at the moments that show them, in every zone (properties)", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    const [from, to] = [seconds("1990-01-01T00:00:00Z"), seconds("2037-01-01T00:00:00Z")];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: from, max: to }), (zone, at) => {
        const moment = at * second;
        const clock = clockTime(moment, zone);
        const { first, last } = occurrenceOf(clock, zone);
        assert.ok(first <= moment && moment <= last, zone);
        assert.deepEqual([clockTime(first, zone), clockTime(last, zone)], [clock, clock]);
        assert.equal(momentOf(clockText(clock), zone), first);
        assert.ok(earliestClock(moment, zone) <= clock && latestClock(moment, zone) >= clock, zone);
      }),
      { numRuns: 2000 },
    );
  });

  for (const [zone, moment] of changes) {
    it(`limit the clock times before and after a moment, around ${moment} in ${zone}`, () => {
      const middle = seconds(moment);
      const step = 601;
      const all = Array.from({ length: 120 }, (_, index) => (middle - 60 * step + index * step) * second);
      for (const [index, at] of all.entries()) {
        const [earliest, latest] = [earliestClock(at, zone), latestClock(at, zone)];
        for (const other of all.slice(index)) assert.ok(earliest <= clockTime(other, zone), `${at} ${other}`);
        for (const other of all.slice(0, index + 1)) assert.ok(latest >= clockTime(other, zone), `${at} ${other}`);
      }
    });
  }
});
