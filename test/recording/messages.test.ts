// The URL of a recording in every message about one: pushes, records, CDRs and calls.
import assert from "node:assert/strict";
import type { Simulator } from "../../simulator";
import { freePort } from "../../tools/node-red";
import { initHelper, load, nodeOf, unload } from "../../tools/nodes";
import { account, startPlatform } from "../../tools/platform";
import { listening } from "../receive/flow";

const recordingUrl = "https://files.example/listen?key={filename:query}";
const expected = (filename: unknown) => `https://files.example/listen?key=${encodeURIComponent(String(filename))}`;

/** The first output message that matches. */
const message = <T>(wanted: (msg: T) => boolean): Promise<T> =>
  new Promise((found) => nodeOf("out").on("input", (msg: T) => wanted(msg) && found(msg)));

describe("the recording address of an account", function () {
  this.timeout(20_000);
  let platform: Simulator | undefined;
  before(initHelper);
  afterEach(async () => {
    await unload();
    await platform?.close();
    platform = undefined;
  });

  for (const [type, api] of [
    ["sccc-get-records-list", "records"],
    ["sccc-get-cdr-list", "CDRs"],
  ] as const) {
    it(`is used in the results of ${api}`, async () => {
      platform = await startPlatform();
      await platform.instruct({ do: "seed", records: 3, cdrs: 3 });
      const flow = await load(platform, { type }, { recordingUrl });
      const { msg, error } = await flow.send({
        payload: { startKey: 0, startTime: Date.now() - 30 * 86_400_000, endTime: Date.now() },
      });
      assert.equal(error, undefined);
      const items: readonly { filename: string; recordUrl?: string }[] = msg.payload;
      const recorded = items.filter(({ filename }) => filename !== "");
      assert.ok(recorded.length > 0);
      for (const { filename, recordUrl } of recorded) assert.equal(recordUrl, expected(filename));
    });
  }

  it("is used in pushed bills", async () => {
    const port = await freePort();
    platform = await startPlatform({ pushUrl: `http://127.0.0.1:${port}/sccc/notify` });
    const own = { pushPort: String(port), pushHost: "127.0.0.1", recordingUrl };
    await load(platform, { type: "sccc-notify" }, own);
    await listening(port);
    const billed = message<{ topic: string; payload: { recordFile: string; recordUrl: string } }>(
      ({ topic }) => topic === "billing",
    );
    await platform.instruct({ do: "push", event: "billing", notify: { recordFile: "/r/1.wav" } });
    const { payload } = await billed;
    assert.equal(payload.recordUrl, expected(payload.recordFile));
  });

  it("is used in calls", async () => {
    const flow = await load(
      { url: "http://127.0.0.1:9" },
      { type: "sccc-call-tracker", waitForBilling: "0" },
      { recordingUrl },
    );
    const tracked = message<{ payload: { recordFile: string | null; recordUrl: string | null } }>(
      (msg) => typeof msg.payload.recordFile === "string",
    );
    const bill = {
      service: "2",
      caller: "13800138000",
      callee: "021",
      session: "s",
      timeLength: "5",
      recordFile: "/r/1.wav",
    };
    flow.node.receive({
      topic: "billing",
      payload: {
        ...bill,
        answerTime: "2026-03-01 10:00:00",
        byeTime: "2026-03-01 10:00:05",
        event: "billing",
        eventId: "1",
      },
      sccc: {
        push: { event: "billing", delivery: 1, receivedAt: new Date().toISOString(), account: account.customer },
      },
    });
    const { payload } = await tracked;
    assert.equal(payload.recordUrl, expected("/r/1.wav"));
    await flow.node.close(true);
  });
});
