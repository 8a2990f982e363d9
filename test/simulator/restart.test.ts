// A platform that restarts during calls, with or without its state.
import assert from "node:assert/strict";
import { type PushOutcome, startSimulator } from "../../simulator";
import { command, eventOf, eventsOf, have, type Json, password, startReceiver, withSimulator } from "./client";
import { type FieldClient, fieldClients, sendAs } from "./field-clients";

const [afresh] = Object.values(fieldClients) as [FieldClient];
const answers = "13800008888";
/** Talks for three minutes with the standard seed: 3.6 s at the speed of these tests, which is longer than a test needs. */
const talksLong = "13871418888";
const course = ["callin", "callout", "screenpop", "callstart", "callend", "billing"];

describe("a restart of the simulator", () => {
  const context = withSimulator({ speed: 50 });
  const restart = (state?: string, ms = 0) =>
    context.simulator.instruct({ do: "restart", ms, ...(state === undefined ? {} : { state }) });
  /** With a new connection: a kept-alive one may have been closed without the client noticing. */
  const send = (api: string, fields: Json) => sendAs(afresh, context.simulator.url, api, fields);
  const begin = async (callee = talksLong) => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    await command(context.simulator, "CallNumber", { agent: "1000", callee, seq: "1" });
    await context.receiver.until(have("callstart"));
  };

  it("with state kept: calls continue, and each of their events is pushed once", async () => {
    await begin(answers);
    assert.deepEqual(await restart(), { ok: true });
    await context.receiver.until(have("billing"));
    // A push that was cut off before its answer is sent again unchanged.
    const once = [...new Map(context.receiver.pushes.map((push) => [push.text, push])).values()];
    assert.deepEqual(eventsOf(once, "1"), course);
    assert.equal(context.simulator.state.cdrs.length, 1);
    assert.equal(context.simulator.books().answered, 1);
  });

  it("with state dropped: calls have no further events, and count as lost in the books", async () => {
    await begin();
    await command(context.simulator, "CallTaskCreate", { agent: "1001", callees: [answers], mode: 2 });
    assert.deepEqual(await restart("dropped"), { ok: true });
    const { simulator } = context;
    assert.deepEqual(simulator.state.summary, { agents: 0, calls: 0, tasks: 0, records: 0, cdrs: 0 });
    const { numbers, ...total } = simulator.books();
    const none = { answered: 0, unanswered: 0, busy: 0, vacant: 0, cancelled: 0, underWay: 0 };
    assert.deepEqual(total, { ...none, dialled: 1, lost: 1 });
    assert.deepEqual([...numbers], [[talksLong, { ...none, dialled: 1, lost: 1 }]]);
    // The platform works again, and task IDs continue.
    await simulator.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
    const answer = await send("CallTaskCreate", { agent: "1000", callees: [answers], mode: 5, userData: "after" });
    assert.equal(((answer["data"] as Json)["response"] as Json)["taskID"], "1002");
    await context.receiver.until((pushes) =>
      pushes.some(({ notify }) => notify["type"] === "billing" && notify["userData"] === "after"),
    );
    assert.ok(!eventsOf(context.receiver.pushes, "1").includes("callend"));
  });

  it("keeps records and CDRs in any case; a reset removes them", async () => {
    await context.simulator.instruct({ do: "seed", records: 3, cdrs: 3 });
    await begin();
    await restart("dropped");
    assert.deepEqual([context.simulator.state.cdrs.length, context.simulator.books().dialled], [3, 4]);
    await context.simulator.instruct({ do: "reset" });
    assert.equal(context.simulator.books().dialled, 0);
  });

  it("closes connections, refuses new ones while it is down, and pauses the clock", async () => {
    await begin();
    const { url } = context.simulator;
    await context.simulator.instruct({ do: "fault", kind: "hang" });
    const hanging = fetch(`${url}/openapi/V2.0.6/getAgentInfo`, { method: "POST", body: "{}" });
    const cut = assert.rejects(hanging);
    while (context.simulator.requests.at(-1)?.body !== "{}") await new Promise((resolve) => setImmediate(resolve));
    // Longer than the next requests take on a busy machine.
    const over = restart("kept", 1000);
    assert.deepEqual(await restart(), { ok: false, error: "a restart is under way" });
    await cut;
    await assert.rejects(fetch(url));
    assert.equal(context.simulator.state.calls.length, 1);
    assert.deepEqual(await over, { ok: true });
    assert.deepEqual(((await send("getAgentInfo", {}))["result"] as Json)["error"], 0);
  });

  it("does not advance the clock while it is down", async () => {
    await context.simulator.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
    await context.simulator.instruct({ do: "inbound", number: answers, ring: 0, talk: 60 });
    await context.receiver.until(have("callstart"));
    // Longer than the call would take.
    const over = restart("kept", 1500);
    await over;
    assert.equal(context.simulator.state.calls.length, 1);
    await context.receiver.until(have("billing"));
    const { duration = 0 } = context.simulator.state.records[0] ?? {};
    assert.ok(duration < 100, String(duration));
  });

  it("forgets used request seqs only if the state is dropped", async () => {
    const { simulator } = context;
    const block = fieldClients["always sends the same request seq, with other times"];
    assert.ok(block !== undefined);
    const errorNow = async () => {
      const answer = await sendAs(block, simulator.url, "getAgentInfo", { seq: 1 });
      return (answer["result"] as Json)["error"];
    };
    assert.deepEqual([await errorNow(), await errorNow()], [0, 1]);
    await restart("kept");
    assert.equal(await errorNow(), 1);
    await restart("dropped");
    assert.equal(await errorNow(), 0);
  });

  it("can be closed while it is down", async () => {
    const over = restart("kept", 3_600_000);
    await context.simulator.close();
    await over;
    await assert.rejects(fetch(context.simulator.url));
  });

  for (const state of ["kept", "dropped"]) {
    it(`${state === "kept" ? "sends again, word for word," : "forgets"} a push that it cut off`, async () => {
      const { receiver, simulator } = context;
      let cutOff: () => void = () => {};
      const arrived = new Promise<void>((resolve) => {
        cutOff = resolve;
      });
      const usual = receiver.answer;
      // It answers only once the platform is down.
      receiver.hold = async () => {
        if (receiver.pushes.length > 1) return;
        cutOff();
        await down;
      };
      let isDown: () => void = () => {};
      const down = new Promise<void>((resolve) => {
        isDown = resolve;
      });
      receiver.answer = usual;
      const told = simulator.instruct({ do: "push", event: "callin" });
      await arrived;
      const over = restart(state, 10);
      isDown();
      assert.deepEqual(await over, { ok: true });
      assert.equal((await told).ok, state === "kept");
      assert.equal(receiver.pushes.length, state === "kept" ? 2 : 1);
      assert.equal(new Set(receiver.pushes.map(({ text }) => text)).size, 1);
      assert.equal((await simulator.instruct({ do: "push", event: "callend" })).ok, true);
    });
  }

  it("does not give up a push that is cut off repeatedly", async () => {
    const { receiver, simulator } = context;
    let arrived: () => void = () => {};
    let answer: () => void = () => {};
    receiver.hold = () => {
      arrived();
      return new Promise((resolve) => {
        answer = resolve;
      });
    };
    const arrival = () =>
      new Promise<void>((resolve) => {
        arrived = resolve;
      });
    let next = arrival();
    const told = simulator.instruct({ do: "push", event: "callin" });
    for (let i = 0; i < 5; i++) {
      await next;
      next = arrival();
      assert.deepEqual(await restart(), { ok: true });
    }
    await next;
    answer();
    assert.equal((await told).ok, true);
    assert.equal(new Set(receiver.pushes.map(({ text }) => text)).size, 1);
  });

  it("refuses an unknown state", async () => {
    assert.deepEqual(await restart("half"), { ok: false, error: "state: must be one of kept, dropped" });
  });
});

describe("a receiver that is down", () => {
  it("gets its pushes when it is back, within pushPatience", async () => {
    const first = await startReceiver();
    const { url } = first;
    await first.close();
    const attempts: PushOutcome[] = [];
    let tried: () => void = () => {};
    const wasTried = new Promise<void>((resolve) => {
      tried = resolve;
    });
    const onPush = (outcome: PushOutcome) => {
      attempts.push(outcome);
      if (attempts.length === 5) tried();
    };
    const simulator = await startSimulator({ password, speed: 100_000, pushUrl: url, pushPatience: 60, onPush });
    const told = simulator.instruct({ do: "push", event: "callin" });
    await wasTried;
    const second = await startReceiver(Number(new URL(url).port));
    assert.equal((await told).ok, true);
    assert.deepEqual(second.pushes.map(eventOf), ["callin"]);
    await simulator.close();
    await second.close();
  });

  it("is given up at once without pushPatience, which must be a number", async () => {
    await assert.rejects(startSimulator({ password, pushPatience: -1 }), {
      message: "pushPatience: must be 0 or a number of seconds",
    });
  });
});
