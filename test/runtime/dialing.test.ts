// sccc-call-number before it dials: buttons that fire twice, and contexts.
import assert from "node:assert/strict";
import type { ExpectedCall } from "../../nodes/calls/contexts";
import { RepeatGuard } from "../../nodes/runtime/call-number/dialing";
import { contextOf, mostContextBytes } from "../../nodes/runtime/shared/call-context";
import type { Simulator } from "../../simulator";
import { initHelper, load, stateOf, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";

const callee = "13800138000";

describe("the repeat guard", () => {
  it("refuses the same call within its time, and allows it afterwards", () => {
    let now = 0;
    const guard = new RepeatGuard(3000, () => now);
    assert.equal(guard.take(["a", "b"]), undefined);
    now = 2999;
    assert.equal(guard.take(["c", "b"]), 1);
    assert.equal(guard.take(["c"]), undefined, "what was refused with another was not taken");
    guard.release("a");
    assert.equal(guard.take(["a"]), undefined);
    now = 3000;
    assert.equal(guard.take(["b"]), undefined);
    assert.equal(guard.take(["a"]), 0);
  });

  it("allows everything if it is off", () => {
    const guard = new RepeatGuard(0);
    assert.equal(guard.take(["a"]), undefined);
    assert.equal(guard.take(["a"]), undefined);
  });
});

describe("a context", () => {
  it("is a copy of any JSON up to its limit in UTF-8, and absent if none is given", () => {
    const given = { order: 42, list: [null, "x"] };
    const read = contextOf(given);
    assert.ok(read.ok);
    assert.deepEqual(read.value, given);
    assert.notEqual(read.value, given);
    for (const value of [undefined, null, ""]) assert.deepEqual(contextOf(value), { ok: true, value: undefined });
    for (const value of [0, false, "text", []]) assert.deepEqual(contextOf(value), { ok: true, value });
    assert.ok(contextOf("x".repeat(mostContextBytes - 2)).ok);
    assert.ok(contextOf("中".repeat((mostContextBytes - 2) / 3)).ok);
  });

  it("is refused if it is too large, too deep or not JSON", () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    let deep: unknown = 1;
    for (let depth = 0; depth < 100; depth += 1) deep = [deep];
    for (const [value, key] of [
      ["x".repeat(mostContextBytes - 1), "contextSize"],
      ["中".repeat(mostContextBytes / 3), "contextSize"],
      [deep, "contextDeep"],
      [loop, "contextDeep"],
      [() => 1, "contextJson"],
      [10n, "contextJson"],
    ] as const) {
      const read = contextOf(value);
      assert.ok(!read.ok && read.failure.kind === "field", key);
      assert.deepEqual(
        [read.failure.code, read.failure.field, read.failure.rule.key],
        ["SCCC_INVALID_FIELD", "context", key],
      );
    }
  });
});

describe("sccc-call-number", () => {
  let platform: Simulator;
  const heard: ExpectedCall[] = [];
  const unheard: string[] = [];
  let end: () => void;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform({ agents: "1000-1003" });
    for (const agent of ["1000", "1001"]) await platform.instruct({ do: "agent", agent, workStatus: "ONLINE" });
    heard.length = 0;
    unheard.length = 0;
    end = stateOf().callFollowers.add("a", {
      hearsAll: true,
      open: () => [],
      expect: async (expected) => void heard.push(expected),
      unexpect: (id) => void unheard.push(id),
    });
  });
  afterEach(async () => {
    end();
    await unload();
    await platform.close();
  });

  it("does not dial twice when a button fires twice, but dials another number, another agent and a refused call again", async () => {
    const flow = await load(platform, { type: "sccc-call-number" });
    const code = async (payload: Record<string, unknown>) => {
      const { error } = await flow.send({ payload });
      return error?.code;
    };
    assert.equal(await code({ agent: "1000", callee }), undefined);
    const sent = platform.requests.length;
    const twice = await flow.send({ payload: { agent: "1000", callee: `+86${callee}` } });
    assert.equal(twice.error?.code, "SCCC_NOT_ALLOWED");
    assert.match(String(twice.error?.message), /1000|repeated/);
    assert.equal(platform.requests.length, sent, "nothing was sent");
    assert.notEqual(await code({ agent: "1000", callee: "13900139000" }), "SCCC_NOT_ALLOWED");
    assert.equal(await code({ agent: "1001", callee }), undefined);
    // There is no such agent: the platform refuses, so nobody was called.
    assert.notEqual(await code({ agent: "9999", callee }), "SCCC_NOT_ALLOWED");
    assert.notEqual(await code({ agent: "9999", callee }), "SCCC_NOT_ALLOWED");
  });

  it("does not dial again after a lost answer, unless the guard is off", async () => {
    for (const [repeatGuard, expected] of [
      [3, "SCCC_NOT_ALLOWED"],
      [0, undefined],
    ] as const) {
      const flow = await load(platform, { type: "sccc-call-number", repeatGuard });
      await platform.instruct({ do: "fault", kind: "drop", api: "CallNumber", after: true });
      const payload = { agent: repeatGuard === 0 ? "1001" : "1000", callee };
      assert.equal((await flow.send({ payload })).error?.code, "SCCC_NETWORK");
      const again = (await flow.send({ payload })).error?.code;
      if (expected === undefined) assert.notEqual(again, "SCCC_NOT_ALLOWED");
      else assert.equal(again, expected);
      await unload();
    }
  });

  it("refuses a list as a whole if one of its calls was made just now", async () => {
    const flow = await load(platform, { type: "sccc-call-number", input: "list" });
    assert.equal((await flow.send({ payload: [{ agent: "1000", callee }] })).error, undefined);
    const sent = platform.requests.length;
    const payload = [
      { agent: "1001", callee },
      { agent: "1000", callee },
    ];
    const { error } = await flow.send({ payload });
    assert.equal(error?.code, "SCCC_NOT_ALLOWED");
    assert.equal(platform.requests.length, sent);
  });

  it("announces a context before the command is sent, and withdraws it if the platform refuses", async () => {
    const flow = await load(platform, { type: "sccc-call-number", context: "context", contextType: "msg" });
    assert.equal((await flow.send({ payload: { agent: "1000", callee }, context: { order: 42 } })).error, undefined);
    const [expected] = heard;
    const body = JSON.parse(platform.requests.at(-1)?.body ?? "");
    assert.deepEqual(
      [expected?.agent, expected?.keys, expected?.seq, expected?.context],
      ["1000", ["+8613800138000"], String(body.request.seq), { order: 42 }],
    );
    assert.equal(JSON.stringify(body).includes("order"), false, "the platform does not get it");
    assert.deepEqual(unheard, []);
    await flow.send({ payload: { agent: "9999", callee }, context: 1 });
    assert.deepEqual(unheard, [heard[1]?.id]);
    await flow.send({ payload: { agent: "1001", callee } });
    assert.equal(heard.length, 2, "without a context nobody is told");
    const { error } = await flow.send({ payload: { agent: "1001", callee }, context: "x".repeat(mostContextBytes) });
    assert.deepEqual([error?.cause.field, error?.cause.origin.where], ["context", "msg.context"]);
  });

  it("has a context for each element of a list, and refuses the list for one that is too large", async () => {
    const flow = await load(platform, {
      type: "sccc-call-number",
      input: "list",
      context: "payload.row",
      contextType: "msg",
    });
    const payload = [
      { agent: "1000", callee, row: 1 },
      { agent: "1001", callee, row: "x".repeat(20_000) },
    ];
    const sent = platform.requests.length;
    const { error } = await flow.send({ payload });
    assert.equal(error?.code, "SCCC_INVALID_FIELD");
    assert.deepEqual([platform.requests.length, heard.length], [sent, 0]);
    payload[1]!.row = 2;
    assert.equal((await flow.send({ payload })).error, undefined);
    assert.deepEqual(
      heard.map(({ context }) => context),
      [1, 2],
    );
  });
});
