// Whole calls in a real Node-RED: all kinds of simulated calls through sccc-notify and the tracker, redeploys, stored
// pushes, and a waiting sccc-call-number.
import assert from "node:assert/strict";
import type { TrackedCall } from "../../nodes/calls/call";
import { type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import { account, callOf, clientOf } from "../../tools/platform";
import { accountOf, confirmNode, eventually, idOf, listening, notifyNode } from "../receive/flow";

const func = (id: string, code: string, outputs: number, ...wires: string[][]): FlowNode => ({
  id,
  type: "function",
  z: "flow",
  func: code,
  outputs,
  wires,
});

const httpIn = (id: string, url: string, method: string, wire: string): FlowNode => ({
  id,
  type: "http in",
  z: "flow",
  url,
  method,
  wires: [[wire]],
});

/** Stores messages under a name: `GET /told?name=<name>`. */
const keep = (id: string, name: string, ...wires: string[]): FlowNode =>
  func(
    id,
    `const list = global.get("${name}") ?? [];
list.push({ topic: msg.topic, call: msg.payload, about: msg.sccc.call, token: msg.sccc.token, delivery: msg.sccc.push?.delivery });
global.set("${name}", list);
return msg;`,
    1,
    wires,
  );

/** A stored message. */
interface KeptMessage {
  readonly topic: string;
  readonly call: TrackedCall;
  readonly about: { readonly id: string; readonly finished: boolean; readonly cause: string };
  readonly token: string;
  readonly delivery?: number;
}

const tracker = (
  name: string,
  wires: readonly (readonly string[])[],
  more: Readonly<Record<string, unknown>> = {},
): FlowNode => ({
  id: `tracker-${name}`,
  type: "sccc-call-tracker",
  z: "flow",
  account: idOf(name),
  window: "3600",
  waitForBilling: "5",
  maxOpen: "1000",
  wires,
  ...more,
});

const flowAt = (platform: string, port: number): readonly FlowNode[] => {
  const properties = { baseUrl: platform, pushPort: String(port), pushHost: "127.0.0.1", apiVersion: "2.0.6" };
  return [
    { id: "flow", type: "tab", label: "Flow" },
    accountOf("plain", account, { ...properties, pushPath: "/plain" }),
    notifyNode("plain", { wires: [["tracker-plain"]] }),
    tracker("plain", [["changes"], ["finished"]]),
    keep("changes", "changes"),
    keep("finished", "finished"),
    // The command's answer starts a call.
    httpIn("dial-in", "/dial", "post", "dial"),
    {
      id: "dial",
      type: "sccc-call-number",
      z: "flow",
      account: idOf("plain"),
      repeatGuard: "0",
      wires: [["tracker-plain", "out"]],
    },
    // Answers when the call was answered, or has failed.
    httpIn("wait-in", "/wait", "post", "wait"),
    {
      id: "wait",
      type: "sccc-call-number",
      z: "flow",
      account: idOf("plain"),
      waitFor: "answered",
      repeatGuard: "0",
      waitTimeout: "60",
      outputs: 2,
      wires: [["out"], ["missed"]],
    },
    func("missed", "msg.statusCode = 404; return msg;", 1, ["out"]),
    { id: "caught", type: "catch", z: "flow", scope: ["wait", "dial"], wires: [["failed"]] },
    func("failed", "msg.statusCode = 502; msg.payload = { code: msg.error.code }; return msg;", 1, ["out"]),
    { id: "out", type: "http response", z: "flow", wires: [] },
    httpIn("told-in", "/told", "get", "told"),
    func("told", `msg.payload = global.get(msg.req.query.name) ?? []; return msg;`, 1, ["out"]),
    // Stored pushes, whose first processing fails.
    accountOf("stored", account, { ...properties, pushPath: "/stored", pushAnswer: "stored", redeliverAfter: "0.3" }),
    notifyNode("stored", { wires: [["tracker-stored"]] }),
    tracker("stored", [[], ["attempts"]], { waitForBilling: "0.2" }),
    keep("attempts", "attempts", "work"),
    func(
      "work",
      `if (msg.sccc.push !== undefined && msg.sccc.push.delivery < 3) throw new Error("Not yet"); return msg;`,
      1,
      ["confirm"],
    ),
    confirmNode(["confirmed"]),
    keep("confirmed", "confirmed"),
    { id: "confirm-caught", type: "catch", z: "flow", scope: ["confirm", "notify-stored"], wires: [["unconfirmed"]] },
    keep("unconfirmed", "unconfirmed"),
  ];
};

describe("whole calls in Node-RED", function () {
  this.timeout(120_000);

  let nodeRed: NodeRed;
  let platform: Simulator;
  let stored: Simulator;
  let port: number;
  before(async () => {
    port = await freePort();
    const options = { ...account, agents: "1000-1029", seed: 3 };
    platform = await startSimulator({ ...options, speed: 100, pushUrl: `http://127.0.0.1:${port}/plain` });
    stored = await startSimulator({ ...options, speed: 100, pushUrl: `http://127.0.0.1:${port}/stored` });
    nodeRed = await startNodeRed({ version: 4, flows: flowAt(platform.url, port) });
    await listening(port);
    for (const one of [platform, stored])
      for (const { staffNo } of one.state.agents)
        await one.instruct({ do: "agent", agent: staffNo, workStatus: "ONLINE" });
  });
  after(async () => {
    await nodeRed?.stop();
    await platform?.close();
    await stored?.close();
  });

  const told = async (name: string) => (await nodeRed.admin("GET", `/told?name=${name}`)) as readonly KeptMessage[];

  async function command(api: string, fields: Readonly<Record<string, unknown>>, on = platform): Promise<void> {
    const client = clientOf(on.url);
    const { outcomes } = await client.send(callOf(client, api, fields), { signal: new AbortController().signal });
    client.close();
    assert.ok(outcomes[0]?.ok, JSON.stringify(outcomes));
  }

  const post = (path: string, body: unknown) =>
    nodeRed.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  it("are reported once, with the results that the platform has, for every course of a call", async () => {
    const ends = ["8888", "0000", "0001", "9999", "8888"];
    for (const [index, end] of ends.entries()) {
      await post("/dial", { agent: String(1000 + index), callee: `1380000${end}`, userData: `order ${index}` });
      const answered = end === "8888";
      await platform.instruct({
        do: "inbound",
        number: `013${index}1111${end}`,
        agent: String(1005 + index),
        answered,
      });
    }
    for (const [agent, mode] of [
      ["1010", "2"],
      ["1011", "5"],
    ] as const) {
      const callees = ["0000", "8888", "0001", "8888"].map((end, index) => `137${mode}00${index}${end}`);
      await command("CallTaskCreate", { agent, mode, callees, callers: [], userData: "campaign" });
    }
    await command("VoiceVerify", { callee: "13600008888" });
    const count = 2 * ends.length + 8 + 1;
    const finished = await eventually("every call is finished", async () => {
      const all = await told("finished");
      return all.length >= count ? all : undefined;
    });
    const { cdrs } = platform.state;
    assert.equal(cdrs.length, count);
    const entryOf = new Map(cdrs.map((entry) => [entry.session, entry]));
    assert.equal(finished.length, count);
    for (const { call, about } of finished) {
      const entry = entryOf.get(call.session ?? "")!;
      const { agent, inbound, caller, callee } = entry.facts;
      const number = inbound ? caller : callee;
      assert.equal(about.finished, true);
      assert.deepEqual(
        [call.state, call.outcome === "answered", call.talkSeconds, call.agent ?? "", call.direction, call.number],
        ["billed", entry.answered, entry.duration, agent, inbound ? "inbound" : "outbound", number],
        JSON.stringify(call),
      );
      if (!entry.answered) assert.equal(call.outcome, inbound ? "missed" : "unanswered");
      assert.equal(call.recordFile ?? "", entry.filename);
      assert.equal(entryOf.delete(entry.session), true, "once");
    }
    const changes = await told("changes");
    const topicsOf = (id: string) => changes.filter(({ call }) => call.id === id).map(({ topic }) => topic);
    const of = (agent: string) => finished.find(({ call }) => call.agent === agent)!.call.id;
    assert.deepEqual(topicsOf(of("1000")), ["dialing", "ringing", "answered", "ended", "billed"]);
    assert.deepEqual(topicsOf(of("1001")), ["dialing", "ringing", "ended", "billed"]);
    assert.deepEqual(topicsOf(of("1005")), ["ringing", "answered", "ended", "billed"]);
    assert.deepEqual(topicsOf(of("1006")), ["ringing", "ended", "billed"]);
    for (const { call } of finished.filter(({ call }) => call.agent === "1011"))
      assert.equal(call.userData, "campaign");
  });

  it("continue over a redeploy during the call", async () => {
    await platform.instruct({
      do: "inbound",
      number: "13900008888",
      agent: "1020",
      answered: true,
      ring: 1,
      talk: 86_400,
    });
    const mine = ({ call }: KeptMessage) => call.agent === "1020";
    const answered = await eventually("it is answered", async () =>
      (await told("changes")).find((one) => mine(one) && one.topic === "answered"),
    );
    await nodeRed.deploy(flowAt(platform.url, port));
    await listening(port);
    await command("HangupCall", { agent: "1020" });
    const [finished] = await eventually("it is finished", async () => {
      const found = (await told("finished")).filter(mine);
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual([finished?.call.id, finished?.call.outcome], [answered.call.id, "answered"]);
    assert.deepEqual(
      finished?.call.events.map(({ event }) => event),
      ["callin", "screenpop", "callstart", "callend", "billing"],
    );
  });

  it("are answered by a node that waits, each in its own HTTP request", async () => {
    const answers = await Promise.all(
      ["8888", "0000", "0001", "8888"].map(async (end, index) => {
        const answer = await post("/wait", { agent: String(1021 + index), callee: `1350000${end}` });
        return [answer.status, (await answer.json()) as TrackedCall] as const;
      }),
    );
    assert.deepEqual(
      answers.map(([status, { agent, outcome, state }]) => [status, agent, state, outcome]),
      [
        [200, "1021", "answered", null],
        [404, "1022", "ended", "unanswered"],
        [404, "1023", "ended", "unanswered"],
        [200, "1024", "answered", null],
      ],
    );
    const refused = await post("/wait", { agent: "9999", callee: "13500008888" });
    assert.deepEqual([refused.status, await refused.json()], [502, { code: "E_G_STAFF_NO_EXIST" }]);
  });

  it("that are stored are delivered again until the finished call is confirmed, and only that one", async () => {
    await stored.instruct({ do: "inbound", number: "13400008888", agent: "1000" });
    const [confirmed] = await eventually("it is confirmed", async () => {
      const all = await told("confirmed");
      return all.length > 0 ? all : undefined;
    });
    assert.deepEqual([confirmed?.call.state, confirmed?.call.outcome, confirmed?.delivery], ["billed", "answered", 3]);
    // A second call, whose bill is dropped by the platform: a timer finishes it, and that message can be acknowledged too.
    await stored.instruct({ do: "fault", kind: "dropPush", event: "billing" });
    await stored.instruct({ do: "inbound", number: "13400000000", agent: "1001" });
    const all = await eventually("the second is confirmed", async () => {
      const found = await told("confirmed");
      return found.length > 1 ? found : undefined;
    });
    assert.deepEqual(
      all.map(({ call, about }) => [call.agent, call.outcome, about.cause]),
      [
        ["1000", "answered", "event"],
        ["1001", "missed", "noBilling"],
      ],
    );
    const attempts = await told("attempts");
    assert.deepEqual(
      attempts.map(({ call, delivery }) => [call.agent, delivery]),
      [
        ["1000", 1],
        ["1000", 2],
        ["1000", 3],
        ["1001", undefined],
      ],
    );
    assert.deepEqual(await told("unconfirmed"), []);
  });
});
