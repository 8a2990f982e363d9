// Who owns state: nothing under nodes/ keeps any at module level but runtime/state.ts, and two Node-REDs have two states.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { NodeAPI } from "node-red";
import type { InboxConfig } from "../../nodes/receive/messages";
import { MessageTokens } from "../../nodes/runtime/calls/message-tokens";
import { type KeptTracker, runtimeOf } from "../../nodes/runtime/state";
import { guarded } from "../../nodes/util/guarded";
import { root } from "../../tools/hosts";

/** What may be kept at module level: values of pure functions, as many as its file says; and the states themselves. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "protocol/number.ts": ["loaded", "known", "mobilePrefixes"],
  "protocol/numbering.ts": ["loaded", "plans"],
  "protocol/push.ts": ["numbersRead"],
  "protocol/recording-url.ts": ["templates"],
  "protocol/secrets.ts": ["removers"],
  "runtime/state.ts": ["states"],
  "util/time.ts": ["zones"],
};

/** Classes of the language whose instances hold nothing, or nothing that changes. */
const constant = /^(?:RegExp|TextDecoder|TextEncoder|Error|Intl\.\w+)$/;

/** The names of what a source declares at module level and can change. */
function mutables(source: string): readonly string[] {
  const found: string[] = [];
  for (const [, kind, name = ""] of source.matchAll(/^(?:export )?(let|var) (\w+)/gm)) if (kind) found.push(name);
  for (const match of source.matchAll(/^(?:export )?const (\w+)\b([^=]*(?:=>[^=]*)?) = /gm)) {
    const [whole, name = "", type = ""] = match;
    const value = source.slice(match.index + whole.length, match.index + whole.length + 200);
    const [, made = ""] = /^new ([\w.]+)/.exec(value) ?? [];
    const isTable = /^(?:Map|Set)$/.test(made) && !/^new .*\(\);/.test(value);
    const isEmpty = /^(?:\[\s*\]|\{\s*\})/.test(value) && !/readonly|Readonly/.test(type);
    const isChanged = new RegExp(
      `(?<![.\\w])${name}(?:\\.(?:set|add|delete|clear|push|splice)\\(|\\[[^\\]]+\\] = )`,
    ).test(source);
    const isLocal = new RegExp(`^\\s+(?:const|let) ${name} =`, "m").test(source);
    if ((made !== "" && !isTable && !constant.test(made)) || isEmpty || (isChanged && !isLocal)) found.push(name);
  }
  for (const [, name = ""] of source.matchAll(/^\s+(?:private |public )?static (?!readonly)#?(\w+)\b[^(\n]*[=;]/gm)) {
    found.push(name);
  }
  return found;
}

describe("state at module level", () => {
  it("is recognised by this test", () => {
    for (const code of [
      "let count = 0;",
      "export let count: number | undefined;",
      "const count = new Map<string, number>();",
      "const count = new WeakMap<object, Map<string, () => void>>();",
      "export const count = new Counter();",
      "export const count: Counter = new Counter(1);",
      "const count: string[] = [];",
      "const count = {};",
      "const count = new Map([[1, 2]]);\nexport const add = () => count.set(3, 4);",
      "class A {\n  static count = 0;\n}",
    ]) {
      assert.deepEqual(mutables(code), ["count"], code);
    }
    for (const code of [
      "const count = 5;",
      'const decoder = new TextDecoder("utf-8");',
      "const names: ReadonlyMap<string, string> = new Map([[1, 2]]);",
      "const names = new Set(\n  [1].map(String),\n);",
      "function f() {\n  const count = new Map();\n  let other = 1;\n}",
      "class A {\n  static readonly limit = 5;\n  static of(a: number) {\n    return a;\n  }\n}",
    ]) {
      assert.deepEqual(mutables(code), [], code);
    }
  });

  it("exists only in runtime/state.ts and in bounded caches", () => {
    const folder = join(root, "nodes");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      // The editor's run in a browser.
      .filter((file) => file.endsWith(".ts") && !file.startsWith("editor"))
      .map((file) => file.split(sep).join("/"));
    assert.ok(files.length > 50);
    const found = files.map((file) => [file, mutables(readFileSync(join(folder, file), "utf8"))] as const);
    const some = found.filter(([, names]) => names.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(Object.fromEntries(some), allowed);
  });
});

/** As much of a Node-RED as a state looks at. */
function nodeRed() {
  const lines: string[] = [];
  const events = new EventEmitter();
  /** The nodes of the flows, and those that run. */
  const [existing, running] = [new Set<string>(), new Set<string>()];
  const nodes = {
    eachNode: (hear: (node: { id: string }) => void) => existing.forEach((id) => void hear({ id })),
    getNode: (id: string) => (running.has(id) ? { id } : null),
  };
  const RED = { events, nodes, log: { error: (line: string) => lines.push(line) } } as unknown as NodeAPI;
  return { RED, lines, events, existing, running };
}

describe("the state of a Node-RED", () => {
  const stop = (payload: object) => ["runtime-event", { id: "runtime-state", payload: { state: "stop", ...payload } }];
  const fail = guarded(() => {
    throw new Error("of nobody");
  });

  it("is shared by all nodes of a Node-RED, and separate from that of another", () => {
    const one = nodeRed();
    const other = nodeRed();
    const { state } = runtimeOf(one.RED);
    assert.equal(runtimeOf({ ...one.RED }).state, state);
    const strange = runtimeOf(other.RED).state;
    assert.notEqual(strange, state);
    const token = state.tokens.free("n");
    assert.equal(strange.tokens.acknowledge(token, "taken"), false);
    assert.equal(state.tokens.acknowledge(token, "taken"), true);
    for (const { events } of [one, other]) events.emit(...(stop({}) as [string, object]));
  });

  it("forgets nodes that were deleted while they were disabled, and no others", async () => {
    const { RED, events, existing, running } = nodeRed();
    const { state } = runtimeOf(RED);
    const config = { allow: [], trustProxy: false } as unknown as InboxConfig;
    const reports = { refused: () => undefined, warning: () => undefined, problem: () => undefined };
    // `a` was disabled, `s` runs in a subflow.
    const [a, s] = ["a", "s"].map((id) => {
      const account = state.monitor.account(id);
      account.open({ label: "", baseUrl: "", customer: "", maxQueue: 1, passwords: [] });
      state.trackers.set(id, {} as KeptTracker);
      state.callTokens.set(id, new MessageTokens(state.tokens));
      return { account, receiving: state.receiving.open(id, config, reports) };
    });
    existing.add("a");
    running.add("s");
    state.monitor.close("a", false);
    await state.receiving.close(a!.receiving, false);
    const kept = () => ({
      monitored: ["a", "s"].map((id, index) => state.monitor.account(id) === [a, s][index]!.account),
      receiving: ["a", "s"].map((id, index) => state.receiving.open(id, config, reports) === [a, s][index]!.receiving),
      trackers: [...state.trackers.keys()],
      tokens: [...state.callTokens.keys()],
    });
    events.emit("flows:started");
    const all = { monitored: [true, true], receiving: [true, true], trackers: ["a", "s"], tokens: ["a", "s"] };
    assert.deepEqual(kept(), all);
    await state.receiving.close(a!.receiving, false);
    existing.clear();
    events.emit("flows:started");
    assert.deepEqual(kept(), { monitored: [false, true], receiving: [false, true], trackers: ["s"], tokens: ["s"] });
    events.emit(...(stop({}) as [string, object]));
  });

  it("logs no errors to a Node-RED that has stopped, until it starts again", () => {
    const { RED, lines, events } = nodeRed();
    const beside = nodeRed();
    runtimeOf(RED);
    runtimeOf(beside.RED);
    fail();
    assert.equal(lines.length, 1);
    events.emit(...(stop({ deploy: true }) as [string, object]));
    fail();
    assert.equal(lines.length, 2);
    events.emit(...(stop({}) as [string, object]));
    fail();
    assert.equal(lines.length, 2);
    events.emit("flows:starting");
    fail();
    assert.deepEqual([lines.length, beside.lines.length], [3, 4]);
    for (const each of [events, beside.events]) each.emit(...(stop({}) as [string, object]));
  });
});
