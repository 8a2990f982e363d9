// sccc-simulator as a node: starts, carries out the instructions in messages, reports errors, and ends with its flow.
import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import type { NodeAPI } from "node-red";
import { callIn } from "../../nodes/runtime/admin/simulator";
import { ownerOfPort } from "../../nodes/runtime/shared/ports";
import type { Simulator } from "../../simulator";
import { initHelper, load, stateOf, unload } from "../../tools/nodes";
import { account, startPlatform } from "../../tools/platform";
import { translatorOf } from "../../tools/translator";
import { eventually } from "../receive/flow";
import { authentication } from "../simulator/client";

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

  /** The next status that a node shows. */
  async function shown(flow: Awaited<ReturnType<typeof load>>): Promise<{ fill?: string; text?: string }> {
    while (flow.statuses.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return flow.statuses[0] ?? {};
  }

  it("shows its address, answers there, and closes with its flow", async () => {
    const { text = "" } = await shown(await start({}));
    assert.match(text, /^127\.0\.0\.1:\d+$/);
    assert.equal((await fetch(`http://${text}/`)).status, 404);
    await unload();
    await assert.rejects(fetch(`http://${text}/`));
  });

  it("carries out instructions of messages", async () => {
    const flow = await start({ agents: "7000" });
    const { msg } = await flow.send({ payload: { do: "agent", agent: "7000", workStatus: "ONLINE" } });
    assert.equal(msg.payload.ok, true);
    const inbound = await flow.send({ payload: { do: "inbound", number: "10086" }, topic: "kept" });
    assert.deepEqual([inbound.msg.payload.agent, inbound.msg.topic], ["7000", "kept"]);
  });

  it("starts an inbound call when its button is pressed, and logs an agent in for it", async () => {
    const told: unknown[] = [await callIn(stateOf(), { simulator: "n" })];
    const flow = await start({ agents: "7000-7001", speed: "1" });
    await shown(flow);
    for (const body of [{ simulator: "n" }, { simulator: "n" }, { simulator: "n" }, { simulator: "other" }, {}, null]) {
      told.push(await callIn(stateOf(), body));
    }
    await unload();
    told.push(await callIn(stateOf(), { simulator: "n" }));
    const called = (agent: string) => ({ outcome: "called", params: { number: "13800138888", agent } });
    const [notRunning, nobody] = [{ outcome: "notRunning" }, { outcome: "nobody" }];
    assert.deepEqual(told, [
      notRunning,
      ...[called("7000"), called("7001"), nobody],
      ...[notRunning, notRunning, notRunning],
      notRunning,
    ]);
  });

  it("uses the configured dialect", async () => {
    for (const [dialect, status] of [
      ["field", 0],
      ["document", 10],
      [undefined, 10],
    ] as const) {
      const { text = "" } = await shown(await start(dialect === undefined ? {} : { dialect }));
      const response = await fetch(`http://${text}/openapi/V2.1.2/AgentLogin`, {
        method: "POST",
        body: JSON.stringify({ authentication: authentication(), request: { agent: "1000" } }),
      });
      const { result } = (await response.json()) as { result: { error: number } };
      assert.equal(result.error, status);
      await unload();
    }
    assert.equal((await shown(await start({ dialect: "slang" }))).text, "status.SCCC_CONFIG");
  });

  it("says which field of an instruction is wrong, and whether a push was not taken", async () => {
    const flow = await start({ pushUrl: platform.url });
    for (const payload of [undefined, "inbound", { do: "dance" }, { do: "inbound" }]) {
      const { error } = await flow.send({ payload });
      // The helper does not translate.
      assert.deepEqual([error.code, error.message], ["SCCC_INVALID_FIELD", "errors.simulatorInstruction"]);
    }
    assert.equal((await flow.send({ payload: { do: "push", event: "callin" } })).error.code, "SCCC_PROTOCOL");
    await unload();
    const nobody = await start({ pushUrl: "http://127.0.0.1:1/" });
    assert.equal((await nobody.send({ payload: { do: "push", event: "callin" } })).error.code, "SCCC_NETWORK");
  });

  it("starts when its port is free again", async function () {
    this.timeout(30_000);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const flow = await start({ port: String(port) });
    assert.equal((await shown(flow)).text, "status.portTaken");
    await new Promise((resolve) => other.close(resolve));
    await eventually("it runs", async () => (flow.statuses.at(-1)?.text === `127.0.0.1:${port}` ? true : undefined));
    assert.equal((await flow.send({ payload: { do: "reset" } })).msg.payload.ok, true);
    const texts = flow.statuses.map(({ text }) => text);
    assert.deepEqual([...new Set(texts)], ["status.portTaken", `127.0.0.1:${port}`]);
  });

  it("says which node has its port", () => {
    const nodes: readonly Record<string, unknown>[] = [
      { id: "t", type: "tab", label: "Shop" },
      { id: "n", type: "sccc-simulator", port: "8088", z: "t" },
      { id: "off", type: "sccc-simulator", port: "8089", name: "disabled", d: true },
      { id: "m", type: "sccc-simulator", port: "8088", name: "first", z: "t" },
      { id: "a", type: "sccc-account", pushPort: "8090", name: "" },
    ];
    const RED = {
      nodes: { eachNode: (each: (node: object) => void) => nodes.forEach(each) },
      settings: { uiPort: 1880 },
    } as unknown as NodeAPI;
    const owner = (port: number, text: "en" | "zh") => ownerOfPort(RED, translatorOf(text), port, "n");
    assert.equal(owner(8088, "en"), 'sccc-simulator "first" (Shop)');
    assert.equal(owner(8090, "en"), "sccc-account a");
    assert.equal(owner(1880, "en"), "Node-RED itself");
    assert.equal(owner(8089, "zh"), "其他程序");
  });

  it("does not start on a port that is taken, or without a password, and says so", async () => {
    const taken = await start({ port: String(platform.port) });
    assert.equal((await shown(taken)).text, "status.portTaken");
    assert.deepEqual(await callIn(stateOf(), { simulator: "n" }), { outcome: "stopped" });
    const { code, message } = (await taken.send({ payload: { do: "reset" } })).error;
    assert.deepEqual([code, message], ["SCCC_CONFIG", "errors.simulatorPort"]);
    await unload();
    const nowhere = await start({ host: "192.0.2.1" });
    assert.equal((await shown(nowhere)).text, "status.notRunning");
    await unload();
    const open = await start({}, "");
    assert.equal((await shown(open)).text, "status.config.missing");
  });
});
