// Pushes: the event, the id, the derived fields, and that no field of the platform is lost or replaced.
import assert from "node:assert/strict";
import fc from "fast-check";
import { enumerations, pushes, sipCauses } from "../../nodes/catalogue";
import { eventOf, knownEvents, type PushContext, readPush } from "../../nodes/protocol/push";
import { recordUrl } from "../../nodes/protocol/recording-url";
import { readItem } from "../../nodes/protocol/records";
import { isObject, type JsonObject } from "../../nodes/util/json";
import { isoTime, localTime, momentOf } from "../../nodes/util/time";

const context: PushContext = {
  customer: "C2",
  baseUrl: "http://sccc.example:8088",
  timezone: "Asia/Shanghai",
  region: "CN",
  areaCode: "021",
};
const authentication = { seq: "5271", timestamp: "1471918933001" };

const read = (notify: JsonObject, changes: Partial<PushContext> = {}) =>
  readPush(notify, authentication, { ...context, ...changes });

/** The derived fields other than event and eventId. */
function derived(notify: JsonObject, changes: Partial<PushContext> = {}) {
  const { payload } = read(notify, changes);
  const own = new Set([...Object.keys(notify), "event", "eventId"]);
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !own.has(name)));
}

const empty = (...names: string[]) => Object.fromEntries(names.map((name) => [name, ""]));
const call = ["customer", "agent", "number", "call_type", "seq", "userData"];
const billed = [
  "startTime",
  "ringTime",
  "answerTime",
  "byeTime",
  "callee",
  "caller",
  "recordFile",
  "service",
  "session",
];

/** The notify of each of the vendor's samples, by section; their values are empty. */
const samples: readonly (readonly [string, string, JsonObject])[] = [
  ["17", "callstart", { type: "callstart", ...empty(...call) }],
  ["18", "callend", { type: "callend", ...empty(...call) }],
  ["19", "screenpop", empty("customer", "agent", "number", "call_type", "seq")],
  ["21", "callin", { type: "callin", ...empty(...call) }],
  ["22", "callout", { type: "callout", ...empty(...call) }],
  ["23", "billing", { type: "billing", ...empty(...billed, "seq", "userData") }],
  [
    "25",
    "taskinfo",
    { type: "taskinfo", ...empty("taskID", "taskName", "calleeAmount", "remainAmount", "status", "seq", "userData") },
  ],
];

const billing = {
  type: "billing",
  startTime: "2018-09-10 14:39:02",
  ringTime: "2018-09-10 14:39:05",
  answerTime: "2018-09-10 14:39:20",
  byeTime: "2018-09-10 14:40:25",
  callee: "013800138000",
  caller: "1000",
  recordFile: "/20180910/1000 王.wav",
  service: "1",
  session: "a1b2",
  seq: "7",
  userData: "order 5",
};

describe("a push's event", () => {
  it("the catalogue's types are the known events, in its order", () => {
    assert.deepEqual(knownEvents, [
      ...["callin", "callout", "screenpop", "callstart", "callend"],
      ...["billing", "taskinfo", "agentstatus", "clientmark"],
    ]);
    for (const { event, type = event } of pushes) {
      for (const written of [type, type.toLowerCase(), type.toUpperCase(), ` ${type} `]) {
        assert.deepEqual(eventOf({ type: written }), { event, known: true });
      }
    }
  });

  for (const [notify, event, known] of [
    [{ number: "13800138000" }, "screenpop", true],
    [{ type: "", number: "" }, "screenpop", true],
    [{ type: null, number: 1 }, "screenpop", true],
    [{ workStatus: "BUSY" }, "agentstatus", true],
    [{ serverStatus: "IDLE", number: "13800138000" }, "agentstatus", true],
    [{ type: "agentState", workStatus: "BUSY" }, "agentstatus", true],
    [{ type: "callend", workStatus: "BUSY" }, "callend", true],
    [{ type: "VoiceMail", number: "13800138000" }, "voicemail", false],
    [{ type: 12, number: "13800138000" }, "12", false],
    [{ type: "__proto__" }, "__proto__", false],
    [{ type: "constructor" }, "constructor", false],
    [{}, "unknown", false],
    [{ type: "", agent: "1000" }, "unknown", false],
    [{ type: {}, number: "13800138000" }, "unknown", false],
    [{ type: ["callin"] }, "unknown", false],
    [{ type: true }, "unknown", false],
  ] as const) {
    it(`of ${JSON.stringify(notify)} is ${event}`, () => {
      assert.deepEqual(eventOf(notify), { event, known });
      const push = read(notify);
      assert.deepEqual([push.event, push.known, push.payload.event], [event, known, event]);
    });
  }
});

describe("a push's payload", () => {
  for (const [section, event, notify] of samples) {
    it(`has no derived field without a source in the sample of §${section}`, () => {
      assert.equal(read(notify).event, event);
      assert.deepEqual(
        derived(notify),
        event === "billing"
          ? { startAt: null, ringAt: null, answerAt: null, byeAt: null, answered: false, durationSeconds: 0 }
          : {},
      );
    });
  }

  it("has the platform's fields first, then event, eventId and the derived fields", () => {
    const { payload, eventId } = read(billing);
    assert.deepEqual(payload, {
      ...billing,
      event: "billing",
      eventId,
      serviceName: "outbound call",
      startAt: "2018-09-10T14:39:02+08:00",
      ringAt: "2018-09-10T14:39:05+08:00",
      answerAt: "2018-09-10T14:39:20+08:00",
      byeAt: "2018-09-10T14:40:25+08:00",
      answered: true,
      durationSeconds: 65,
      numberE164: "+8613800138000",
      recordUrl: "http://sccc.example:8088/20180910/1000%20%E7%8E%8B.wav",
    });
    assert.deepEqual(Object.keys(payload).slice(0, 14), [...Object.keys(billing), "event", "eventId"]);
  });

  it("has the direction of call_type, even if the type differs", () => {
    for (const type of ["callin", "callout", "callstart", "callend", "billing", undefined]) {
      const direction = (call_type: unknown) => read({ type, call_type, number: "1" }).payload.direction;
      assert.deepEqual(["0", 0, "1", 1].map(direction), ["inbound", "inbound", "outbound", "outbound"]);
      for (const other of ["", "2", "4", null, true, false, "in", {}, undefined])
        assert.equal(direction(other), undefined);
    }
    assert.ok(!("direction" in read({ type: "callin" }).payload));
  });

  it("has the number in E.164 too", () => {
    for (const type of ["callin", "callout", "callstart", "callend", "", "somethingNew"]) {
      assert.equal(read({ type, number: "61234567" }).payload.numberE164, "+862161234567");
      assert.ok(!("numberE164" in read({ type, number: "10086" }).payload));
    }
    assert.equal(read({ number: "4155552671" }, { region: "US" }).payload.numberE164, "+14155552671");
  });

  it("has the name of a task's state", () => {
    const name = (status: unknown) => derived({ type: "taskinfo", status });
    assert.deepEqual(["0", 1, "2"].map(name), [
      { statusName: "running" },
      { statusName: "paused" },
      { statusName: "finished" },
    ]);
    assert.deepEqual(name("3"), {});
    assert.deepEqual(derived({ type: "somethingNew", status: "0" }), {});
  });

  it("has the fields of a customer's form by name", () => {
    const form = (data: unknown) => derived({ type: "clientMark", data });
    assert.deepEqual(form({ userName: "王", number: "013800138000" }), { numberE164: "+8613800138000" });
    assert.deepEqual(form({ number1: 13800138000 }), { numberE164: "+8613800138000" });
    assert.deepEqual(form({ number: "", number1: "13800138000" }), { numberE164: "+8613800138000" });
    for (const none of [null, [], "13800138000", {}, { number: null }]) assert.deepEqual(form(none), {});
  });

  it("never replaces a field of the platform by a derived one", () => {
    const fields = [
      ...["event", "eventId", "direction", "statusName", "serviceName", "startAt", "ringAt", "answerAt", "byeAt"],
      ...["answered", "durationSeconds", "numberE164", "recordUrl", "agent", "causeText"],
    ];
    const theirs = Object.fromEntries(fields.map((name) => [name, null]));
    const notify = { ...billing, call_type: "1", staffNo: "1000", releaseCause: "486", ...theirs };
    const { event, eventId, payload } = read(notify);
    assert.deepEqual(payload, notify);
    assert.equal(event, "billing");
    assert.match(eventId, /^[0-9a-f]{32}$/);
  });
});

describe("a billed call", () => {
  it("has the name of its service, and the customer's side by the service", () => {
    const sides = { callee: "13800138000", caller: "13900139000", number: "13700137000" };
    const by = new Map([
      ...["1", "4", "5", "19"].map((service) => [service, "+8613800138000"] as const),
      ["2", "+8613900139000"],
    ]);
    for (const { value, text } of enumerations.serviceType) {
      for (const service of [value, Number(value)]) {
        const { payload } = read({ type: "billing", ...sides, service });
        assert.equal(payload.serviceName, text.en);
        assert.equal(payload.numberE164, by.get(value));
      }
    }
    for (const service of ["", "6", null, "constructor", undefined]) {
      const { payload } = read({ type: "billing", ...sides, service });
      assert.ok(!("serviceName" in payload) && !("numberE164" in payload));
    }
  });

  it("has agent from staffNo, and taskID unchanged", () => {
    for (const [staffNo, agent] of [
      ["1000", "1000"],
      [1000, "1000"],
      [" 0012 ", "0012"],
    ] as const) {
      const { payload } = read({ ...billing, staffNo, taskID: 42 });
      assert.deepEqual([payload.agent, payload.staffNo, payload.taskID], [agent, staffNo, 42]);
    }
    for (const staffNo of ["", " ", null, undefined, {}, ["1000"], true]) {
      assert.ok(!("agent" in read({ ...billing, staffNo }).payload), JSON.stringify(staffNo));
    }
    for (const type of ["taskinfo", "somethingNew"]) {
      assert.equal(read({ type, staffNo: "1000" }).payload.agent, "1000");
      assert.equal(read({ type, staffNo: "1000", agent: "1001" }).payload.agent, "1001");
    }
  });

  it("has the text of its releaseCause, as any push with a cause", () => {
    for (const [cause, words] of sipCauses) {
      for (const releaseCause of [cause, Number(cause), ` ${cause} `]) {
        for (const notify of [billing, { type: "callend" }, { type: "somethingNew" }]) {
          assert.equal(read({ ...notify, releaseCause }).payload.causeText, words);
        }
        assert.equal((readItem("cdrs", { releaseCause }, context) as JsonObject).causeText, words);
      }
    }
    for (const releaseCause of ["", "0", "999", 486.5, null, undefined, {}, ["486"], "constructor"]) {
      assert.ok(!("causeText" in read({ ...billing, releaseCause }).payload), JSON.stringify(releaseCause));
    }
  });

  const epoch = 1536561560;
  for (const written of [
    "2018-09-10 14:39:20",
    " 2018-09-10 14:39:20 ",
    "2018-09-10T14:39:20",
    "2018-09-10 14:39:20.123",
    "2018-09-10 14:39:20,123",
    "2018-09-10T14:39:20+08:00",
    "2018-09-10 14:39:20 +0800",
    "2018-09-10T06:39:20Z",
    "2018-09-10T06:39:20.999z",
    "2018-09-09T23:09:20-07:30",
    epoch,
    String(epoch),
    epoch * 1000,
    `${epoch}999`,
    epoch + 0.5,
    `${epoch}.5`,
    `${epoch}000.75`,
  ]) {
    it(`reads the time ${JSON.stringify(written)}`, () => {
      const { payload } = read({ type: "billing", startTime: written, byeTime: written });
      assert.deepEqual([payload.startAt, payload.byeAt], ["2018-09-10T14:39:20+08:00", "2018-09-10T14:39:20+08:00"]);
      assert.deepEqual([payload.ringAt, payload.answerAt], [null, null]);
    });
  }

  for (const written of [
    ...["", " ", "0", 0, null, undefined, "00", "000000000", "0000000000", "-1", -1, 1, true, {}, [], [1536561560]],
    ...[
      "0000-00-00 00:00:00",
      "0001-01-01 00:00:00",
      "1970-01-01 08:00:00",
      "1970-01-01T00:00:00Z",
      "9999-12-31 23:59:59",
    ],
    ...["2018-02-30 10:00:00", "2018-13-01 10:00:00", "2018-09-10 25:00:00", "2018-09-10T14:39:20+99:00", "14:39:20"],
    ...[
      "yesterday",
      "2018-09-10 14:39:20 CST",
      "20180910143920",
      20180910143920,
      1e300,
      Number.NaN,
      "1e9",
      "Z",
      "+08:00",
    ],
  ]) {
    it(`gives no time for ${JSON.stringify(written)}`, () => {
      assert.equal(momentOf(written, context.timezone), undefined);
      const { payload } = read({ type: "billing", answerTime: written, startTime: written });
      assert.deepEqual([payload.answerAt, payload.startAt, payload.answered], [null, null, false]);
    });
  }

  it("has its times in the account's time zone, also around a change of the clocks", () => {
    const startAt = (startTime: unknown, timezone: string) =>
      read({ type: "billing", startTime }, { timezone }).payload.startAt;
    for (const [written, zone, expected] of [
      [epoch, "UTC", "2018-09-10T06:39:20+00:00"],
      [epoch, "Asia/Kathmandu", "2018-09-10T12:24:20+05:45"],
      [epoch, "America/St_Johns", "2018-09-10T04:09:20-02:30"],
      ["1990-07-01 12:00:00", "Asia/Shanghai", "1990-07-01T12:00:00+09:00"],
      ["2018-03-11 01:59:59", "America/New_York", "2018-03-11T01:59:59-05:00"],
      ["2018-03-11 02:30:00", "America/New_York", "2018-03-11T03:30:00-04:00"],
      ["2018-03-11 03:00:00", "America/New_York", "2018-03-11T03:00:00-04:00"],
      ["2018-11-04 00:59:59", "America/New_York", "2018-11-04T00:59:59-04:00"],
      ["2018-11-04 01:30:00", "America/New_York", "2018-11-04T01:30:00-04:00"],
      ["2018-11-04 02:00:00", "America/New_York", "2018-11-04T02:00:00-05:00"],
      ["2018-10-07 02:10:00", "Australia/Lord_Howe", "2018-10-07T02:40:00+11:00"],
      ["2018-04-01 01:45:00", "Australia/Lord_Howe", "2018-04-01T01:45:00+11:00"],
      ["2011-12-30 12:00:00", "Pacific/Apia", "2011-12-31T12:00:00+14:00"],
      ["2011-12-31 00:30:00", "Pacific/Apia", "2011-12-31T00:30:00+14:00"],
    ] as const) {
      assert.equal(startAt(written, zone), expected, `${written} in ${zone}`);
    }
  });

  it("has the right times in every time zone at every moment", () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    fc.assert(
      fc.property(fc.integer({ min: 1.1e8, max: 4e9 }), zones, (seconds, zone) => {
        const moment = seconds * 1000;
        assert.equal(Date.parse(isoTime(moment, zone)), moment);
        assert.equal(momentOf(isoTime(moment, zone), zone), moment);
        const local = localTime(moment, zone);
        const found = momentOf(local, zone) ?? assert.fail(local);
        assert.ok(found <= moment && localTime(found, zone) === local, `${local} in ${zone}`);
      }),
      { numRuns: 200 },
    );
  });

  for (const [fields, answered, durationSeconds] of [
    [{ answerTime: "1536561560", byeTime: "1536561625" }, true, 65],
    [{ answerTime: 1536561560, byeTime: "2018-09-10 14:40:25" }, true, 65],
    [{ answerTime: "1536561560", byeTime: "1536561625", timeLength: "60" }, true, 60],
    [{ answerTime: "1536561560", byeTime: "1536561625", timeLength: 60.5 }, true, 60.5],
    [{ answerTime: "1536561560", byeTime: "1536561625", timeLength: "" }, true, 65],
    [{ answerTime: "1536561560", byeTime: "1536561625", timeLength: "1 min" }, true, 65],
    [{ answerTime: "1536561560", byeTime: "1536561625", timeLength: -1 }, true, 65],
    [{ answerTime: "1536561560", byeTime: "1536561625", timeLength: true }, true, 65],
    [{ answerTime: "1536561560", byeTime: "1536561560" }, true, 0],
    [{ answerTime: "1536561560", byeTime: "" }, true, null],
    [{ answerTime: "1536561625", byeTime: "1536561560" }, true, null],
    [{ answerTime: "", byeTime: "1536561560" }, false, 0],
    [{ answerTime: "0", byeTime: "1536561560", timeLength: "0" }, false, 0],
    [{ answerTime: "", timeLength: "30" }, false, 30],
    [{ timeLength: "30" }, true, 30],
    [{ timeLength: 0 }, false, 0],
    [{ byeTime: "1536561560" }, false, 0],
  ] as const) {
    it(`with ${JSON.stringify(fields)} was ${answered ? "" : "not "}answered, for ${durationSeconds} s`, () => {
      const { payload } = read({ type: "billing", ...fields });
      assert.deepEqual([payload.answered, payload.durationSeconds], [answered, durationSeconds]);
    });
  }
});

describe("a recording's URL", () => {
  const at = (path: string) => `http://sccc.example:8088/${path}`;
  for (const [file, expected] of [
    ["a.wav", "a.wav"],
    ["/a.wav", "a.wav"],
    [" /a.wav ", "a.wav"],
    ["rec/2018/a b.wav", "rec/2018/a%20b.wav"],
    ["/录音/王.wav", "%E5%BD%95%E9%9F%B3/%E7%8E%8B.wav"],
    ["100%.wav", "100%25.wav"],
    ["a%2Fb.wav", "a%252Fb.wav"],
    ["%2e%2e/a.wav", "%252e%252e/a.wav"],
    ["a?b.wav", "a%3Fb.wav"],
    ["a#b.wav", "a%23b.wav"],
    ["a/14:39:20.wav", "a/14%3A39%3A20.wav"],
    ["@evil.example/a.wav", "%40evil.example/a.wav"],
    ["a..b/...wav", "a..b/...wav"],
  ] as const) {
    it(`for ${JSON.stringify(file)} has the account's origin`, () => {
      assert.equal(read({ type: "billing", recordFile: file }).payload.recordUrl, at(expected));
      assert.equal(decodeURIComponent(new URL(at(expected)).pathname), `/${file.trim().replace(/^\//, "")}`);
    });
  }

  it("comes from recordFile, otherwise from filename", () => {
    const url = (fields: JsonObject) => read({ type: "billing", ...fields }).payload.recordUrl;
    assert.equal(url({ recordFile: "a.wav", filename: "b.wav" }), at("a.wav"));
    assert.equal(url({ recordFile: "", filename: "b.wav" }), at("b.wav"));
    assert.equal(url({ filename: "b.wav" }), at("b.wav"));
    assert.equal(url({ recordFile: "//evil.example", filename: "b.wav" }), undefined);
  });

  for (const file of [
    ...["", " ", "/", ".", "..", "../a.wav", "/../a.wav", "a/../b.wav", "a/..", "./a.wav", "a/./b.wav"],
    ...["http://evil.example/a.wav", "HTTPS://evil.example/a.wav", "http:/a.wav", "http:a.wav", " http://evil.example"],
    ...[
      "javascript:alert(1)",
      "data:,x",
      "file:///etc/passwd",
      "//evil.example/a.wav",
      "///evil.example/a.wav",
      " //evil.example",
    ],
    ...[
      "\\\\evil.example\\a.wav",
      "/\\evil.example",
      "a\\..\\b.wav",
      "C:\\a.wav",
      "a\0.wav",
      "a\n.wav",
      "/\t/evil.example",
      "\ud800.wav",
    ],
    ...[null, undefined, {}, ["a.wav"], true],
  ]) {
    it(`does not exist for ${JSON.stringify(file)}`, () => {
      assert.ok(!("recordUrl" in read({ type: "billing", recordFile: file }).payload));
    });
  }

  it("does not exist without an origin", () => {
    for (const baseUrl of ["", "sccc.example"]) assert.equal(recordUrl("a.wav", { baseUrl }), undefined);
  });

  it("never has another origin than the account's, for any name", () => {
    const piece = fc.constantFrom(..."/\\.:@?#% \t\0a王", "..", "http:", "evil.example", "%2e", "\ud800");
    const names = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(names, (name) => {
        const url = recordUrl(name, context);
        if (url === undefined) return;
        const { origin, pathname, search, hash } = new URL(url);
        assert.deepEqual([origin, search, hash], [context.baseUrl, "", ""]);
        assert.equal(decodeURIComponent(pathname), `/${name.trim().replace(/^\//, "")}`);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a push's eventId", () => {
  const idOf = (notify: JsonObject, block = authentication, customer = "C2") =>
    readPush(notify, block, { ...context, customer }).eventId;
  const later = { seq: "5272", timestamp: "1471918993001" };

  it("of a billing depends on its session only, not on the authentication or other fields", () => {
    const id = idOf(billing);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(idOf({ ...billing, seq: "9", userData: "", recordFile: "" }, later), id);
    assert.notEqual(idOf(billing, authentication, "C3"), id);
    for (const name of ["session", "startTime", "caller", "callee", "service"]) {
      assert.notEqual(idOf({ ...billing, [name]: "other" }), id, name);
      assert.notEqual(idOf({ ...billing, [name]: undefined }), id, name);
    }
    assert.notEqual(idOf({ ...billing, caller: billing.callee, callee: billing.caller }), id);
  });

  it("of a billing without a session depends on customer, authentication and notify", () => {
    for (const session of ["", " ", null, undefined, {}]) {
      const notify = { ...billing, session };
      assert.equal(idOf(notify), idOf({ ...notify }));
      assert.notEqual(idOf(notify), idOf(notify, later));
      assert.notEqual(idOf(notify), idOf({ ...notify, userData: "" }));
    }
  });

  it("of any other push depends on customer, authentication and notify", () => {
    const notify = { type: "callend", agent: "1000", number: "13800138000" };
    const id = idOf(notify);
    assert.equal(idOf({ ...notify }, { ...authentication }), id);
    const others = [
      idOf(notify, { ...authentication, seq: "5272" }),
      idOf(notify, { ...authentication, timestamp: "1471918933002" }),
      idOf(notify, { seq: "52711", timestamp: "471918933001" }),
      idOf(notify, authentication, "C3"),
      idOf({ ...notify, agent: "1001" }),
      idOf({ ...notify, session: "a1b2" }),
    ];
    assert.equal(new Set([id, ...others]).size, others.length + 1);
  });
});

describe("any push", () => {
  const names = fc.oneof(
    fc.constantFrom("type", "number", "call_type", "status", "service", "data", "workStatus", "session", "event"),
    fc.constantFrom("startTime", "answerTime", "byeTime", "timeLength", "recordFile", "filename", "caller", "callee"),
    fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "toJSON"),
    fc.string(),
  );
  const values = fc.oneof(
    fc.constantFrom(...knownEvents, "1", "2", 1, 0, "13800138000", "/a.wav", "1536561560", "2018-09-10 14:39:20"),
    fc.jsonValue(),
  );
  /** Parsed, not built, so that __proto__ is an ordinary field. */
  const notifies = fc.array(fc.tuple(names, values)).map((entries) => {
    const text = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",");
    const notify: unknown = JSON.parse(`{${text}}`);
    return isObject(notify) ? notify : assert.fail(text);
  });
  const own = (object: unknown, name: string): unknown => Object.getOwnPropertyDescriptor(object, name)?.value;

  it("keeps every field unchanged, also in JSON, and changes no prototype", () => {
    const untouched = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(notifies, (notify) => {
        const before = JSON.stringify(notify);
        const { payload, event, eventId } = read(notify);
        assert.equal(JSON.stringify(notify), before);
        assert.equal(Object.getPrototypeOf(payload), Object.prototype);
        const again: unknown = JSON.parse(JSON.stringify(payload));
        for (const name of Object.keys(notify)) {
          assert.ok(Object.hasOwn(payload, name), name);
          assert.equal(own(payload, name), own(notify, name));
          assert.deepEqual(own(again, name), JSON.parse(JSON.stringify(own(notify, name))));
        }
        if (!Object.hasOwn(notify, "event")) assert.equal(payload.event, event);
        if (!Object.hasOwn(notify, "eventId")) assert.equal(payload.eventId, eventId);
        assert.ok(Object.values(payload).every((value) => value !== undefined));
        assert.equal(readPush(notify, { ...authentication }, { ...context }).eventId, eventId);
      }),
      { numRuns: 1000 },
    );
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), untouched);
  });

  it("keeps __proto__ and constructor as plain fields", () => {
    const notify: unknown = JSON.parse(
      '{"type":"callin","__proto__":{"polluted":1,"number":"1"},"constructor":{"prototype":{"polluted":1}}}',
    );
    assert.ok(isObject(notify));
    const { payload } = read(notify);
    assert.deepEqual(own(payload, "__proto__"), { polluted: 1, number: "1" });
    assert.deepEqual(own(payload, "constructor"), { prototype: { polluted: 1 } });
    assert.ok(!("polluted" in payload) && !("polluted" in {}));
  });

  it("is read up to the depth that the receiver accepts", () => {
    const depth = 64;
    const notify: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
    assert.ok(isObject(notify));
    assert.equal(read(notify).payload.a, notify.a);
  });
});
