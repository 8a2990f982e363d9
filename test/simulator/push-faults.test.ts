// Faults of a call's pushes: lost, late, repeated, reordered, or with missing fields; by event, by call, by probability.
import assert from "node:assert/strict";
import { type PushOutcome, startSimulator } from "../../simulator";
import { dialects } from "../../simulator/dialects";
import { Faults } from "../../simulator/faults";
import { Reader } from "../../simulator/reader";
import {
  ask,
  command,
  eventOf,
  eventsOf,
  type Json,
  type Push,
  password,
  startReceiver,
  withSimulator,
} from "./client";

const answers = "13800008888";
const course = ["callin", "callout", "screenpop", "callstart", "callend", "billing"];

describe("the simulator's faults of pushes", () => {
  const context = withSimulator({ speed: 10_000 });
  const fault = async (kind: string, more: Json = {}) =>
    assert.deepEqual(await context.simulator.instruct({ do: "fault", kind, ...more }), { ok: true });
  const dial = async (seq: string, agent = "1000", callee = answers) => {
    await command(context.simulator, "AgentLogin", { agent });
    await command(context.simulator, "CallNumber", { agent, callee, seq });
  };
  const events = (seq: string) => eventsOf(context.receiver.pushes, seq);
  const until = (seq: string, event: string, count = 1) =>
    context.receiver.until((pushes) => eventsOf(pushes, seq).filter((one) => one === event).length === count);
  const of = (event: string): Push[] => context.receiver.pushes.filter((push) => eventOf(push) === event);
  /** Waits until an agent is idle again; by then all pushes of its call have come. */
  const wrappedUp = (agent = "1000") =>
    context.receiver.until((pushes) => {
      const own = pushes.filter(({ notify }) => notify["type"] === "agentstatus" && notify["agent"] === agent);
      return (
        own.some(({ notify }) => notify["serverStatus"] === "PROCESS") && own.at(-1)?.notify["serverStatus"] === "IDLE"
      );
    });

  for (const event of course) {
    it(`lose the ${event} of a call, and no other`, async () => {
      await fault("dropPush", { event, number: answers, times: "always" });
      await dial("1");
      await dial("2", "1001", "13900008888");
      await until("2", "billing");
      await wrappedUp();
      assert.deepEqual(
        events("1"),
        course.filter((one) => one !== event),
      );
      assert.deepEqual(events("2"), course);
    });

    it(`delay the ${event} of a call, and let the others pass`, async () => {
      await fault("delayPush", { event, seq: "1", seconds: 86_400 });
      await dial("1");
      await context.receiver.until((pushes) => eventsOf(pushes, "1").length === course.length - 1);
      const others = course.filter((one) => one !== event);
      await wrappedUp();
      assert.deepEqual(events("1"), others);
      await command(context.simulator, "AgentSetIdle", { agent: "1000" });
      await fault("delayPush", { event, seq: "2", seconds: 60 });
      await dial("2");
      await context.receiver.until((pushes) => eventsOf(pushes, "2").length === course.length);
      assert.deepEqual(
        events("2").filter((one) => one !== event),
        others,
      );
    });

    it(`repeat the ${event} of a call, word for word, at once or later`, async () => {
      for (const [seq, more] of [
        ["1", {}],
        ["2", { seconds: 600 }],
      ] as const) {
        await fault("duplicate", { event, agent: "1000", ...more });
        await dial(seq);
        await until(seq, event, 2);
        if (seq === "1") {
          await until(seq, "billing", event === "billing" ? 2 : 1);
          await command(context.simulator, "AgentSetIdle", { agent: "1000" });
        }
      }
      for (const seq of ["1", "2"]) {
        const twice = of(event).filter(({ notify }) => notify["seq"] === seq);
        assert.equal(twice[0]?.text, twice[1]?.text);
        if (seq === "1") {
          const expected = course.flatMap((one) => (one === event ? [one, one] : [one]));
          assert.deepEqual(events(seq), expected);
        } else {
          // On a busy machine, the last of the others may come later than the repeat.
          await context.receiver.until((pushes) => eventsOf(pushes, seq).length > course.length);
          const all = events(seq);
          assert.deepEqual(all.toSpliced(all.lastIndexOf(event), 1), course);
        }
      }
    });
  }

  for (const [index, event] of course.slice(0, -1).entries()) {
    it(`swap the ${event} and the push that follows it`, async () => {
      await fault("reorderPush", { event, number: "*8888" });
      await dial("1");
      await until("1", "billing");
      await until("1", event);
      const expected = [...course];
      expected.splice(index, 2, course[index + 1] ?? "", event);
      assert.deepEqual(events("1"), expected);
    });
  }

  it("send a push that waits to be swapped after a time if nothing follows", async () => {
    await fault("reorderPush", { event: "billing", seconds: 5 });
    await dial("1");
    await until("1", "billing");
    assert.deepEqual(events("1"), course);
  });

  it("send fields empty at first, and filled in a second push with a new signature", async () => {
    await fault("stripPush", { event: "callstart", fields: ["userData", "number", "nothing"] });
    await fault("duplicate", { event: "billing", without: ["recordFile"], seconds: 10 });
    await dial("1");
    await until("1", "billing", 2);
    const [start] = of("callstart");
    assert.deepEqual(
      [start?.notify["number"], start?.notify["agent"], "nothing" in (start?.notify ?? {})],
      ["", "1000", false],
    );
    const [first, second] = of("billing");
    assert.equal(first?.notify["recordFile"], "");
    assert.notEqual(second?.notify["recordFile"], "");
    assert.deepEqual({ ...second?.notify, recordFile: "" }, first?.notify);
    assert.notEqual(first?.authentication["seq"], second?.authentication["seq"]);
  });

  it("repeat the same content under a new signature", async () => {
    await fault("duplicate", { event: "callin", anew: true });
    await dial("1");
    await until("1", "callin", 2);
    const [first, second] = of("callin");
    assert.deepEqual(first?.notify, second?.notify);
    assert.notEqual(first?.authentication["seq"], second?.authentication["seq"]);
  });

  it("affect a task's pushes by its ID, also those without the field", async () => {
    await fault("dropPush", { taskID: "1002", times: "always" });
    for (const [agent, seq] of [
      ["1000", "1"],
      ["1001", "2"],
    ] as const) {
      await command(context.simulator, "AgentLogin", { agent });
      await command(context.simulator, "CallTaskCreate", { agent, callees: [answers], mode: 5, seq });
    }
    await until("1", "billing");
    await until("1", "taskinfo", 2);
    await wrappedUp("1001");
    assert.deepEqual(events("2"), []);
  });

  it("affect pushes that were instructed too, by their content", async () => {
    await fault("dropPush", { number: "10086" });
    const notify = { number: "10086" };
    assert.equal((await context.simulator.instruct({ do: "push", event: "callin" }))["attempt"], 1);
    assert.equal((await context.simulator.instruct({ do: "push", event: "callin", notify }))["attempt"], 0);
  });

  it("are removed by a reset, together with delayed pushes", async () => {
    await fault("delayPush", { event: "callin", seconds: 86_400 });
    const late = context.simulator.instruct({ do: "push", event: "callin" });
    assert.deepEqual(await context.simulator.instruct({ do: "reset" }), { ok: true });
    const outcome = await late;
    assert.equal(outcome.ok ? "" : outcome.error, "forgotten by a reset");
    assert.equal((await context.simulator.instruct({ do: "push", event: "callin" })).ok, true);
  });

  it("end when the simulator is closed during a delay", async () => {
    await fault("delayPush", { event: "callin", seconds: 86_400 });
    const late = context.simulator.instruct({ do: "push", event: "callin" });
    await context.simulator.close();
    const outcome = await late;
    assert.equal(outcome.ok ? "" : outcome.error, "the simulator has been closed");
  });

  const refused: readonly (readonly [Json, string])[] = [
    [{ kind: "delayPush" }, "seconds: is missing"],
    [{ kind: "delayPush", seconds: 5, upTo: 4 }, "upTo: must be a whole number from 5 to 86400"],
    [{ kind: "stripPush" }, "fields: is missing"],
    [{ kind: "stripPush", fields: [1] }, "fields: must be an array of texts"],
    [{ kind: "dropPush", probability: 2 }, "probability: must be a number from 0 to 1"],
    [{ kind: "dropPush", probability: "1" }, "probability: must be a number from 0 to 1"],
    [{ kind: "dropPush", number: {} }, "number: must be a text"],
    [{ kind: "dropPush", seconds: 1 }, "seconds: no such field here"],
    [{ kind: "drop", number: "1" }, "number: no such field here"],
  ];
  for (const [instruction, error] of refused) {
    it(`refuse ${JSON.stringify(instruction)}`, async () => {
      assert.deepEqual(await context.simulator.instruct({ do: "fault", ...instruction }), { ok: false, error });
    });
  }
});

describe("the simulator's faults by chance", () => {
  const calls = 200;

  /** The numbers whose bills are lost with a seed. */
  const lostWith = async (seed: number, speed: number): Promise<readonly string[]> => {
    const receiver = await startReceiver();
    const bills: PushOutcome[] = [];
    let all: () => void = () => {};
    const billed = new Promise<void>((resolve) => {
      all = resolve;
    });
    const onPush = (outcome: PushOutcome) => {
      if (outcome.event !== "billing") return;
      bills.push(outcome);
      if (bills.length === calls) all();
    };
    const simulator = await startSimulator({ password, seed, speed, pushUrl: receiver.url, onPush });
    await simulator.instruct({ do: "fault", kind: "dropPush", event: "billing", probability: 0.2 });
    const callees = Array.from({ length: calls }, (_, i) => `138${String(i).padStart(4, "0")}8888`);
    await ask(simulator, "VoiceVerify", {
      requests: callees.map((callee, seq) => ({ seq, callee, verifyCode: "123" })),
    });
    await billed;
    await simulator.close();
    await receiver.close();
    return bills
      .filter(({ attempt }) => attempt === 0)
      .map(({ notify }) => String(notify["callee"]))
      .toSorted();
  };

  it("affect the expected share, the same pushes with the same seed, others with another", async () => {
    const [first, again, other] = [await lostWith(1, 1000), await lostWith(1, 20_000), await lostWith(2, 1000)];
    assert.ok(Math.abs(first.length - calls * 0.2) < 25, `${first.length} of ${calls}`);
    assert.deepEqual(again, first);
    assert.notDeepEqual(other, first);
  });

  it("delay each push by a random time within the range, the same with the same seed", () => {
    const drawn = (seed: number) => {
      const faults = new Faults(seed);
      const instruction = { kind: "delayPush", seconds: 100, upTo: 200, times: "always" };
      faults.add(new Reader(instruction), dialects.document);
      return Array.from({ length: 200 }, (_, call) => {
        const fault = faults.takeForPush("callin", { call: `1000/${call}` });
        return fault?.kind === "delayPush" ? fault.drawn : Number.NaN;
      });
    };
    const first = drawn(1);
    assert.ok(first.every((seconds) => seconds >= 100 && seconds <= 200));
    assert.ok(new Set(first).size > 50);
    assert.deepEqual(drawn(1), first);
    assert.notDeepEqual(drawn(2), first);
  });

  it("affect requests too", async () => {
    const simulator = await startSimulator({ password });
    await simulator.instruct({ do: "fault", kind: "error", error: "E_FAIL", probability: 0.5 });
    const errors: unknown[] = [];
    for (let i = 0; i < 100; i++) {
      const { result } = await command(simulator, "getAgentInfo");
      errors.push((result as Json)["error"]);
    }
    await simulator.close();
    const hit = errors.filter((error) => error === -1).length;
    assert.ok(hit > 25 && hit < 75, String(hit));
  });
});
