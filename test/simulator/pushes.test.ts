// Sending of pushes: both kinds of signatures, order, retries, refusals.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pushes as catalogue } from "../../nodes/catalogue";
import { type Outcome, type PushOutcome, startSimulator } from "../../simulator";
import { ask, command, eventOf, have, md5, type Push, password, startReceiver, taken, withSimulator } from "./client";

const isSigned = ({ authentication }: Push, user: string, secret: string): boolean => {
  const { customer, timestamp, seq, digest } = authentication;
  return customer === user && digest === md5(`${user}@${timestamp}@${seq}@${secret}`);
};

const errorIn = (outcome: Outcome | undefined) => (outcome?.ok === false ? outcome.error : undefined);

describe("the simulator's pushes", () => {
  const outcomes: PushOutcome[] = [];
  const listeners = new Set<() => void>();
  const onPush = (outcome: PushOutcome) => {
    outcomes.push(outcome);
    for (const listener of listeners) listener();
  };
  /** Waits until this many attempts were reported. */
  const attempts = (count: number) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (outcomes.length < count) return;
        listeners.delete(check);
        resolve();
      };
      listeners.add(check);
      check();
    });
  beforeEach(() => {
    outcomes.length = 0;
  });

  describe("of the customer", () => {
    const context = withSimulator({ onPush });
    const query = (agent = "1000") => command(context.simulator, "AgentQueryStatus", { agent });
    const fault = (kind: string, more: object = {}) => context.simulator.instruct({ do: "fault", kind, ...more });

    it("are signed with the customer's password, have texts in the authentication, and unique seqs", async () => {
      await query();
      await query();
      await context.receiver.until(have("agentstatus", 2));
      const blocks = context.receiver.pushes.map(({ authentication }) => authentication);
      assert.ok(context.receiver.pushes.every((push) => isSigned(push, "C2", password)));
      assert.ok(blocks.every((block) => Object.values(block).every((value) => typeof value === "string")));
      assert.equal(new Set(blocks.map(({ seq }) => seq)).size, 2);
      assert.deepEqual(context.receiver.pushes[0]?.param, { debug: "", lang: "" });
      assert.ok(context.receiver.pushes.every(({ text }) => !text.includes(password)));
    });

    it("are reported to onPush with the answer", async () => {
      await query();
      await attempts(1);
      const [outcome] = outcomes;
      assert.deepEqual(outcome, {
        event: "agentstatus",
        notify: context.receiver.pushes[0]?.notify,
        attempt: 1,
        status: 200,
        answer: { result: { error: 0, msg: "" } },
      });
    });

    const refusals = {
      "an error": { status: 200, body: '{"result":{"error":8,"msg":"no"}}' },
      "an HTTP error": { status: 503, body: taken.body },
      "no JSON": { status: 200, body: "OK" },
      "no result": { status: 200, body: "{}" },
    };
    for (const [name, refusal] of Object.entries(refusals)) {
      it(`are sent three times, byte for byte the same, if the answer is ${name}`, async () => {
        context.receiver.answer = () => refusal;
        await query();
        await attempts(3);
        assert.deepEqual(
          outcomes.map(({ attempt, error }) => [attempt, error !== undefined]),
          [
            [1, true],
            [2, true],
            [3, true],
          ],
        );
        assert.equal(new Set(context.receiver.pushes.map(({ text }) => text)).size, 1);
        context.receiver.answer = () => taken;
        await query();
        await attempts(4);
        assert.equal(outcomes[3]?.error, undefined);
      });
    }

    it("delay later pushes of the same agent until they are accepted; other agents' pushes continue", async () => {
      let refusals = 2;
      context.receiver.answer = ({ notify }) => {
        if (notify["agent"] !== "1000" || refusals === 0) return taken;
        refusals -= 1;
        return { status: 500, body: "" };
      };
      await command(context.simulator, "AgentLogin", { agent: "1000" });
      await command(context.simulator, "AgentSetBusy", { agent: "1000" });
      await query("1001");
      await context.receiver.until(have("agentstatus", 5));
      const of1000 = context.receiver.pushes.filter(({ notify }) => notify["agent"] === "1000");
      assert.deepEqual(
        of1000.map(({ notify }) => notify["workStatus"]),
        ["ONLINE", "ONLINE", "ONLINE", "BUSY"],
      );
    });

    it("can be sent twice by an instruction", async () => {
      await fault("duplicate", { event: "agentstatus" });
      await query();
      await query();
      await context.receiver.until(have("agentstatus", 3));
      const texts = context.receiver.pushes.map(({ text }) => text);
      assert.equal(texts[0], texts[1]);
      assert.notEqual(texts[1], texts[2]);
    });

    it("can be signed wrongly by an instruction, and are then refused", async () => {
      context.receiver.answer = (push) => (isSigned(push, "C2", password) ? taken : { status: 401, body: "{}" });
      await fault("wrongDigest");
      await query();
      await query();
      await attempts(2);
      assert.deepEqual(
        context.receiver.pushes.map((push) => isSigned(push, "C2", password)),
        [false, true],
      );
    });

    it("can be dropped by an instruction, once or several times", async () => {
      await fault("dropPush", { times: 2 });
      for (const agent of ["1000", "1000", "1001"]) await query(agent);
      await attempts(3);
      assert.deepEqual(outcomes.map(({ attempt, error }) => [attempt, error]).toSorted(), [
        [0, "dropped by a fault"],
        [0, "dropped by a fault"],
        [1, undefined],
      ]);
      assert.equal(context.receiver.pushes.length, 1);
    });

    it("do not use up a fault for another event", async () => {
      await fault("dropPush", { event: "Billing" });
      await query();
      await context.receiver.until(have("agentstatus"));
    });

    it("are sent by an instruction: any notify unchanged", async () => {
      const notify = { type: "clientMark", data: { userName: "1000" }, field: [{ name: "x", value: 1 }] };
      const outcome = await context.simulator.instruct({ do: "push", notify });
      assert.deepEqual([outcome.ok, context.receiver.pushes[0]?.notify], [true, notify]);
      assert.ok(isSigned(context.receiver.pushes[0] as Push, "C2", password));
    });

    it("are sent by an instruction: an event of the catalogue, with given fields", async () => {
      await context.simulator.instruct({ do: "push", event: "callStart", notify: { number: "10086", extra: null } });
      const notify = context.receiver.pushes[0]?.notify;
      assert.ok(Number(notify?.["seq"]) > 900_000);
      assert.deepEqual(notify, {
        type: "callstart",
        seq: notify?.["seq"],
        customer: "C2",
        agent: "1000",
        number: "10086",
        call_type: "1",
        extra: null,
      });
      await context.simulator.instruct({ do: "push", event: "screenpop" });
      assert.equal(eventOf(context.receiver.pushes[1] as Push), "screenpop");
    });

    it("are sent by an instruction: every event, with a value in every required field", async () => {
      for (const { event, type, fields } of catalogue) {
        assert.equal((await context.simulator.instruct({ do: "push", event })).ok, true);
        const notify = context.receiver.pushes.at(-1)?.notify ?? {};
        if (type !== undefined) assert.equal(notify["type"], type);
        const empty = fields.filter(({ name, optional }) => !optional && (notify[name] ?? "") === "");
        // A made-up bill has no recording.
        assert.deepEqual(
          empty.map(({ name }) => name),
          event === "billing" ? ["recordFile"] : [],
        );
      }
    });

    it("are sent by an instruction: each bill is of another call, also after a reset", async () => {
      await context.simulator.instruct({ do: "push", event: "billing", times: 3 });
      await context.simulator.instruct({ do: "reset" });
      await context.simulator.instruct({ do: "push", event: "billing" });
      const sessions = context.receiver.pushes.map(({ notify }) => notify["session"]);
      assert.equal(new Set(sessions).size, 4);
      assert.ok(sessions.every((session) => /^[0-9a-f]{16}$/.test(String(session))));
      assert.equal(context.simulator.state.cdrs.length, 0);
    });

    it("by an instruction that are refused make its outcome an error", async () => {
      context.receiver.answer = () => ({ status: 401, body: '{"result":{"error":1}}' });
      const notify = { type: "callin" };
      const outcome = await context.simulator.instruct({ do: "push", notify });
      assert.deepEqual(outcome, {
        ok: false,
        error: 'not taken: HTTP 401, {"result":{"error":1}}',
        event: "told",
        notify,
        attempt: 3,
        status: 401,
        answer: { result: { error: 1 } },
        times: 1,
        taken: 0,
      });
    });

    it("that are not JSON do not stop the simulator", async () => {
      const round: Record<string, unknown> = {};
      round["round"] = round;
      for (const [notify, error] of [
        [round, /circular/i],
        [{ big: 1n }, /BigInt/],
      ] as const) {
        const outcome = await context.simulator.instruct({ do: "push", notify });
        assert.match(outcome.ok ? "" : outcome.error, error);
      }
      assert.equal((await context.simulator.instruct({ do: "push", event: "callin" })).ok, true);
    });
  });

  describe("of a push user", () => {
    const context = withSimulator({ pushUser: "pusher", pushPassword: "secret" });
    it("are signed with the push user's password", async () => {
      await command(context.simulator, "AgentLogin", { agent: "1000" });
      await context.receiver.until(have("agentstatus"));
      assert.ok(isSigned(context.receiver.pushes[0] as Push, "pusher", "secret"));
      assert.equal(context.receiver.pushes[0]?.notify["customer"], "C2");
    });
  });

  describe("of a push user without a password", () => {
    const context = withSimulator({ pushUser: "pusher" });
    it("are signed by the customer", async () => {
      await command(context.simulator, "AgentLogin", { agent: "1000" });
      await context.receiver.until(have("agentstatus"));
      assert.ok(isSigned(context.receiver.pushes[0] as Push, "C2", password));
    });
  });

  it("without an address are not reported, and an instruction to push fails", async () => {
    const simulator = await startSimulator({ password, onPush });
    await command(simulator, "AgentLogin", { agent: "1000" });
    const outcome = await simulator.instruct({ do: "push", event: "callin" });
    await simulator.close();
    assert.deepEqual(outcome, { ok: false, error: "pushUrl: there is nowhere to push to" });
    assert.deepEqual(outcomes, []);
  });

  it("go to the address that a function returns for each push", async () => {
    const receivers = [await startReceiver(), await startReceiver()];
    let url = "";
    const simulator = await startSimulator({ password, pushUrl: () => url });
    const push = () => simulator.instruct({ do: "push", event: "callin" });
    assert.equal((await push()).ok, false);
    for (const receiver of receivers) {
      url = receiver.url;
      assert.equal((await push()).ok, true);
      await receiver.close();
    }
    url = "nowhere";
    assert.match(errorIn(await push()) ?? "", /Invalid URL/);
    await simulator.close();
    assert.deepEqual(
      receivers.map(({ pushes }) => pushes.length),
      [1, 1],
    );
  });

  it("to this machine are sent over TLS with any certificate", async () => {
    const pem = (name: string) => readFileSync(join(__dirname, "../../tools/tls", name), "utf8");
    const server = https.createServer({ key: pem("key.pem"), cert: pem("cert.pem") }, (request, response) => {
      request.resume().on("end", () => response.end(taken.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const simulator = await startSimulator({ password, speed: 1000, pushUrl: `https://127.0.0.1:${port}/` });
    assert.equal((await simulator.instruct({ do: "push", event: "callin" })).ok, true);
    await simulator.close();
    server.close();
  });

  it("to a receiver that does not listen are given up after three attempts", async () => {
    const server = http.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const simulator = await startSimulator({ password, speed: 1000, pushUrl: `http://127.0.0.1:${port}/`, onPush });
    const outcome = await simulator.instruct({ do: "push", event: "callin" });
    await simulator.close();
    assert.match(outcome.ok ? "" : outcome.error, /ECONNREFUSED/);
    assert.deepEqual(
      outcomes.map(({ attempt }) => attempt),
      [1, 2, 3],
    );
  });

  it("end when the simulator is closed, also while the receiver does not answer, and are not reported any more", async () => {
    let arrived: () => void = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const silent = http.createServer(() => arrived()).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as AddressInfo;
    const simulator = await startSimulator({ password, speed: 1000, pushUrl: `http://127.0.0.1:${port}/`, onPush });
    const told = simulator.instruct({ do: "push", event: "callin" });
    await arrival;
    await simulator.close();
    assert.equal(errorIn(await told), "the simulator has been closed");
    const toldLater = simulator.instruct({ do: "push", event: "callin" });
    assert.equal(errorIn(await toldLater), "the simulator has been closed");
    // Resolves only once the simulator's connection is closed.
    await new Promise((resolve) => silent.close(resolve));
    assert.deepEqual(outcomes, []);
  });

  it("are sent again at once, without counting an attempt, if a kept connection was closed", async () => {
    const seen = new Set<unknown>();
    let resets = 0;
    const server = http.createServer((request, response) => {
      if (seen.has(request.socket)) {
        resets += 1;
        request.socket.resetAndDestroy();
        return;
      }
      seen.add(request.socket);
      request.resume().on("end", () => response.end(taken.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const simulator = await startSimulator({ password, pushUrl: `http://127.0.0.1:${port}/`, onPush });
    for (let i = 0; i < 2; i++) await simulator.instruct({ do: "push", event: "callin" });
    await simulator.close();
    server.close();
    assert.equal(resets, 1);
    assert.deepEqual(
      outcomes.map(({ attempt, status }) => [attempt, status]),
      [
        [1, 200],
        [1, 200],
      ],
    );
  });

  it("are removed by a reset, except those being sent", async () => {
    const answers: (() => void)[] = [];
    const server = http.createServer((_, response) => {
      answers.push(() => response.end(taken.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const simulator = await startSimulator({ password, pushUrl: `http://127.0.0.1:${port}/`, onPush });
    for (let i = 0; i < 3; i++) await command(simulator, "AgentQueryStatus", { agent: "1000" });
    const told = Array.from({ length: 17 }, () => simulator.instruct({ do: "push", event: "callin" }));
    while (answers.length < 16) await command(simulator, "getAgentInfo");
    await simulator.instruct({ do: "reset" });
    for (const answer of answers) answer();
    const results = await Promise.all(told);
    // One of the sixteen in progress is the agent's first push.
    assert.equal(results.filter(({ ok }) => ok).length, 15);
    assert.equal(errorIn(results.at(-1)), "forgotten by a reset");
    await attempts(16);
    const last = simulator.instruct({ do: "push", event: "callin" });
    while (answers.length < 17) await command(simulator, "getAgentInfo");
    answers.at(-1)?.();
    assert.equal((await last).ok, true);
    await simulator.close();
    server.close();
    assert.equal(outcomes.length, 17);
  });

  it("wait in a queue of at most ten thousand, and sixteen are sent at once", async () => {
    let underWay = 0;
    const server = http.createServer(() => {
      underWay += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const simulator = await startSimulator({ password, pushUrl: `http://127.0.0.1:${port}/`, onPush });
    const requests = Array.from({ length: 10_005 }, (_, seq) => ({ seq, agent: String(1000 + (seq % 20)) }));
    await ask(simulator, "AgentQueryStatus", { requests });
    await attempts(5);
    // The sixteen were sent before any later request is answered.
    while (underWay < 16) await command(simulator, "getAgentInfo");
    await command(simulator, "getAgentInfo");
    await simulator.close();
    server.close();
    assert.equal(underWay, 16);
    assert.deepEqual(
      [outcomes.length, outcomes[0]?.attempt, outcomes[0]?.error],
      [5, 0, "given up: 10000 pushes are waiting already"],
    );
  });

  it("do not stop the simulator if a listener throws", async () => {
    const simulator = await startSimulator({
      password,
      pushUrl: "http://127.0.0.1:9/",
      speed: 1000,
      onPush: () => {
        throw new Error("listener");
      },
      onEvent: () => {
        throw new Error("listener");
      },
    });
    await command(simulator, "AgentLogin", { agent: "1000" });
    const outcome = await simulator.instruct({ do: "push", event: "callin" });
    await simulator.close();
    assert.equal(outcome.ok, false);
  });
});
