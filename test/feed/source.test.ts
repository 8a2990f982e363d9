// How a feed reads pages of records, with a model of the platform; and interrupted runs.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { CdrSource } from "../../nodes/runtime/feed/cdrs";
import { narrowFeed } from "../../nodes/runtime/feed/feed";
import type { Position } from "../../nodes/runtime/feed/position";
import { runFeed } from "../../nodes/runtime/feed/run";
import { type Listed, newestRecords, nextRecords } from "../../nodes/runtime/feed/source";

const lost: Listed = { ok: false, failure: { kind: "timeout", code: "SCCC_TIMEOUT", afterMs: 1 } };

/** A platform with these keys, which answers in pages of a given size. */
const recordsOf =
  (keys: readonly bigint[], size = 500) =>
  async (startKey: string): Promise<Listed> => {
    const from = BigInt(startKey);
    const list = keys.filter((key) => key > from).slice(0, size);
    return { ok: true, list: list.map((key) => ({ key: String(key) })) };
  };

const keysIn = (items: readonly unknown[]) => items.map((item) => (item as { readonly key: string }).key);

describe("a feed's records", () => {
  it("are given in the order of their keys, even of keys too large for a number, and without the start key", async () => {
    const list = ["10", "9", "9007199254740993", "9007199254740992", "9"].map((key) => ({ key }));
    const next = await nextRecords({ source: "records", key: "9" }, async () => ({ ok: true, list }));
    assert.ok(next.kind === "page");
    assert.deepEqual(keysIn(next.page.items), ["10", "9007199254740992", "9007199254740993"]);
    assert.deepEqual(next.page.after, { source: "records", key: "9007199254740993" });
  });

  it("end with an empty page, and with a failure if a page has nothing new or has no keys", async () => {
    const read = (list: readonly unknown[]) =>
      nextRecords({ source: "records", key: "7" }, async () => ({ ok: true, list }));
    assert.deepEqual(await read([]), { kind: "end" });
    for (const [list, reason] of [
      [[{ key: "7" }, { key: "3" }], "noAdvance"],
      [[{ key: "8" }, {}], "badKey"],
      [[{ text: "x".repeat(100_000) }], "badKey"],
      [[null], "badKey"],
    ] as const) {
      const next = await read(list);
      assert.ok(next.kind === "failure" && next.failure.kind === "protocol");
      assert.equal(next.failure.reason, reason);
      assert.ok(next.failure.excerpt.length < 300, "an excerpt, however long the item is");
    }
  });

  it("begin now after the newest key, at any position", async () => {
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

  const newestOf = async (keys: readonly bigint[], size: number): Promise<string> => {
    const newest = await newestRecords(recordsOf(keys, size));
    assert.ok(newest.ok);
    return newest.position.key;
  };

  it("begin now after the last key when the last probe before it had a full page: 501, 1501, 2751 keys", async () => {
    for (const count of [0, 1, 499, 500, 501, 502, 1000, 1001, 1500, 1501, 2750, 2751, 2752]) {
      const keys = Array.from({ length: count }, (_, index) => BigInt(index + 1));
      assert.equal(await newestOf(keys, 500), String(count));
    }
  });

  it("begin now after the last key for every number of keys, every small page, and every gap at the end", async () => {
    for (let size = 1; size <= 6; size += 1) {
      for (let count = 0; count <= 120; count += 1) {
        for (const gap of [0, 1, 2, size, count]) {
          const keys = Array.from({ length: count }, (_, index) => BigInt(index + 1));
          if (gap > 0) keys.push(BigInt(count + 1 + gap));
          assert.equal(await newestOf(keys, size), String(keys.at(-1) ?? 0), `${count} keys, pages of ${size}, ${gap}`);
        }
      }
    }
  });

  it("begin now after the last key, with dense keys, gaps, and a platform that answers the start key too (properties)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (all, size, inclusive) => {
          const keys = [...all].sort((one, other) => one - other).map(BigInt);
          const read = recordsOf(keys, size);
          const newest = await newestRecords((key) => {
            const first = BigInt(key);
            return read(String(inclusive && first > 0n ? first - 1n : first));
          });
          assert.ok(newest.ok);
          // A page of one record that starts with the start key contains nothing else.
          if (!inclusive || size > 1) assert.equal(newest.position.key, String(keys.at(-1) ?? 0n));
        },
      ),
    );
  });
});

const noCdrs: CdrSource = {
  read: () => assert.fail("no CDRs here"),
  overlapMs: 0,
  zone: "Asia/Shanghai",
  monotonic: () => 0,
  quiet: 0,
};

describe("a run of a feed", () => {
  it("skips nothing, and repeats at most one page for each interruption", async () => {
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
              cdrs: noCdrs,
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

  it("is a time in any form that commands take, and never an impossible date", () => {
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
