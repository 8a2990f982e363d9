// The receiving thread is ended under load, repeatedly: no acknowledged push is lost, and Node-RED keeps running. CRASHES sets how often; a
// flow blocks Node-RED for BLOCK_SECONDS.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import { spoolFolder } from "../../nodes/runtime/receive/receiving";
import { runtimeOf } from "../../nodes/runtime/state";
import { freePort } from "../../tools/node-red";
import { initHelper, load, nodeOf, unload } from "../../tools/nodes";
import { account, startPlatform } from "../../tools/platform";
import { eventually, listening } from "./flow";
import { newMark, pushOf } from "./push";
import { Sender } from "./wire";

const crashes = Number(process.env.CRASHES ?? 3);

describe("the receiving thread", function () {
  this.timeout(60_000 + crashes * 10_000);
  before(initHelper);
  afterEach(unload);

  /** Node-RED's API as the package's nodes see it. */
  let RED: NodeAPI;

  async function begin(pushAnswer: "received" | "stored") {
    const platform = await startPlatform();
    const port = await freePort();
    const capture = (given: NodeAPI): void => {
      RED = given;
    };
    const receiving = {
      pushPort: String(port),
      pushHost: "127.0.0.1",
      pushPath: "/push",
      pushAnswer,
      redeliverAfter: "1",
    };
    await load(platform, { type: "sccc-notify", account: "a", events: [] }, receiving, [], {}, [capture]);
    await platform.close();
    await listening(port);
    return port;
  }

  it("ends with the flows: the port is closed, and open again when they start", async () => {
    for (let times = 0; times < 2; times += 1) {
      const port = await begin("received");
      const sender = new Sender(port, "/push", 1);
      assert.equal((await sender.post(pushOf(account, newMark())))?.status, 200);
      await unload();
      await eventually("nobody listens", async () =>
        (await sender.post(pushOf(account, newMark()))) === undefined ? true : undefined,
      );
      sender.close();
    }
  });

  it("releases its stores before the process ends", async () => {
    const port = await begin("stored");
    const sender = new Sender(port, "/push", 1);
    assert.equal((await sender.post(pushOf(account, newMark())))?.status, 200);
    sender.close();
    const lock = join(spoolFolder(RED, "a"), "lock");
    assert.ok(existsSync(lock));
    runtimeOf(RED).state.receiving.shutDown();
    await unload();
    assert.ok(!existsSync(lock));
  });

  for (const mode of ["stored", "received"] as const) {
    it(`ends ${crashes} times under load, and is started again: ${mode}`, async () => {
      const port = await begin(mode);
      const emitted = new Map<unknown, number>();
      nodeOf("out").on("input", (msg: { payload: { userData: unknown }; sccc: { token: string } }) => {
        emitted.set(msg.payload.userData, (emitted.get(msg.payload.userData) ?? 0) + 1);
        void runtimeOf(RED).state.tokens.acknowledge(msg.sccc.token, "taken");
      });
      const taken: string[] = [];
      let over = false;
      const work = async () => {
        const sender = new Sender(port, "/push", 1);
        while (!over) {
          const mark = newMark();
          const answer = await sender.post(pushOf(account, mark));
          if (answer?.status === 200) taken.push(mark);
          else await new Promise((resolve) => setTimeout(resolve, 5));
        }
        sender.close();
      };
      const working = Array.from({ length: 8 }, work);
      const takes = () => {
        const before = taken.length;
        return eventually("pushes are taken", () => (taken.length > before + 50 ? true : undefined));
      };
      try {
        for (let crash = 0; crash < crashes; crash += 1) {
          await takes();
          await runtimeOf(RED).state.receiving.crash();
        }
        await takes();
      } finally {
        over = true;
      }
      await Promise.all(working);
      await eventually("all that was acknowledged is emitted", () =>
        taken.every((mark) => emitted.has(mark)) ? true : undefined,
      );
      console.log(
        `      ${taken.length} taken, ${[...emitted.values()].filter((count) => count > 1).length} came more than once`,
      );
    });
  }
});
