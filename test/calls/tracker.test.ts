// Joining events into calls: reading of messages, whole calls in all their variants, and timers.
import assert from "node:assert/strict";
import type { TrackedCall } from "../../nodes/calls/call";
import { type Heard, readMessage } from "../../nodes/calls/facts";
import { type Bench, bench, context, type Json, minute, push, start } from "./drive";

const callee = "13800138000";

/** A short form of a call: its state, outcome and so on. */
const brief = (call: TrackedCall | undefined) =>
  call && [call.state, call.outcome, call.agent, call.number, call.events.map(({ event }) => event).join(" ")];

describe("the facts in a message", () => {
  const factsOf = (msg: Heard) => {
    const reading = readMessage(msg, context, start);
    return reading.kind === "facts" ? reading.facts : reading.kind;
  };
  const [fact] = [factsOf(push("callin", { agent: "1000", number: "013800138000", call_type: "0", seq: 5 }))].flat();

  it("is read from a push's message, from its payload alone, and from its payload with the topic", () => {
    assert.ok(typeof fact === "object");
    const { kind, agent, number, keys, numberE164, direction, seq } = fact;
    assert.deepEqual(
      { kind, agent, number, keys, numberE164, direction, seq },
      {
        kind: "callin",
        agent: "1000",
        number: "013800138000",
        keys: ["+8613800138000"],
        numberE164: "+8613800138000",
        direction: "inbound",
        seq: "5",
      },
    );
    const payload = { agent: "1000", number: callee, call_type: "1" };
    const read = (msg: Heard) => [factsOf(msg)].flat().map((one) => (typeof one === "object" ? one.kind : one));
    assert.deepEqual(read({ topic: "sccc/calls", payload: { ...payload, event: "callend" } }), ["callend"]);
    assert.deepEqual(read({ topic: "callstart", payload }), ["callstart"]);
    assert.deepEqual(read({ payload, sccc: { push: { event: "callout" } } }), ["callout"]);
  });

  it("has the time at which it was received, or the current time", () => {
    const at = (msg: Heard) => [factsOf(msg)].flat().map((one) => (typeof one === "object" ? one.at : one))[0];
    assert.equal(
      at(push("callin", { agent: "1", number: "2" }, { receivedAt: "2026-01-02T03:04:05Z" })),
      Date.UTC(2026, 0, 2, 3, 4, 5),
    );
    assert.equal(
      at({ payload: { event: "callin", agent: "1", receivedAt: "2026-01-02T03:04:05Z" } }),
      Date.UTC(2026, 0, 2, 3, 4, 5),
    );
    assert.equal(at({ payload: { event: "callin", agent: "1" } }), start);
  });

  it("compares numbers by E.164, and other texts by their digits", () => {
    const keyOf = (number: unknown) =>
      [factsOf(push("callin", { agent: "1", number }))]
        .flat()
        .map((one) => (typeof one === "object" ? one.keys : one))[0];
    for (const number of ["13800138000", "013800138000", "+8613800138000", "0086 138 0013 8000", 13800138000]) {
      assert.deepEqual(keyOf(number), ["+8613800138000"], String(number));
    }
    assert.deepEqual(keyOf("02112345678"), ["+862112345678"]);
    for (const [number, key] of [
      ["10086", "10086"],
      ["0100", "0100"],
      ["100", "100"],
      ["012345678901", "12345678901"],
    ]) {
      assert.deepEqual(keyOf(number), [key]);
    }
    assert.deepEqual(keyOf(""), []);
  });

  it("takes the customer's number of a bill by its service, and either number if the service does not tell", () => {
    const keysOf = (service: string) =>
      [factsOf(push("billing", { service, caller: "02112345678", callee, session: "s" }))]
        .flat()
        .map((one) => (typeof one === "object" ? one.keys : one))[0];
    assert.deepEqual(keysOf("1"), ["+8613800138000"]);
    assert.deepEqual(keysOf("2"), ["+862112345678"]);
    assert.deepEqual(keysOf("9"), ["+862112345678", "+8613800138000"]);
    for (const service of ["7", "17", "18"])
      assert.equal(factsOf(push("billing", { service, callee })), "other", "no call");
  });

  it("uses the event and eventId of sccc-notify, also if the platform sends fields of these names", () => {
    const msg = push("callin", { agent: "1", number: "2" }, { eventId: "ours" });
    const [fact] = [
      factsOf({ ...msg, payload: { ...(msg.payload as object), event: "billing", eventId: "theirs" } }),
    ].flat();
    assert.ok(typeof fact === "object");
    assert.deepEqual([fact.kind, fact.eventId], ["callin", "ours"]);
  });

  it("is read from an accepted CallNumber, one or a list of them", () => {
    const command = { api: "CallNumber", result: { error: 0 } };
    const payload = { agent: "1000", callee, seq: 7, userData: "order 42" };
    const [dialing] = [factsOf({ payload, sccc: { command } })].flat();
    assert.ok(typeof dialing === "object");
    assert.deepEqual(
      [dialing.kind, dialing.direction, dialing.seq, dialing.userData],
      ["dialing", "outbound", "7", "order 42"],
    );
    const list = [
      { ...payload, result: { error: 0 } },
      { ...payload, seq: 8, result: { error: 0xf1000013 } },
    ];
    assert.equal(
      factsOf({ payload: list, sccc: { command: { api: "callNumber", total: 2, result: { error: 0 } } } }).length,
      1,
    );
    assert.equal(factsOf({ payload, sccc: { command: { ...command, result: { error: 1 } } } }), "other", "refused");
  });

  it("ignores other events, other commands and tracked calls, and reports anything else", () => {
    for (const msg of [
      push("taskinfo", { taskID: "1001" }),
      push("agentstatus", { agent: "1000" }),
      push("somethingnew", {}),
      { payload: { event: "somethingnew" } },
      { topic: "taskinfo", payload: {} },
      { payload: { agent: "1000" }, sccc: { command: { api: "AgentLogin", result: { error: 0 } } } },
      { topic: "ended", payload: { id: "x", number: callee }, sccc: { call: {}, push: { event: "callend" } } },
    ]) {
      assert.equal(factsOf(msg), "other", JSON.stringify(msg));
    }
    for (const msg of [
      {},
      { payload: null },
      { payload: "callin" },
      { topic: "callin", payload: "x" },
      { payload: [] },
      { payload: { number: callee } },
      { topic: "sccc/calls", payload: { agent: "1" } },
    ]) {
      assert.equal(factsOf(msg), "unreadable", JSON.stringify(msg));
    }
  });
});

describe("a call", () => {
  let it_: Bench;
  beforeEach(() => {
    it_ = bench();
  });

  /** An outbound call's event, this many seconds after the start. */
  const out = (event: string, second: number, more: Json = {}) =>
    it_.hear(event, { agent: "1000", number: callee, call_type: "1", seq: "7", userData: "u", ...more }, second);
  const inn = (event: string, second: number, more: Json = {}) =>
    it_.hear(event, { agent: "1000", number: callee, call_type: "0", ...more }, second);
  const bill = (second: number, more: Json = {}) =>
    it_.hear(
      "billing",
      {
        seq: "7",
        userData: "u",
        startTime: it_.time(0),
        ringTime: it_.time(2),
        answerTime: it_.time(10),
        byeTime: it_.time(70),
        caller: "02112345678",
        callee,
        service: "1",
        session: "s1",
        timeLength: "60",
        recordFile: "/record/1.wav",
        ...more,
      },
      second,
    );
  const topics = () => it_.changes.map(({ topic }) => topic).join(" ");

  it("of a click: dialing, ringing, answered, ended, billed, and finished once, whole", () => {
    it_.dial({ agent: "1000", callee: "0138-0013-8000", seq: 7, userData: "u" });
    out("callin", 0);
    out("callout", 1);
    it_.hear("screenpop", { agent: "1000", number: callee, call_type: "1", seq: "7" }, 2);
    out("callstart", 10);
    out("callend", 70);
    assert.equal(topics(), "dialing ringing answered ended");
    assert.equal(it_.finished.length, 0);
    bill(71);
    assert.equal(topics(), "dialing ringing answered ended billed");
    assert.equal(it_.finished.length, 1);
    const { id, events, ...call } = it_.finished[0]!;
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(new Set(it_.changes.map(({ call: { id } }) => id)), new Set([id]));
    assert.deepEqual(call, {
      state: "billed",
      outcome: "answered",
      direction: "outbound",
      agent: "1000",
      number: "0138-0013-8000",
      numberE164: "+8613800138000",
      userData: "u",
      reason: null,
      recording: null,
      seq: "7",
      session: "s1",
      startedAt: "2026-03-01T10:00:00+08:00",
      answeredAt: "2026-03-01T10:00:10+08:00",
      endedAt: "2026-03-01T10:01:10+08:00",
      ringSeconds: 8,
      talkSeconds: 60,
      recordFile: "/record/1.wav",
      recordUrl: "http://127.0.0.1:8088/record/1.wav",
    });
    assert.deepEqual(
      events.map(({ event }) => event),
      ["dialing", "callin", "callout", "screenpop", "callstart", "callend", "billing"],
    );
    assert.deepEqual(events[1], { event: "callin", at: "2026-03-01T10:00:00+08:00", eventId: it_.idOf(1) });
  });

  it("has the id of its first event, the same in a replay", () => {
    inn("callin", 0);
    assert.equal(it_.changes[0]!.call.id, it_.idOf(0));
  });

  it("that is inbound rings at once, and is missed if nobody answers", () => {
    inn("callin", 0);
    inn("screenpop", 1);
    inn("callend", 21);
    assert.equal(topics(), "ringing ended");
    const { outcome, ringSeconds, talkSeconds, answeredAt } = it_.changes.at(-1)!.call;
    assert.deepEqual([outcome, ringSeconds, talkSeconds, answeredAt], ["missed", 21, 0, null]);
  });

  it("that is outbound is unanswered if nobody answers, also according to the billing", () => {
    out("callin", 0);
    out("callend", 30);
    bill(31, { answerTime: "", timeLength: "0", recordFile: "" });
    const { outcome, answeredAt, talkSeconds, ringSeconds, recordFile, recordUrl } = it_.finished[0]!;
    assert.deepEqual(
      [outcome, answeredAt, talkSeconds, ringSeconds, recordFile, recordUrl],
      ["unanswered", null, 0, 68, null, null],
    );
  });

  it("has the values of its bill if the events differ, and those of its events if the bill has none", () => {
    out("callin", 0);
    out("callstart", 3);
    out("callend", 9);
    assert.equal(it_.changes.at(-1)!.call.outcome, "answered");
    bill(10, { answerTime: "", timeLength: "0" });
    assert.deepEqual([it_.finished[0]!.outcome, it_.finished[0]!.answeredAt], ["unanswered", null]);

    it_ = bench();
    out("callin", 0);
    out("screenpop", 1);
    out("callstart", 4);
    out("callend", 64);
    it_.hear("billing", { service: "1", callee, seq: "7", session: "s", byeTime: it_.time(64) }, 65);
    const { outcome, answeredAt, ringSeconds, talkSeconds } = it_.finished[0]!;
    assert.deepEqual([outcome, answeredAt, ringSeconds, talkSeconds], ["answered", "2026-03-01T10:00:04+08:00", 3, 60]);
  });

  const tables: readonly [string, () => void, readonly unknown[]][] = [
    [
      "two calls of one agent one after the other, other numbers",
      () => {
        for (const [from, number, seq] of [
          [0, callee, "7"],
          [100, "13900139000", "8"],
        ] as const) {
          for (const [event, second] of [
            ["callin", 0],
            ["callstart", 5],
            ["callend", 50],
          ] as const)
            out(event, from + second, { number, seq });
        }
      },
      [
        ["ended", "answered", "1000", callee, "callin callstart callend"],
        ["ended", "answered", "1000", "13900139000", "callin callstart callend"],
      ],
    ],
    [
      "an event of a call that goes on comes again after a minute, signed anew, because nobody could be reached",
      () => {
        out("callin", 0);
        out("callout", 1);
        out("callin", 60);
        out("callout", 61);
        out("callstart", 62);
        out("callend", 80);
        bill(81);
      },
      [["billed", "answered", "1000", callee, "callin callout callstart callend billing"]],
    ],
    [
      "a screen pop and an inbound event with a seq come again after a minute, signed anew",
      () => {
        out("callin", 0);
        out("screenpop", 1, { seq: "501" });
        out("callstart", 2);
        out("screenpop", 62, { seq: "501" });
        inn("callin", 3, { seq: "900001", number: "13900139000" });
        inn("callstart", 9, { seq: "900001", number: "13900139000" });
        inn("callin", 63, { seq: "900001", number: "13900139000" });
      },
      [
        ["answered", null, "1000", callee, "callin screenpop callstart"],
        ["answered", null, "1000", "13900139000", "callin callstart"],
      ],
    ],
    [
      "the same number rung again at once, without a seq",
      () => {
        inn("callin", 0);
        inn("callend", 3);
        inn("callin", 5);
        inn("callstart", 9);
        inn("callend", 20);
      },
      [
        ["ended", "missed", "1000", callee, "callin callend"],
        ["ended", "answered", "1000", callee, "callin callstart callend"],
      ],
    ],
    [
      "the same number again in a campaign, whose calls have one seq: only the sessions of their bills tell them apart",
      () => {
        for (const [from, session] of [
          [0, "a"],
          [100, "b"],
        ] as const) {
          out("screenpop", from);
          out("callin", from + 5);
          out("callstart", from + 9);
          out("callend", from + 20);
          bill(from + 21, { byeTime: it_.time(from + 20), session });
        }
      },
      [
        ["billed", "answered", "1000", callee, "screenpop callin callstart callend billing"],
        ["billed", "answered", null, callee, "billing"],
      ],
    ],
    [
      "a campaign's calls, told apart by their numbers although they have one seq",
      () => {
        for (const [index, number] of [callee, "13900139000", "13700137000"].entries()) {
          out("screenpop", index * 100, { number });
          out("callin", index * 100 + 5, { number });
          out("callend", index * 100 + 50, { number });
          bill(index * 100 + 51, { callee: number, session: `s${index}`, byeTime: it_.time(index * 100 + 50) });
        }
      },
      [callee, "13900139000", "13700137000"].map((number) => [
        "billed",
        "answered",
        "1000",
        number,
        "screenpop callin callend billing",
      ]),
    ],
    [
      "a lost callend: the agent's next call with the number ends it",
      () => {
        inn("callin", 0);
        inn("callstart", 5);
        inn("callin", 300);
        inn("callstart", 305);
        inn("callend", 400);
      },
      [
        ["ended", "answered", "1000", callee, "callin callstart"],
        ["ended", "answered", "1000", callee, "callin callstart callend"],
      ],
    ],
    [
      "a lost callend of a call that nobody was heard to answer",
      () => {
        inn("callin", 0);
        inn("callin", 300);
        inn("callend", 310);
      },
      [
        ["ended", "unknown", "1000", callee, "callin"],
        ["ended", "missed", "1000", callee, "callin callend"],
      ],
    ],
    [
      "events out of order",
      () => {
        out("callend", 50);
        out("callstart", 10);
        out("callin", 0);
        out("screenpop", 2);
      },
      [["ended", "answered", "1000", callee, "callend callstart callin screenpop"]],
    ],
    [
      "a billing before the callend",
      () => {
        out("callin", 0);
        out("callstart", 10);
        bill(70);
        out("callend", 71);
      },
      [["billed", "answered", "1000", callee, "callin callstart billing callend"]],
    ],
    [
      "a billing before everything else",
      () => {
        bill(70);
        out("callend", 71);
        out("callin", 0);
      },
      [["billed", "answered", "1000", callee, "billing callend callin"]],
    ],
    [
      "a second leg after a transfer: a call of the other agent, each with its own billing",
      () => {
        inn("callin", 0);
        inn("callstart", 5);
        inn("callin", 60, { agent: "1001" });
        inn("callstart", 65, { agent: "1001" });
        inn("callend", 66);
        bill(67, {
          service: "2",
          caller: callee,
          callee: "021",
          seq: "",
          userData: "",
          byeTime: it_.time(66),
          session: "a",
        });
        inn("callend", 120, { agent: "1001" });
        bill(121, {
          service: "9",
          caller: callee,
          callee: "1001",
          seq: "",
          userData: "",
          byeTime: it_.time(120),
          session: "b",
        });
      },
      [
        ["billed", "answered", "1000", callee, "callin callstart callend billing"],
        ["billed", "answered", "1001", callee, "callin callstart callend billing"],
      ],
    ],
    [
      "two agents with one number at the same time: the bill goes by its seq",
      () => {
        out("callin", 0, { seq: "7", userData: "" });
        out("callin", 1, { agent: "1001", seq: "8", userData: "" });
        out("callend", 70, { seq: "7", userData: "" });
        out("callend", 71, { agent: "1001", seq: "8", userData: "" });
        bill(72, { seq: "8", userData: "", session: "b" });
        bill(73, { seq: "7", userData: "", session: "a" });
      },
      [
        ["billed", "answered", "1000", callee, "callin callend billing"],
        ["billed", "answered", "1001", callee, "callin callend billing"],
      ],
    ],
    [
      "an agentless screen pop before the agent's events",
      () => {
        it_.hear("screenpop", { number: callee, call_type: "0" }, 0);
        inn("callin", 1);
        inn("callend", 9);
      },
      [["ended", "missed", "1000", callee, "screenpop callin callend"]],
    ],
    [
      "an agentless screen pop after the agent's events",
      () => {
        inn("callin", 0);
        it_.hear("screenpop", { number: callee, call_type: "0" }, 1);
        inn("callend", 9);
      },
      [["ended", "missed", "1000", callee, "callin screenpop callend"]],
    ],
    [
      "an event without a number",
      () => {
        inn("callin", 0);
        inn("callstart", 3, { number: undefined });
        inn("callend", 9, { number: "" });
      },
      [["ended", "answered", "1000", callee, "callin callstart callend"]],
    ],
    [
      "numbers in several forms",
      () => {
        inn("callin", 0, { number: "013800138000" });
        inn("callstart", 3, { number: "+8613800138000" });
        inn("callend", 9, { number: "13800138000" });
        bill(10, {
          service: "2",
          caller: "8613800138000",
          callee: "021",
          seq: "900",
          userData: "",
          byeTime: it_.time(9),
        });
      },
      [["billed", "answered", "1000", "013800138000", "callin callstart callend billing"]],
    ],
    [
      "a screen pop whose seq is the platform's own",
      () => {
        out("screenpop", 0, { seq: "55501", userData: undefined });
        out("callin", 1);
        out("callend", 9);
      },
      [["ended", "unanswered", "1000", callee, "screenpop callin callend"]],
    ],
    [
      "a call that was dialled again with another seq while the first one's end is late",
      () => {
        out("callin", 0);
        out("callstart", 4);
        out("callin", 20, { seq: "8", userData: "v" });
        out("callend", 19);
        out("callstart", 25, { seq: "8", userData: "v" });
        out("callend", 30, { seq: "8", userData: "v" });
      },
      [
        ["ended", "answered", "1000", callee, "callin callstart callend"],
        ["ended", "answered", "1000", callee, "callin callstart callend"],
      ],
    ],
    [
      "userData that says otherwise",
      () => {
        out("callin", 0, { seq: "" });
        out("callstart", 3, { seq: "", userData: "v" });
      },
      [
        ["dialing", null, "1000", callee, "callin"],
        ["answered", null, "1000", callee, "callstart"],
      ],
    ],
    [
      "what comes long after the end, without a seq",
      () => {
        inn("callin", 0);
        inn("callend", 20);
        inn("screenpop", 200);
      },
      [
        ["ended", "missed", "1000", callee, "callin callend"],
        ["ringing", null, "1000", callee, "screenpop"],
      ],
    ],
    [
      "a billing of quite another time",
      () => {
        inn("callin", 0);
        inn("callend", 20);
        bill(30, { service: "2", caller: callee, callee: "021", seq: "", userData: "", byeTime: it_.time(-7200) });
      },
      [
        ["ended", "missed", "1000", callee, "callin callend"],
        ["billed", "answered", null, callee, "billing"],
      ],
    ],
    [
      "an event of long before",
      () => {
        inn("callend", 2 * 60 * minute);
        inn("callin", 0);
      },
      [
        ["ended", "unknown", "1000", callee, "callend"],
        ["ringing", null, "1000", callee, "callin"],
      ],
    ],
    [
      "two billings of the same moment with sessions of their own",
      () => {
        bill(70);
        bill(71, { session: "s2" });
      },
      [
        ["billed", "answered", null, callee, "billing"],
        ["billed", "answered", null, callee, "billing"],
      ],
    ],
    [
      "one session whose times were corrected",
      () => {
        bill(70);
        bill(71, { byeTime: it_.time(75) });
      },
      [["billed", "answered", null, callee, "billing"]],
    ],
    [
      "two agents with one number: the bill goes by userData before it goes by time",
      () => {
        out("callin", 0, { agent: "1001", seq: "", userData: "v" });
        out("callend", 40, { agent: "1001", seq: "", userData: "v" });
        out("callin", 0, { seq: "", userData: "" });
        out("callend", 40, { seq: "", userData: "" });
        bill(41, { seq: "", userData: "v", byeTime: it_.time(40) });
      },
      [
        ["billed", "answered", "1001", callee, "callin callend billing"],
        ["ended", "unanswered", "1000", callee, "callin callend"],
      ],
    ],
    [
      "two agents with one number: the bill goes to the call that has ended",
      () => {
        inn("callin", 0);
        inn("callend", 40);
        inn("callin", 42, { agent: "1001" });
        bill(43, { service: "2", caller: callee, callee: "021", seq: "", userData: "", byeTime: it_.time(42) });
      },
      [
        ["billed", "answered", "1000", callee, "callin callend billing"],
        ["ringing", null, "1001", callee, "callin"],
      ],
    ],
    [
      "two agents with one number: each bill goes to the end that is nearest",
      () => {
        for (const [agent, end] of [
          ["1000", 40],
          ["1001", 50],
        ] as const) {
          inn("callin", 0, { agent });
          inn("callend", end, { agent });
        }
        const two = { service: "2", caller: callee, callee: "021", seq: "", userData: "" };
        bill(51, { ...two, byeTime: it_.time(41), session: "a", timeLength: "1" });
        bill(52, { ...two, byeTime: it_.time(51), session: "b", timeLength: "0", answerTime: "" });
      },
      [
        ["billed", "answered", "1000", callee, "callin callend billing"],
        ["billed", "missed", "1001", callee, "callin callend billing"],
      ],
    ],
    [
      "a seq of 0, which is that of no command",
      () => {
        out("callin", 0, { seq: "0" });
        out("callend", 5);
      },
      [["ended", "unanswered", "1000", callee, "callin callend"]],
    ],
    [
      "accounts with the same agents and numbers",
      () => {
        inn("callin", 0, { customer: "C2" });
        inn("callin", 1, { customer: "C3" });
        inn("callend", 2, { customer: "C3" });
        inn("callend", 3, { customer: "C2" });
      },
      [
        ["ended", "missed", "1000", callee, "callin callend"],
        ["ended", "missed", "1000", callee, "callin callend"],
      ],
    ],
  ];
  for (const [name, play, expected] of tables) {
    it(`${name}`, () => {
      play();
      assert.deepEqual(it_.calls().map(brief), expected);
    });
  }

  it("is not ended by a call of another account", () => {
    inn("callin", 0, { customer: "C2" });
    inn("callin", 1, { customer: "C3" });
    assert.equal(topics(), "ringing ringing");
  });

  it("keeps the seq that it began with, unless it was a screen pop's", () => {
    inn("callin", 0, { seq: "900" });
    inn("screenpop", 1, { seq: "55" });
    out("screenpop", 100, { seq: "56", agent: "1001" });
    out("callin", 101, { agent: "1001" });
    assert.deepEqual(
      it_.calls().map(({ seq }) => seq),
      ["900", "7"],
    );
  });

  it("is not begun by a verification code: its billing is a separate call that is finished at once", () => {
    bill(0, { service: "19", seq: "3", session: "v" });
    assert.deepEqual(it_.finished.map(brief), [["billed", "answered", null, callee, "billing"]]);
    inn("callin", 5);
    assert.equal(it_.calls().length, 2);
  });

  it("counts a repeated event once, also with another eventId", () => {
    inn("callin", 0);
    it_.again(0);
    assert.deepEqual(it_.last, []);
    inn("callin", 5);
    inn("callend", 9);
    bill(10, { service: "2", caller: callee, callee: "021", seq: "", userData: "", session: "s" });
    bill(11, { service: "2", caller: callee, callee: "021", seq: "", userData: "", session: "s", recordFile: "other" });
    inn("callend", 12);
    assert.deepEqual(it_.calls().map(brief), [["billed", "answered", "1000", callee, "callin callend billing"]]);
    assert.equal(it_.finished.length, 1);
  });

  for (const [name, inbound] of [
    ["inbound", true],
    ["outbound", false],
  ] as const) {
    it(`${name} whose events all come a second time after its end, signed anew, stays one call and is finished once`, () => {
      const hear = inbound ? inn : out;
      const more = inbound ? { seq: "900001", userData: "" } : {};
      const all = (from: number) => {
        hear("callin", from, more);
        // A screen pop has its own seq.
        it_.hear("screenpop", { agent: "1000", number: callee, call_type: inbound ? "0" : "1", seq: "55" }, from + 1);
        hear("callstart", from + 5, more);
        hear("callend", from + 70, more);
        bill(from + 71, inbound ? { ...more, service: "2", caller: callee, callee: "021" } : {});
      };
      all(0);
      const told = it_.news.length;
      all(30);
      it_.pass(30 * minute);
      all(30 * minute);
      assert.equal(it_.news.length, told);
      assert.equal(it_.calls().length, 1);
      assert.equal(it_.finished.length, 1);
    });
  }

  it("is reported again, but not as finished, when its bill comes again and names the recording", () => {
    out("callin", 0);
    out("callend", 70);
    bill(71, { recordFile: "" });
    assert.equal(it_.finished[0]?.recordFile, null);
    bill(80, { recordFile: "/record/1.wav" });
    assert.deepEqual(
      it_.last.map(({ kind, call }) => [kind, call.recordFile]),
      [["change", "/record/1.wav"]],
    );
    bill(90, { recordFile: "/record/2.wav" });
    assert.deepEqual(it_.last, [], "the first name stays");
    it_.again(3, { delivery: 2 });
    assert.deepEqual(
      it_.last.map(({ kind }) => kind),
      ["change"],
      "what was not confirmed comes again without the end",
    );
    it_.again(2, { delivery: 2 });
    assert.deepEqual(
      it_.last.map(({ kind }) => kind),
      ["change", "finished"],
    );
  });

  describe("whose number is withheld", () => {
    const hidden = (agent: string, event: string, second: number, more: Json = {}) =>
      it_.hear(event, { agent, number: "", call_type: "0", seq: "", ...more }, second);
    const billed = (second: number, more: Json) =>
      bill(second, { service: "2", caller: "", callee: "02112345678", seq: "", userData: "", ...more });
    const expected = ["1000", "1001"].map((agent) => [
      "billed",
      "answered",
      agent,
      null,
      "callin screenpop callstart callend billing",
    ]);
    const play = (bills: () => void) => {
      for (const agent of ["1000", "1001"]) hidden(agent, "callin", 0);
      for (const agent of ["1001", "1000"]) hidden(agent, "screenpop", 1);
      for (const agent of ["1000", "1001"]) hidden(agent, "callstart", 5);
      hidden("1000", "callend", 40);
      hidden("1001", "callend", 60);
      bills();
      assert.deepEqual(it_.calls().map(brief), expected);
      assert.equal(it_.finished.length, 2);
    };

    it("is distinguished by its agent, and takes the bill that names the agent", () =>
      play(() => {
        billed(61, { session: "b", staffNo: "1001", byeTime: it_.time(60) });
        billed(62, { session: "a", staffNo: "1000", byeTime: it_.time(40) });
        assert.equal(it_.finished[0]?.agent, "1001");
      }));

    it("takes the bill of its end if that names no agent", () =>
      play(() => {
        billed(61, { session: "b", byeTime: it_.time(60) });
        billed(62, { session: "a", byeTime: it_.time(40) });
        assert.deepEqual(
          it_.finished.map(({ agent, session }) => [agent, session]),
          [
            ["1001", "b"],
            ["1000", "a"],
          ],
        );
      }));

    it("is one call if its bill comes first, and if a word replaces the number", () => {
      billed(39, { session: "a", caller: "anonymous", byeTime: it_.time(40) });
      hidden("1000", "callend", 40, { number: "anonymous" });
      hidden("1000", "callin", 0, { number: "" });
      assert.deepEqual(it_.calls().map(brief), [["billed", "answered", "1000", "anonymous", "billing callend callin"]]);
    });

    it("ends when the agent's next one begins, and not when another agent's does", () => {
      hidden("1000", "callin", 0);
      hidden("1001", "callin", 50);
      assert.deepEqual(it_.changes.map(({ topic }) => topic).join(" "), "ringing ringing");
      hidden("1000", "callin", 100);
      assert.deepEqual(it_.changes.map(({ topic }) => topic).join(" "), "ringing ringing ended ringing");
    });
  });

  it("of a task takes the bill of its task only", () => {
    out("callin", 0, { taskID: "1", userData: "" });
    out("callin", 1, { taskID: "2", userData: "", agent: "1001" });
    for (const agent of ["1000", "1001"]) out("callend", 60, { agent, userData: "" });
    bill(61, { taskID: "2", userData: "", session: "b", byeTime: it_.time(60) });
    assert.equal(it_.finished[0]?.agent, "1001");
    bill(62, { taskID: "3", userData: "", session: "c", byeTime: it_.time(60) });
    assert.equal(it_.calls().at(-1)?.agent, null, "a third task's is another call");
    bill(63, { taskID: "1", userData: "", session: "a", byeTime: it_.time(60), causeText: "Busy Here" });
    assert.deepEqual([it_.finished.at(-1)?.agent, it_.finished.at(-1)?.reason], ["1000", "Busy Here"]);
  });

  it("reports a redelivered event again, and nothing for an event that changes nothing", () => {
    out("callin", 0);
    out("callout", 1);
    out("callend", 20);
    bill(21);
    const told = it_.last.map(({ kind, topic }) => [kind, topic]);
    assert.deepEqual(told, [
      ["change", "billed"],
      ["finished", "billed"],
    ]);
    it_.again(3, { delivery: 2 });
    assert.deepEqual(
      it_.last.map(({ kind, topic, own }) => [kind, topic, own]),
      told.map((one) => [...one, true]),
    );
    it_.again(0, { delivery: 2 });
    assert.deepEqual(
      it_.last.map(({ topic, call }) => [topic, call.state, call.outcome]),
      [["dialing", "dialing", null]],
    );
    it_.again(1, { delivery: 2 });
    assert.deepEqual(it_.last, []);
    it_.again(3, { delivery: 1 });
    assert.deepEqual(it_.last, []);
  });

  it("keeps each kind of event once, also if the platform repeats them endlessly", () => {
    for (let count = 0; count < 100; count += 1) inn("callin", count);
    for (const { events } of it_.calls()) assert.equal(events.length, 1);
  });

  describe("and time", () => {
    it("finishes an ended call without its bill, and reports a bill that comes later", () => {
      out("callin", 0);
      out("callend", 20);
      it_.pass(59);
      assert.equal(it_.finished.length, 0);
      it_.pass(1);
      assert.deepEqual(it_.finished.map(brief), [["ended", "unanswered", "1000", callee, "callin callend"]]);
      assert.deepEqual(it_.news.at(-1)?.cause, "noBilling");
      it_.pass(1000);
      bill(1100, { byeTime: it_.time(20) });
      assert.equal(topics(), "dialing ended billed");
      assert.equal(it_.finished.length, 1, "once");
      assert.equal(it_.calls().length, 1);
    });

    it("ends a call that has no further events", () => {
      out("callin", 0);
      out("callstart", 9);
      it_.hear("callin", { agent: "1001", number: "10086", call_type: "0" }, 10);
      it_.pass(60 * minute);
      assert.deepEqual(it_.finished.map(brief), [
        ["ended", "answered", "1000", callee, "callin callstart"],
        ["ended", "unknown", "1001", "10086", "callin"],
      ]);
      assert.deepEqual([it_.finished[0]!.endedAt, it_.finished[0]!.talkSeconds], [null, null]);
      assert.equal(it_.tracker.size, 0);
      out("callend", 50 * minute);
      assert.equal(it_.finished.length, 2);
      it_.pass(60 * minute);
      assert.equal([...it_.tracker.all()].length, 0, "forgotten");
      assert.equal(it_.timers, 0, "no timer is left");
    });

    it("starts again with each event, and there is one timer", () => {
      inn("callin", 0);
      for (let count = 1; count <= 4; count += 1) {
        it_.pass(30 * minute);
        inn(["screenpop", "callout", "callstart"][count % 3]!, count * 30 * minute);
        assert.equal(it_.timers, 1);
      }
      assert.equal(it_.finished.length, 0);
    });

    it("does not run while the tracker pauses", () => {
      inn("callin", 0);
      inn("callend", 5);
      it_.tracker.pause();
      it_.pass(600);
      assert.deepEqual([it_.finished.length, it_.timers], [0, 0]);
      it_.tracker.resume();
      it_.pass(0);
      assert.equal(it_.finished.length, 1);
    });

    it("follows the settings", () => {
      inn("callin", 0);
      inn("callend", 5);
      it_.tracker.configure({ ...it_.settings, waitForBillingMs: 5000 });
      it_.pass(6);
      assert.equal(it_.finished.length, 1);
      it_.tracker.configure({ ...it_.settings, waitForBillingMs: 0 });
      inn("callin", 100);
      inn("callend", 105);
      assert.equal(it_.finished.length, 2, "waits for none");
    });

    it("does not join events further apart than the window, also when a file is replayed faster", () => {
      inn("callin", 0);
      inn("callend", 2 * 60 * minute);
      assert.deepEqual(it_.calls().map(brief), [
        ["ringing", null, "1000", callee, "callin"],
        ["ended", "unknown", "1000", callee, "callend"],
      ]);
    });
  });

  it("has an unknown outcome if it was given up, also if somebody answered", () => {
    it_ = bench({ maxOpen: 1 });
    inn("callin", 0);
    inn("callstart", 3);
    inn("callin", 9, { agent: "1001", number: "10086" });
    assert.deepEqual(it_.finished.map(brief), [["ended", "unknown", "1000", callee, "callin callstart"]]);
  });

  it("is given up when there are too many: first those that only wait for billing, then the oldest", () => {
    it_ = bench({ maxOpen: 2 });
    const ring = (agent: string) => it_.hear("callin", { agent, number: "10086", call_type: "0" }, 0);
    ring("1000");
    ring("1001");
    ring("1002");
    assert.deepEqual(it_.finished.map(brief), [["ended", "unknown", "1000", "10086", "callin"]]);
    assert.deepEqual(
      it_.last.map(({ kind, topic, cause, own }) => [kind, topic, cause, own]),
      [
        ["change", "ringing", "event", true],
        ["change", "ended", "overflow", false],
        ["finished", "ended", "overflow", false],
      ],
    );
    it_.hear("callend", { agent: "1002", number: "10086", call_type: "0" }, 5);
    ring("1003");
    assert.deepEqual(it_.finished.at(-1)?.agent, "1002");
    assert.equal(it_.tracker.size, 2);
    it_.hear("callend", { agent: "1000", number: "10086", call_type: "0" }, 9);
    assert.equal(it_.changes.at(-1)!.call.outcome, "missed", "its end is known after all");
    assert.equal(it_.finished.filter(({ agent }) => agent === "1000").length, 1);
  });
});
