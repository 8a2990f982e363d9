// Ten minutes of calls through the join and its store on disk: each event once, flat memory, files of a bounded size.
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CallMessages, type MessageEvent, messageEvents, type Step } from "../../nodes/calls/call-messages";
import { readMessage } from "../../nodes/calls/facts";
import { CallStore } from "../../nodes/runtime/shared/call-store";
import { usedBytes } from "../../tools/memory";
import { temporaryFolder } from "../../tools/node-red";
import { context, HandClock, push, start } from "./drive";

const perSecond = 100;
const seconds = 600;
/** How long calls last and are remembered. In the second half, as many calls begin as are forgotten. */
const rememberedMs = 120_000;

/** The pushes of a call, and the second after its start in which each arrives. */
const pushes = [
  ["callin", 0],
  ["screenpop", 1],
  ["callstart", 8],
  ["callend", 68],
  ["billing", 70],
] as const;

describe("100 calls a second for ten minutes", function () {
  this.timeout(600_000);

  it("report each event once, and need the same memory and disk at the end as in the middle", async () => {
    const clock = new HandClock();
    const folder = temporaryFolder();
    const told = new Map<MessageEvent, number>();
    const again = new Set<string>();
    let waiting: Promise<void>[] = [];
    const store = await new Promise<CallStore>((resolve) => {
      const opening: CallStore = new CallStore({
        ...{ folder, redeliverAfterMs: 60_000, maxDeliveries: 5, keepDays: 30, waits: true },
        ...{ onWarning: (key) => assert.fail(key), onUnkept: () => assert.fail("not kept") },
        onOpen: () => queueMicrotask(() => resolve(opening)),
      });
    });
    const write = ({ records, messages }: Step): void => {
      const entries = messages.map((message) => ({ node: "n", text: JSON.stringify(message) }));
      waiting.push(store.add(records, entries));
    };
    store.spool?.attach("n", {
      hand: ({ id, text }) => {
        const { event, call } = JSON.parse(text);
        told.set(event, (told.get(event) ?? 0) + 1);
        const key = `${event} ${call.number}`;
        assert.ok(!again.has(key), `${key} came twice`);
        again.add(key);
        store.spool?.settle(id);
      },
      dead: () => assert.fail("given up"),
    });
    const messages = new CallMessages(
      {
        ...{ events: messageEvents, direction: undefined, isWanted: undefined, context },
        ...{ recordingWaitMs: 60_000, windowMs: rememberedMs, waitForBillingMs: 60_000, maxOpen: 100_000 },
      },
      { onStep: write, fetch: async () => ({ ok: true, recording: "x" }), timing: clock },
    );
    const size = (): number => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

    const hear = (index: number, kind: string, second: number): void => {
      const number = `138${String(10_000_000 + index)}`;
      const agent = String(index % 10_000);
      const at = new Date(start + second * 1000).toISOString();
      const time = (from: number) =>
        new Date(start + (second - 70 + from + 8 * 3600) * 1000).toISOString().slice(0, 19);
      const notify =
        kind === "billing"
          ? {
              ...{ service: "2", caller: number, callee: "02112345678", session: `s${index}`, timeLength: "60" },
              ...{
                startTime: time(0),
                ringTime: time(1),
                answerTime: time(8),
                byeTime: time(68),
                recordFile: "/a.wav",
              },
            }
          : { number, agent, call_type: "0", seq: String(900_000 + index) };
      const msg = push(kind, notify, { eventId: `${kind}${index}`, receivedAt: at, delivery: 1 });
      const reading = readMessage(msg, context, clock.date());
      assert.equal(reading.kind, "facts");
      if (reading.kind === "facts") for (const fact of reading.facts) write(messages.hear(fact));
    };

    const begun = seconds * perSecond;
    const used: number[] = [];
    const sizes: number[] = [];
    for (let second = 0; second < seconds + 80; second += 1) {
      for (const [kind, after] of pushes) {
        const from = second - after;
        if (from < 0 || from >= seconds) continue;
        for (let index = from * perSecond; index < (from + 1) * perSecond; index += 1) hear(index, kind, second);
      }
      await Promise.all(waiting);
      waiting = [];
      clock.pass(1000);
      // The test's own list of messages must not count.
      if (second % 60 === 59) used.push(usedBytes());
      sizes.push(size());
    }
    await Promise.all(waiting);
    for (const event of ["ringing", "answered", "finished", "recording"] as const) {
      assert.equal(told.get(event), begun, event);
    }
    const middle = Math.max(...sizes.slice(200, 400));
    const end = Math.max(...sizes.slice(400));
    assert.ok(end < 1.5 * middle, `${middle} bytes on disk, and then ${end}`);
    const [before = 0, after = 0] = [used[4], used[9]];
    const known = 300 * perSecond * 4 * 100;
    assert.ok(after - before < 0.2 * before + known, `${before} bytes, and then ${after}`);
    console.info(`      ${Math.round(after / 1e6)} MB, ${Math.round(end / 1e6)} MB on disk`);
    messages.close();
    store.close(false);
  });
});
