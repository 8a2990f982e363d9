// Endings of numbers, whole lists that are dialled, and the platform's own statistics about them.
import assert from "node:assert/strict";
import { type Simulator, startSimulator } from "../../simulator";
import { amount } from "../../tools/amount";
import { ask, command, eventOf, have, type Json, nextSeq, password, startReceiver, withSimulator } from "./client";

const none = { answered: 0, unanswered: 0, busy: 0, vacant: 0, cancelled: 0, lost: 0, underWay: 0 };

/** Waits until a simulator has recorded this many calls. */
const booked = async (simulator: Simulator, count: number): Promise<void> => {
  while (simulator.state.cdrs.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe("the behaviour of numbers", () => {
  const context = withSimulator({ speed: 10_000, pushUrl: "", numbers: { endings: { "7": "busy" } } });
  const verify = async (callees: readonly string[]): Promise<void> => {
    const requests = callees.map((callee) => ({ seq: nextSeq(), callee, verifyCode: "123" }));
    const before = context.simulator.state.cdrs.length;
    await ask(context.simulator, "VoiceVerify", { requests });
    await booked(context.simulator, before + callees.length);
  };
  const outcomes = async (...callees: readonly string[]) => {
    await verify(callees);
    const { numbers } = context.simulator.books();
    return callees.map((callee) => {
      const tally = Object.entries(numbers.get(callee) ?? {});
      return tally.filter(([name, count]) => name !== "dialled" && count > 0).map(([name]) => name);
    });
  };
  const tell = (more: Json) => context.simulator.instruct({ do: "numbers", ...more });

  it("follows the longest matching last digits, in addition to the default ones", async () => {
    assert.deepEqual(await tell({ endings: { "88": "vacant", "118888": "unanswered", "0001": "answered" } }), {
      ok: true,
    });
    assert.deepEqual(await outcomes("13800000088", "13800008888", "13800118888", "13800000001", "13800009999"), [
      ["vacant"],
      ["answered"],
      ["unanswered"],
      ["answered"],
      ["vacant"],
    ]);
  });

  it("follows the options, and an instruction until it is withdrawn or the simulator is reset", async () => {
    assert.deepEqual(await outcomes("13800000007"), [["busy"]]);
    for (const back of [{ do: "numbers" }, { do: "reset" }]) {
      await tell({ endings: { "7": "vacant" } });
      assert.deepEqual(await outcomes("13800000017"), [["vacant"]]);
      await context.simulator.instruct(back);
      assert.deepEqual(await outcomes("13800000027"), [["busy"]]);
    }
  });

  it("follows the given shares for all other numbers", async () => {
    await tell({ endings: {}, shares: { answered: 2, busy: 1, vacant: 1 } });
    await verify(Array.from({ length: 400 }, (_, i) => `13800${String(i).padStart(5, "0")}5`));
    const { numbers: _, ...total } = context.simulator.books();
    assert.equal(total.dialled, 400);
    assert.equal(total.unanswered, 0);
    for (const [name, share] of [
      ["answered", 200],
      ["busy", 100],
      ["vacant", 100],
    ] as const) {
      assert.ok(Math.abs(total[name] - share) < 40, `${name}: ${total[name]}`);
    }
  });

  const refused: readonly (readonly [Json, string])[] = [
    [{ endings: [] }, "endings: must be an object"],
    [
      { endings: { x: "busy" } },
      "endings: must be an object of last digits, each with one of answered, unanswered, busy, vacant",
    ],
    [
      { endings: { "1": "dead" } },
      "endings: must be an object of last digits, each with one of answered, unanswered, busy, vacant",
    ],
    [{ shares: { dead: 1 } }, "shares: must be an object of numbers from 0 by answered, unanswered, busy, vacant"],
    [{ shares: { busy: -1 } }, "shares: must be an object of numbers from 0 by answered, unanswered, busy, vacant"],
    [{ shares: { busy: 0 } }, "shares: the shares must be numbers from 0, and not all of them 0"],
  ];
  for (const [more, error] of refused) {
    it(`cannot be ${JSON.stringify(more)}`, async () => {
      assert.deepEqual(await tell(more), { ok: false, error });
    });
  }

  for (const [numbers, error] of [
    [{ endings: { x: "busy" } }, 'numbers: "x" is not the last digits of a number'],
    [{ endings: { "1": "dead" } }, 'numbers: "dead" is not one of answered, unanswered, busy, vacant'],
    [{ shares: { busy: 0 } }, "numbers: the shares must be numbers from 0, and not all of them 0"],
  ] as const) {
    it(`as an option cannot be ${JSON.stringify(numbers)}`, async () => {
      await assert.rejects(startSimulator({ password, numbers: numbers as object }), { message: error });
    });
  }
});

describe("the count of dialled calls", () => {
  const context = withSimulator();

  it("is by task and by number, without inbound calls", async () => {
    const { simulator, receiver } = context;
    for (const agent of ["1000", "1001", "1002"]) await command(simulator, "AgentLogin", { agent });
    await simulator.instruct({ do: "inbound", number: "13800008888", agent: "1002" });
    const callees = ["13800008888", "13800000000", "13800000001", "13800009999"];
    await command(simulator, "CallTaskCreate", { agent: "1000", callees, mode: 2 });
    await command(simulator, "CallNumber", { agent: "1001", callee: "13800008888" });
    await receiver.until(have("billing", callees.length + 2));
    const { numbers, ...total } = simulator.books();
    assert.deepEqual(total, { ...none, dialled: 5, answered: 2, unanswered: 1, busy: 1, vacant: 1 });
    assert.deepEqual(numbers.get("13800008888"), { ...none, dialled: 2, answered: 2 });
    assert.equal(simulator.books({ taskID: "1001" }).dialled, 4);
    assert.equal(simulator.books({ taskID: "" }).answered, 1);
    assert.equal(simulator.books({ number: "13800000001" }).busy, 1);
    assert.deepEqual(await simulator.instruct({ do: "books", taskID: "1001", number: "13800009999", each: true }), {
      ok: true,
      ...{ ...none, dialled: 1, vacant: 1 },
      numbers: { "13800009999": { ...none, dialled: 1, vacant: 1 } },
    });
    assert.deepEqual(await simulator.instruct({ do: "books", number: "1" }), { ok: true, dialled: 0, ...none });
  });

  it("is complete although agents log out and in again meanwhile", async () => {
    const { simulator, receiver } = context;
    await command(simulator, "AgentLogin", { agent: "1000" });
    const callees = Array.from({ length: 6 }, (_, i) => `1380000000${i}`);
    await simulator.instruct({ do: "agent", agent: "1000", workStatus: "OFFLINE", after: 20, back: 1000 });
    await command(simulator, "CallTaskCreate", { agent: "1000", callees, mode: 5 });
    await receiver.until((pushes) => pushes.some(({ notify }) => notify["workStatus"] === "OFFLINE"));
    assert.ok(simulator.books().dialled < callees.length);
    await receiver.until((pushes) =>
      pushes.some(({ notify }) => notify["type"] === "taskinfo" && notify["status"] === "2"),
    );
    assert.equal(simulator.books({ taskID: "1001" }).dialled, callees.length);
    const states = receiver.pushes.flatMap(({ notify }) =>
      notify["type"] === "agentstatus" ? [notify["workStatus"]] : [],
    );
    assert.ok(states.indexOf("OFFLINE") < states.lastIndexOf("ONLINE"));
  });
});

describe("a campaign with all kinds of losses", () => {
  for (const dialect of ["document", "field"] as const) {
    it(`has equal sums in its books and CDRs, and a bill for each push that was not lost: ${dialect}`, async () => {
      const numbers = Array.from({ length: 120 }, (_, i) => `138${String(i).padStart(8, "0")}`);
      const tried = new Set<unknown>();
      const lost = new Set<unknown>();
      let all: () => void = () => {};
      const settled = new Promise<void>((resolve) => {
        all = resolve;
      });
      const receiver = await startReceiver();
      const simulator = await startSimulator({
        password,
        dialect,
        speed: 20_000,
        agents: "1000-1029",
        pushUrl: receiver.url,
        numbers: { shares: { answered: 5, unanswered: 3, busy: 1, vacant: 1 } },
        onPush: ({ event, notify, error }) => {
          if (event !== "billing") return;
          if (error !== undefined) lost.add(notify["callee"]);
          tried.add(notify["callee"]);
          if (tried.size === numbers.length) all();
        },
      });
      const tell = async (more: Json) =>
        assert.deepEqual(await simulator.instruct({ do: "fault", ...more }), { ok: true });
      await tell({ kind: "dropPush", event: "taskinfo", times: "always" });
      await tell({ kind: "dropPush", event: "billing", probability: 0.2 });
      await tell({ kind: "delayPush", event: "billing", probability: 0.2, seconds: 60, upTo: 600 });
      await tell({ kind: "drop", api: "CallTaskCreate", after: true });
      for (const { staffNo } of simulator.state.agents) {
        await simulator.instruct({ do: "agent", agent: staffNo, workStatus: "ONLINE" });
      }
      const share = numbers.length / simulator.state.agents.length;
      for (const [index, { staffNo }] of simulator.state.agents.entries()) {
        const callees = numbers.slice(index * share, (index + 1) * share);
        const created = command(simulator, "CallTaskCreate", { agent: staffNo, callees, mode: 5, userData: "spring" });
        // The first answer is lost; the task is created nevertheless.
        if (index === 0) await assert.rejects(created);
        else await created;
      }
      await settled;
      const { numbers: each, ...total } = simulator.books();
      const [startTime, endTime] = ["2000-01-01 00:00:00", "2099-12-31 23:59:59"];
      const request = { seq: nextSeq(), agent: [], startTime, endTime };
      const { data } = await ask(simulator, "getCdrList", { request });
      const cdrs = data?.response["cdr"] as Json[];
      assert.deepEqual([total.dialled, each.size, cdrs.length], [numbers.length, numbers.length, numbers.length]);
      const having = (result: string) => cdrs.filter((cdr) => cdr["result"] === result).length;
      assert.deepEqual(
        [having("1"), having("2"), having("3")],
        [total.answered, total.unanswered + total.busy, total.vacant],
      );
      const bills = receiver.pushes.filter((push) => eventOf(push) === "billing").map(({ notify }) => notify);
      assert.ok(lost.size > 5 && lost.size < 60, String(lost.size));
      assert.deepEqual(
        bills.map(({ callee }) => String(callee)).toSorted(),
        numbers.filter((number) => !lost.has(number)),
      );
      assert.ok(bills.every((bill) => bill["userData"] === "spring" && "taskID" in bill === (dialect === "field")));
      assert.equal(have("taskinfo")(receiver.pushes), false);
      await simulator.close();
      await receiver.close();
    });
  }
});

describe("a call that is being dialled", () => {
  const context = withSimulator({ speed: 1, pushUrl: "" });

  it("counts as in progress until it ends, and as cancelled if it is hung up before the answer", async () => {
    const { simulator } = context;
    await command(simulator, "AgentLogin", { agent: "1000" });
    await command(simulator, "CallNumber", { agent: "1000", callee: "13800008888" });
    const tally = () => simulator.books().numbers.get("13800008888");
    assert.deepEqual(tally(), { ...none, dialled: 1, underWay: 1 });
    await command(simulator, "HangupCall", { agent: "1000" });
    assert.deepEqual(tally(), { ...none, dialled: 1, cancelled: 1 });
  });
});

describe("a task of thousands of numbers", function () {
  this.timeout(60_000);

  it("dials each number once, and its books add up", async () => {
    const simulator = await startSimulator({ password, speed: 100_000, agents: "1000-1199", dialect: "field" });
    const numbers = Array.from({ length: amount(5000, 25_000) }, (_, i) => `138${String(i).padStart(8, "0")}`);
    const { taskID } = await command(simulator, "callTaskCreateByVoiceTransferAgent", {
      callees: numbers.slice(0, 1000),
      maxConcurrence: 200,
    });
    for (let from = 1000; from < numbers.length; from += 1000) {
      const fields = { agent: "1000", taskID, callees: numbers.slice(from, from + 1000) };
      await command(simulator, "CallTaskAddNumbers", fields);
    }
    for (const { staffNo } of simulator.state.agents) {
      await simulator.instruct({ do: "agent", agent: staffNo, workStatus: "ONLINE" });
    }
    await booked(simulator, numbers.length);
    const { numbers: each, ...total } = simulator.books({ taskID: String(taskID) });
    assert.equal(each.size, numbers.length);
    assert.equal(total.dialled, numbers.length);
    assert.equal(total.answered + total.unanswered + total.busy + total.vacant, numbers.length);
    assert.equal(simulator.state.tasks[0]?.status, "finished");
    await simulator.close();
  });

  it("waits for a slower receiver, and loses no push", async () => {
    const receiver = await startReceiver();
    const count = 600;
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    receiver.hold = () => opened;
    const lost: unknown[] = [];
    const billed = new Set<unknown>();
    let all: () => void = () => {};
    const isBilled = new Promise<void>((resolve) => {
      all = resolve;
    });
    const simulator = await startSimulator({
      password,
      speed: 100_000,
      agents: "1000-1199",
      dialect: "field",
      pushUrl: receiver.url,
      onPush: ({ event, notify, error }) => {
        if (error !== undefined) lost.push(error);
        if (event === "billing") billed.add(notify["callee"]);
        if (billed.size === count) all();
      },
    });
    const callees = Array.from({ length: count }, (_, i) => `138${String(i).padStart(8, "0")}`);
    await command(simulator, "callTaskCreateByVoiceTransferAgent", { callees, maxConcurrence: 200 });
    for (const { staffNo } of simulator.state.agents) {
      await simulator.instruct({ do: "agent", agent: staffNo, workStatus: "ONLINE" });
    }
    // No push is taken: dialling stops by itself, long before the end of the list.
    while (simulator.state.calls.length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.ok(simulator.books().dialled < callees.length);
    open();
    await isBilled;
    assert.deepEqual(lost, []);
    await simulator.close();
    await receiver.close();
  });
});
