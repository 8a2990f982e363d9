// What Node-RED's thread records for the sidebar: commands, numbers of entries, health, and no secrets.
import assert from "node:assert/strict";
import fc from "fast-check";
import { commandOf } from "../../nodes/catalogue/index";
import type { EndedExchange, Outcome } from "../../nodes/protocol/exchange";
import type { SeenPush, TrafficAnswer } from "../../nodes/receive/messages";
import { Monitor } from "../../nodes/runtime/sidebar/monitor";
import { mayUse } from "../../nodes/runtime/sidebar/permissions";

const password = "pass/word-9";
const done = (fields: Record<string, unknown>, response: Record<string, unknown> = {}): Outcome => ({
  ...{ ok: true, fields, response, result: { error: 0, name: "E_SUCC", msg: "" } },
});
const refusedBy = (fields: Record<string, unknown>, code: string): Outcome => ({
  ...{ ok: false, fields, response: {} },
  failure: { kind: "platform", code, value: 1, text: "said", scope: "command" },
});

let at = 1_700_000_000_000;
const exchange = (changes: Partial<EndedExchange> = {}): EndedExchange => {
  at += 1;
  const outcomes = [done({ seq: at, agent: "1000", callee: "13800138000" })];
  const command = commandOf("CallNumber");
  return { api: "CallNumber", command, isList: false, at, durationMs: 7, outcomes, node: "n", ...changes };
};
const next = (): number => {
  at += 1;
  return at;
};
const push = (serial: number, changes: Partial<SeenPush> = {}): SeenPush => ({
  ...{
    serial,
    at: next(),
    code: "taken",
    event: "callin",
    refused: false,
    nodes: ["n"],
    replayable: true,
    ...changes,
  },
});
const told = (entries: readonly SeenPush[], changes: Partial<TrafficAnswer> = {}): TrafficAnswer => ({
  ...{ run: "r", entries, oldest: 1, oldestRefused: 1, agents: [], calls: [], ...changes },
});

function monitored(setting?: string) {
  const monitor = new Monitor(setting);
  const account = monitor.account("a");
  account.open({ label: "A", baseUrl: "", customer: "C2", maxQueue: 10, passwords: [password, ""] });
  return { monitor, account, numbers: () => account.list.map(({ entry }) => entry.number) };
}

describe("the monitor of an account", () => {
  it("lists commands and pushes in the order of their times, each with one number", () => {
    const { monitor, account, numbers } = monitored();
    const first = push(1);
    account.ended(exchange());
    account.take(told([first, push(2)]), monitor.next);
    assert.deepEqual(
      account.list.map(({ entry }) => entry.kind),
      ["push", "command", "push"],
    );
    assert.deepEqual(numbers(), [1, 2, 3]);
    assert.deepEqual(account.heard, { run: "r", serial: 2 });
    account.take(told([]), monitor.next);
    account.take(undefined, monitor.next);
    account.ended(exchange());
    account.take(told([]), monitor.next);
    assert.deepEqual([numbers(), account.heard.serial], [[1, 2, 3, 4], 2]);
    assert.equal(monitor.find(4)?.listed.command?.entry.name, "CallNumber");
    for (const odd of [0, 5, "4", undefined, {}]) assert.equal(monitor.find(odd), undefined);
  });

  it("has at most 500 entries, and none whose detail is gone", () => {
    const { monitor, account, numbers } = monitored();
    account.take(told([push(1), push(2, { refused: true }), push(3)]), monitor.next);
    account.take(told([], { oldest: 3, oldestRefused: 2 }), monitor.next);
    assert.deepEqual(numbers(), [2, 3]);
    // The thread was restarted.
    account.take(told([push(1)], { run: "another" }), monitor.next);
    assert.deepEqual([numbers(), account.heard], [[4], { run: "another", serial: 1 }]);
    for (let number = 0; number < 800; number += 1) account.ended(exchange());
    account.take(told([], { run: "another" }), monitor.next);
    assert.deepEqual([account.list.length, numbers().at(-1)], [500, 504]);
  });

  it("keeps no more than its bytes, whatever is sent and answered", () => {
    const { monitor, account } = monitored();
    const large = "电".repeat(100_000);
    for (let number = 0; number < 600; number += 1) {
      account.ended(exchange({ outcomes: [done({ callees: large })], answer: { large } }));
    }
    account.take(undefined, monitor.next);
    const kept = account.list.map(({ command }) => (command?.request.length ?? 0) + (command?.answer.length ?? 0));
    const bytes = 2 * kept.reduce((sum, length) => sum + length, 0);
    assert.ok(kept.length > 1 && bytes <= 650_000, String(bytes));
    assert.ok(account.list.every(({ command }) => command?.cut === true));
  });

  it("counts the commands of a list, and tells the first failure", () => {
    const { monitor, account } = monitored();
    const outcomes = [done({ agent: "1" }), refusedBy({ agent: "2" }, "E_X"), refusedBy({ agent: "3" }, "E_Y")];
    account.ended(exchange({ isList: true, outcomes }));
    account.take(undefined, monitor.next);
    const [{ entry, command } = {}] = account.list;
    assert.deepEqual([entry?.count, entry?.failed, entry?.agent], [3, 2, "1"]);
    assert.deepEqual(entry?.result, { ok: false, code: "E_X", text: "said" });
    assert.deepEqual(JSON.parse(command?.request ?? ""), [{ agent: "1" }, { agent: "2" }, { agent: "3" }]);
  });

  it("knows whether the platform answers, and what went wrong last", () => {
    const { account } = monitored();
    const health = () => ({ reachable: account.health.reachable, code: account.health.lastError?.code });
    const failing = (failure: Extract<Outcome, { ok: false }>["failure"], changes: Partial<EndedExchange> = {}) =>
      account.ended(exchange({ outcomes: [{ ok: false, fields: {}, response: {}, failure }], ...changes }));
    assert.deepEqual(health(), { reachable: undefined, code: undefined });
    account.ended(exchange());
    assert.deepEqual(health(), { reachable: true, code: undefined });
    failing({ kind: "timeout", code: "SCCC_TIMEOUT", afterMs: 1 });
    assert.deepEqual(health(), { reachable: false, code: "SCCC_TIMEOUT" });
    account.ended(exchange({ outcomes: [refusedBy({}, "E_S_AUTH_FAIL")], clockOffMs: 5 }));
    assert.deepEqual(health(), { reachable: true, code: "E_S_AUTH_FAIL" });
    assert.deepEqual([account.health.passwordRefused, account.health.clockOffMs], [true, 5]);
    // A command that was never sent says nothing about the platform.
    const { durationMs: _none, ...unsent } = exchange();
    account.ended({ ...unsent, outcomes: [refusedBy({}, "E_X")] });
    assert.deepEqual([health().reachable, account.health.passwordRefused], [true, true]);
    failing({ kind: "closed", code: "SCCC_CLOSED" });
    assert.deepEqual(health(), { reachable: true, code: "E_X" });
    account.ended(exchange());
    assert.equal(account.health.passwordRefused, false);
  });

  it("learns the states and the names of agents from answers", () => {
    const { account } = monitored();
    const answer = (api: string, outcome: Outcome) => account.ended(exchange({ api, outcomes: [outcome] }));
    answer("AgentLogin", done({ agent: "1" }));
    answer("AgentSetBusy", done({ agent: "2" }));
    answer("AgentLogout", refusedBy({ agent: "2" }, "E_X"));
    answer("getAgentStatus", done({ agent: "3" }, { workStatus: "ONLINE", serverStatus: "CALL_IN" }));
    answer("getAgentInfo", { ...done({}), list: [{ staffNo: "3", name: "王" }, { staffNo: {} }, 7, null] } as Outcome);
    assert.deepEqual(
      [...account.agents.values()].map(({ staffNo, status, name }) => [staffNo, status, name]),
      [
        ["1", "ONLINE", undefined],
        ["2", "BUSY", undefined],
        ["3", "CALL_IN", "王"],
      ],
    );
    const many = Array.from({ length: 5000 }, (_, index) => ({ staffNo: String(index), name: "x".repeat(1000) }));
    answer("getAgentInfo", { ...done({}), list: many } as Outcome);
    assert.equal(account.agents.size, 1000);
    assert.ok([...account.agents.values()].every(({ name = "" }) => name.length <= 64));
  });

  it("learns no state from a command whose name every object has", () => {
    const { account } = monitored();
    for (const api of Object.getOwnPropertyNames(Object.prototype)) account.ended(exchange({ api }));
    assert.deepEqual(account.agents, new Map());
  });

  it("records no commands where it is turned off, and knows the health all the same", () => {
    for (const setting of ["off", " OFF "]) {
      const { monitor, account } = monitored(setting);
      account.ended(exchange());
      account.take(undefined, monitor.next);
      assert.deepEqual([monitor.recording, account.list, account.health.reachable], [false, [], true]);
    }
    assert.deepEqual(
      [undefined, "", "on"].map((setting) => new Monitor(setting).recording),
      [true, true, true],
    );
  });

  it("forgets an account that is gone for good, and keeps one that is deployed again", () => {
    const { monitor, account } = monitored();
    account.ended(exchange());
    monitor.close("a", false);
    assert.deepEqual([monitor.accounts.length, monitor.account("a")], [0, account]);
    monitor.close("a", true);
    assert.notEqual(monitor.account("a"), account);
  });

  it("shows no password, no digest and no code that is read out, wherever they stand", () => {
    const { account } = monitored();
    const secret = fc.constantFrom(
      "digest",
      "password",
      "PassWd",
      "pwd",
      "secret",
      "verifyCode",
      "token",
      "accessToken",
    );
    const value = fc.oneof(fc.integer({ min: 100_000 }), fc.string({ minLength: 1 }), fc.constant(password));
    fc.assert(
      fc.property(secret, value, fc.nat(40), fc.jsonValue(), (name, hidden, cut, around) => {
        const json = JSON.stringify({ around, [name]: hidden, after: [password] });
        const shown = account.shown(json);
        assert.ok(!shown.includes(password));
        assert.equal(JSON.parse(shown)[name], "***");
        // The JSON may be truncated anywhere.
        const text = JSON.stringify({ [name]: `${hidden}` }).slice(0, name.length + 5 + cut);
        if (text.length > name.length + 5) assert.ok(account.shown(text).startsWith(`{"${name}":"***"`), text);
      }),
    );
    assert.equal(
      account.shown('{"callee":"13800138000","passwordless":1}'),
      '{"callee":"13800138000","passwordless":1}',
    );
  });
});

describe("a password at the place where a text is cut", () => {
  it("is not shown in part", () => {
    const { account } = monitored();
    for (let before = 0; before <= password.length; before += 1) {
      const text = "x".repeat(16 * 1024 - before) + password + "x".repeat(2000);
      account.ended(exchange({ outcomes: [done({ text })], answer: text }));
      account.take(undefined, next);
      const { command } = account.list.at(-1) ?? assert.fail();
      const { request = "", answer = "" } = command ?? assert.fail();
      for (const shown of [request, answer, text].map((json) => account.shown(json))) {
        assert.ok(shown.length <= 16 * 1024);
        assert.match(shown, /^[^p]*$/);
      }
      assert.match(account.shown(text.slice(12 * 1024), 4096), /^[^p]*$/);
    }
    const said = { kind: "platform", code: "E", value: 1, text: `no ${password}`, scope: "command" } as const;
    account.ended(exchange({ outcomes: [{ ok: false, fields: {}, response: {}, failure: said }] }));
    assert.equal(account.health.lastError?.text, "no ***");
  });
});

describe("whether a user may use the sidebar's buttons", () => {
  it("is decided as Node-RED decides it", () => {
    const { hasPermission } = require("@node-red/editor-api/lib/auth/permissions") as {
      readonly hasPermission: (scope: unknown, permission: string) => boolean;
    };
    const scope = fc.constantFrom(
      "*",
      "read",
      "write",
      "*.read",
      "*.write",
      "sccc.read",
      "sccc.write",
      "flows.write",
      "",
    );
    fc.assert(
      fc.property(fc.oneof(scope, fc.array(scope)), fc.constantFrom("sccc.read", "sccc.write"), (given, permission) => {
        const request = { user: { username: "u" }, authInfo: { scope: given } };
        assert.equal(mayUse(request, permission), hasPermission(given, permission));
      }),
    );
    assert.deepEqual([mayUse({}, "sccc.write"), mayUse({ user: {} }, "sccc.write")], [true, false]);
  });
});
