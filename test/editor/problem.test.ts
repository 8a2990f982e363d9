// The editor's checks of properties by the catalogue's rules.
import assert from "node:assert/strict";
import { descriptions } from "../../build/nodes";
import type { Editor } from "../../nodes/editor/problem";
import { applies, problemOf } from "../../nodes/editor/problem";

const editor: Editor = {
  text: (key, params = {}) =>
    key === "invalid.property"
      ? String(params.problem)
      : [key, ...Object.entries(params).map(([name, value]) => `${name}=${value}`)].join(" "),
  region: () => "CN",
  expression: (value, type) =>
    (type === "json" && !value.startsWith("[")) || value === "bad..expression" ? "bad expression" : true,
};

const all = descriptions;

/** The problem of a property in a node with these properties. */
function problem(type: string, node: Readonly<Record<string, unknown>>, property: string): string | undefined {
  return problemOf({ node: all[type]!, property, value: node[property], read: (name) => node[name], editor });
}

const environment = (name: string) => `\${${name}}`;

const str = (type: string, property: string, value: string) =>
  problem(type, { [property]: value, [`${property}Type`]: "str" }, property);

describe("the editor's checks", () => {
  it("accept literals by the catalogue's rule, and give a reason otherwise", () => {
    assert.equal(str("sccc-call-number", "agent", "0100"), undefined);
    assert.equal(str("sccc-call-number", "agent", "123456789"), "errors.rule.digits min=1 max=8");
    assert.equal(str("sccc-call-number", "callee", "+8613800138000"), undefined);
    assert.match(str("sccc-call-number", "callee", "not a number") ?? "", /^errors\.rule\.phone/);
    assert.match(str("sccc-call-number", "userData", "x".repeat(31)) ?? "", /^errors\.rule\.textLength max=30/);
    assert.equal(str("sccc-voice-verify", "userData", "x".repeat(101)), undefined, "that is cut");
    assert.equal(str("sccc-call-task-control", "action", "start"), undefined);
    assert.match(str("sccc-call-task-control", "action", "pause") ?? "", /^errors\.rule\.choice/);
    const times = { startTime: "yesterday", startTimeType: "str", endTime: "payload.endTime", endTimeType: "msg" };
    assert.match(problem("sccc-get-cdr-list", times, "startTime") ?? "", /^errors\.rule\.time/);
  });

  it("read numbers and lists", () => {
    const num = (value: string) =>
      problem("sccc-voice-verify", { playTimes: value, playTimesType: "num" }, "playTimes");
    assert.equal(num("3"), undefined);
    assert.equal(num("6"), "errors.rule.integer min=1 max=5");
    const json = (value: string) =>
      problem("sccc-call-task-create", { callees: value, calleesType: "json" }, "callees");
    assert.equal(json('["13800138000"]'), undefined);
    assert.equal(json("{"), "invalid.expression reason=bad expression");
    assert.equal(json('["13800138000","x"]'), "errors.item index=2form.numbers.letters");
    assert.equal(json('["021-62348888-801"]'), "errors.item index=1form.numbers.extension");
    assert.equal(json('["138 0013 8000","13900139000/13700137000"]'), undefined, "cleaned as it is sent");
    assert.equal(
      str("sccc-call-task-create", "callees", "138 0013 8000, 2026-03-01"),
      "errors.item index=2form.numbers.date",
    );
    assert.equal(str("sccc-call-task-create", "callees", "13800138000, 13900139000"), undefined);
  });

  it("require a required field of any type, and allow an empty optional one", () => {
    for (const type of ["msg", "flow", "global", "str", "num", "env", "jsonata"]) {
      const node = { agent: "", agentType: type, userData: "", userDataType: type };
      assert.match(problem("sccc-call-number", node, "agent") ?? "", /^errors\.rule\.required example=1000/);
      assert.equal(problem("sccc-call-number", node, "userData"), undefined);
    }
    assert.match(problem("sccc-call-number", {}, "agent") ?? "", /^errors\.rule\.required/, "an older flow");
    const agents = problem("sccc-campaign", { agents: "", agentsType: "json" }, "agents");
    assert.equal(agents, "form.numbers.none", "rows and a button");
    assert.match(str("sccc-command", "api", "") ?? "", /^errors\.rule\.required example=AgentLogin/);
    assert.equal(str("sccc-command", "api", "Anything"), undefined);
  });

  it("check only the form of values that a message provides", () => {
    for (const type of ["msg", "flow", "global", "env", "jsonata"]) {
      const node = (agent: string) => ({ agent, agentType: type });
      assert.equal(problem("sccc-call-number", node("payload.whatever"), "agent"), undefined);
      assert.equal(
        problem("sccc-call-number", node("bad..expression"), "agent"),
        "invalid.expression reason=bad expression",
      );
    }
  });

  it("accept variables of the environment", () => {
    assert.equal(str("sccc-call-number", "agent", environment("AGENT")), undefined);
    assert.equal(problem("sccc-account", { timeout: environment("TIMEOUT") }, "timeout"), undefined);
    assert.equal(problem("sccc-account", { baseUrl: environment("SCCC") }, "baseUrl"), undefined);
  });

  it("accept calling hours with environment variables, and report invalid calling hours", () => {
    const hours = (value: unknown) => problem("sccc-campaign", { hours: value }, "hours");
    const window = { days: [1], from: "09:00", to: "18:00" };
    for (const good of [
      [],
      "",
      [window],
      JSON.stringify([window]),
      environment("HOURS"),
      [{ ...window, to: environment("TO") }],
    ]) {
      assert.equal(hours(good), undefined, JSON.stringify(good));
    }
    assert.match(hours("at noon") ?? "", /invalid\.hours\.window$/);
    assert.match(hours([window, { ...window, to: "9" }]) ?? "", /index=2invalid\.hours\.to$/);
    assert.match(hours([{ ...window, days: [], to: environment("TO") }]) ?? "", /invalid\.hours\.days$/);
  });

  it("skip a field that is known not to apply", () => {
    const node = { callers: "nonsense!", callersType: "str", mode: "5", modeType: "str" };
    const description = all["sccc-call-task-create"]!;
    const shown = (node: Readonly<Record<string, unknown>>) => applies(description, "callers", (name) => node[name]);
    assert.equal(shown(node), false);
    assert.equal(problem("sccc-call-task-create", node, "callers"), undefined);
    for (const mode of [{ mode: "2" }, { mode: "payload.mode", modeType: "msg" }]) {
      assert.equal(shown({ ...node, ...mode }), true);
      assert.match(problem("sccc-call-task-create", { ...node, ...mode }, "callers") ?? "", /phone/);
    }
  });

  it("skip a setting whose condition does not hold", () => {
    const shown = (property: string, node: Readonly<Record<string, unknown>>) =>
      applies(all["sccc-call-number"]!, property, (name) => node[name]);
    const waits = (waitFor: string) => ({ waitFor, input: "one", waitTimeout: "0" });
    assert.equal(shown("waitTimeout", waits("accepted")), false);
    assert.equal(problem("sccc-call-number", waits("accepted"), "waitTimeout"), undefined);
    assert.equal(shown("waitTimeout", waits("answered")), true);
    assert.match(problem("sccc-call-number", waits("answered"), "waitTimeout") ?? "", /^invalid\.number min=1/);
    assert.equal(shown("waitFor", waits("answered")), true);
    assert.equal(shown("waitFor", { ...waits("answered"), input: "list" }), false);
  });

  it("require both of two fields that need each other", () => {
    const node = { startTime: "2026-11-23 00:00:00", startTimeType: "str", endTime: "", endTimeType: "msg" };
    assert.match(problem("sccc-get-cdr-list", node, "startTime") ?? "", /^errors\.rule\.needs/);
    assert.equal(problem("sccc-get-cdr-list", { ...node, endTime: "payload.endTime" }, "startTime"), undefined);
  });

  it("keep settings within their bounds; empty is the default", () => {
    const setting = (name: string, value: unknown) => problem("sccc-account", { [name]: value }, name);
    for (const value of [0.1, "15", 600, ""]) assert.equal(setting("timeout", value), undefined);
    for (const value of [0, "601", "soon", -1])
      assert.match(String(setting("timeout", value)), /^invalid\.number min=0\.1/);
    assert.match(String(setting("retries", "1.5")), /^invalid\.integer min=0 max=10/);
    assert.equal(setting("customer", " "), "invalid.required");
    assert.equal(setting("areaCode", ""), undefined);
  });
});
