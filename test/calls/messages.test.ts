// One message for each event of a call, even if pushes are lost, late or repeated, and if the process ends at any
// moment.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CallMessage,
  CallMessages,
  type Fetched,
  type MessageEvent,
  type MessageSettings,
  messageEvents,
  type Step,
} from "../../nodes/calls/call-messages";
import type { ExpectedCall } from "../../nodes/calls/contexts";
import { readMessage } from "../../nodes/calls/facts";
import { context, HandClock, type Json, push, start } from "./drive";

const callee = "13800138000";

/** A push in transit: its event, its fields, its identity, and its time of arrival, in seconds after the start. */
interface Pushed {
  readonly event: string;
  readonly notify: Json;
  readonly eventId: string;
  readonly second: number;
}

/** A process that makes messages, with a disk that survives it. */
class Machine {
  readonly clock = new HandClock();
  /** The newest record of each key in the file. */
  readonly disk = new Map<string, string>();
  /** The messages on disk, in order. Each stays until it is confirmed. */
  readonly told: CallMessage[] = [];
  readonly #settings: MessageSettings;
  readonly #fetched: (recordFile: string) => Fetched;
  #messages: CallMessages;
  /** A write under way; it is lost if the process ends first. */
  #unwritten: Step[] = [];
  held = false;

  constructor(more: Partial<MessageSettings> = {}, fetched: (recordFile: string) => Fetched = ok) {
    this.#settings = {
      windowMs: 3_600_000,
      waitForBillingMs: 60_000,
      maxOpen: 100_000,
      context,
      events: messageEvents,
      direction: undefined,
      isWanted: undefined,
      recordingWaitMs: 120_000,
      ...more,
    };
    this.#fetched = fetched;
    this.#messages = this.#begin(this.#settings);
  }

  #begin(settings: MessageSettings): CallMessages {
    return new CallMessages(settings, {
      onStep: (step) => this.write(step),
      fetch: async ({ recordFile }) => this.#fetched(recordFile ?? ""),
      timing: this.clock,
    });
  }

  get open(): number {
    return this.#messages.size;
  }

  write({ records, messages }: Step): void {
    if (this.held) {
      this.#unwritten.push({ records, messages });
      return;
    }
    for (const { key, value } of records) {
      if (value === undefined) this.disk.delete(key);
      else this.disk.set(key, JSON.stringify(value));
    }
    this.told.push(...messages.map((message) => JSON.parse(JSON.stringify(message)) as CallMessage));
  }

  /** Writes what was held back. */
  flush(): void {
    this.held = false;
    for (const step of this.#unwritten.splice(0)) this.write(step);
  }

  /** Ends the process at once, and starts the next one, optionally with other settings. */
  crash(more: Partial<MessageSettings> = {}): void {
    this.#messages.close();
    this.#unwritten = [];
    this.held = false;
    this.#messages = this.#begin({ ...this.#settings, ...more });
    this.write(this.#messages.restore([...this.disk.values()].map((text) => JSON.parse(text))));
  }

  hear({ event, notify, eventId, second }: Pushed, delivery = 1): void {
    const msg = push(event, notify, { eventId, delivery, receivedAt: new Date(start + second * 1000).toISOString() });
    const reading = readMessage(msg, context, start);
    if (reading.kind !== "facts") throw new Error(reading.kind);
    for (const fact of reading.facts) this.write(this.#messages.hear(fact));
  }

  expect(expected: ExpectedCall): void {
    this.write(this.#messages.expect(expected));
  }

  unexpect(id: string): void {
    this.write(this.#messages.unexpect(id));
  }

  /** Advances the clock by seconds, and completes fetches. */
  async pass(seconds: number): Promise<void> {
    this.clock.pass(seconds * 1000);
    await settled();
  }

  get brief(): string {
    return this.told.map(({ event }) => event).join(" ");
  }
}

const ok = (recordFile: string): Fetched => ({ ok: true, recording: `http://x${recordFile}` });
const settled = () => new Promise((resolve) => setImmediate(resolve));

type Event = "callin" | "callout" | "screenpop" | "callstart" | "callend" | "billing";

interface Made {
  readonly agent: string;
  readonly number: string;
  readonly inbound: boolean;
  readonly answered: boolean;
  readonly seq: string;
  readonly session: string;
  readonly from: number;
}

/** All pushes of a call, in the platform's order. Its first or its second bill names a recording. */
function pushesOf(made: Made, recordedLate = false): readonly Pushed[] {
  const { agent, number, inbound, answered, seq, session, from } = made;
  const said = { agent, number, call_type: inbound ? "0" : "1", seq, userData: "" };
  const sides = inbound ? { caller: number, callee: "02112345678" } : { caller: "02112345678", callee: number };
  const epoch = (second: number) => String(Math.round(start / 1000) + second);
  const bill = {
    ...{ ...sides, seq, userData: "", session, service: inbound ? "2" : "1" },
    ...{ startTime: epoch(from), ringTime: epoch(from + 2), answerTime: answered ? epoch(from + 8) : "0" },
    ...{ byeTime: epoch(from + 40), timeLength: answered ? "32" : "0", recordFile: "" },
    staffNo: agent,
  };
  const file = answered ? `/record/${session}.wav` : "";
  const events: readonly (readonly [Event, number, Json])[] = [
    ["callin", 0, said],
    ...(inbound ? [] : [["callout", 1, said] as const]),
    ["screenpop", 2, said],
    ...(answered ? [["callstart", 8, said] as const] : []),
    ["callend", 40, said],
    ["billing", 41, recordedLate ? bill : { ...bill, recordFile: file }],
    ...(recordedLate ? [["billing", 60, { ...bill, recordFile: file }] as const] : []),
  ];
  return events.map(([event, offset, notify]) => ({
    event,
    notify,
    // A bill has the same eventId whenever it comes.
    eventId: `${session}-${event}`,
    second: from + offset,
  }));
}

const inbound = (more: Partial<Made> = {}): Made => ({
  ...{ agent: "1000", number: callee, inbound: true, answered: true, seq: "900001", session: "s1", from: 0 },
  ...more,
});

/** The expected messages of a call. */
const wanted = ({ inbound, answered }: Made): readonly MessageEvent[] => [
  inbound ? "ringing" : "dialing",
  ...(answered ? (["answered"] as const) : []),
  "finished",
  ...(answered ? (["recording"] as const) : []),
];

describe("messages of calls", () => {
  it("are given once for each event, in order, and the recording is in the last", async () => {
    for (const made of [true, false].flatMap((is) =>
      [true, false].map((answered) => inbound({ inbound: is, answered })),
    )) {
      const it_ = new Machine();
      for (const one of pushesOf(made)) it_.hear(one);
      await settled();
      assert.equal(it_.brief, wanted(made).join(" "));
      assert.equal(new Set(it_.told.map(({ call }) => call.id)).size, 1);
      const finished = it_.told.find(({ event }) => event === "finished")!.call;
      assert.equal(finished.outcome, made.answered ? "answered" : made.inbound ? "missed" : "unanswered");
      assert.equal(finished.recording, null);
      if (made.answered) assert.equal(it_.told.at(-1)?.call.recording, "http://x/record/s1.wav");
    }
  });

  it("are given for an event whose push was lost, once a later one shows that it happened", async () => {
    const it_ = new Machine();
    for (const one of pushesOf(inbound()).slice(2)) it_.hear(one);
    await settled();
    assert.equal(it_.brief, "ringing answered finished recording");
    const only = new Machine();
    for (const one of pushesOf(inbound()).slice(-1)) only.hear(one);
    await only.pass(60);
    assert.equal(only.brief, "ringing answered finished recording");
  });

  it("are only those that are wanted: by event, direction and agent", async () => {
    const cases: readonly (readonly [Partial<MessageSettings>, string])[] = [
      [{ events: ["finished"] }, "finished:1000 finished:1001 finished:1002"],
      [{ events: ["ringing", "recording"] }, "ringing:1000 recording:1000 ringing:1002 recording:1001"],
      [{ direction: "outbound", events: ["dialing", "finished"] }, "dialing:1001 finished:1001"],
      [{ isWanted: (agent) => agent === "1002", events: ["ringing", "finished"] }, "ringing:1002 finished:1002"],
    ];
    for (const [settings, expected] of cases) {
      const it_ = new Machine(settings);
      for (const made of [
        inbound(),
        inbound({ agent: "1001", inbound: false, session: "s2", seq: "7" }),
        inbound({ agent: "1002", answered: false, session: "s3", seq: "900002" }),
      ]) {
        for (const one of pushesOf(made)) it_.hear(one);
      }
      await settled();
      const told = it_.told.map(({ event, call }) => `${event}:${call.agent}`).sort();
      assert.deepEqual(told, expected.split(" ").sort());
    }
  });

  describe("with a recording", () => {
    const until = (made: Made, last: string, late = false) => {
      const all = pushesOf(made, late);
      return all.slice(0, all.findIndex(({ event }) => event === last) + 1);
    };

    it("are given when a later bill names it, and then no more", async () => {
      const it_ = new Machine();
      const all = pushesOf(inbound(), true);
      for (const one of all.slice(0, -1)) it_.hear(one);
      it_.clock.pass(80_000);
      await settled();
      assert.equal(it_.brief, "ringing answered finished");
      it_.hear(all.at(-1)!, 2);
      await settled();
      assert.equal(it_.brief, "ringing answered finished recording");
      it_.hear(all.at(-1)!, 3);
      await it_.pass(600);
      assert.equal(it_.brief, "ringing answered finished recording");
    });

    it("are given without one when the time is up, which counts from the end of the call", async () => {
      const it_ = new Machine();
      await it_.pass(40);
      for (const one of until(inbound(), "billing", true)) it_.hear(one);
      await it_.pass(119);
      assert.equal(it_.brief, "ringing answered finished");
      await it_.pass(2);
      assert.equal(it_.brief, "ringing answered finished recording");
      assert.deepEqual(it_.told.at(-1)?.recordingError, { kind: "notNamed" });
      assert.equal(it_.told.at(-1)?.call.recording, null);
    });

    it("are given without one if it can't be fetched", async () => {
      const error = { kind: "failed", code: "SCCC_HTTP_404", message: "gone" } as const;
      const it_ = new Machine({}, () => ({ ok: false, error }));
      for (const one of pushesOf(inbound())) it_.hear(one);
      await settled();
      assert.deepEqual(it_.told.at(-1)?.recordingError, error);
    });

    it("are given without one if no bill was received", async () => {
      const it_ = new Machine();
      for (const one of until(inbound(), "callend")) it_.hear(one);
      await it_.pass(300);
      assert.equal(it_.brief, "ringing answered finished recording");
    });

    it("are given after a crash that happened while the recording was awaited or fetched", async () => {
      for (const late of [true, false]) {
        const it_ = new Machine();
        for (const one of until(inbound(), "billing", late)) it_.hear(one);
        it_.crash();
        if (late) it_.hear(pushesOf(inbound(), true).at(-1)!, 2);
        await settled();
        assert.equal(it_.brief, "ringing answered finished recording");
      }
    });
  });

  it("report no past event when a deploy asks for more events", async () => {
    const it_ = new Machine({ events: ["finished"] });
    for (const one of pushesOf(inbound())) it_.hear(one);
    it_.crash({ events: messageEvents });
    await it_.pass(300);
    assert.equal(it_.brief, "finished");
  });

  it("continue their time limit after a restart", async () => {
    const it_ = new Machine();
    for (const one of pushesOf(inbound()).slice(0, -1)) it_.hear(one);
    it_.clock.pass(50_000);
    it_.crash();
    await it_.pass(9);
    assert.equal(it_.brief, "ringing answered");
    await it_.pass(2);
    assert.equal(it_.brief, "ringing answered finished", "60 s after its end, not after the start");
  });

  it("are removed from the file when their calls are forgotten", async () => {
    const it_ = new Machine();
    it_.expect(expectedCall({ id: "x" }));
    for (const one of pushesOf(inbound())) it_.hear(one);
    await it_.pass(2 * 3600);
    assert.equal(it_.open, 0);
    it_.expect(expectedCall({ id: "y", at: start + 2 * 3_600_000 }));
    it_.unexpect("y");
    assert.deepEqual([...it_.disk.keys()], []);
    assert.equal(it_.clock.timers, 0);
  });

  it("report a recording as not named if too many calls end to remember it", async () => {
    const it_ = new Machine({ events: ["recording"], recordingWaitMs: 3_000_000, maxFinished: 50 });
    const count = 60;
    for (let index = 0; index < count; index += 1) {
      const made = inbound({ agent: String(index), session: `s${index}`, seq: String(900_000 + index) });
      for (const one of pushesOf(made, true).slice(-4, -1)) it_.hear(one);
    }
    assert.deepEqual([it_.told.length, it_.disk.size], [10, 50]);
  });

  describe("with a context", () => {
    const made = inbound({ inbound: false, seq: "7" });
    const contexts = (it_: Machine) => it_.told.map(({ call }) => call.context);

    it("have it from the first message on: by seq, or by agent, number and time if the platform repeats no seq", async () => {
      for (const seq of ["7", ""]) {
        const it_ = new Machine();
        it_.expect(expectedCall());
        for (const one of pushesOf({ ...made, seq })) it_.hear(one);
        await settled();
        assert.deepEqual(contexts(it_), Array(4).fill({ order: 42 }));
      }
    });

    it("have none if the seq, userData, agent, start time or direction does not fit", async () => {
      const cases: readonly (readonly [Partial<ExpectedCall>, Partial<Made>])[] = [
        [{ seq: "8" }, {}],
        [{ userData: "other", seq: undefined }, { seq: "" }],
        [{ agent: "1001" }, {}],
        [{ at: start + 10_000 }, { seq: "" }],
        [{ at: start - 200_000 }, { seq: "" }],
        [{}, { inbound: true }],
        [{ keys: ["+8613900139000"] }, {}],
      ];
      for (const [expected, other] of cases) {
        const it_ = new Machine();
        it_.expect(expectedCall(expected));
        const userData = expected.userData === undefined ? "" : "mine";
        for (const one of pushesOf({ ...made, ...other })) it_.hear({ ...one, notify: { ...one.notify, userData } });
        await settled();
        assert.equal(it_.told.length, 4);
        assert.deepEqual(contexts(it_), Array(4).fill(undefined), JSON.stringify(expected));
      }
    });

    it("have none if two commands may have dialled, and one each if their seqs differ", async () => {
      for (const seq of ["", "7"]) {
        const it_ = new Machine();
        it_.expect(expectedCall());
        it_.expect(expectedCall({ id: "other", seq: "8", context: { order: 43 } }));
        for (const one of pushesOf({ ...made, seq })) it_.hear(one);
        await settled();
        assert.deepEqual(contexts(it_)[0], seq === "" ? undefined : { order: 42 });
      }
    });

    it("have it once: the next call with the number does not get it", async () => {
      const it_ = new Machine();
      it_.expect(expectedCall());
      for (const one of pushesOf(made)) it_.hear(one);
      await settled();
      for (const one of pushesOf({ ...made, seq: "", session: "s2", from: 100 })) it_.hear(one);
      await settled();
      assert.deepEqual(contexts(it_).slice(4), Array(4).fill(undefined));
    });

    it("have it after a crash, before or after their call began; not if the command was refused", async () => {
      for (const before of [0, 2]) {
        const it_ = new Machine();
        it_.expect(expectedCall());
        for (const [index, one] of pushesOf(made).entries()) {
          if (index === before) it_.crash();
          it_.hear(one);
        }
        await settled();
        assert.deepEqual(contexts(it_), Array(4).fill({ order: 42 }));
      }
      const it_ = new Machine();
      it_.expect(expectedCall());
      it_.unexpect("expected");
      it_.crash();
      for (const one of pushesOf(made)) it_.hear(one);
      assert.equal(contexts(it_)[0], undefined);
    });
  });

  describe("with lost, late and repeated pushes, and crashes", () => {
    const calls = fc
      .uniqueArray(
        fc.record({
          agent: fc.integer({ min: 0, max: 3 }),
          number: fc.integer({ min: 0, max: 3 }),
          inbound: fc.boolean(),
          answered: fc.boolean(),
          late: fc.boolean(),
        }),
        { minLength: 1, maxLength: 6, selector: ({ agent, number }) => `${agent} ${number}` },
      )
      .map((all) =>
        all.map(({ agent, number, inbound, answered, late }, index) => ({
          late,
          made: {
            agent: String(1000 + agent),
            // Number 0 is withheld: the agent distinguishes those calls.
            number: number === 0 ? "" : `1380000000${number}`,
            inbound: inbound || number === 0,
            answered,
            seq: String(900_000 + index),
            session: `s${index}`,
            from: index * 3,
          },
        })),
      );

    /** The fate of a push: it is lost, or arrives once or twice, identical or signed again; and the events around it. */
    const fate = fc.record({
      how: fc.constantFrom("once", "once", "once", "lost", "twice", "anew"),
      crash: fc.constantFrom("none", "none", "none", "before", "between", "after"),
      place: fc.nat(),
    });

    it("each call gives each of its events once, in order; none is missing, none is split or merged", async () => {
      await fc.assert(
        fc.asyncProperty(
          calls.chain((all) => {
            const sent = all.flatMap(({ made, late }) => pushesOf(made, late).map((one) => ({ one, made })));
            return fc.record({
              all: fc.constant(all),
              sent: fc.constant(sent),
              fates: fc.array(fate, { minLength: sent.length, maxLength: sent.length }),
              order: fc.shuffledSubarray([...sent.keys()], { minLength: sent.length }),
              restarts: fc.array(fc.nat({ max: 200 }), { maxLength: 3 }),
            });
          }),
          async ({ all, sent, fates, order, restarts }) => {
            const it_ = new Machine();
            const arriving = order
              .filter((index) => fates[index]!.how !== "lost")
              .map((index) => ({ index, again: "" }));
            for (const index of order) {
              const { how, place } = fates[index]!;
              if (how !== "twice" && how !== "anew") continue;
              const first = arriving.findIndex((one) => one.index === index);
              arriving.splice(first + 1 + (place % (arriving.length - first)), 0, { index, again: how });
            }
            const heard = new Map<string, Set<string>>();
            for (const { index, again } of arriving) {
              const { one, made } = sent[index]!;
              const events = heard.get(made.session) ?? new Set();
              heard.set(made.session, events.add(one.event));
              const named =
                again === "anew" && one.event !== "billing" ? { ...one, eventId: `${one.eventId}-anew` } : one;
              const { crash } = again === "" ? fates[index]! : { crash: "none" };
              if (crash === "before") it_.crash();
              if (crash === "between") {
                // The process ends before the push is on disk: it was not answered, and comes again.
                it_.held = true;
                it_.hear(named);
                it_.crash();
              }
              it_.hear(named, again === "twice" || crash === "between" ? 2 : 1);
              if (crash === "after") {
                // The answer to the push was lost: it comes again.
                it_.crash();
                it_.hear(named, 2);
              }
              await settled();
            }
            for (const seconds of restarts) {
              await it_.pass(seconds);
              it_.crash();
            }
            await it_.pass(3 * 3600);
            await settled();
            assert.equal(it_.open, 0);
            assert.deepEqual([...it_.disk.keys()], [], "the file is empty in the end");

            const byCall = new Map<string, CallMessage[]>();
            for (const message of it_.told) {
              const { id } = message.call;
              byCall.set(id, [...(byCall.get(id) ?? []), message]);
            }
            assert.equal(byCall.size, heard.size, "none is split or merged");
            for (const [id, told] of byCall) {
              const session = id.split("-")[0]!;
              const made = all.find((one) => one.made.session === session)!.made;
              const kinds = heard.get(session)!;
              const knows = kinds.has("billing") || kinds.has("callstart");
              const answered = made.answered && knows;
              // A call without an end event may have been answered.
              const expected = wanted({ ...made, answered }).join(" ");
              const events = told.map(({ event }) => event).join(" ");
              assert.equal(events, expected, `${session}: ${[...kinds].join(" ")}`);
              for (const { call } of told) {
                assert.ok(call.agent === null || call.agent === made.agent, "merged");
                assert.ok(call.session === null || call.session === session, "merged");
              }
            }
          },
        ),
        { numRuns: 400 },
      );
    }).timeout(120_000);
  });
});

const expectedCall = (more: Partial<ExpectedCall> = {}): ExpectedCall => ({
  id: "expected",
  at: start,
  agent: "1000",
  keys: ["+8613800138000"],
  seq: "7",
  userData: undefined,
  taskID: undefined,
  context: { order: 42 },
  ...more,
});
