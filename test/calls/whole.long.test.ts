// Calls into a log with their recordings: 200 calls with faults, two restarts and two kills, in both dialects and both
// ways of answering. Also measures the cost of 100,000 open calls.
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CallTracker } from "../../nodes/calls/tracker";
import { CallStore } from "../../nodes/runtime/shared/call-store";
import { usedBytes } from "../../tools/memory";
import { temporaryFolder } from "../../tools/node-red";
import { context } from "./drive";
import { playRun } from "./whole";

describe("a long log of calls in three nodes", function () {
  this.timeout(900_000);
  for (const dialect of ["document", "field"] as const) {
    for (const version of [4, 5] as const) {
      it(`has each of 200 calls once with its recording: ${dialect}, Node-RED ${version}`, () =>
        playRun({
          version,
          dialect,
          answer: "stored",
          calls: 200,
          restarts: 2,
          kills: 2,
          faults: true,
          seed: version,
        }));
    }
  }
});

describe("100,000 open calls", function () {
  this.timeout(120_000);

  it("are stored in a file of limited size, all exist after a kill, and need no more than 3 KB each", async () => {
    const count = 100_000;
    const folder = temporaryFolder();
    const options = {
      ...{ folder, redeliverAfterMs: 60_000, maxDeliveries: 5, keepDays: 30, waits: true },
      ...{ onWarning: () => undefined, onUnkept: () => undefined },
    };
    const before = usedBytes();
    const tracker = new CallTracker(
      { windowMs: 3_600_000, waitForBillingMs: 60_000, maxOpen: count, context },
      () => undefined,
    );
    tracker.records();
    const store = await new Promise<CallStore>((resolve) => {
      const opening: CallStore = new CallStore({ ...options, onOpen: () => queueMicrotask(() => resolve(opening)) });
    });
    const events = ["callin", "screenpop", "callstart"] as const;
    for (const [turn, kind] of events.entries()) {
      for (let index = 0; index < count; index += 1) {
        const number = `138${String(10_000_000 + index)}`;
        tracker.hear({
          ...{ kind, eventId: `${turn}-${index}`, again: false, at: Date.now(), account: "C2", agent: String(index) },
          ...{ number, keys: [`+86${number}`], numberE164: `+86${number}`, direction: "inbound" },
          ...{ seq: String(900_000 + index), userData: undefined, taskID: undefined, billing: undefined },
        });
        if (index % 500 === 499) await store.add(tracker.records());
      }
    }
    assert.equal(tracker.size, count);
    const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    assert.ok(size < 3 * count * 1000, `${size} bytes on disk`);
    const each = (usedBytes() - before) / count;
    assert.ok(each < 3000, `${Math.round(each)} bytes each`);
    tracker.pause();
    store.close(false);
    let restored = 0;
    await new Promise<void>((resolve) => {
      const again: CallStore = new CallStore({
        ...options,
        onOpen: (records) => {
          for (const _ of records) restored += 1;
          queueMicrotask(() => {
            again.close(false);
            resolve();
          });
        },
      });
    });
    assert.equal(restored, count);
  });
});
