// sccc-simulator as a node: it starts, does what messages say, tells what went wrong, and ends with its flow.
import assert from "node:assert/strict";
import type { Simulator } from "../../simulator";
import { initHelper, load, unload } from "../support/nodes";
import { account, startPlatform } from "../support/platform";

describe("sccc-simulator", () => {
  let platform: Simulator;
  before(async () => {
    initHelper();
    platform = await startPlatform();
  });
  after(() => platform.close());
  afterEach(unload);

  const start = (config: Record<string, unknown>, password = account.password) =>
    load(platform, { type: "sccc-simulator", port: "0", speed: "1000", ...config }, {}, [], { n: { password } });

  /** The status that a node comes to show. */
  async function shown(flow: Awaited<ReturnType<typeof load>>): Promise<{ fill?: string; text?: string }> {
    while (flow.statuses.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return flow.statuses[0] ?? {};
  }

  it("shows its address, answers there, and is gone with its flow", async () => {
    const { text = "" } = await shown(await start({}));
    assert.match(text, /^127\.0\.0\.1:\d+$/);
    assert.equal((await fetch(`http://${text}/`)).status, 404);
    await unload();
    await assert.rejects(fetch(`http://${text}/`));
  });

  it("does what messages say", async () => {
    const flow = await start({ agents: "7000" });
    const { msg } = await flow.send({ payload: { do: "agent", agent: "7000", workStatus: "ONLINE" } });
    assert.equal(msg.payload.ok, true);
    const inbound = await flow.send({ payload: { do: "inbound", number: "10086" }, topic: "kept" });
    assert.deepEqual([inbound.msg.payload.agent, inbound.msg.topic], ["7000", "kept"]);
  });

  it("says which field of an instruction is wrong, and whether a push was not taken", async () => {
    const flow = await start({ pushUrl: platform.url });
    for (const payload of [undefined, "inbound", { do: "dance" }, { do: "inbound" }]) {
      assert.equal((await flow.send({ payload })).error.code, "SCCC_INVALID_FIELD");
    }
    assert.equal((await flow.send({ payload: { do: "push", event: "callin" } })).error.code, "SCCC_PROTOCOL");
    await unload();
    const nobody = await start({ pushUrl: "http://127.0.0.1:1/" });
    assert.equal((await nobody.send({ payload: { do: "push", event: "callin" } })).error.code, "SCCC_NETWORK");
  });

  it("does not start on a port that is taken, or without a password, and says so", async () => {
    const taken = await start({ port: String(platform.port) });
    assert.equal((await shown(taken)).text, "status.notRunning");
    assert.equal((await taken.send({ payload: { do: "reset" } })).error.code, "SCCC_CONFIG");
    await unload();
    const open = await start({}, "");
    assert.equal((await shown(open)).text, "status.SCCC_CONFIG");
  });
});
