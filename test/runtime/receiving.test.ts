// The receiving side without Node-RED: configuration, distribution of events, bodies, tokens.
import assert from "node:assert/strict";
import { FreeTokens, type Outcome, PendingAcks, TokenRegistry } from "../../nodes/delivery/tokens";
import { AllowList } from "../../nodes/receive/addresses";
import { isJsonType, readPushBody } from "../../nodes/receive/body";
import type { InboxConfig, Refusal } from "../../nodes/receive/messages";
import { wantsEvent } from "../../nodes/receive/push-inbox";
import { selectionOf, statusText } from "../../nodes/runtime/notify/notify";
import { narrowReceiving } from "../../nodes/runtime/receive/config";
import { describe as inWords } from "../../nodes/runtime/shared/texts";
import { translatorOf } from "../../tools/translator";

const narrowed = (config: Record<string, unknown> = {}, credentials: Record<string, unknown> = {}) =>
  narrowReceiving(
    { customer: "C2", ...config },
    { password: "secret", ...credentials },
    (text) => text,
    () => undefined,
    { customer: "C2", baseUrl: "", timezone: "Asia/Shanghai", region: "CN", areaCode: "" },
  );

function receiving(config: Record<string, unknown> = {}, credentials: Record<string, unknown> = {}): InboxConfig {
  const result = narrowed(config, credentials);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

describe("an account's receiving side", () => {
  it("has the defaults of the catalogue", () => {
    const {
      signer,
      endpoint,
      toleranceMs,
      stored,
      allowReused,
      redeliverAfterMs,
      maxDeliveries,
      allow,
      trustProxy,
      keepDays,
    } = receiving();
    assert.deepEqual(signer, { customer: "C2", passwords: ["secret", ""] });
    assert.deepEqual(endpoint, { path: "/sccc/notify" });
    assert.deepEqual(
      [toleranceMs, stored, allowReused, redeliverAfterMs, maxDeliveries, allow, trustProxy, keepDays],
      [300_000, false, false, 30_000, 5, [], false, 30],
    );
  });

  it("uses the push credentials only if both are set, and accepts the previous password", () => {
    assert.equal(receiving({ pushUser: "P" }).signer.customer, "C2");
    assert.equal(receiving({}, { pushPassword: "x" }).signer.customer, "C2");
    assert.deepEqual(receiving({ pushUser: "P" }, { pushPassword: "x", previousPushPassword: "y" }).signer, {
      customer: "P",
      passwords: ["x", "y"],
    });
    assert.deepEqual(receiving({}, { previousPassword: "old" }).signer.passwords, ["secret", "old"]);
  });

  it("accepts an own port, also from the environment, and addresses", () => {
    assert.deepEqual(receiving({ pushPort: "8443", pushHost: "127.0.0.1" }).endpoint.own, {
      port: 8443,
      host: "127.0.0.1",
    });
    const allowed = new AllowList(receiving({ pushAllow: "203.0.113.10, 198.51.100.0/24 2001:db8::/32" }).allow);
    for (const address of ["203.0.113.10", "::ffff:203.0.113.10", "198.51.100.77", "2001:db8::1", "2001:db8::1%eth0"]) {
      assert.ok(allowed.has(address), address);
    }
    for (const address of ["203.0.113.11", "198.51.101.1", "2001:db9::1", "", "unknown", "203.0.113.10, 1.1.1.1"]) {
      assert.ok(!allowed.has(address), address);
    }
  });

  it("names the allowed values of a number or a choice", () => {
    const allowed = (config: Record<string, unknown>) => {
      const result = narrowed(config);
      assert.ok(!result.ok, JSON.stringify(config));
      const { problem } = result;
      return inWords(translatorOf("en"), "sccc-account", { kind: "config", code: "SCCC_CONFIG", ...problem });
    };
    assert.match(allowed({ maxDeliveries: 0 }), / \(maxDeliveries\) must be a number in the range 1, 2 … \d+\.$/);
    assert.match(allowed({ maxDeliveries: "many" }), / must be a number in the range 1, 2 … \d+\.$/);
    assert.match(allowed({ pushAnswer: "later" }), / \(pushAnswer\) must be one of received, stored\.$/);
  });

  const wrong: readonly [Record<string, unknown>, string][] = [
    [{ pushPath: "sccc" }, "pushPath"],
    [{ pushPath: "/a?b" }, "pushPath"],
    [{ pushPath: "/%2e" }, "pushPath"],
    [{ pushPort: "x" }, "pushPort"],
    [{ pushPort: 70_000 }, "pushPort"],
    [{ pushAllow: "example.com" }, "pushAllow"],
    [{ pushAllow: "10.0.0.0/33" }, "pushAllow"],
    [{ pushAllow: "10.0.0.0/8/8" }, "pushAllow"],
    [{ pushAllow: "10.0.0.0/" }, "pushAllow"],
    [{ pushTolerance: -1 }, "pushTolerance"],
    [{ pushAnswer: "later" }, "pushAnswer"],
    [{ pushReplay: "perhaps" }, "pushReplay"],
    [{ maxDeliveries: 0 }, "maxDeliveries"],
    [{ pushPort: 1, pushTls: "gone" }, "pushTls"],
  ];
  for (const [config, setting] of wrong) {
    it(`refuses ${JSON.stringify(config)}`, () => {
      const result = narrowed(config);
      assert.equal(!result.ok && result.problem.setting, setting);
    });
  }
});

describe("sccc-notify's events", () => {
  const outputs = (config: object, ...events: string[]) => {
    const selection = selectionOf(config);
    return events.map((event) => (wantsEvent(selection, event) ? selection.outputOf(event) : "-"));
  };

  it("are all on one output, unless some are chosen", () => {
    assert.deepEqual(outputs({}, "callin", "billing", "new"), [0, 0, 0]);
    assert.deepEqual(outputs({ events: ["billing"], layout: "one" }, "callin", "billing", "new"), ["-", 0, "-"]);
  });

  it("may be those of a type that the catalogue does not have, and no others come then", () => {
    assert.deepEqual(outputs({ events: ["newType"] }, "callin", "newtype", "other"), ["-", 0, "-"]);
    assert.deepEqual(outputs({ events: ["callin", "newtype"] }, "callin", "newtype", "other"), [0, 0, "-"]);
    assert.deepEqual(outputs({ events: ["newtype", "callin"], layout: "perType" }, "callin", "newtype"), [0, 1]);
  });

  it("have an output each, in the catalogue's order, and one for the rest", () => {
    assert.deepEqual(
      outputs({ events: ["billing", "callin"], layout: "perType", outputs: 3 }, "callin", "billing", "callend", "new"),
      [0, 1, "-", 2],
    );
    assert.deepEqual(outputs({ events: [], layout: "perType", outputs: 3 }, "callin", "clientmark", "new"), [0, 8, 9]);
  });

  it("are on several outputs also if an older flow has `outputs`", () => {
    assert.deepEqual(outputs({ events: [], outputs: 10 }, "callin", "callout"), [0, 1]);
    assert.deepEqual(outputs({ events: [], outputs: "perType" }, "callin", "callout"), [0, 1]);
    assert.deepEqual(outputs({ events: [], layout: "one", outputs: 10 }, "callin", "callout"), [0, 0]);
    assert.deepEqual(outputs({ events: [], outputs: 1 }, "callin", "callout"), [0, 0]);
  });

  it("are counted in the status", () => {
    const digest: [Refusal, number] = ["digest", 3];
    const english = translatorOf("en");
    assert.equal(statusText(english, { taken: 0, unremedied: new Map([digest]) }), "3 refused: wrong password");
    assert.equal(statusText(translatorOf("zh"), { taken: 0, unremedied: new Map([digest]) }), "拒绝 3 条：密码错误");
    const unremedied = new Map<Refusal, number>([digest, ["timestamp", 1]]);
    assert.match(
      statusText(english, { taken: 2, unremedied, last: Date.now() }),
      /^2 received, last at \d\d:\d\d:\d\d · 4 refused: wrong password \(3\), clocks differ \(1\)$/,
    );
  });
});

describe("a push's body", () => {
  it("has a content type of JSON, and is in UTF-8", () => {
    for (const type of [
      "application/json",
      "Application/JSON; charset=UTF-8",
      'application/json;charset="utf-8"',
      "application/x+json",
    ]) {
      assert.ok(isJsonType(type), type);
    }
    for (const type of [
      undefined,
      "",
      ";;;",
      "text/plain",
      "application/json; charset=GBK",
      "application/jsonp",
      "multipart/form-data",
    ]) {
      assert.ok(!isJsonType(type), String(type));
    }
  });

  it("is an object with authentication and notify, not too deep, with numbers within the range of JavaScript", () => {
    const push = (notify: string) => readPushBody(Buffer.from(`{"authentication":{},"notify":${notify}}`));
    assert.ok(push('{"number":12345678901234567890}'));
    assert.ok(push(`${'{"a":'.repeat(62)}1${"}".repeat(62)}`));
    for (const notify of [
      "[]",
      '"x"',
      "null",
      "1e400",
      '{"a":1e400}',
      `${'{"a":'.repeat(65)}1${"}".repeat(65)}`,
      "{",
    ]) {
      assert.equal(push(notify), undefined, notify.slice(0, 30));
    }
    for (const body of [
      null,
      [],
      1,
      "x",
      {},
      { authentication: null, notify: {} },
      { authentication: {}, notify: [] },
    ]) {
      assert.equal(readPushBody(Buffer.from(JSON.stringify(body))), undefined);
    }
  });
});

describe("tokens", () => {
  let registry: TokenRegistry;
  beforeEach(() => {
    registry = new TokenRegistry();
  });
  const confirm = (token: string, outcome: Outcome) => registry.acknowledge(token, outcome);

  it("count once; refused uses one up, taken all of a delivery's", () => {
    const heard: string[] = [];
    const ack = new PendingAcks(registry).begin((outcome) => heard.push(outcome) > 0);
    const [first, second, third] = [ack.token(), ack.token(), ack.token()];
    assert.equal(new Set([first, second, third]).size, 3);
    assert.ok(confirm(first, "refused"));
    assert.ok(!confirm(first, "taken"), "used");
    assert.ok(confirm(second, "taken"));
    assert.ok(!confirm(third, "taken"), "its delivery is settled");
    assert.ok(!confirm("unknown", "taken"));
    assert.deepEqual(heard, ["refused", "taken"]);
  });

  it("of one owner stay valid whatever another does", () => {
    const mine = new PendingAcks(registry).begin(() => true).token();
    const free = new FreeTokens(registry, 10);
    const early = free.next();
    const other = new FreeTokens(registry, 10);
    for (let count = 0; count < 1000; count += 1) {
      other.next();
      new PendingAcks(registry).begin(() => true).token();
    }
    assert.ok(confirm(mine, "taken"));
    assert.ok(confirm(early, "taken"));
  });

  it("of a removed owner are void", () => {
    const acks = new PendingAcks(registry);
    const token = acks.begin(() => true).token();
    acks.close();
    assert.ok(!confirm(token, "taken"));
  });

  it("without a pending delivery count once, and only if they were issued", () => {
    const free = new FreeTokens(registry);
    const first = free.next();
    const second = free.next();
    const prefix = second.slice(0, second.lastIndexOf(".") + 1);
    assert.ok(confirm(second, "refused") && !confirm(second, "taken"));
    for (const other of ["", "x", "0", "-1", "1e9", "Infinity", "3", "01", "1.0", " 1"]) {
      assert.ok(!confirm(prefix + other, "taken"), other);
    }
    assert.ok(confirm(first, "taken") && !confirm(first, "taken"));
    const early = free.next();
    for (let count = 0; count < 200_000; count += 1) free.next();
    assert.ok(!confirm(early, "taken"), "forgotten some day");
  });
});
