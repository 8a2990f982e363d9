// sccc-call-number while it waits: the states of calls, without Node-RED, and as a node with a simulated platform.
import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Heard } from "../../nodes/calls/facts";
import { type Aim, type Arrived, Waiting } from "../../nodes/runtime/call-number/waiting";
import type { Simulator } from "../../simulator";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { type Flow, initHelper, load, nodeOf, unload } from "../../tools/nodes";
import { callOf, clientOf, startPlatform } from "../../tools/platform";
import { context, HandClock, push } from "../calls/drive";
import { eventually, listening } from "../receive/flow";

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

const callee = "13800138000";

const helper: Loose = require("node-red-node-test-helper");
const setUserDir = (userDir: string | undefined) => helper.settings(userDir === undefined ? {} : { userDir });

describe("waiting for calls", () => {
  let clock: HandClock;
  let counts: number[];
  let second: number;
  beforeEach(() => {
    clock = new HandClock();
    counts = [];
    second = 0;
  });

  const waitingFor = (aim: Aim) =>
    new Waiting({ aim, timeoutMs: 120_000, context, onCount: (count) => counts.push(count), timing: clock });

  const fields = (seq = 7, agent = "1000", number = callee) => ({ agent, callee: number, seq, userData: "" });

  const event = (name: string, seq = 7, notify: Record<string, unknown> = {}): Heard => {
    second += 1;
    const call = { agent: "1000", number: `0${callee}`, call_type: "1", seq: String(seq) };
    const report = { eventId: `${second}`, receivedAt: new Date(Date.now() + second * 1000).toISOString() };
    return push(name, { ...call, ...notify }, report);
  };
  const bill = (seq = 7, answerTime = "2026-03-01 10:00:00", number = callee) =>
    push(
      "billing",
      { seq: String(seq), service: "1", callee: number, session: `s${seq}`, answerTime },
      { eventId: `b${seq}` },
    );

  const brief = (arrived: Arrived) =>
    arrived.kind === "closed"
      ? ["closed"]
      : [
          arrived.kind,
          arrived.call.state,
          arrived.call.outcome,
          ...(arrived.kind === "notReached" ? [arrived.reason] : []),
        ];

  /** The result of a call with these messages. */
  async function played(aim: Aim, ...msgs: Heard[]): Promise<unknown> {
    const waiting = waitingFor(aim);
    const arriving = waiting.expect(fields())!.arrive();
    for (const msg of msgs) waiting.hear(msg);
    clock.pass(120_000);
    const arrived = await arriving;
    assert.equal(counts.at(-1), 0);
    assert.equal(waiting.wants("callin"), false);
    return brief(arrived);
  }

  const ringing = () => [event("callin"), event("callout"), event("screenpop")];

  it("answered: reached when it is connected, not when it ends before", async () => {
    assert.deepEqual(await played("answered", ...ringing(), event("callstart")), ["reached", "answered", null]);
    assert.deepEqual(await played("answered", ...ringing(), event("callend")), [
      "notReached",
      "ended",
      "unanswered",
      "notAnswered",
    ]);
    assert.deepEqual(await played("answered", bill()), ["reached", "billed", "answered"]);
    assert.deepEqual(await played("answered", bill(7, "")), ["notReached", "billed", "unanswered", "notAnswered"]);
  });

  it("ended: reached with any result", async () => {
    assert.deepEqual(await played("ended", ...ringing(), event("callstart"), event("callend")), [
      "reached",
      "ended",
      "answered",
    ]);
    assert.deepEqual(await played("ended", event("callend")), ["reached", "ended", "unanswered"]);
    assert.deepEqual(await played("ended", bill()), ["reached", "billed", "answered"]);
  });

  it("billed: reached with the billing only", async () => {
    assert.deepEqual(await played("billed", event("callin"), event("callend")), [
      "notReached",
      "ended",
      "unanswered",
      "timeout",
    ]);
    assert.deepEqual(await played("billed", event("callin"), event("callend"), bill(7, "")), [
      "reached",
      "billed",
      "unanswered",
    ]);
  });

  it("gives up when the time is over, with the current state of the call", async () => {
    assert.deepEqual(await played("answered"), ["notReached", "dialing", null, "timeout"]);
    const waiting = waitingFor("answered");
    const arriving = waiting.expect(fields())!.arrive();
    waiting.hear(event("callin"));
    waiting.hear(event("callout"));
    clock.pass(119_999);
    assert.equal(counts.at(-1), 1);
    clock.pass(1);
    const arrived = await arriving;
    assert.ok(arrived.kind === "notReached");
    assert.deepEqual(
      arrived.call.events.map((one) => one.event),
      ["dialing", "callin", "callout"],
    );
  });

  it("counts events that come before the command's answer", async () => {
    const waiting = waitingFor("answered");
    const expected = waiting.expect(fields())!;
    for (const msg of [...ringing(), event("callstart"), event("callend")]) waiting.hear(msg);
    assert.deepEqual(brief(await expected.arrive()), ["reached", "answered", null]);
  });

  it("distinguishes the calls of several agents, and of one agent with one number, by their seq", async () => {
    const waiting = waitingFor("answered");
    const arriving = [
      waiting.expect(fields(7))!.arrive(),
      waiting.expect(fields(8))!.arrive(),
      waiting.expect(fields(9, "1001"))!.arrive(),
    ];
    waiting.hear(event("callend", 7));
    waiting.hear(event("callstart", 9, { agent: "1001" }));
    waiting.hear(event("callstart", 8));
    assert.deepEqual((await Promise.all(arriving)).map(brief), [
      ["notReached", "ended", "unanswered", "notAnswered"],
      ["reached", "answered", null],
      ["reached", "answered", null],
    ]);
    assert.deepEqual(counts, [1, 2, 3, 2, 1, 0]);
  });

  it("ignores late events of an earlier call, and events of other calls", async () => {
    const waiting = waitingFor("billed");
    const first = waiting.expect(fields(7))!.arrive();
    waiting.hear(event("callend", 7));
    clock.pass(120_000);
    assert.deepEqual(brief(await first), ["notReached", "ended", "unanswered", "timeout"]);
    const next = waiting.expect(fields(8))!.arrive();
    waiting.hear(bill(7));
    waiting.hear(bill(9, "", "13900139000"));
    assert.equal(counts.at(-1), 1);
    waiting.hear(bill(8));
    assert.deepEqual(brief(await next), ["reached", "billed", "answered"]);
  });

  it("drops a call that was not dialled, and ends when it is closed", async () => {
    const waiting = waitingFor("answered");
    waiting.expect(fields(7))!.cancel();
    assert.equal(counts.at(-1), 0);
    const arriving = waiting.expect(fields(8))!.arrive();
    const pending = waiting.expect(fields(9))!;
    waiting.close();
    assert.deepEqual(brief(await arriving), ["closed"]);
    assert.deepEqual(brief(await pending.arrive()), ["closed"]);
    assert.equal(clock.timers, 0);
    assert.deepEqual(brief(await waiting.expect(fields(10))!.arrive()), ["closed"], "a message that was on its way");
  });

  it("subscribes to the events of calls only while it waits", () => {
    const waiting = waitingFor("answered");
    assert.equal(waiting.wants("callstart"), false);
    waiting.expect(fields());
    assert.deepEqual(
      ["callin", "billing", "taskinfo", "agentstatus", "new"].map((name) => waiting.wants(name)),
      [true, true, false, false, false],
    );
    waiting.close();
  });
});

describe("sccc-call-number that waits", () => {
  before(initHelper);

  let numbers = 0;
  /**
   * A number with an ending that determines the simulated call, and that no other platform of these tests has billed.
   */
  const numberEnding = (end: string) => {
    numbers += 1;
    return `138${String(numbers).padStart(4, "0")}${end}`;
  };

  let platform: Simulator;
  let flow: Flow;
  let ended: Loose[];
  let wake: (() => void)[];
  afterEach(async () => {
    await unload();
    await platform.close();
  });

  async function begin(
    config: Record<string, unknown>,
    account: Record<string, unknown> = {},
    speed = 1000,
    opens = true,
  ): Promise<void> {
    const pushPort = await freePort();
    ended = [];
    wake = [];
    platform = await startPlatform({ agents: "1000-1019", speed, pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify` });
    const second = { id: "second", z: "tab", x: 0, y: 0, type: "helper" };
    const receiving = { pushPort: String(pushPort), pushHost: "127.0.0.1", ...account };
    const node = { type: "sccc-call-number", wires: [["out"], ["second"]], waitTimeout: "20", ...config };
    flow = await load(platform, node, receiving, [second]);
    // The receiving thread opens the port a moment after the flows have started.
    if (opens) await listening(pushPort);
    const collect = (output: 1 | 2 | "catch") => (msg: Loose) => {
      ended.push({ output, msg, call: msg.payload });
      for (const one of wake.splice(0)) one();
    };
    nodeOf("out").on("input", collect(1));
    nodeOf("second").on("input", collect(2));
    nodeOf("caught").on("input", collect("catch"));
  }

  async function online(...agents: string[]): Promise<void> {
    for (const agent of agents) await platform.instruct({ do: "agent", agent, workStatus: "ONLINE" });
  }

  async function until(count: number): Promise<readonly Loose[]> {
    while (ended.length < count) await new Promise<void>((resolve) => wake.push(resolve));
    return ended;
  }

  async function call(number: string, agent = "1000"): Promise<Loose> {
    await online(agent);
    const count = ended.length;
    flow.node.receive({ payload: { agent, callee: number }, topic: "kept" });
    await until(count + 1);
    return ended[count];
  }

  it("continues to wait after its process was killed, with the message and the call's id", async () => {
    const userDir = temporaryFolder();
    const pushPort = await freePort();
    platform = await startPlatform({
      agents: "1000-1019",
      speed: 20,
      pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify`,
      pushPatience: 30,
    });
    const receiving = { pushPort: String(pushPort), pushHost: "127.0.0.1" };
    const node = { type: "sccc-call-number", waitFor: "ended", waitTimeout: "20", wires: [["out"], []] };
    setUserDir(userDir);
    try {
      flow = await load(platform, node, receiving);
      await listening(pushPort);
      await online("1000");
      flow.node.receive({
        payload: { agent: "1000", callee: numberEnding("8888") },
        topic: "kept",
        mine: { order: 42 },
      });
      const folder = join(userDir, "sccc", "calls", "n");
      const journal = () =>
        existsSync(folder)
          ? readdirSync(folder)
              .filter((name) => name.startsWith("journal-"))
              .map((name) => readFileSync(join(folder, name), "utf8"))
              .join("")
          : "";
      const text = await eventually("the waiting is on disk", () => {
        const found = journal();
        return found.includes('"waiting"') ? found : undefined;
      });
      // The folder as a killed process leaves it.
      const left = temporaryFolder();
      cpSync(folder, left, { recursive: true });
      await unload();
      rmSync(folder, { recursive: true });
      rmSync(join(left, "lock"), { force: true });
      cpSync(left, folder, { recursive: true });
      flow = await load(platform, node, receiving);
      const out = await new Promise<Loose>((resolve) => nodeOf("out").on("input", resolve));
      assert.deepEqual([out.topic, out.mine, out.payload.state], ["kept", { order: 42 }, "ended"]);
      assert.equal(out.sccc.call.reached, true);
      assert.equal(out.sccc.command.api, "CallNumber");
      assert.ok(text.includes(out.payload.id), "the id that it had before");
    } finally {
      setUserDir(undefined);
    }
  });

  it("answers when the call is answered, with the call", async () => {
    await begin({ waitFor: "answered" });
    const number = numberEnding("8888");
    const { output, msg, call: tracked } = await call(number);
    assert.equal(output, 1);
    assert.deepEqual(
      [tracked.state, tracked.agent, tracked.number, tracked.direction, tracked.outcome],
      ["answered", "1000", number, "outbound", null],
    );
    assert.equal(tracked.seq, String(msg.sccc.command.seq));
    assert.deepEqual([msg.topic, msg.sccc.command.api, msg.sccc.command.result.error], ["kept", "CallNumber", 0]);
    assert.deepEqual(msg.sccc.call, { id: tracked.id, waitFor: "answered", reached: true });
  });

  for (const [what, ending] of [
    ["nobody answers", "0000"],
    ["it is busy", "0001"],
    ["the number does not exist", "9999"],
  ] as const) {
    it(`reports at the second output that ${what}`, async () => {
      await begin({ waitFor: "answered" });
      const { output, msg, call: tracked } = await call(numberEnding(ending));
      assert.deepEqual([output, tracked.state, tracked.outcome], [2, "ended", "unanswered"]);
      assert.deepEqual(msg.sccc.call, { id: tracked.id, waitFor: "answered", reached: false, reason: "notAnswered" });
    });
  }

  it("reports a call that was hung up before the answer", async () => {
    await begin({ waitFor: "answered" }, {}, 1);
    await online("1000");
    flow.node.receive({ payload: { agent: "1000", callee: numberEnding("8888") } });
    while (platform.requests.length === 0) await new Promise(setImmediate);
    await hangUp("1000");
    const [{ output, call: tracked }] = (await until(1)) as [Loose];
    assert.deepEqual([output, tracked.outcome], [2, "unanswered"]);
  });

  /** Hangs up with the platform's API. */
  async function hangUp(agent: string): Promise<void> {
    const client = clientOf(platform.url);
    await client.send(callOf(client, "HangupCall", { agent }), { signal: new AbortController().signal });
    client.close();
  }

  it("waits for the end, and for the billing", async () => {
    await begin({ waitFor: "ended" });
    const end = await call(numberEnding("8888"));
    assert.deepEqual([end.output, end.call.state, end.call.outcome], [1, "ended", "answered"]);
    const missed = await call(numberEnding("0000"), "1001");
    assert.deepEqual([missed.output, missed.call.state, missed.call.outcome], [1, "ended", "unanswered"]);
    await unload();
    await platform.close();
    await begin({ waitFor: "billed" });
    const billed = await call(numberEnding("8888"));
    assert.deepEqual([billed.output, billed.call.state, billed.call.outcome], [1, "billed", "answered"]);
    assert.match(billed.call.recordUrl, /^http:\/\/127\.0\.0\.1:\d+\/record\/.*\.wav$/);
  });

  it("gives up after its time, and shows how many calls it waits for", async () => {
    await begin({ waitFor: "answered", waitTimeout: "1" }, {}, 0.01);
    const { output, msg, call: tracked } = await call(numberEnding("8888"));
    assert.deepEqual([output, tracked.state, msg.sccc.call.reason], [2, "dialing", "timeout"]);
    const texts = flow.statuses.map(({ text }) => text);
    assert.deepEqual([texts.includes("status.waitingCalls"), texts.at(-1)], [true, "status.done"]);
  });

  it("sends a refused command to Catch, and does not wait", async () => {
    await begin({ waitFor: "answered" });
    flow.node.receive({ payload: { agent: "1000", callee: numberEnding("8888") } });
    const [{ output, msg }] = (await until(1)) as [Loose];
    assert.equal(output, "catch");
    assert.match(msg.error.code, /^E_/);
    assert.match(flow.statuses.at(-1)?.text ?? "", /^error\.E_/, "it does not wait");
    assert.match(msg.payload.callee, /8888$/);
  });

  it("follows the calls of many agents at once", async () => {
    await begin({ waitFor: "billed" });
    const agents = Array.from({ length: 20 }, (_, index) => String(1000 + index));
    await online(...agents);
    // All have the same number: only agent and seq distinguish them.
    const number = numberEnding("8888");
    for (const agent of agents) flow.node.receive({ payload: { agent, callee: number } });
    const all = await until(agents.length);
    assert.deepEqual(
      all.map(({ output }) => output),
      agents.map(() => 1),
    );
    assert.deepEqual(all.map(({ call: tracked }) => tracked.agent).sort(), agents);
    for (const { msg, call: tracked } of all) assert.equal(tracked.seq, String(msg.sccc.command.seq));
    assert.equal(new Set(all.map(({ call: tracked }) => tracked.session)).size, agents.length);
  });

  it("ends waiting messages once with an error when it is deployed again", async () => {
    await begin({ waitFor: "billed" }, {}, 1);
    await online("1000");
    const errors: Loose[] = [];
    const message = { payload: { agent: "1000", callee: numberEnding("8888") } };
    flow.node._inputCallback.call(
      flow.node,
      message,
      () => errors.push("sent"),
      (error: Loose) => errors.push(error),
    );
    // The request has ended, the call has not.
    const texts = () => flow.statuses.map(({ text }) => text);
    while (!texts().includes("status.requesting") || texts().at(-1) !== "status.waitingCalls")
      await new Promise(setImmediate);
    await flow.node.close(false);
    await new Promise(setImmediate);
    assert.deepEqual(
      errors.map(({ code }) => code),
      ["SCCC_CLOSED"],
    );
    assert.equal(errors[0].message, "errors.closedWaiting");
  });

  it("refuses to wait for a list, for an unknown stage, and without a push address", async () => {
    for (const [config, account, code] of [
      [{ waitFor: "answered", input: "list" }, {}, "SCCC_INVALID_FIELD"],
      [{ waitFor: "whatever" }, {}, "SCCC_CONFIG"],
      [{ waitFor: "answered", waitTimeout: "0" }, {}, "SCCC_CONFIG"],
      [{ waitFor: "answered" }, { pushPath: "nowhere" }, "SCCC_CONFIG"],
    ] as const) {
      await begin(config, account, 1000, false);
      flow.node.receive({ payload: "input" in config ? [{ agent: "1000", callee }] : { agent: "1000", callee } });
      const [{ output, msg }] = (await until(1)) as [Loose];
      assert.deepEqual([output, msg.error.code], ["catch", code], JSON.stringify(config));
      assert.equal(platform.requests.length, 0, "nothing was sent");
      await unload();
      await platform.close();
    }
  });
});
