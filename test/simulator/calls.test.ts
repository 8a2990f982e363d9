// Agents and their calls: states, the order of pushes, who may call whom, and numbers with fixed endings.
import assert from "node:assert/strict";
import { pushes as catalogue } from "../../nodes/catalogue";
import { startSimulator } from "../../simulator";
import { command, errorOf, eventOf, eventsOf, have, type Json, type Push, withSimulator } from "./client";

const answers = "13800008888";
const vacant = "13800009999";
const busy = "13800000001";
const silent = "13800000000";

describe("the simulator's agents and calls", () => {
  const context = withSimulator();
  const login = (agent = "1000") => command(context.simulator, "AgentLogin", { agent });
  const dial = (callee: string, seq: string, agent = "1000") =>
    command(context.simulator, "CallNumber", { agent, callee, seq, userData: "order-42" });
  const statesOf = (agent = "1000") =>
    context.receiver.pushes
      .filter(({ notify }) => notify["type"] === "agentstatus" && notify["agent"] === agent)
      .map(({ notify }) => `${notify["workStatus"]} ${notify["serverStatus"]}`);
  const notifyOf = (event: string): Json =>
    context.receiver.pushes.find((push) => eventOf(push) === event)?.notify ?? {};
  const isIdleAgain = (pushes: readonly Push[]) =>
    have("billing")(pushes) && statesOf().at(-1)?.endsWith(" IDLE") === true;

  it("has all agents offline at first", async () => {
    const { data } = (await command(context.simulator, "getAgentInfo")) as { data: Json[] };
    assert.equal(data.length, 20);
    assert.deepEqual(data[0], { id: "1", name: "Agent 1000", staffNo: "1000" });
    const status = await command(context.simulator, "getAgentStatus", { agent: "1019" });
    assert.deepEqual([status["workStatus"], status["serverStatus"]], ["OFFLINE", "IDLE"]);
  });

  it("logs in and out, sets busy and idle, and pushes each state with the command's seq and userData", async () => {
    const steps = ["AgentLogin", "AgentSetBusy", "AgentSetIdle", "AgentQueryStatus", "AgentLogout"];
    for (const [index, api] of steps.entries()) {
      await command(context.simulator, api, { agent: "1000", seq: index, userData: api });
    }
    await context.receiver.until(have("agentstatus", steps.length));
    const states = ["ONLINE", "BUSY", "ONLINE", "ONLINE", "OFFLINE"];
    assert.deepEqual(
      context.receiver.pushes.map(({ notify }) => notify),
      steps.map((userData, index) => ({
        type: "agentstatus",
        customer: "C2",
        agent: "1000",
        workStatus: states[index],
        serverStatus: "IDLE",
        seq: String(index),
        userData,
      })),
    );
  });

  for (const api of ["AgentSetBusy", "AgentSetIdle", "CallNumber"]) {
    it(`${api} is an illegal operation for an agent that is offline`, async () => {
      const response = await command(context.simulator, api, { agent: "1000", callee: answers });
      assert.equal(errorOf(response), 0xf100000e);
    });
  }

  it("pushes callin, callout, screenpop, callstart, callend and billing for a call, with the command's seq and userData", async () => {
    await login();
    await dial(answers, "77");
    await context.receiver.until(isIdleAgain);
    assert.deepEqual(eventsOf(context.receiver.pushes, "77"), [
      "callin",
      "callout",
      "screenpop",
      "callstart",
      "callend",
      "billing",
    ]);
    assert.deepEqual(statesOf(), ["ONLINE IDLE", "ONLINE RINGING", "ONLINE CALL_OUT", "ONLINE PROCESS", "ONLINE IDLE"]);
    for (const push of context.receiver.pushes.slice(1)) {
      const { notify } = push;
      const known = catalogue.find(({ event }) => event === eventOf(push));
      const required = known?.fields.filter(({ optional }) => !optional).map(({ name }) => name) ?? ["?"];
      assert.deepEqual(
        required.filter((name) => !(name in notify)),
        [],
      );
      assert.equal(notify["seq"], "77");
      if (eventOf(push) === "screenpop") {
        assert.deepEqual(notify, { customer: "C2", agent: "1000", number: answers, call_type: "1", seq: "77" });
      } else {
        assert.equal(notify["userData"], "order-42");
      }
      if (eventOf(push).startsWith("call")) assert.equal(notify["call_type"], "1");
    }
  });

  it("a bill has local times in order, and the duration of the conversation", async () => {
    await login();
    await dial(answers, "1");
    await context.receiver.until(have("billing"));
    const notify = notifyOf("billing") as Record<string, string>;
    const instants = ["startTime", "ringTime", "answerTime", "byeTime"].map((name) => {
      assert.match(notify[name] ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      return Date.parse(`${notify[name]?.replace(" ", "T")}+08:00`);
    });
    assert.deepEqual(
      instants,
      instants.toSorted((a, b) => a - b),
    );
    const [, , answer = 0, bye = 0] = instants;
    assert.equal(notify["timeLength"], String((bye - answer) / 1000));
    assert.ok(Math.abs(bye - Date.now()) < 20_000);
    const { startTime, session, recordFile } = notify;
    assert.equal(recordFile, `/record/${startTime?.slice(0, 10).replaceAll("-", "/")}/${session}.wav`);
    assert.deepEqual([notify["caller"], notify["callee"], notify["service"]], ["02112345678", answers, "1"]);
  });

  const unanswered = { [silent]: ["480", "2"], [busy]: ["486", "2"], [vacant]: ["404", "3"] };
  for (const [number, ending] of Object.entries(unanswered)) {
    it(`${number} never answers: ${ending}`, async () => {
      await login();
      await dial(number, "1");
      await context.receiver.until(have("billing"));
      assert.deepEqual(eventsOf(context.receiver.pushes, "1"), [
        "callin",
        "callout",
        "screenpop",
        "callend",
        "billing",
      ]);
      const notify = notifyOf("billing");
      assert.deepEqual([notify["answerTime"], notify["recordFile"], notify["timeLength"]], ["", "", "0"]);
      const [entry] = context.simulator.state.cdrs;
      assert.deepEqual([entry?.facts.releaseCause, entry?.facts.result], ending);
      assert.equal(context.simulator.state.records.length, 0);
    });
  }

  it("pushes callin, screenpop, callstart, callend and billing for an inbound call, with a seq of the platform's own", async () => {
    await login("1005");
    const outcome = await context.simulator.instruct({ do: "inbound", number: answers });
    const seq = String(Reflect.get(outcome, "seq"));
    assert.deepEqual(outcome, { ok: true, agent: "1005", number: answers, seq });
    assert.ok(Number(seq) > 900_000 && Number.isSafeInteger(Number(seq)), seq);
    await context.receiver.until(have("billing"));
    assert.deepEqual(eventsOf(context.receiver.pushes, seq), [
      "callin",
      "screenpop",
      "callstart",
      "callend",
      "billing",
    ]);
    assert.equal(notifyOf("callstart")["call_type"], "0");
    const { caller, callee, service } = notifyOf("billing");
    assert.deepEqual([caller, callee, service], [answers, "02112345678", "2"]);
    assert.ok(statesOf("1005").includes("ONLINE CALL_IN"));
  });

  it("an inbound call of another start, or after a reset, has another seq, since receivers take a used one for a repeat", async () => {
    const seqAt = async (at: number, instructions: readonly string[]): Promise<readonly unknown[]> => {
      const simulator = await startSimulator({ password: "p", speed: 1000, startTime: at });
      const seqs: unknown[] = [];
      for (const instruction of instructions) {
        const told = await simulator.instruct({ do: instruction, number: answers, login: true });
        if (instruction === "inbound") seqs.push(Reflect.get(told, "seq"));
      }
      await simulator.close();
      return seqs;
    };
    const at = Date.UTC(2026, 10, 28);
    const seqs = [...(await seqAt(at, ["inbound", "reset", "inbound"])), ...(await seqAt(at + 1000, ["inbound"]))];
    assert.equal(new Set(seqs).size, 3, String(seqs));
    assert.ok(seqs.every((seq) => Number(seq) < 2 ** 31));
  });

  it("an inbound call is missed if the instruction says so", async () => {
    await login();
    await context.simulator.instruct({ do: "inbound", number: answers, agent: 1000, answered: false, ring: 3 });
    await context.receiver.until(have("billing"));
    const seq = String(notifyOf("billing")["seq"]);
    assert.deepEqual(eventsOf(context.receiver.pushes, seq), ["callin", "screenpop", "callend", "billing"]);
  });

  it("a call to another agent is an internal call", async () => {
    await login();
    await dial("1001", "1");
    await context.receiver.until(have("billing"));
    assert.equal(context.simulator.state.cdrs[0]?.facts.service, "3");
  });

  it("VoiceVerify needs no agent, and has only a bill, of service 19", async () => {
    await command(context.simulator, "VoiceVerify", { callee: answers, verifyCode: "0427", seq: "5", userData: "u" });
    await context.receiver.until(have("billing"));
    assert.deepEqual(eventsOf(context.receiver.pushes, "5"), ["billing"]);
    assert.equal(context.receiver.pushes[0]?.notify["service"], "19");
    assert.equal(context.receiver.pushes[0]?.notify["userData"], "u");
  });

  it("the summary has the numbers of agents, calls, tasks, records and CDRs", async () => {
    await login();
    assert.deepEqual(context.simulator.state.summary, { agents: 1, calls: 0, tasks: 0, records: 0, cdrs: 0 });
    await dial(answers, "1");
    await context.receiver.until(have("billing"));
    assert.deepEqual(context.simulator.state.summary, { agents: 1, calls: 0, tasks: 0, records: 1, cdrs: 1 });
  });
});

describe("the simulator's calls at a low speed", () => {
  const context = withSimulator({ speed: 10 });
  const hangUp = () => command(context.simulator, "HangupCall", { agent: "1000" });

  it("an agent has one call at a time; several agents have calls at once", async () => {
    const dial = (agent: string) => command(context.simulator, "CallNumber", { agent, callee: answers });
    for (const agent of ["1000", "1001"]) await command(context.simulator, "AgentLogin", { agent });
    const errors = [await dial("1000"), await dial("1000"), await dial("1001")].map(errorOf);
    assert.deepEqual(errors, [0, 0xf1000003, 0]);
    assert.deepEqual(
      context.simulator.state.calls.map(({ agent, number, inbound }) => ({ agent, number, inbound })),
      ["1000", "1001"].map((agent) => ({ agent, number: answers, inbound: false })),
    );
    assert.equal(context.simulator.state.summary.calls, 2);
  });

  it("hangs up a call in progress", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    await command(context.simulator, "CallNumber", { agent: "1000", callee: answers, seq: "1" });
    await context.receiver.until(have("callstart"));
    assert.equal(errorOf(await hangUp()), 0);
    assert.equal(errorOf(await hangUp()), 0xf1000008);
    await context.receiver.until(have("billing"));
    const [entry] = context.simulator.state.records;
    assert.deepEqual([entry?.facts.releaseCause, entry?.facts.result], ["200", "1"]);
  });

  it("a call that is hung up while it rings is not connected", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    await command(context.simulator, "CallNumber", { agent: "1000", callee: answers, seq: "1" });
    await context.receiver.until(have("callin"));
    assert.equal(errorOf(await hangUp()), 0);
    await context.receiver.until(have("billing"));
    const [entry] = context.simulator.state.cdrs;
    assert.deepEqual([entry?.answered, entry?.facts.releaseCause, entry?.facts.result], [false, "487", "2"]);
    // On a busy machine the customer is already called by then.
    const events = eventsOf(context.receiver.pushes, "1").filter((event) => !["callout", "screenpop"].includes(event));
    assert.deepEqual(events, ["callin", "callend", "billing"]);
  });

  it("AgentSetIdle ends after-call work, and a call may start during it", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    await command(context.simulator, "CallNumber", { agent: "1000", callee: answers, seq: "1" });
    await context.receiver.until(have("callin"));
    await hangUp();
    const status = () => context.simulator.state.agents[0]?.serverStatus;
    assert.equal(status(), "PROCESS");
    await command(context.simulator, "AgentSetIdle", { agent: "1000" });
    assert.equal(status(), "IDLE");
    await command(context.simulator, "CallNumber", { agent: "1000", callee: answers, seq: "2" });
    await context.receiver.until((pushes) => eventsOf(pushes, "2").includes("callin"));
    await hangUp();
    assert.equal(
      errorOf(await command(context.simulator, "CallNumber", { agent: "1000", callee: answers, seq: "3" })),
      0,
    );
  });

  it("an agent that goes offline during a call stays offline, and is idle after the call", async () => {
    await command(context.simulator, "AgentLogin", { agent: "1000" });
    await command(context.simulator, "CallNumber", { agent: "1000", callee: answers, seq: "1" });
    await context.receiver.until(have("callin"));
    await command(context.simulator, "AgentLogout", { agent: "1000" });
    assert.equal(context.simulator.state.calls.length, 1);
    await hangUp();
    const [agent] = context.simulator.state.agents;
    assert.deepEqual([agent?.workStatus, agent?.serverStatus], ["OFFLINE", "IDLE"]);
  });

  it("the timer of one call's after-call work does not end that of another call", async () => {
    // With several numbers, because the result depends on the duration of each one's after-call work.
    for (const number of ["13800008888", "13900008888", "13700008888", "13600008888"]) {
      const [first, second] = [`${number}1`, `${number}2`];
      for (const seq of [first, second]) {
        await command(context.simulator, "AgentLogin", { agent: "1000" });
        await command(context.simulator, "CallNumber", { agent: "1000", callee: number, seq });
        await context.receiver.until((pushes) => eventsOf(pushes, seq).includes("callin"));
        await hangUp();
      }
      const afterSecond = () => {
        const states = context.receiver.pushes.filter(({ notify }) => notify["type"] === "agentstatus");
        const from = states.findIndex(({ notify }) => notify["seq"] === second && notify["serverStatus"] === "PROCESS");
        return from === -1 ? undefined : states[from + 1]?.notify;
      };
      await context.receiver.until(() => afterSecond() !== undefined);
      assert.deepEqual([afterSecond()?.["serverStatus"], afterSecond()?.["seq"]], ["IDLE", second]);
    }
  });
});

describe("the simulator's calls, event by event", () => {
  // The clock stands still between events, so that an instruction given at an event takes effect at its time.
  const context = withSimulator({ speed: 10_000, startTime: Date.parse("2026-11-23T12:00:00+08:00") });
  const inbound = (talk: number) => context.simulator.instruct({ do: "inbound", number: answers, talk });
  const hangUp = () => command(context.simulator, "HangupCall", { agent: "1000" });

  beforeEach(() => command(context.simulator, "AgentLogin", { agent: "1000" }));

  it("a call that was hung up ends once, after at least a second", async () => {
    await inbound(5000);
    await context.receiver.until(have("callstart"));
    await hangUp();
    await context.receiver.until(have("billing"));
    await command(context.simulator, "AgentSetIdle", { agent: "1000" });
    await inbound(6000);
    await context.receiver.until(have("billing", 2));
    assert.deepEqual(
      context.simulator.state.cdrs.map(({ duration }) => duration),
      [1, 6000],
    );
  });
});
