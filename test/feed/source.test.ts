// Where a feed reads: pages of records and spans of CDRs, whatever the platform does, against a model of it.
import assert from "node:assert/strict";
import fc from "fast-check";
import { narrowFeed } from "../../nodes/runtime/feed/feed";
import type { CdrsPosition, Position } from "../../nodes/runtime/feed/position";
import { runFeed } from "../../nodes/runtime/feed/run";
import { CdrWalk, type Listed, newestRecords, nextRecords } from "../../nodes/runtime/feed/source";

const lost: Listed = { ok: false, failure: { kind: "timeout", code: "SCCC_TIMEOUT", afterMs: 1 } };

/** A platform with these keys, which answers pages of a size. */
const recordsOf =
  (keys: readonly bigint[], size = 500) =>
  async (startKey: string): Promise<Listed> => {
    const from = BigInt(startKey);
    const list = keys.filter((key) => key > from).slice(0, size);
    return { ok: true, list: list.map((key) => ({ key: String(key) })) };
  };

const keysIn = (items: readonly unknown[]) => items.map((item) => (item as { readonly key: string }).key);

describe("a feed's records", () => {
  it("come in order of their keys, also of those that no number holds, and without the start key", async () => {
    const list = ["10", "9", "9007199254740993", "9007199254740992", "9"].map((key) => ({ key }));
    const next = await nextRecords({ source: "records", key: "9" }, async () => ({ ok: true, list }));
    assert.ok(next.kind === "page");
    assert.deepEqual(keysIn(next.page.items), ["10", "9007199254740992", "9007199254740993"]);
    assert.deepEqual(next.page.after, { source: "records", key: "9007199254740993" });
  });

  it("end with an empty page, and with a failure where a page brings nothing new or has no keys", async () => {
    const read = (list: readonly unknown[]) =>
      nextRecords({ source: "records", key: "7" }, async () => ({ ok: true, list }));
    assert.deepEqual(await read([]), { kind: "end" });
    for (const [list, reason] of [
      [[{ key: "7" }, { key: "3" }], "noAdvance"],
      [[{ key: "8" }, {}], "badKey"],
      [[null], "badKey"],
    ] as const) {
      const next = await read(list);
      assert.ok(next.kind === "failure" && next.failure.kind === "protocol");
      assert.equal(next.failure.reason, reason);
    }
  });

  it("begin now after the newest key, wherever that is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.bigInt(1n, 10n ** 24n), { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (all, size) => {
          const keys = [...all].sort((one, other) => (one < other ? -1 : 1));
          let asked = 0;
          const read = recordsOf(keys, size);
          const newest = await newestRecords((key) => {
            asked += 1;
            return read(key);
          });
          assert.deepEqual(newest, { ok: true, position: { source: "records", key: String(keys.at(-1) ?? 0n) } });
          assert.ok(asked < 250, `${asked} requests`);
        },
      ),
    );
  });
});

const second = 1000;

interface Cdr {
  readonly key: string;
  /** In s, of the call; and when the platform comes to know of it. */
  readonly at: number;
  readonly known: number;
}

/** A platform with CDRs, which answers at most so many of a span. */
const cdrsOf =
  (cdrs: readonly Cdr[], now: () => number, most: number) =>
  async (from: number, to: number): Promise<Listed> => {
    const found = cdrs.filter(({ at, known }) => known <= now() && at * second >= from && at * second <= to);
    return { ok: true, list: found.slice(0, most).map(({ key }) => ({ key })), total: found.length };
  };

describe("a feed's CDRs", () => {
  it("come once each, however late within the overlap, however many of one second, and with answers cut off", async () => {
    const cdr = fc.record({
      at: fc.integer({ min: 1000, max: 1400 }),
      late: fc.integer({ min: 0, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(cdr, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1000, max: 1600 }), { minLength: 1, maxLength: 8 }),
        async (made, runs) => {
          const cdrs = made.map(({ at, late }, index): Cdr => ({ key: String(index + 1), at, known: at + late }));
          // A second's CDRs must fit into an answer, or the rest of it can't be had.
          const perSecond = Math.max(1, ...cdrs.map(({ at }) => cdrs.filter((other) => other.at === at).length));
          let position: Position = { source: "cdrs", until: 1000 * second + 100 * second, seen: {}, key: "" };
          const given: string[] = [];
          for (const moment of [...runs.sort((one, other) => one - other), 1700]) {
            const walk = new CdrWalk(
              cdrsOf(cdrs, () => moment, perSecond),
              100 * second,
              moment * second,
            );
            for (;;) {
              const next = await walk.next(position as CdrsPosition);
              assert.notEqual(next.kind, "failure");
              if (next.kind !== "page") break;
              assert.equal(next.page.cut, false);
              given.push(...keysIn(next.page.items));
              position = next.page.after;
            }
          }
          assert.deepEqual(
            given.map(Number).sort((one, other) => one - other),
            cdrs.map(({ key }) => Number(key)),
          );
        },
      ),
    );
  });

  it("say that a second has more than the platform sends, and go on", async () => {
    const cdrs = [1, 2, 3].map((key): Cdr => ({ key: String(key), at: 2000, known: 0 }));
    const walk = new CdrWalk(
      cdrsOf([...cdrs, { key: "4", at: 2005, known: 0 }], () => 3000, 2),
      0,
      3000 * second,
    );
    let position: Position = { source: "cdrs", until: 1990 * second, seen: {}, key: "" };
    const given: string[] = [];
    let cut = false;
    for (;;) {
      const next = await walk.next(position as CdrsPosition);
      if (next.kind !== "page") break;
      given.push(...keysIn(next.page.items));
      cut ||= next.page.cut;
      position = next.page.after;
    }
    assert.deepEqual([given, cut], [["1", "2", "4"], true]);
  });

  it("remember no more keys than can come again", async () => {
    const cdrs = Array.from(
      { length: 2000 },
      (_, index): Cdr => ({ key: String(index + 1), at: 1000 + index, known: 0 }),
    );
    let position: Position = { source: "cdrs", until: 1000 * second, seen: {}, key: "" };
    for (let moment = 1000; moment <= 3000; moment += 50) {
      const walk = new CdrWalk(
        cdrsOf(cdrs, () => moment, 10_000),
        100 * second,
        moment * second,
      );
      for (;;) {
        const next = await walk.next(position as CdrsPosition);
        if (next.kind !== "page") break;
        position = next.page.after;
      }
      assert.ok(Object.keys((position as CdrsPosition).seen).length <= 160);
    }
  });
});

describe("a run of a feed", () => {
  it("skips nothing and repeats a page at the most for each time that it breaks off", async () => {
    const fault = fc.constantFrom("read", "hand", "write");
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.bigInt(1n, 10_000n), { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.record({ after: fc.integer({ min: 0, max: 6 }), fault }), { maxLength: 8 }),
        async (all, size, faults) => {
          const keys = [...all].sort((one, other) => (one < other ? -1 : 1));
          const read = recordsOf(keys, size);
          const pages: string[][] = [];
          let stored: Position | undefined;
          let broken = 0;
          for (const plan of [...faults, undefined]) {
            const left: Record<string, number> = {
              read: 99,
              hand: 99,
              write: 99,
              ...(plan ? { [plan.fault]: plan.after } : {}),
            };
            const spend = (what: string): boolean => {
              left[what] = (left[what] ?? 0) - 1;
              return (left[what] ?? 0) >= 0;
            };
            const ran = await runFeed({
              file: {
                read: async () => stored,
                write: async (position) => {
                  if (!spend("write")) throw new Error("disk full");
                  stored = position;
                },
              },
              source: "records",
              start: { source: "records", key: "0" },
              now: () => 0,
              readRecords: async (key) => (spend("read") ? read(key) : lost),
              walk: () => assert.fail("no CDRs here"),
              hand: async ({ items }) => {
                if (!spend("hand")) return false;
                pages.push(keysIn(items));
                return true;
              },
              closing: () => false,
            });
            if (!ran.ok) broken += 1;
          }
          const seen = new Set(pages.flat());
          assert.deepEqual(
            [...seen].map(BigInt).sort((one, other) => (one < other ? -1 : 1)),
            keys,
          );
          const repeated = pages.length - new Set(pages.map((page) => page.join())).size;
          assert.ok(repeated <= broken, `${repeated} repeated after ${broken} breaks`);
        },
      ),
    );
  });
});

describe("a feed's start", () => {
  const startOf = (startKey: string) => {
    const config = { source: "cdrs", feed: "f", interval: 0, start: "key", startKey, overlap: 0 };
    const narrowed = narrowFeed(config, (text) => text, "Asia/Shanghai");
    return narrowed.ok && typeof narrowed.value.start === "object" && narrowed.value.start.source === "cdrs"
      ? new Date(narrowed.value.start.until).toISOString()
      : undefined;
  };

  it("is a time in any form that commands take, and never a day that no calendar has", () => {
    for (const key of [
      "2026-03-01 00:00:00",
      "2026/03/01",
      "20260301",
      "20260301000000",
      "2026-02-28T16:00:00Z",
      "1772294400",
    ]) {
      assert.equal(startOf(key), "2026-02-28T16:00:00.000Z", key);
    }
    for (const key of ["2026-02-30", "20260230000000", "2026-02-30T00:00:00Z", "yesterday", "12345"]) {
      assert.equal(startOf(key), undefined, key);
    }
  });
});
