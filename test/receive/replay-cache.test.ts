// The replay cache: a block is used once, whatever happens to clocks and settings.
import assert from "node:assert/strict";
import { ReplayCache } from "../../nodes/receive/replay-cache";

describe("the replay cache", () => {
  const one = { customer: "C2", timestamp: "1471918933001", seq: "1", digest: "" };
  const yes = async () => true;

  it("distinguishes a repeat from a reuse", async () => {
    const cache = new ReplayCache({ toleranceMs: 1000, elapsed: () => 0 });
    assert.deepEqual(await cache.once(one, "a", yes), { seen: "new", taken: true });
    assert.deepEqual(await cache.once(one, "a", yes), { seen: "repeat", taken: true });
    assert.deepEqual(await cache.once(one, "b", yes), { seen: "reused", taken: false });
    assert.deepEqual(await cache.once({ ...one, seq: "2" }, "b", yes), { seen: "new", taken: true });
  });

  it("allows a block again if its push was not taken, and makes a repeat wait for the first", async () => {
    const cache = new ReplayCache({ toleranceMs: 1000, elapsed: () => 0 });
    assert.deepEqual(await cache.once(one, "a", async () => false), { seen: "new", taken: false });
    let end = (_: boolean): void => undefined;
    let takes = 0;
    const slow = () => {
      takes += 1;
      return new Promise<boolean>((resolve) => {
        end = resolve;
      });
    };
    const first = cache.once(one, "a", slow);
    const second = cache.once(one, "a", slow);
    end(true);
    assert.deepEqual(await Promise.all([first, second]), [
      { seen: "new", taken: true },
      { seen: "repeat", taken: true },
    ]);
    assert.equal(takes, 1);
  });

  it("lets one of several repeats continue if the first fails, while the others wait for it", async () => {
    const cache = new ReplayCache({ toleranceMs: 1000, elapsed: () => 0 });
    const outcomes = [false, true];
    let takes = 0;
    const take = async () => {
      takes += 1;
      await new Promise(setImmediate);
      return outcomes.shift() ?? assert.fail("taken once too often");
    };
    const results = await Promise.all([1, 2, 3, 4].map(() => cache.once(one, "a", take)));
    assert.deepEqual([takes, results.filter(({ taken }) => taken).length], [2, 3]);
  });

  it("keeps a block for a day, is bounded, and works when the clock is set back", async () => {
    let elapsed = 0;
    const day = 86_400_000;
    const cache = new ReplayCache({ toleranceMs: 1000, elapsed: () => elapsed, now: () => 1471918933001, limit: 3 });
    await cache.once(one, "a", yes);
    elapsed = day - 1;
    assert.equal((await cache.once(one, "a", yes)).seen, "repeat");
    elapsed = day;
    await cache.once({ ...one, timestamp: "1471918935001", seq: "2" }, "a", yes);
    assert.equal(cache.size, 1);
    assert.ok(cache.isTooOld(one));
    assert.ok(!cache.isTooOld({ ...one, timestamp: "1471918935001" }));
    for (let seq = 3; seq < 20; seq += 1)
      await cache.once({ ...one, timestamp: "1471918936001", seq: String(seq) }, "a", yes);
    assert.ok(cache.size <= 3, "bounded");
    assert.ok(!cache.isTooOld({ ...one, timestamp: "1471918936001" }), "one that made room says nothing about time");
  });

  it("drops the reservations of a clock that was ahead, reports it, and keeps used blocks", async () => {
    let elapsed = 0;
    let told = 0;
    let now = 1471918933001 + 3_600_000;
    const cache = new ReplayCache({
      toleranceMs: 1000,
      elapsed: () => elapsed,
      now: () => now,
      onClockSetBack: () => (told += 1),
    });
    // One hour ahead, like the clock before.
    await cache.once({ ...one, timestamp: String(now) }, "a", yes);
    elapsed = 86_400_000;
    const used = { ...one, timestamp: String(now), seq: "2" };
    await cache.once(used, "a", yes);
    now -= 3_600_000;
    assert.ok(!cache.isTooOld({ ...one, timestamp: String(now), seq: "3" }), "right pushes get in");
    assert.equal(told, 1);
    assert.deepEqual(await cache.once(used, "b", yes), { seen: "reused", taken: false });
  });

  it("keeps its blocks when the tolerance changes", async () => {
    let elapsed = 0;
    const cache = new ReplayCache({ toleranceMs: 1000, elapsed: () => elapsed });
    await cache.once(one, "a", yes);
    elapsed = 60_000;
    cache.configure(300_000);
    assert.deepEqual(await cache.once(one, "b", yes), { seen: "reused", taken: false });
    cache.configure(0);
    assert.deepEqual(await cache.once(one, "b", yes), { seen: "reused", taken: false });
  });
});
