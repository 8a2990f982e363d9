// Joins events into calls for any order, loss and repetition: no call is split or merged, and every call ends. Also
// measures the speed.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { TrackedCall } from "../../nodes/calls/call";
import { amount } from "../../tools/amount";
import { bench, type Json } from "./drive";

type Event = "callin" | "callout" | "screenpop" | "callstart" | "callend" | "billing";

/** A call on the platform's side. */
interface Made {
  readonly agent: string;
  readonly number: string;
  readonly inbound: boolean;
  readonly seq: string;
  readonly userData: string;
  readonly session: string;
  /** When it begins, in seconds after the start. */
  readonly from: number;
  readonly answered: boolean;
}

/** An event in transit: its content, when it is received, and its call. */
interface Sent {
  readonly call: number;
  readonly event: Event;
  readonly notify: Json;
  readonly second: number;
}

const numberOf = (index: number) => `138${String(10_000_000 + index)}`;

/** Different notations of the same number. */
const forms = [
  (number: string) => number,
  (number: string) => `0${number}`,
  (number: string) => `+86${number}`,
  (number: string) => `86${number}`,
];

const offsets: Readonly<Record<Event, number>> = {
  callin: 0,
  callout: 1,
  screenpop: 2,
  callstart: 8,
  callend: 40,
  billing: 41,
};

/** All events of a call, in the platform's order. */
function eventsOf(made: Made, call: number, time: (second: number) => string): readonly Sent[] {
  const { agent, number, inbound, seq, userData, session, from, answered } = made;
  const form = forms[call % forms.length] ?? forms[0]!;
  const common = { agent, number: form(number), call_type: inbound ? "0" : "1", seq };
  const said = { ...common, userData };
  const sides = inbound ? { caller: number, callee: "02112345678" } : { caller: "02112345678", callee: number };
  const billing = {
    ...{ ...sides, seq, userData, session, service: inbound ? "2" : "1" },
    ...{
      startTime: time(from),
      ringTime: time(from + 2),
      answerTime: answered ? time(from + 8) : "",
      byeTime: time(from + 40),
    },
    timeLength: answered ? "32" : "0",
  };
  const all: readonly (readonly [Event, Json])[] = [
    ["callin", said],
    ...(inbound ? [] : [["callout", said] as const]),
    ["screenpop", common],
    ...(answered ? [["callstart", said] as const] : []),
    ["callend", said],
    ["billing", billing],
  ];
  return all.map(([event, notify]) => ({ call, event, notify, second: from + offsets[event] }));
}

/**
 * Calls of which no two have both the same agent and the same number. All may have the same seq, as in a campaign, or
 * none.
 */
const tellApart = fc
  .record({
    calls: fc.uniqueArray(
      fc.record({ agent: fc.integer({ min: 0, max: 3 }), number: fc.integer({ min: 0, max: 3 }) }),
      {
        minLength: 1,
        maxLength: 8,
        selector: ({ agent, number }) => `${agent} ${number}`,
      },
    ),
    inbound: fc.boolean(),
    answered: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    // If two calls have the same number, only the seq can match their bills.
    seqs: fc.constantFrom("own", "campaign", "none"),
    gap: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ calls, inbound, answered, seqs, gap }) =>
    calls.map(
      ({ agent, number }, index): Made => ({
        agent: String(1000 + agent),
        // In a campaign and without a seq, only the number can match a bill.
        number: numberOf(seqs === "own" ? number : index),
        inbound: inbound && seqs === "none",
        seq: seqs === "own" ? String(500 + index) : seqs === "campaign" ? "77" : "",
        userData: "",
        session: `s${index}`,
        from: index * gap,
        answered: answered[index] ?? true,
      }),
    ),
  );

/** The events that arrive: shuffled, some lost, some repeated. */
const arrivals = (sent: readonly Sent[], shuffled: boolean) =>
  fc
    .tuple(
      fc.array(fc.constantFrom("once", "once", "once", "lost", "twice"), {
        minLength: sent.length,
        maxLength: sent.length,
      }),
      shuffled ? fc.shuffledSubarray([...sent.keys()], { minLength: sent.length }) : fc.constant([...sent.keys()]),
      fc.array(fc.nat(), { minLength: sent.length, maxLength: sent.length }),
    )
    .map(([fates, order, places]) => {
      const arriving = order.filter((index) => fates[index] !== "lost");
      const repeats = order.filter((index) => fates[index] === "twice");
      const all = arriving.map((index) => ({ index, again: false }));
      for (const [at, index] of repeats.entries()) {
        const first = all.findIndex((one) => one.index === index);
        all.splice(first + 1 + ((places[at] ?? 0) % (all.length - first)), 0, { index, again: true });
      }
      return all;
    });

/** Feeds the events to a tracker; returns its calls, each with the calls whose events it contains. */
function play(sent: readonly Sent[], arriving: readonly { readonly index: number; readonly again: boolean }[]) {
  const it = bench();
  const heard = new Map<number, number>();
  for (const { index, again } of arriving) {
    const one = sent[index]!;
    const before = heard.get(index);
    if (again && before !== undefined) {
      it.again(before);
      continue;
    }
    heard.set(index, heard.size);
    it.hear(one.event, one.notify, one.second);
  }
  const callOf = new Map([...heard].map(([index, place]) => [it.idOf(place), sent[index]!.call]));
  const joined = it.calls().map((call) => ({
    call,
    of: [...new Set(call.events.map(({ eventId }) => callOf.get(eventId ?? "")))],
    events: call.events.length,
  }));
  return { it, heard, joined };
}

/** Asserts that no call was split or merged, and each was finished once. */
function assertWhole(
  made: readonly Made[],
  sent: readonly Sent[],
  { it, heard, joined }: ReturnType<typeof play>,
): void {
  const wanted = new Set([...heard.keys()].map((index) => sent[index]!.call));
  assert.deepEqual(
    joined.map(({ of }) => of.length).filter((count) => count !== 1),
    [],
    "merged",
  );
  assert.equal(joined.length, wanted.size, "split");
  assert.equal(
    joined.reduce((sum, { events }) => sum + events, 0),
    heard.size,
    "every event is in a call, once",
  );
  it.pass(2 * 3600);
  assert.equal(it.tracker.size, 0, "every call ends");
  const finished = it.finished.map(({ id }) => id);
  assert.deepEqual([...finished].sort(), [...new Set(joined.map(({ call: { id } }) => id))].sort(), "once");
  for (const { call, of } of joined) {
    const one = made[of[0] ?? -1]!;
    assert.ok(call.number === null || numberOfForms(call.number) === one.number);
    const told = it.finished.find(({ id }) => id === call.id)!;
    checkOutcome(told, one);
  }
}

/** All orders of some values. */
const orders = <T>(values: readonly T[]): readonly (readonly T[])[] =>
  values.length < 2
    ? [values]
    : values.flatMap((value, place) => orders(values.toSpliced(place, 1)).map((rest) => [value, ...rest]));

const numberOfForms = (number: string) => number.replace(/^(?:\+?86|0)(?=1)/, "");

/** Asserts that the reported result of a finished call is true or unknown. */
function checkOutcome(told: TrackedCall, made: Made): void {
  const kinds = told.events.map(({ event }) => event);
  if (kinds.includes("billing")) assert.equal(told.outcome === "answered", made.answered);
  if (kinds.includes("callstart")) assert.equal(told.outcome, "answered");
  if (!made.answered) assert.notEqual(told.outcome, "answered");
  assert.equal(told.endedAt !== null, kinds.includes("billing") || kinds.includes("callend"));
}

describe("calls, with lost, late and repeated events", () => {
  it("that differ in agent, number or seq are neither split nor merged, and end", () => {
    fc.assert(
      fc.property(
        tellApart.chain((made) => {
          const clock = bench();
          const sent = made.flatMap((one, index) => eventsOf(one, index, clock.time));
          return fc.record({ made: fc.constant(made), sent: fc.constant(sent), arriving: arrivals(sent, true) });
        }),
        ({ made, sent, arriving }) => assertWhole(made, sent, play(sent, arriving)),
      ),
      { numRuns: amount(200, 1000) },
    );
  });

  // The pushes' seqs may be the platform's own: always that of a screen pop, and all of an inbound call.
  const seqsOf: Readonly<Record<string, (event: Event, place: number) => string>> = {
    none: () => "",
    "one of the screen pop": (event) => (event === "screenpop" ? "900" : "500"),
    "one of the bill": (event) => (event === "billing" ? "900" : "500"),
    "one of each push": (_, place) => String(900 + place),
  };
  for (const [seqs, seqOf] of Object.entries(seqsOf)) {
    it(`coming in, are one call each in whatever order their pushes come, signed twice or not; own seqs: ${seqs}`, () => {
      const clock = bench();
      const one = { agent: "1000", number: numberOf(0), inbound: true, seq: "", userData: "", session: "s" };
      for (const answered of [true, false]) {
        const events = eventsOf({ ...one, from: 0, answered }, 0, clock.time);
        const sent = events.map((event, place) => ({
          ...event,
          notify: { ...event.notify, seq: seqOf(event.event, place) },
        }));
        for (const order of orders([...sent.keys()])) {
          for (const times of [1, 2]) {
            const it = bench();
            for (const [place, index] of order.entries()) {
              const { event, notify } = sent[index]!;
              for (let time = 0; time < times; time += 1) it.hear(event, notify, 40 + 3 * place + time);
            }
            const said = order.map((index) => sent[index]!.event).join(" ");
            assert.equal(it.calls().length, 1, said);
            assert.deepEqual(
              it.finished.map(({ outcome }) => outcome),
              [answered ? "answered" : "missed"],
              said,
            );
          }
        }
      }
    });
  }

  it("are two if the customer calls back at once, whichever events of the first are lost", () => {
    for (const lost of ["callin", "callout", "screenpop", "callstart", "callend", "billing"]) {
      const it = bench();
      const one = { agent: "1000", number: numberOf(0), userData: "", answered: true };
      const calls = [
        eventsOf({ ...one, inbound: false, seq: "500", session: "a", from: 0 }, 0, it.time),
        eventsOf({ ...one, inbound: true, seq: "900", session: "b", from: 45 }, 0, it.time),
      ];
      for (const events of calls) {
        for (const { event, notify, second } of events) {
          if (event !== lost || events === calls[1]) it.hear(event, notify, second);
        }
      }
      it.pass(3600);
      assert.deepEqual(
        it.finished.map(({ direction, outcome }) => `${direction} ${outcome}`).sort(),
        ["inbound answered", "outbound answered"],
        lost,
      );
    }
  });

  it("of one agent with one number, one after the other, are distinguished by their seq or userData", () => {
    const redials = fc.integer({ min: 1, max: 5 }).map((count) =>
      Array.from(
        { length: count },
        (_, index): Made => ({
          agent: "1000",
          number: numberOf(0),
          inbound: false,
          seq: String(500 + index),
          userData: `order ${index}`,
          session: `s${index}`,
          from: index * 45,
          answered: index % 2 === 0,
        }),
      ),
    );
    fc.assert(
      fc.property(
        redials.chain((made) => {
          const clock = bench();
          // A screen pop has no seq of a command: it is matched by the agent's other events.
          const sent = made.flatMap((one, index) =>
            eventsOf(one, index, clock.time).filter(({ event }) => event !== "screenpop"),
          );
          return fc.record({ made: fc.constant(made), sent: fc.constant(sent), arriving: arrivals(sent, true) });
        }),
        ({ made, sent, arriving }) => assertWhole(made, sent, play(sent, arriving)),
      ),
      { numRuns: amount(100, 500) },
    );
  });

  it("of one agent with one number and nothing else, in their order, are distinguished by their earlier events", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.constantFrom<Event>("screenpop", "callstart", "callend", "billing"), { maxLength: 4 }),
        (count, lost) => {
          const clock = bench();
          const made = Array.from(
            { length: count },
            (_, index): Made => ({
              agent: "1000",
              number: numberOf(0),
              inbound: true,
              seq: "",
              userData: "",
              session: `s${index}`,
              from: index * 100,
              answered: true,
            }),
          );
          const sent = made.flatMap((one, index) => eventsOf(one, index, clock.time));
          const arriving = [...sent.keys()]
            .filter((index) => !lost.includes(sent[index]!.event))
            .map((index) => ({ index, again: false }));
          const played = play(sent, arriving);
          assert.equal(played.joined.length, count);
          assert.deepEqual(
            played.joined.map(({ of }) => of.length),
            Array(count).fill(1),
          );
        },
      ),
      { numRuns: amount(100, 200) },
    );
  });

  it("above the limit are given up: none is finished twice, none stays open", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.tuple(fc.nat(9), fc.constantFrom<Event>("callin", "callstart", "callend", "billing")), {
          maxLength: 60,
        }),
        (maxOpen, heard) => {
          const it = bench({ maxOpen });
          for (const [index, [agent, event]] of heard.entries()) {
            const notify = {
              agent: String(1000 + agent),
              number: numberOf(agent),
              call_type: "1",
              callee: numberOf(agent),
              service: "1",
              session: `${agent} ${index}`,
            };
            it.hear(event, notify, index);
            assert.ok(it.tracker.size <= maxOpen);
          }
          it.pass(2 * 3600);
          assert.deepEqual([it.tracker.size, [...it.tracker.all()].length, it.timers], [0, 0, 0]);
          const ids = it.finished.map(({ id }) => id);
          assert.equal(new Set(ids).size, ids.length);
        },
      ),
      { numRuns: amount(100, 300) },
    );
  });

  it("need the same time each, regardless of the number of open calls", function () {
    this.timeout(60_000);
    const it = bench();
    const count = amount(10_000, 100_000);
    // Half of them have the same number, as when bills show a hotline's own number.
    for (let index = 0; index < count; index += 1) {
      const number = index % 2 === 0 ? numberOf(0) : numberOf(index);
      it.tracker.hear({
        kind: "callin",
        eventId: String(index),
        again: false,
        at: index,
        account: undefined,
        agent: String(index),
        number,
        keys: [`+86${number}`],
        numberE164: undefined,
        direction: "outbound",
        seq: String(index + 1),
        userData: undefined,
        taskID: undefined,
        billing: undefined,
      });
    }
    assert.equal(it.tracker.size, count);
    for (let index = count - 1000; index < count; index += 2) {
      it.hear("billing", { service: "1", callee: numberOf(0), seq: index + 1, session: index, timeLength: 0 }, 0);
      assert.equal(it.last[1]?.call.agent, String(index), "found by its seq among all those of the number");
    }
    it.pass(3601);
    assert.equal(it.tracker.size, 0);
    assert.equal(it.finished.length, count);
  });
});
