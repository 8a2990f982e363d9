// The statuses of every node with an input: one outcome for each message, in the order in which the messages end, and no others.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { nodeTypes } from "../../build/nodes";
import { commands, recording } from "../../nodes/catalogue";
import type { Progress } from "../../nodes/protocol/exchange";
import { type Ending, Status } from "../../nodes/runtime/shared/status";
import type { Simulator } from "../../simulator";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { type Flow, initHelper, load, unload } from "../../tools/nodes";
import { account, examplePayload, startPlatform } from "../../tools/platform";
import { eventually, listening } from "../receive/flow";
import { newMark, pushOf } from "../receive/push";

/**
 * Whether a status is an outcome: not one of the blue ones for requests and calls in progress, nor the text for a recording that is not
 * available yet.
 */
const isOutcome = ({ fill, text }: { readonly fill?: string; readonly text?: string }): boolean =>
  fill !== "blue" && text !== "status.fileMissing";

const outcomesOf = (statuses: Flow["statuses"]): readonly unknown[] =>
  statuses.filter(isOutcome).map(({ text }) => text);

/** The outcome that the end of a message must show. */
function outcomeOf(error: unknown, good = "status.done"): string {
  if (error === undefined) return good;
  const { code, cause } = error as {
    readonly code: string;
    readonly cause?: { readonly reason?: string; readonly retryAt?: number };
  };
  if (cause?.retryAt !== undefined) return "status.retried";
  if (cause?.reason === "account" || cause?.reason === "missing") return `status.config.${cause.reason}`;
  return code.startsWith("SCCC_") ? `status.${code}` : `error.${code}`;
}

/** It has no types. */
const helper = require("node-red-node-test-helper") as { settings(settings: object): void };

type Message = Readonly<Record<string, unknown>>;

/** Sends a message to a node; resolves with the error with which it ends. */
const give = (flow: Flow, msg: Message): Promise<unknown> =>
  new Promise((resolve) => {
    flow.node._inputCallback.call(flow.node, structuredClone(msg), () => undefined, resolve);
  });

/** Sends messages one after another, then all at once; returns the outcome that each end must have shown, in order. */
async function run(flow: Flow, messages: readonly Message[], good?: string): Promise<readonly string[]> {
  const expected: string[] = [];
  for (const msg of messages) expected.push(outcomeOf(await give(flow, msg), good));
  await Promise.all(
    messages.map(async (msg) => {
      const error = await give(flow, msg);
      expected.push(outcomeOf(error, good));
    }),
  );
  await told();
  return expected;
}

/** The helper reports a status in a later turn. */
const told = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the status of a command node", () => {
  /** Not a fake: the class needs nothing else. */
  function statuses(): { readonly status: Status; readonly shown: { fill?: string; text?: string }[] } {
    const shown: { fill?: string; text?: string }[] = [];
    const show = (one: unknown) => shown.push(one as { fill?: string; text?: string });
    return { status: new Status((key) => key, show), shown };
  }

  const refused: Ending = {
    kind: "failure",
    failure: { kind: "field", code: "SCCC_INVALID_FIELD", field: "x", rule: { key: "required", params: {} }, got: "" },
  };

  it("shows no earlier message's outcome when a list has been sent", () => {
    const { status, shown } = statuses();
    status.end(refused);
    status.wait("0 / 2");
    const tell = status.track();
    tell("requesting");
    tell("over");
    status.wait("");
    status.end({ kind: "done" });
    assert.deepEqual(outcomesOf(shown), ["status.SCCC_INVALID_FIELD", "status.done"]);
  });

  it("shows one outcome for each message, in order, also while others run", () => {
    const step = fc.oneof(
      fc.record({
        request: fc.integer({ min: 0, max: 3 }),
        progress: fc.constantFrom<Progress>("waiting", "requesting", "over"),
      }),
      fc.record({ wait: fc.constantFrom("", "1 / 2", "2 / 2") }),
      fc.record({ end: fc.constantFrom<Ending>(refused, { kind: "done" }, { kind: "unforeseen" }) }),
    );
    const texts = { failure: "status.SCCC_INVALID_FIELD", done: "status.done", unforeseen: "status.failed" };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { status, shown } = statuses();
        const requests = Array.from({ length: 4 }, status.track);
        const expected: string[] = [];
        for (const one of steps) {
          if ("request" in one) requests[one.request]?.(one.progress);
          else if ("wait" in one) status.wait(one.wait);
          else {
            expected.push(texts[one.end.kind]);
            status.end(one.end);
          }
        }
        assert.deepEqual(outcomesOf(shown), expected);
      }),
    );
  });
});

describe("the statuses of nodes that take messages", () => {
  let platform: Simulator;
  before(initHelper);
  let pushPort: string;
  beforeEach(async () => {
    // The folder for the positions of feeds.
    helper.settings({ userDir: temporaryFolder() });
    pushPort = String(await freePort());
    platform = await startPlatform({ agents: "1000-1009", pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify` });
    await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
    helper.settings({});
  });

  /** Makes the platform refuse the next request with a command. */
  const fail = (api: string) =>
    platform.instruct({ do: "fault", kind: "error", error: "E_G_EXEC_FAIL", api, where: "request", times: 2 });

  const payloadOf = (api: string) => examplePayload(commands.find((one) => one.api === api) ?? { fields: [] });

  /** Each node with messages that the node refuses, that the platform carries out, and that the platform refuses. */
  const cases: readonly {
    readonly name: string;
    readonly config: { readonly type: string; readonly [property: string]: unknown };
    readonly api: string;
    readonly good: Message;
    readonly bad: Message;
  }[] = [
    ...commands.map(({ node, api }) => ({
      name: node,
      config: { type: node, seq: "seq", seqType: "msg" },
      api,
      good: { payload: payloadOf(api) },
      bad: { payload: payloadOf(api), seq: "no seq" },
    })),
    ...commands.map(({ node, api }) => ({
      name: `${node} with a list`,
      config: { type: node, input: "list" },
      api,
      good: { payload: [payloadOf(api), payloadOf(api)] },
      bad: { payload: "no list" },
    })),
    {
      name: "sccc-command",
      config: { type: "sccc-command", api: "topic", apiType: "msg" },
      api: "AgentLogin",
      good: { topic: "AgentLogin", payload: { agent: "1000" } },
      bad: { topic: "no command", payload: {} },
    },
    {
      name: "sccc-call-task-create with more numbers than a request may have",
      config: { type: "sccc-call-task-create" },
      api: "CallTaskAddNumbers",
      good: {
        payload: {
          ...payloadOf("CallTaskCreate"),
          callees: Array.from({ length: 2500 }, (_, index) => `138${String(index).padStart(8, "0")}`),
        },
      },
      bad: { payload: { ...payloadOf("CallTaskCreate"), callees: "no numbers" } },
    },
    {
      name: "sccc-call-number that waits for its call",
      config: { type: "sccc-call-number", waitFor: "ended", waitTimeout: "5" },
      api: "CallNumber",
      good: { payload: { agent: "1000", callee: "13800000000" } },
      bad: { payload: { agent: "no agent", callee: "13800000000" } },
    },
    {
      name: "sccc-get-recording",
      config: { type: recording.node },
      api: "none",
      good: { payload: { filename: "/no/such.wav" } },
      bad: { payload: {} },
    },
    {
      name: "sccc-command without an account",
      config: { type: "sccc-command", account: "" },
      api: "none",
      good: { payload: {} },
      bad: { payload: {} },
    },
  ];

  for (const { name, config, api, good, bad } of cases) {
    it(`${name} shows one outcome for each message`, async () => {
      const flow = await load(platform, config, { pushPort, pushHost: "127.0.0.1" });
      if (api !== "none") await fail(api);
      const expected = await run(flow, [bad, good, bad, bad, good, good]);
      const shown = outcomesOf(flow.statuses).map((text) => {
        // A list that was carried out partly, or cut off, counts as done.
        const part = /^status\.(listFailed|cut)$/.test(String(text)) && !expected.includes(String(text));
        if (part) return "status.done";
        return /^SCCC_HTTP/.test(String(text)) ? `status.${text}` : text;
      });
      assert.deepEqual(shown, expected);
      assert.equal(expected.length, 12);
      // No message is in progress: the last outcome stays.
      assert.ok(isOutcome(flow.statuses.at(-1) ?? {}));
    });
  }

  it("sccc-confirm shows why it refused, and one outcome for each message", async () => {
    const flow = await load(platform, { type: "sccc-confirm", token: "token", tokenType: "msg" });
    const expected = await run(flow, [{ token: "nobody's" }, {}, { token: ["x", "y"] }]);
    assert.deepEqual([...new Set(expected)], ["status.SCCC_NOT_PENDING"]);
    assert.deepEqual(outcomesOf(flow.statuses), expected);
    await unload();
    const unreadable = await load(platform, { type: "sccc-confirm", token: "$no(", tokenType: "jsonata" });
    const refused = await run(unreadable, [{}, {}]);
    assert.deepEqual([...new Set(refused)], ["status.SCCC_INVALID_FIELD"]);
    assert.deepEqual(outcomesOf(unreadable.statuses), refused);
  });

  it("sccc-feed shows one outcome for each run", async () => {
    const flow = await load(platform, { type: "sccc-feed", feed: "all", interval: "0", start: "beginning" });
    await fail("getRecordsList");
    const ends: string[] = [];
    for (let runs = 0; runs < 4; runs += 1) ends.push(outcomeOf(await give(flow, {}), "ran"));
    await told();
    const shown = outcomesOf(flow.statuses).map((text) => (text === "status.read" ? "ran" : text));
    assert.deepEqual(shown, ends);
    assert.deepEqual(ends, ["error.E_G_EXEC_FAIL", "error.E_G_EXEC_FAIL", "ran", "ran"]);
  });

  it("sccc-call-tracker shows one outcome for each message that it refuses, then the calls that are open", async () => {
    const flow = await load(platform, { type: "sccc-call-tracker" });
    await eventually("it is open", async () => (flow.statuses.length > 0 ? true : undefined));
    const expected = await run(flow, [{ payload: "no event" }, { payload: {} }]);
    assert.deepEqual([...new Set(expected)], ["status.SCCC_INVALID_FIELD"]);
    assert.deepEqual(outcomesOf(flow.statuses), ["status.openCalls", ...expected]);
    await give(flow, { topic: "callin", payload: { agent: "1000", number: "13800138000", call_type: "1" } });
    await eventually("its calls are shown", async () =>
      flow.statuses.at(-1)?.text === "status.openCalls" ? true : undefined,
    );
    assert.equal(flow.statuses.length, expected.length + 2);
  });

  it("sccc-campaign shows one outcome for each message that it refuses, then the figures of the one that it takes", async () => {
    const flow = await load(
      platform,
      { type: "sccc-campaign", agents: "1000", agentsType: "str", reconcile: false, resultWait: 1 },
      { pushPort, pushHost: "127.0.0.1" },
    );
    await listening(Number(pushPort));
    const expected: string[] = [];
    for (const payload of [undefined, { do: "dance" }, { do: "pause", campaign: "nobody's" }]) {
      expected.push(outcomeOf(await give(flow, { payload })));
    }
    await told();
    assert.deepEqual([...new Set(expected)], ["status.SCCC_INVALID_FIELD"]);
    assert.deepEqual(outcomesOf(flow.statuses), expected);
    assert.equal(await give(flow, { payload: ["13800138000"] }), undefined);
    await eventually("it is over", async () =>
      flow.statuses.some(({ fill, text }) => fill === "green" && text === "status.campaign") ? true : undefined,
    );
    assert.deepEqual([...new Set(outcomesOf(flow.statuses).slice(expected.length))], ["status.campaign"]);
  });

  it("sccc-notify shows that it waits, then how many pushes were refused, then how many came and what was not put right", async () => {
    const flow = await load(platform, { type: "sccc-notify" }, { pushPort, pushHost: "127.0.0.1" });
    await listening(Number(pushPort));
    const send = (password: string) =>
      fetch(`http://127.0.0.1:${pushPort}/sccc/notify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: pushOf({ ...account, password }, newMark()),
      });
    const shows = (text: string) =>
      eventually(text, async () => (flow.statuses.at(-1)?.text === text ? true : undefined));
    await shows("status.listening");
    assert.equal((await send("guessed")).status, 401);
    await shows("status.refused");
    assert.equal((await send(account.password)).status, 200);
    await shows("status.received");
    assert.equal((await send("guessed")).status, 401);
    await shows("status.received · status.refused");
    assert.deepEqual(
      flow.statuses.map(({ fill, text }) => [fill, text]),
      [
        ["grey", "status.listening"],
        ["yellow", "status.refused"],
        ["green", "status.received"],
        ["green", "status.received · status.refused"],
      ],
    );
  });

  it("sccc-calls shows how many calls are open", async () => {
    const flow = await load(platform, { type: "sccc-calls" }, { pushPort, pushHost: "127.0.0.1" });
    await listening(Number(pushPort));
    await eventually("it is shown", async () => (flow.statuses.length > 0 ? true : undefined));
    assert.deepEqual([...new Set(outcomesOf(flow.statuses))], ["status.openCalls"]);
  });

  it("every node type has such a test", () => {
    const here = readFileSync(__filename, "utf8");
    const tested = new Set([
      ...cases.map(({ config }) => config.type),
      ...(here.match(/(?<=type: ")sccc-[a-z-]+/g) ?? []),
    ]);
    const others = nodeTypes.filter(({ type, config }) => !config && !tested.has(type)).map(({ type }) => type);
    // Its status is its address: test/runtime/simulator.test.ts.
    assert.deepEqual(others, ["sccc-simulator"]);
  });

  for (const [type, config] of [
    ["sccc-feed", { feed: "" }],
    ["sccc-feed", { feed: "f", account: "" }],
    ["sccc-call-tracker", { account: "" }],
    ["sccc-call-tracker", { window: "-1" }],
    [recording.node, { account: "" }],
    [recording.node, { maxMegabytes: "-1" }],
    ["sccc-simulator", { port: "-1" }],
  ] as const) {
    it(`${type} with ${JSON.stringify(config)} shows at once, and for each message, that it cannot work`, async () => {
      const flow = await load(platform, { type, ...config });
      const expected = await run(flow, [{ payload: {} }, { payload: {} }]);
      assert.equal(new Set(expected).size, 1);
      assert.match(expected[0] ?? "", /^status\.(SCCC_CONFIG|config\.\w+)$/);
      assert.deepEqual(outcomesOf(flow.statuses).slice(-expected.length), expected);
    });
  }
});
