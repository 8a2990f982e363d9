// Dialling tasks: adding numbers, dialling the list, and its pushes.
import assert from "node:assert/strict";
import { command, errorOf, eventOf, eventsOf, type Json, type Push, withSimulator } from "./client";

const numbers = ["13800008888", "13900008888", "13700000001"];

const taskinfo = (pushes: readonly Push[]): Json[] =>
  pushes.filter((push) => eventOf(push) === "taskinfo").map(({ notify }) => notify);
const isFinished = (pushes: readonly Push[]): boolean => taskinfo(pushes).at(-1)?.["status"] === "2";

describe("the simulator's tasks", () => {
  const context = withSimulator();
  const login = (agent = "1000") => command(context.simulator, "AgentLogin", { agent });
  const create = (fields: Json = {}) =>
    command(context.simulator, "CallTaskCreate", {
      agent: "1000",
      callees: numbers,
      mode: 2,
      seq: "7",
      userData: "u",
      ...fields,
    });
  const control = (action: string, taskID = "1001") =>
    command(context.simulator, "CallTaskControl", { taskID, action });
  const add = (callees: readonly string[], taskID = "1001") =>
    command(context.simulator, "CallTaskAddNumbers", { agent: "1000", taskID, callees });

  it("dial their list once the agent is online, and push their start and their end", async () => {
    const { taskID, report } = await create({ taskName: "spring" });
    assert.deepEqual([taskID, report], ["1001", { total: "3", error: "0", repeat: "0" }]);
    await login();
    await context.receiver.until(isFinished);
    const common = {
      type: "taskinfo",
      seq: "7",
      userData: "u",
      taskID: "1001",
      taskName: "spring",
      calleeAmount: "3",
      purpose: "1",
      staffNo: "1000",
    };
    assert.deepEqual(taskinfo(context.receiver.pushes), [
      { ...common, remainAmount: "3", status: "0" },
      { ...common, remainAmount: "0", status: "2" },
    ]);
    const { cdrs } = context.simulator.state;
    assert.deepEqual(
      cdrs.map(({ facts }) => [facts.callee, facts.service, facts.agent]),
      numbers.map((number) => [number, "4", "1000"]),
    );
  });

  it("have no call that is dated before them, however fast the clock is", async () => {
    await login();
    const second = Math.floor(Date.now() / 1000);
    await create({ callees: Array.from({ length: 20 }, (_, index) => `1380000${String(index).padStart(4, "0")}`) });
    await context.receiver.until(isFinished);
    const { cdrs } = context.simulator.state;
    assert.equal(cdrs.length, 20);
    for (const { facts, answered } of cdrs) {
      assert.ok(
        facts.startAt >= second - (answered ? 1 : 0),
        "an answered call lasts a second, also in its task's first",
      );
      assert.ok(facts.byeAt * 1000 <= Date.now());
    }
  });

  it("call the customer first in mode 2: an unanswered call never reaches the agent", async () => {
    await login();
    await create({ callees: [numbers[0]] });
    await context.receiver.until(isFinished);
    await context.receiver.until((pushes) => eventsOf(pushes, "7").includes("billing"));
    const calls = eventsOf(context.receiver.pushes, "7").filter((event) => event !== "taskinfo");
    assert.deepEqual(calls, ["screenpop", "callin", "callstart", "callend", "billing"]);
    await create({ callees: [numbers[2]], seq: "8" });
    await context.receiver.until((pushes) => eventsOf(pushes, "8").includes("billing"));
    const missed = eventsOf(context.receiver.pushes, "8").filter((event) => event !== "taskinfo");
    assert.deepEqual(missed, ["screenpop", "callend", "billing"]);
    await context.receiver.until((pushes) => pushes.at(-1)?.notify["serverStatus"] === "IDLE");
    const states = context.receiver.pushes
      .filter(({ notify }) => notify["seq"] === "8" && notify["type"] === "agentstatus")
      .map(({ notify }) => notify["serverStatus"]);
    assert.deepEqual(states, ["IDLE"]);
  });

  it("call the agent first in mode 5, and ignore callers", async () => {
    await login();
    await create({ callees: [numbers[0]], mode: 5, callers: ["10086"] });
    await context.receiver.until((pushes) => eventsOf(pushes, "7").includes("billing"));
    const calls = eventsOf(context.receiver.pushes, "7").filter((event) => event !== "taskinfo");
    assert.deepEqual(calls, ["callin", "callout", "screenpop", "callstart", "callend", "billing"]);
    assert.equal(context.simulator.state.cdrs[0]?.facts.service, "5");
  });

  it("call from the given callers in turn, which must be the account's own", async () => {
    assert.equal(errorOf(await create({ callers: ["02112345678", "10086"] })), 0xf1000018);
    await login();
    await create({ callers: ["02112345679"] });
    await context.receiver.until(isFinished);
    assert.deepEqual(
      context.simulator.state.cdrs.map(({ facts }) => facts.caller),
      ["02112345679", "02112345679", "02112345679"],
    );
  });

  it("count illegal and repeated numbers instead of failing, also when numbers are added", async () => {
    const { report } = await create({ callees: ["13800008888", "x", "13800008888", "", 13900008888] });
    assert.deepEqual(report, { total: "5", error: "2", repeat: "1" });
    const added = await add(["13800008888", "13700000001", "12"]);
    assert.deepEqual(added["report"], { total: "3", error: "1", repeat: "1" });
    assert.deepEqual(
      context.simulator.state.tasks.map(({ calleeAmount, remainAmount }) => [calleeAmount, remainAmount]),
      [[3, 3]],
    );
  });

  it("are finished at once if no number is legal", async () => {
    await create({ callees: ["x"] });
    await context.receiver.until(isFinished);
    assert.equal(context.simulator.state.tasks[0]?.status, "finished");
  });

  it("have a generated name if none is given", async () => {
    await create({ taskName: "" });
    assert.equal(context.simulator.state.tasks[0]?.name, "task-1001");
  });

  it("are stopped and started, with the seq of CallTaskControl in the push", async () => {
    await create();
    const stop = await command(context.simulator, "CallTaskControl", { taskID: 1001, action: "stop", seq: "8" });
    assert.equal(stop["taskID"], "1001");
    await login();
    await context.receiver.until((pushes) => taskinfo(pushes).length === 2);
    assert.deepEqual(
      taskinfo(context.receiver.pushes).map(({ status, seq }) => [status, seq]),
      [
        ["0", "7"],
        ["1", "8"],
      ],
    );
    assert.deepEqual([context.simulator.state.calls.length, context.simulator.state.tasks[0]?.status], [0, "paused"]);
    await control("start");
    await context.receiver.until(isFinished);
    assert.equal(context.simulator.state.cdrs.length, 3);
  });

  it("run again when numbers are added after the end", async () => {
    await login();
    await create({ callees: [numbers[0]] });
    await context.receiver.until(isFinished);
    // A finished task has no numbers to start with.
    assert.equal(errorOf(await control("start")), 0);
    assert.deepEqual((await add([numbers[1] ?? ""]))["taskID"], "1001");
    await context.receiver.until((pushes) => taskinfo(pushes).filter(({ status }) => status === "2").length === 2);
    assert.deepEqual(
      taskinfo(context.receiver.pushes).map(({ status, calleeAmount }) => `${status} ${calleeAmount}`),
      ["0 1", "2 1", "0 2", "2 2"],
    );
  });

  it("are found by their agent until they are finished", async () => {
    const query = async (agent: string) => (await command(context.simulator, "CallTaskQuery", { agent }))["taskID"];
    assert.equal(await query("1000"), "");
    await create();
    assert.deepEqual([await query("1000"), await query("1001")], ["1001", ""]);
    await login();
    await context.receiver.until(isFinished);
    assert.equal(await query("1000"), "");
  });

  it("are refused if their ID is unknown", async () => {
    assert.equal(errorOf(await control("start", "1002")), 0xf1000008);
    assert.equal(errorOf(await add(numbers, "1002")), 0xf1000008);
  });
});
