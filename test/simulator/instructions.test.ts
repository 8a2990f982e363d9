// Instructions: what is refused and how, and those without a test elsewhere.
import assert from "node:assert/strict";
import { styleNames } from "../../simulator/styles";
import { ask, authentication, command, errorOf, have, withSimulator } from "./client";

describe("the simulator's instructions", () => {
  const context = withSimulator({ speed: 10 });

  const refused: readonly (readonly [unknown, string])[] = [
    [undefined, "an instruction is an object with a do"],
    [null, "an instruction is an object with a do"],
    ["inbound", "an instruction is an object with a do"],
    [[], "an instruction is an object with a do"],
    [{}, "do: must be one of inbound, push, fault, agent, numbers, books, seed, restart, reset"],
    [{ do: "dance" }, "do: must be one of inbound, push, fault, agent, numbers, books, seed, restart, reset"],
    [{ do: "toString" }, "do: must be one of inbound, push, fault, agent, numbers, books, seed, restart, reset"],
    [{ do: "reset", hard: true }, "hard: no such field here"],
    [{ do: "inbound" }, "number: is missing"],
    [{ do: "inbound", number: "" }, "number: is missing"],
    [{ do: "inbound", number: {} }, "number: must be a text"],
    [{ do: "inbound", number: "10086" }, "agent: none is online and idle"],
    [{ do: "inbound", number: "10086", agent: "1" }, "agent: does not exist"],
    [{ do: "inbound", number: "10086", agent: "1000" }, "agent: is not online and idle"],
    [{ do: "push" }, "event: there must be an event or a notify"],
    [{ do: "push", event: "x" }, "event: is not a push"],
    [{ do: "push", notify: [] }, "notify: must be an object"],
    [{ do: "push", event: "callin", as: "x" }, `as: must be one of ${styleNames.join(", ")}`],
    [{ do: "push", event: "callin", times: 0 }, "times: must be a whole number from 1 to 10000"],
    [{ do: "push", event: "callin", seconds: 1 }, "seconds: no such field here"],
    [
      { do: "push", event: "callin", as: "old", seconds: "1" },
      "seconds: must be a whole number from -1000000000 to 1000000000",
    ],
    [{ do: "push", as: "old" }, "event: there must be an event or a notify"],
    [{ do: "push", as: "repeat" }, "as: there is no earlier push"],
    [{ do: "push", as: "repeat", notify: {} }, "as: there is no earlier push"],
    [{ do: "push", as: "repeat", event: "x" }, "event: is not a push"],
    [{ do: "push", as: "reused", event: "callin" }, "as: there is no earlier push"],
    [{ do: "push", as: "junk", event: "callin" }, "event: no such field here"],
    [{ do: "push", as: "junk", body: {} }, "body: must be a text"],
    [{ do: "push", as: "stranger", event: "callin", customer: {} }, "customer: must be a text"],
    [{ do: "agent", agent: "1", workStatus: "AWAY" }, "agent: does not exist"],
    [{ do: "agent", agent: "1000", workStatus: "GONE" }, "workStatus: must be one of ONLINE, OFFLINE, BUSY, AWAY"],
    [{ do: "seed", records: -1 }, "records: must be a whole number from 0 to 5000000"],
    [{ do: "seed", cdrs: 1.5 }, "cdrs: must be a whole number from 0 to 5000000"],
    [{ do: "seed", records: 5_000_000, every: 86_400 }, "every: the first call would be before 1970"],
    [{ do: "fault", kind: "slow" }, "ms: is missing"],
    [{ do: "fault", kind: "slow", ms: "1" }, "ms: must be a whole number from 0 to 3600000"],
    [{ do: "fault", kind: "large" }, "bytes: is missing"],
    [{ do: "fault", kind: "status" }, "status: is missing"],
    [{ do: "fault", kind: "status", status: 100 }, "status: must be a whole number from 200 to 599"],
    [{ do: "fault", kind: "redirect" }, "location: is missing"],
    [{ do: "fault", kind: "error" }, "error: must be the name or the value of an error code"],
    [{ do: "fault", kind: "error", error: "E_NONE" }, "error: must be the name or the value of an error code"],
    [{ do: "fault", kind: "error", error: 1, form: "octal" }, "form: must be one of number, decimal, hex, signed"],
    [{ do: "fault", kind: "error", error: 1, where: "here" }, "where: must be one of command, request"],
    [{ do: "fault", kind: "error", error: 1, only: 1 }, "only: must be an array of whole numbers from 0"],
    [{ do: "fault", kind: "drop", api: "Dance" }, "api: is not a command"],
    [{ do: "fault", kind: "drop", times: 0 }, "times: must be a whole number from 1 to 1000000000"],
    [{ do: "fault", kind: "drop", after: "yes" }, "after: must be true or false"],
    [{ do: "fault", kind: "drop", ms: 1 }, "ms: no such field here"],
    [{ do: "fault", kind: "dropPush", event: "x" }, "event: is not a push"],
  ];
  for (const [instruction, error] of refused) {
    it(`refuses ${JSON.stringify(instruction)}`, async () => {
      assert.deepEqual(await context.simulator.instruct(instruction), { ok: false, error });
      // No part of it has taken effect.
      assert.equal(errorOf(await command(context.simulator, "AgentLogin", { agent: "1000" })), 0);
      assert.equal(context.simulator.state.summary.records, 0);
    });
  }

  it("lists all kinds of faults if the given one is unknown", async () => {
    const outcome = await context.simulator.instruct({ do: "fault", kind: "earthquake" });
    assert.match(outcome.ok ? "" : outcome.error, /^kind: must be one of none, error, .*slow.*dropPush.*stripPush$/);
  });

  it("set an agent's state, and push it", async () => {
    assert.deepEqual(await context.simulator.instruct({ do: "agent", agent: 1000, workStatus: "AWAY" }), { ok: true });
    await context.receiver.until(have("agentstatus"));
    assert.equal(context.receiver.pushes[0]?.notify["workStatus"], "AWAY");
    const status = await command(context.simulator, "getAgentStatus", { agent: "1000" });
    assert.equal(status["workStatus"], "AWAY");
  });

  it("set the duration of an inbound call", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    await context.simulator.instruct({ do: "inbound", number: "13800000000", answered: true, ring: 1, talk: 7 });
    await context.receiver.until(have("billing"));
    assert.equal(context.simulator.state.records[0]?.duration, 7);
  });

  it("log an agent in for an inbound call, unless a task takes the agent", async () => {
    const { simulator } = context;
    const call = (more: object) => simulator.instruct({ do: "inbound", number: "13800008888", login: true, ...more });
    assert.equal((await call({}))["agent"], "1000");
    assert.equal((await call({}))["agent"], "1001");
    assert.equal((await call({ agent: "1010" }))["agent"], "1010");
    const refused = { ok: false, error: "agent: is not online and idle" };
    assert.deepEqual(await call({ agent: "1010" }), refused);
    await simulator.instruct({ do: "agent", agent: "1011", workStatus: "BUSY" });
    assert.deepEqual(await call({ agent: "1011" }), refused);
    await command(simulator, "CallTaskCreate", { agent: "1012", callees: ["10086"], mode: 2 });
    assert.deepEqual(await call({ agent: "1012" }), refused);
    assert.equal(simulator.state.calls.filter(({ agent }) => agent === "1012").length, 1);
  });

  it("reset agents, records, faults, used seqs and calls", async () => {
    const { simulator, receiver } = context;
    const block = authentication();
    const login = { authentication: block, request: { seq: 1, agent: "1000" } };
    assert.equal((await ask(simulator, "AgentLogin", login)).result.error, 0);
    await command(simulator, "CallTaskCreate", { agent: "1001", callees: ["10086"], mode: 2 });
    await simulator.instruct({ do: "seed", records: 2, cdrs: 3 });
    await command(simulator, "CallNumber", { agent: "1000", callee: "13800008888" });
    await simulator.instruct({ do: "fault", kind: "drop", times: "always" });
    assert.deepEqual(await simulator.instruct({ do: "reset" }), { ok: true });
    assert.deepEqual(simulator.state.summary, { agents: 0, calls: 0, tasks: 0, records: 0, cdrs: 0 });
    assert.deepEqual(simulator.state.tasks, []);
    const before = receiver.pushes.length;
    assert.equal((await ask(simulator, "AgentLogin", login)).result.error, 0);
    await simulator.instruct({ do: "inbound", number: "13800008888", talk: 1 });
    await receiver.until((pushes) => have("billing")(pushes.slice(before)));
    assert.equal(receiver.pushes.filter(({ notify }) => notify["type"] === "callstart").length, 1);
  });
});
