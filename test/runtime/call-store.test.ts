// Open calls on disk: what the next process finds after a crash at any moment, and how much space it takes.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CallTracker } from "../../nodes/calls/tracker";
import type { Entry, Spool } from "../../nodes/delivery/spool";
import { CallStore } from "../../nodes/runtime/shared/call-store";
import { temporaryFolder } from "../../tools/node-red";
import { context } from "../calls/drive";

/** Opens a store. Resolves with the records that it contains. */
async function open(folder: string | undefined, more: { waits?: boolean; unkept?: Entry[]; warnings?: string[] } = {}) {
  let store: CallStore | undefined;
  const opened = await new Promise<{ records: unknown[]; spool: Spool | undefined }>((resolve) => {
    store = new CallStore({
      folder,
      ...{ redeliverAfterMs: 60_000, maxDeliveries: 5, keepDays: 30 },
      waits: more.waits ?? true,
      onOpen: (records, spool) => resolve({ records: [...records], spool }),
      onWarning: (key) => more.warnings?.push(key),
      onUnkept: (entry) => more.unkept?.push(entry),
    });
  });
  assert.ok(store !== undefined);
  return { store, ...opened };
}

/** A copy of the folder as a killed process would leave it, without the lock. */
function killed(folder: string): string {
  const left = temporaryFolder();
  cpSync(folder, left, { recursive: true });
  rmSync(join(left, "lock"), { force: true });
  return left;
}

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

const settings = { windowMs: 3_600_000, waitForBillingMs: 60_000, maxOpen: 200_000, context };

const fact = (index: number) => ({
  kind: "callin" as const,
  eventId: `event-${index}`,
  again: false,
  at: Date.now(),
  account: "C2",
  agent: String(1000 + index),
  number: "13800138000",
  keys: ["+8613800138000"],
  numberE164: "+8613800138000",
  direction: "inbound" as const,
  seq: String(900_000 + index),
  userData: undefined,
  taskID: undefined,
  billing: undefined,
});

describe("the store of calls", () => {
  it("has the newest record of each key after a kill, and no dropped ones", async () => {
    const folder = temporaryFolder();
    const { store, records } = await open(folder);
    assert.deepEqual(records, []);
    await store.add([
      { key: "a", value: { is: 1 } },
      { key: "b", value: { is: 1 } },
    ]);
    await store.add([
      { key: "a", value: { is: 2, text: "\t中\n" } },
      { key: "b", value: undefined },
    ]);
    const next = await open(killed(folder));
    assert.deepEqual(next.records, [{ is: 2, text: "\t中\n" }]);
    next.store.close(false);
    store.close(false);
  });

  it("has the messages of a step if it has its records, and delivers them after a kill", async () => {
    const folder = temporaryFolder();
    const { store } = await open(folder);
    await store.add([{ key: "a", value: { is: 1 } }], [{ node: "n", text: '{"event":"finished"}' }]);
    const next = await open(killed(folder));
    const handed = await new Promise<string>((resolve) => {
      next.spool?.attach("n", { hand: ({ text }) => resolve(text), dead: () => undefined });
    });
    assert.deepEqual([next.records, handed], [[{ is: 1 }], '{"event":"finished"}']);
    for (const one of [next.store, store]) one.close(false);
  });

  it("restores a tracker's open calls with the same ids", async () => {
    const folder = temporaryFolder();
    const { store } = await open(folder);
    const tracker = new CallTracker(settings, () => undefined);
    tracker.records();
    for (let index = 0; index < 50; index += 1) tracker.hear(fact(index));
    await store.add(tracker.records());
    const next = await open(killed(folder));
    const restored = new CallTracker(settings, () => undefined);
    restored.restore(next.records);
    assert.equal(restored.size, 50);
    const [news] = restored.hear({ ...fact(7), kind: "callstart", eventId: "later" });
    assert.deepEqual([news?.call.id, news?.topic], ["event-7", "answered"]);
    for (const one of [restored, tracker]) one.pause();
    for (const one of [next.store, store]) one.close(false);
  });

  it("stays small: dropped records use no space", async () => {
    const folder = temporaryFolder();
    const { store } = await open(folder);
    const value = { filler: "x".repeat(1000) };
    for (let round = 0; round < 60; round += 1) {
      await store.add(Array.from({ length: 500 }, (_, index) => ({ key: `k${round}-${index}`, value })));
      await store.add(Array.from({ length: 500 }, (_, index) => ({ key: `k${round}-${index}`, value: undefined })));
    }
    const size = sizeOf(folder);
    assert.ok(size < 12_000_000, `${size} bytes of 30 million written`);
    store.close(false);
  });

  it("works in memory without a folder, or if the folder cannot be made and messages need not be durable", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    for (const folder of [undefined, join(file, "below")]) {
      const unkept: Entry[] = [];
      const warnings: string[] = [];
      const { store, spool } = await open(folder, { waits: false, unkept, warnings });
      await store.add([{ key: "a", value: {} }], [{ node: "n", text: "{}" }]);
      assert.deepEqual([spool, unkept.length, warnings.length], [undefined, 1, folder === undefined ? 0 : 1]);
      store.close(false);
    }
  });

  it("waits for a folder that cannot be made yet if messages must be durable", async () => {
    const place = join(temporaryFolder(), "place");
    writeFileSync(place, "");
    const warnings: string[] = [];
    const opening = open(join(place, "below"), { waits: true, warnings });
    await new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if (warnings.length === 0) return;
        clearInterval(look);
        resolve();
      }, 5);
    });
    rmSync(place);
    mkdirSync(place);
    const { store, spool } = await opening;
    assert.ok(spool !== undefined);
    store.close(false);
  });

  it("removes everything of a deleted node except its dead letters", async () => {
    const folder = temporaryFolder();
    const { store } = await open(folder);
    await store.add([{ key: "a", value: {} }]);
    store.close(true);
    assert.equal(existsSync(folder), false);
    const other = temporaryFolder();
    const second = await open(other);
    await second.store.add([], [{ node: "n", text: "{}" }]);
    second.store.close(true);
    assert.deepEqual(readdirSync(other), ["dead.jsonl"]);
  });
});
