// sccc-call-tracker in Node-RED: outputs, tokens, ignored messages, and what survives a redeploy.
import assert from "node:assert/strict";
import { type Flow, initHelper, load, logged, nodeOf, stateOf, unload } from "../../tools/nodes";

const platform = { url: "http://127.0.0.1:9" };

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

/** A message as sccc-notify outputs it. */
const push = (
  event: string,
  notify: Record<string, unknown>,
  token?: string,
  report: Record<string, unknown> = {},
) => ({
  topic: event,
  payload: {
    agent: "1000",
    number: "13800138000",
    call_type: "0",
    ...notify,
    event,
    eventId: `${event}-${JSON.stringify(notify)}`,
  },
  sccc: {
    push: { event, delivery: 1, receivedAt: new Date().toISOString(), ...report },
    ...(token === undefined ? {} : { token }),
  },
  kept: "with the message",
});

const billing = { service: "2", caller: "13800138000", callee: "021", session: "s", agent: undefined, timeLength: "0" };

/** A token and its acknowledgements. */
function pending() {
  const heard: string[] = [];
  const ack = stateOf()
    .tokens.pendingAcks()
    .begin((outcome) => heard.push(outcome) > 0);
  return { token: ack.token(), heard };
}

/** The messages of both outputs, in order. */
interface Out {
  readonly port: 1 | 2;
  readonly msg: Loose;
}

describe("sccc-call-tracker", () => {
  before(async () => {
    await initHelper();
    // A tracker with the same id in another test file of this process may have left calls.
    stateOf().trackers.clear();
  });
  afterEach(async () => {
    // Otherwise the next test's node, which has the same id, would continue with this one's calls.
    await flow.node.close(true);
    await unload();
  });

  let out: Out[];
  let flow: Flow;
  const arrived: (() => void)[] = [];

  async function start(config: Record<string, unknown> = {}, account: Record<string, unknown> = {}): Promise<void> {
    out = [];
    const second = { id: "second", z: "tab", x: 0, y: 0, type: "helper" };
    const wires = [["out"], ["second"]];
    flow = await load(platform, { type: "sccc-call-tracker", id: "n", wires, ...config }, account, [second]);
    const collect = (port: 1 | 2) => (msg: Loose) => {
      out.push({ port, msg });
      for (const wake of arrived.splice(0)) wake();
    };
    nodeOf("out").on("input", collect(1));
    nodeOf("second").on("input", collect(2));
  }

  /** Waits until this many messages were output. */
  async function until(count: number): Promise<void> {
    while (out.length < count) await new Promise<void>((resolve) => arrived.push(resolve));
  }

  /** Sends a message; resolves with the argument of done. */
  const take = (msg: object): Promise<Loose> =>
    new Promise((resolve) => {
      // Node-RED's own method; there is no other way to observe done.
      flow.node._inputCallback.call(flow.node, msg, (some: Loose) => flow.node.send(some), resolve);
    });

  const brief = () => out.map(({ port, msg }) => [port, msg.topic, msg.payload.state]);

  it("sends every change to the first output and every finished call to the second, and keeps the message's properties", async () => {
    await start();
    await take(push("callin", {}));
    await take(push("screenpop", {}));
    await take(push("callstart", {}));
    await take(push("callend", {}));
    await take(push("billing", { ...billing, answerTime: "2026-01-01 10:00:00", timeLength: "9" }));
    await until(5);
    assert.deepEqual(brief(), [
      [1, "ringing", "ringing"],
      [1, "answered", "answered"],
      [1, "ended", "ended"],
      [1, "billed", "billed"],
      [2, "billed", "billed"],
    ]);
    const { kept, payload, sccc } = out[4]!.msg;
    assert.equal(kept, "with the message");
    assert.equal(sccc.push.event, "billing");
    assert.deepEqual(sccc.call, { id: payload.id, finished: true, cause: "event" });
    assert.deepEqual([payload.outcome, payload.talkSeconds, payload.session], ["answered", 9, "s"]);
  });

  it("keeps the token of an event that changed a call, and confirms an event that changed none", async () => {
    await start();
    const [first, idle, other] = [pending(), pending(), pending()];
    await take(push("callin", {}, first.token));
    await take(push("screenpop", {}, idle.token));
    await take(push("taskinfo", {}, other.token));
    await until(1);
    assert.equal(out[0]!.msg.sccc.token, first.token);
    assert.deepEqual([first.heard, idle.heard, other.heard], [[], ["taken"], ["taken"]]);
    assert.equal(out.length, 1);
  });

  it("gives the event's token to the finished call if both outputs send, and a free token to the other message", async () => {
    await start();
    await take(push("callin", {}));
    const bill = pending();
    await take(push("billing", billing, bill.token));
    await until(3);
    const [, change, finished] = out;
    assert.deepEqual([change!.port, finished!.port], [1, 2]);
    assert.equal(finished!.msg.sccc.token, bill.token);
    assert.ok(stateOf().tokens.acknowledge(change!.msg.sccc.token, "taken"));
    assert.deepEqual(bill.heard, []);
    assert.ok(stateOf().tokens.acknowledge(finished!.msg.sccc.token, "taken"));
    assert.deepEqual(bill.heard, ["taken"]);
  });

  it("confirms messages for an output without a wire", async () => {
    await start({ wires: [[], ["second"]] });
    const [callin, bill] = [pending(), pending()];
    await take(push("callin", {}, callin.token));
    assert.deepEqual(callin.heard, ["taken"]);
    await take(push("billing", billing, bill.token));
    await until(1);
    assert.deepEqual([out[0]!.port, out[0]!.msg.sccc.token, bill.heard], [2, bill.token, []]);
  });

  it("passes a repeated delivery on with its new token", async () => {
    await start();
    const [first, second] = [pending(), pending()];
    await take(push("callin", {}, first.token));
    await take(push("callin", {}, second.token, { delivery: 2 }));
    await until(2);
    assert.deepEqual(
      out.map(({ msg }) => msg.sccc.token),
      [first.token, second.token],
    );
    assert.equal(out[0]!.msg.payload.id, out[1]!.msg.payload.id);
  });

  it("finishes a call that is never billed, with a token that can be confirmed", async () => {
    await start({ waitForBilling: "0.05" });
    await take(push("callin", {}));
    await take(push("callend", {}));
    await until(3);
    const { port, msg } = out[2]!;
    assert.deepEqual([port, msg.topic, msg.payload.outcome, msg.sccc.call.cause], [2, "ended", "missed", "noBilling"]);
    assert.equal(msg.kept, undefined);
    assert.ok(stateOf().tokens.acknowledge(msg.sccc.token, "taken"));
  });

  it("begins a call with the answer of sccc-call-number", async () => {
    await start();
    const command = { api: "CallNumber", result: { error: 0 } };
    await take({ payload: { agent: "1000", callee: "13800138000", seq: 7 }, sccc: { command } });
    await take(push("callin", { call_type: "1", seq: "7" }));
    await take(push("screenpop", { call_type: "1", seq: "7" }));
    await until(2);
    assert.deepEqual(brief(), [
      [1, "dialing", "dialing"],
      [1, "ringing", "ringing"],
    ]);
    assert.deepEqual(out[0]!.msg.sccc.command, command);
  });

  it("refuses a message that it cannot read, and says what it expects", async () => {
    await start();
    for (const payload of [undefined, "callin", 5, [], { agent: "1000" }]) {
      const error = await take({ payload });
      assert.deepEqual(
        [error.code, error.cause.field, error.cause.rule.key],
        ["SCCC_INVALID_FIELD", "payload", "callEvent"],
      );
    }
    assert.equal(
      await take({ payload: {}, sccc: { command: { api: "AgentLogin", result: { error: 0 } } } }),
      undefined,
    );
    assert.equal(out.length, 0);
  });

  it("reports invalid settings of the node or of its account", async () => {
    for (const [config, account] of [
      [{ account: "none" }, {}],
      [{}, { baseUrl: "nowhere" }],
      [{ window: "never" }, {}],
      [{ maxOpen: 0 }, {}],
    ]) {
      await start(config, account);
      const error = await take(push("callin", {}));
      assert.equal(error.code, "SCCC_CONFIG");
      const text = "account" in (config ?? {}) ? "status.config.account" : "status.SCCC_CONFIG";
      assert.deepEqual(flow.node.status.lastCall?.args[0], { fill: "red", shape: "ring", text });
      await unload();
    }
  });

  it("continues a call after a redeploy, and drops it when the node is deleted", async () => {
    await start();
    await take(push("callin", {}));
    await until(1);
    const { id } = out[0]!.msg.payload;
    await unload();
    await start({ waitForBilling: "0.02" });
    await take(push("callend", {}));
    await until(2);
    assert.deepEqual(
      out.map(({ msg }) => [msg.payload.id, msg.topic, msg.payload.outcome]),
      [
        [id, "ended", "missed"],
        [id, "ended", "missed"],
      ],
    );
    await flow.node.close(true);
    await unload();
    await start();
    await take(push("callend", {}));
    await until(1);
    assert.equal(out[0]!.msg.payload.outcome, "unknown");
  });

  it("shows how many calls it follows, and warns once when they are too many", async () => {
    await start({ maxOpen: 1 });
    for (const agent of ["1000", "1001", "1002"]) await take(push("callin", { agent }));
    await until(7);
    const warnings = logged()
      .flat()
      .filter((entry: Loose) => String(entry?.msg).includes("tooManyCalls"));
    assert.equal(warnings.length, 1);
    assert.equal(flow.node.status.firstCall.args[0].text, "status.openCalls");
  });
});
