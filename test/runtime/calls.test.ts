// sccc-calls in Node-RED: calls of the simulator become messages, each once, through redeploys, with recordings and tokens.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sccc from "../../nodes/sccc";
import { type Simulator, startSimulator } from "../../simulator";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { initHelper, stateOf, unload } from "../../tools/nodes";
import { account, callOf, clientOf } from "../../tools/platform";
import { eventually, listening } from "../receive/flow";

// biome-ignore lint/suspicious/noExplicitAny: messages and the helper's nodes are what assertions look into.
type Loose = any;

const helper: Loose = require("node-red-node-test-helper");

describe("sccc-calls", function () {
  this.timeout(120_000);

  let platform: Simulator;
  let port: number;
  let customer: string;
  let userDir: string;
  /** Every message, with its output. */
  let told: { readonly output: number; readonly msg: Loose }[] = [];
  let errors: Loose[] = [];
  let confirmed: Loose[] = [];

  before(initHelper);
  beforeEach(async () => {
    port = await freePort();
    userDir = temporaryFolder();
    told = [];
    errors = [];
    confirmed = [];
    // Calls of two simulators may begin in the same second of their fast clocks. Their bills would then be equal, and
    // the second one a repeat.
    customer = `${account.customer}-${port}`;
    platform = await startSimulator({
      ...account,
      customer,
      pushUrl: `http://127.0.0.1:${port}/sccc/notify`,
      agents: "1000-1009",
      speed: 200,
      pushPatience: 30,
    });
    helper.settings({ userDir });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
    helper.settings({});
  });

  const place = { z: "tab", x: 0, y: 0 };
  const load = async (calls: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<void> => {
    const flow = [
      { id: "tab", type: "tab" },
      {
        ...{ id: "a", type: "sccc-account", baseUrl: platform.url, customer },
        ...{ pushPort: String(port), pushHost: "127.0.0.1", ...more },
      },
      {
        // Long waits, because a busy machine may be slow. Only tests of the waiting itself use shorter ones.
        ...{ id: "n", type: "sccc-calls", account: "a", ...place, waitForBilling: "600", recordingWait: "600" },
        wires: [["out0"], ["out1"], ["out2"], ["out3"], ["out4"]],
        ...calls,
      },
      {
        id: "confirm",
        type: "sccc-confirm",
        ...place,
        outcome: "auto",
        token: "sccc.token",
        tokenType: "msg",
        wires: [["confirmed"]],
      },
      { id: "confirmed", type: "helper", ...place },
      { id: "hangup", type: "sccc-hangup-call", account: "a", ...place, wires: [[]] },
      {
        id: "dial",
        type: "sccc-call-number",
        account: "a",
        ...place,
        wires: [["dialled"]],
        context: "context",
        contextType: "msg",
      },
      { id: "dialled", type: "helper", ...place },
      { id: "catch", ...place, type: "catch", wires: [["caught"]] },
      { id: "caught", ...place, type: "helper" },
      ...[0, 1, 2, 3, 4].map((index) => ({ id: `out${index}`, ...place, type: "helper" })),
    ];
    await helper.load(
      [sccc, require(join(require.resolve("@node-red/nodes/package.json"), "..", "core/common/25-catch.js"))],
      flow,
      {
        a: { password: account.password },
      },
    );
    for (const output of [0, 1, 2, 3, 4])
      helper.getNode(`out${output}`).on("input", (msg: Loose) => told.push({ output, msg }));
    helper.getNode("caught").on("input", (msg: Loose) => errors.push(msg));
    helper.getNode("confirmed").on("input", (msg: Loose) => confirmed.push(msg));
    await listening(port);
  };
  const events = () => told.map(({ msg }) => msg.topic).join(" ");
  const until = (expected: string) =>
    eventually(`${expected} is there, not ${events()}`, () => (events() === expected ? true : undefined));
  const call = (more: Record<string, unknown> = {}) =>
    platform.instruct({
      do: "inbound",
      number: "13800138000",
      answered: true,
      ring: 20,
      talk: 60,
      login: true,
      ...more,
    });
  const all = ["ringing", "dialing", "answered", "finished", "recording"];
  const inbound = "ringing answered finished recording";
  const confirm = (msg: Loose) => helper.getNode("confirm").receive(msg);
  const hangUp = (agent: string) => helper.getNode("hangup").receive({ payload: { agent } });
  /** The simulator's maximum: minutes, longer than any test. */
  const talksOn = 86_400;

  it("gives ringing and finished by default, and the account's calls only once each", async () => {
    await load();
    await call();
    await until("ringing finished");
    const [ringing, finished] = told.map(({ msg }) => msg);
    assert.equal(ringing.payload.id, finished.payload.id);
    assert.deepEqual(
      [ringing.payload.direction, ringing.payload.number, ringing.payload.state],
      ["inbound", "13800138000", "ringing"],
    );
    assert.deepEqual([finished.payload.outcome, finished.payload.state], ["answered", "billed"]);
    assert.deepEqual(finished.sccc.call, { id: finished.payload.id, event: "finished", delivery: 1 });
    assert.equal(typeof finished.sccc.token, "string");
  });

  it("tells which calls are under way until they have ended", async () => {
    await load({ events: ["ringing", "finished"] });
    assert.deepEqual(stateOf().liveCalls(), []);
    await call({ agent: "1000", talk: talksOn });
    await call({ number: "13900139000", agent: "1001", talk: talksOn });
    await until("ringing ringing");
    const live = stateOf().liveCalls();
    assert.deepEqual(live.map(({ phone }) => phone).sort(), ["13800138000", "13900139000"]);
    const first = live.find(({ phone }) => phone === "13800138000");
    assert.deepEqual([first?.account, first?.direction, first?.agent], ["a", "inbound", "1000"]);
    assert.deepEqual(first?.id, told.find(({ msg }) => msg.payload.number === first?.phone)?.msg.payload.id);
    assert.ok(Math.abs(Date.now() - (first?.since ?? 0)) < 60_000);
    assert.equal(stateOf().liveCalls(1).length, 1);
    hangUp("1000");
    hangUp("1001");
    await until("ringing ringing finished finished");
    assert.deepEqual(stateOf().liveCalls(), []);
  });

  it("has an output for each chosen event, in their order", async () => {
    await load({ events: ["recording", "finished", "ringing"], layout: "perEvent" });
    await call();
    await until("ringing finished recording");
    assert.deepEqual(
      told.map(({ output }) => output),
      [0, 1, 2],
    );
  });

  it("hands the recording over as an address, a Buffer or a file", async () => {
    for (const recording of ["url", "buffer", "file"]) {
      told = [];
      await load({ events: ["recording"], recording, folder: "sounds", fileName: "{agent}-{name}" });
      await call();
      await until("recording");
      const { msg } = told[0]!;
      assert.equal(msg.payload.recordingError, undefined);
      const sound: unknown = msg.payload.recording;
      if (recording === "url") assert.equal(sound, msg.payload.recordUrl);
      const bytes =
        recording === "url"
          ? Buffer.from(await (await fetch(String(sound))).arrayBuffer())
          : recording === "file"
            ? readFileSync(String(sound))
            : (sound as Buffer);
      assert.equal(bytes.subarray(0, 4).toString(), "RIFF", recording);
      if (recording === "file") assert.match(String(sound), /sounds\/10\d\d-/);
      await unload();
    }
  });

  it("says why there is no recording, in time", async () => {
    await platform.instruct({ do: "fault", kind: "status", status: 500, api: "recording", times: "always" });
    await load({ events: ["recording"], recording: "buffer", recordingWait: "0.5" });
    await call();
    await until("recording");
    assert.equal(told[0]?.msg.payload.recording, null);
    assert.equal(told[0]?.msg.payload.recordingError.code, "SCCC_HTTP_500");
    await platform.instruct({ do: "fault", kind: "none" });
    await unload();
    told = [];
    await platform.instruct({ do: "fault", kind: "stripPush", event: "billing", fields: ["recordFile"] });
    await load({ events: ["recording"], recordingWait: "0.5" });
    await call();
    await until("recording");
    assert.equal(told[0]?.msg.payload.recordingError.code, "SCCC_TIMEOUT");
  });

  it("goes on with open calls after a restart, under the same id, and ends what was missed while it was down", async () => {
    for (const pushAnswer of ["received", "stored"]) {
      told = [];
      await load({ events: all }, { pushAnswer });
      await call({ agent: "1000", talk: talksOn });
      await until("ringing answered");
      confirmed = [];
      for (const { msg } of told) confirm(msg);
      // An unconfirmed message would come again.
      await eventually("both are confirmed", () => (confirmed.length === 2 ? true : undefined));
      await unload();
      // The call ends while nothing listens. The platform tries its pushes again.
      const client = clientOf(platform.url, { customer });
      const { outcome } = await client.send(callOf(client, "HangupCall", { agent: "1000" }), {
        signal: new AbortController().signal,
      });
      client.close();
      assert.ok(outcome.ok);
      await load({ events: all }, { pushAnswer });
      await until(inbound);
      assert.equal(new Set(told.map(({ msg }) => msg.payload.id)).size, 1);
      for (const { msg } of told.slice(2)) confirm(msg);
      await unload();
    }
  });

  it("gives an unconfirmed message again as one message, and with its last delivery to Catch and the dead letters", async () => {
    await load({ events: ["finished"] }, { pushAnswer: "stored", redeliverAfter: "0.3", maxDeliveries: "2" });
    await call();
    await until("finished finished");
    const [first, second] = told.map(({ msg }) => msg);
    assert.deepEqual([first.sccc.call.delivery, second.sccc.call.delivery], [1, 2]);
    assert.equal(first.payload.id, second.payload.id);
    await eventually("Catch has it", () => (errors.length > 0 ? true : undefined));
    assert.equal(errors[0].error.code, "SCCC_TIMEOUT");
    assert.equal(errors[0].payload.id, first.payload.id);
    const folder = join(userDir, "sccc", "calls");
    assert.ok(readdirSync(folder).some((name) => existsSync(join(folder, name, "dead.jsonl"))));
    const pushes = join(userDir, "sccc", "spool", "a", "dead.jsonl");
    assert.equal(existsSync(pushes), false, "the pushes behind it are not dead-lettered");
  });

  it("does not deliver a message again while its recording is fetched again", async () => {
    const stored = { pushAnswer: "stored", redeliverAfter: "0.2", maxDeliveries: "9" };
    await load({ events: ["recording"], recording: "buffer" }, stored);
    const fetched: number[] = [];
    const fetches = () => platform.requests.filter(({ url }) => url.endsWith(".wav")).length;
    helper.getNode("out0").on("input", () => fetched.push(fetches()));
    // Longer than redeliverAfter.
    await platform.instruct({ do: "fault", kind: "slow", ms: 900, api: "recording", times: "always" });
    await call();
    await until("recording recording recording");
    assert.deepEqual(fetched, [1, 2, 3]);
    confirm(told[0]!.msg);
    await eventually("it is confirmed", () => (confirmed.length === 1 ? true : undefined));
  });

  it("takes a token once, also after a redeploy, and gives what is confirmed no more", async () => {
    await load({ events: ["finished"] }, { pushAnswer: "stored", redeliverAfter: "0.3" });
    await call();
    await until("finished");
    const { msg } = told[0]!;
    confirm(msg);
    confirm({ ...msg });
    await eventually("the second confirmation is an error", () => (errors.length === 1 ? true : undefined));
    assert.equal(errors[0].error.code, "SCCC_NOT_PENDING");
    await call({ number: "13900139000" });
    await until("finished finished");
  });

  it("does not deliver unconfirmed messages again because of a redeploy", async () => {
    const stored = { pushAnswer: "stored", redeliverAfter: "600", maxDeliveries: "2" };
    await load({ events: ["finished"] }, stored);
    await call();
    await until("finished");
    const { msg } = told[0]!;
    // A message that was delivered in the last turns before a deploy may be lost.
    for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
    for (let deploy = 0; deploy < 3; deploy += 1) {
      await unload();
      await load({ events: ["finished"] }, stored);
    }
    await call({ number: "13900139000" });
    await until("finished finished");
    assert.notEqual(told[1]!.msg.payload.id, msg.payload.id);
    confirm(msg);
    confirm({ ...msg });
    await eventually("the second confirmation is an error", () => (errors.length === 1 ? true : undefined));
    await unload();
    await load({ events: ["finished"] }, { ...stored, redeliverAfter: "0.3" });
    await until("finished finished finished");
    assert.deepEqual([told[2]!.msg.payload.id, told[2]!.msg.sccc.call.delivery], [told[1]!.msg.payload.id, 2]);
  });

  it("brings the context of sccc-call-number back in every message of that call and no other", async () => {
    await load({ events: all });
    await call();
    await until(inbound);
    told = [];
    helper.getNode("dial").receive({ payload: { agent: "1000", callee: "13800138888" }, context: { order: 42 } });
    await until("dialing answered finished recording");
    assert.deepEqual(
      told.map(({ msg }) => msg.payload.context),
      Array(4).fill({ order: 42 }),
    );
    assert.deepEqual([...new Set(told.map(({ msg }) => msg.payload.number))], ["13800138888"]);
    told = [];
    await call();
    await until(inbound);
    assert.equal("context" in (told[0]?.msg.payload ?? {}), false);
  });

  it("goes on where the flow cannot take a message: it is reported, and does not come again", async () => {
    await load({ events: all });
    const node = helper.getNode("n");
    const { send } = node;
    node.send = (outputs: Loose) => {
      if (outputs[0]?.topic === "answered") throw new Error("cannot be copied");
      send.call(node, outputs);
    };
    await call();
    await until("ringing finished recording");
    assert.deepEqual(
      errors.map(({ error, topic }) => [error.code, topic]),
      [["SCCC_INVALID_FIELD", "answered"]],
    );
    await unload();
    await load({ events: all });
    await call({ number: "13900139000" });
    await until("ringing finished recording ringing answered finished recording");
  });

  it("reports what goes wrong in work that nobody waits for, and goes on", async () => {
    await load({ events: ["ringing", "finished"] });
    const node = helper.getNode("n");
    const reported: Loose[] = [];
    node.on("call:error", ({ args }: Loose) => reported.push(args[0]));
    const { stringify } = JSON;
    let fails = 1;
    JSON.stringify = (value: Loose, ...more: Loose[]) => {
      if (value?.event === "ringing" && value.call !== undefined && fails-- > 0) throw new Error("unforeseen");
      return stringify(value, ...more);
    };
    try {
      await call();
      await until("finished");
    } finally {
      JSON.stringify = stringify;
    }
    assert.deepEqual(reported.map(String), ["Error: unforeseen"]);
  });

  it("dials a call with a context, and ends a confirmation, although its store cannot be opened", async () => {
    const folder = join(userDir, "sccc", "calls", "n");
    mkdirSync(join(userDir, "sccc", "calls"), { recursive: true });
    writeFileSync(folder, "in the way");
    await load({}, { pushAnswer: "stored" });
    await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
    let dialled: Loose;
    helper.getNode("dialled").on("input", (msg: Loose) => {
      dialled = msg;
    });
    helper.getNode("dial").receive({ payload: { agent: "1000", callee: "13800138888" }, context: 42 });
    await eventually("it is dialled", () => dialled);
    const [tokens] = [...stateOf().callTokens.values()];
    const token = tokens?.tokenOf({ id: "1", node: "n", text: "", delivery: 1 });
    confirm({ sccc: { token } });
    await eventually("the confirmation ends", () => (errors.length === 1 ? true : undefined));
    assert.equal(errors[0].error.code, "SCCC_NOT_PENDING");
  });

  it("gives messages only of calls in its direction and of its agents", async () => {
    await load({ events: ["finished"], direction: "inbound", agents: "1001, 200*" });
    await call({ agent: "1000" });
    await call({ agent: "1001", number: "13900139000" });
    await until("finished");
    assert.equal(told[0]?.msg.payload.agent, "1001");
  });

  it("gives every event of every call once while pushes are lost, late, repeated and out of order, and the flow is deployed again", async () => {
    for (const fault of [
      { kind: "dropPush", event: "callin", probability: 0.15 },
      { kind: "dropPush", event: "callstart", probability: 0.15 },
      { kind: "dropPush", event: "callend", probability: 0.15 },
      { kind: "duplicate", event: "billing", without: ["recordFile"], seconds: 60, probability: 0.2 },
      { kind: "duplicate", anew: true, seconds: 200, probability: 0.2 },
      { kind: "delayPush", seconds: 20, upTo: 200, probability: 0.2 },
      { kind: "reorderPush", probability: 0.2 },
    ]) {
      assert.equal((await platform.instruct({ do: "fault", ...fault })).ok, true, JSON.stringify(fault));
    }
    await load({ events: all }, { pushAnswer: "stored" });
    const helperConfirms = () => {
      for (const output of [0, 1, 2, 3, 4]) helper.getNode(`out${output}`).on("input", (msg: Loose) => confirm(msg));
    };
    helperConfirms();
    const numbers: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 10; index += 1) {
        const number = `138001${round}000${index}`;
        // The last call is still in progress when the flow is redeployed.
        const made = () => call({ number, agent: `100${index}`, answered: index % 3 !== 0, ring: 20, talk: 60 });
        await eventually(`${number} rings`, async () => ((await made()).ok ? true : undefined));
        numbers.push(number);
      }
      await unload();
      await load({ events: all }, { pushAnswer: "stored" });
      helperConfirms();
    }
    const wanted = (number: string) =>
      Number(number.at(-1)) % 3 === 0 ? "finished ringing" : "answered finished recording ringing";
    // A message that was in transit or unconfirmed at the redeploy comes once more, and says so.
    const once = () => {
      const seen = new Set<string>();
      return told.filter(({ msg: { sccc, payload, topic } }) => {
        const key = `${payload.id} ${topic}`;
        const isAgain = seen.has(key) && sccc.call.delivery > 1;
        seen.add(key);
        return !isAgain;
      });
    };
    const of = (number: string) =>
      once()
        .filter(({ msg }) => msg.payload.number === number)
        .map(({ msg }) => msg);
    const count = numbers.reduce((sum, number) => sum + wanted(number).split(" ").length, 0);
    await eventually(`${count} messages`, () => (once().length >= count ? true : undefined));
    for (const number of numbers) {
      const topics = of(number).map(({ topic }) => topic);
      assert.equal([...topics].sort().join(" "), wanted(number), number);
      assert.equal(new Set(of(number).map(({ payload }) => payload.id)).size, 1, number);
    }
    assert.deepEqual(errors, []);
  });

  it("leaves no files behind when calls are over and forgotten, and keeps few", async () => {
    await load({ events: ["ringing", "finished"], window: "2", waitForBilling: "1" });
    for (let index = 0; index < 10; index += 1) await call({ number: `1380013000${index}`, agent: `100${index}` });
    await eventually("all are finished", () => (told.length >= 20 ? true : undefined));
    await unload();
    const folder = join(userDir, "sccc", "calls", "n");
    const size = readdirSync(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
    assert.ok(size < 2_000_000, `${size} bytes`);
  });
});
