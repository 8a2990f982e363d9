// The example of each node's help is a message that the node has sent. This test makes the nodes send them, and
// compares their shapes with the committed ones. With WRITE=1 it writes examples that are new or have another shape.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleMessages, examplesFile } from "../../build/help/examples";
import { nodeTypes } from "../../build/nodes";
import { commands, recording } from "../../nodes/catalogue";
import { isObject } from "../../nodes/util/json";
import { type Simulator, startSimulator } from "../../simulator";
import { freePort, temporaryFolder } from "../../tools/node-red";
import { initHelper, load, nodeOf, stateOf, unload } from "../../tools/nodes";
import { account, examplePayload } from "../../tools/platform";
import { listening } from "../receive/flow";

/** The package has no types. */
const helper = require("node-red-node-test-helper") as { settings(settings: object): void };

type Message = Readonly<Record<string, unknown>>;

const remedy = "An example is new or has another shape. Run: WRITE=1 npx mocha test/editor/help-examples.test.ts";

/** How a node is made to send its message: its properties, and the action. */
interface Case {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly account?: Readonly<Record<string, unknown>>;
  readonly before?: (platform: Simulator) => Promise<unknown>;
  readonly message?: (platform: Simulator) => Message | Promise<Message>;
  /** The platform's activity, for nodes that wait for it. */
  readonly happens?: (platform: Simulator) => Promise<unknown>;
  /** Selects the message. */
  readonly fits?: (msg: Message) => boolean;
}

const inbound = (platform: Simulator) => platform.instruct({ do: "inbound", number: "13800138000", agent: "1000" });
const seed = (platform: Simulator) => platform.instruct({ do: "seed", records: 2, cdrs: 2 });
const task = async (platform: Simulator): Promise<string> => {
  const [first] = platform.state.tasks;
  assert.ok(first !== undefined, "the platform has a task");
  return String(first.id);
};

/** A task on the platform, made by the node for it. */
async function createTask(platform: Simulator): Promise<void> {
  const flow = await load(platform, { type: "sccc-call-task-create" });
  const callees = Array.from({ length: 50 }, (_, index) => `138001380${10 + index}`);
  assert.equal((await flow.send({ payload: { agent: "1000", taskName: "spring", callees } })).error, undefined);
  await unload();
}

const cases: Readonly<Record<string, Case>> = {
  "sccc-hangup-call": { before: inbound },
  "sccc-call-task-query": { before: createTask },
  "sccc-call-task-control": {
    before: createTask,
    message: async (platform) => ({ payload: { taskID: await task(platform), agent: "1000" } }),
  },
  "sccc-call-task-add-numbers": {
    before: createTask,
    message: async (platform) => ({
      payload: { taskID: await task(platform), agent: "1000", callees: ["13800138001"] },
    }),
  },
  "sccc-get-records-list": { before: seed, message: () => ({ payload: { startKey: "0" } }) },
  "sccc-get-cdr-list": { before: seed, message: () => ({ payload: {} }) },
  "sccc-command": {
    config: { api: "AgentQueryStatus", apiType: "str" },
    message: () => ({ payload: { agent: "1000" } }),
  },
  [recording.node]: {
    config: { to: "file", folder: join(temporaryFolder(), "recordings") },
    before: seed,
    message: (platform) => ({ payload: { filename: platform.state.records[0]?.filename } }),
  },
  "sccc-feed": {
    config: { feed: "archive", interval: "0", start: "beginning", source: "records", emit: "item" },
    before: seed,
    message: () => ({}),
  },
  "sccc-notify": { happens: inbound, fits: ({ topic }) => topic === "callin" },
  "sccc-calls": { happens: inbound, config: { events: ["finished"], waitForBilling: "5" } },
  "sccc-call-tracker": {
    message: () => ({ topic: "callin", payload: { agent: "1000", number: "13800138000", call_type: "1" } }),
  },
  "sccc-campaign": {
    config: { agents: "1000", agentsType: "str", resultWait: "5" },
    message: () => ({ payload: [{ name: "Li Lei", number: "13800138000" }] }),
    fits: ({ topic }) => topic === "result",
  },
  "sccc-confirm": {
    message: () => ({ payload: "done", sccc: { token: stateOf().tokens.free("n") } }),
  },
  "sccc-simulator": {
    config: { port: "0", speed: "100" },
    message: () => ({ payload: { do: "inbound", number: "13800138000", login: true } }),
  },
};

/** The shape of a value. A list has the shape of its first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (!isObject(value)) return value === null ? "any" : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => [key, shapeOf(one)]),
  );
}

/** Null means that the value is not known yet: it matches any shape. */
function assertShape(actual: unknown, expected: unknown, path: string): void {
  if (actual === "any" || expected === "any") return;
  if (!isObject(actual) || !isObject(expected)) {
    assert.deepEqual(actual, expected, path);
    return;
  }
  assert.deepEqual(Object.keys(actual), Object.keys(expected), path);
  for (const key of Object.keys(actual)) assertShape(actual[key], expected[key], `${path}.${key}`);
}

/**
 * The message as the help shows it: lists are shortened, and values that differ between machines are replaced by names.
 */
function shown(value: unknown): unknown {
  if (typeof value === "string")
    return value.replace(/^\/.*\/recordings\//, "/data/recordings/").replace(/127\.0\.0\.1:\d+/, "203.0.113.10:8080");
  if (Array.isArray(value)) return value.slice(0, 1).map(shown);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shown(one)])) : value;
}

describe("the examples of the help", function () {
  this.timeout(60_000);
  const types = nodeTypes.filter(({ config }) => !config).map(({ type }) => type);
  const given: Record<string, unknown> = {};
  let platform: Simulator;
  let pushPort: string;

  before(initHelper);
  beforeEach(async () => {
    helper.settings({ userDir: temporaryFolder() });
    pushPort = String(await freePort());
    const pushUrl = `http://127.0.0.1:${pushPort}/sccc/notify`;
    platform = await startSimulator({ ...account, agents: "1000-1009", speed: 20, pushUrl, pushPatience: 30 });
    await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
  });
  afterEach(async () => {
    await unload();
    await platform.close();
    helper.settings({});
  });
  after(() => {
    if (process.env.WRITE === undefined) return;
    const known = Object.entries(exampleMessages()).filter(([type]) => types.includes(type));
    const all = Object.entries({ ...Object.fromEntries(known), ...given });
    const sorted = Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
    writeFileSync(examplesFile, `${JSON.stringify(sorted, null, 2)}\n`);
    spawnSync("npx", ["biome", "format", "--write", examplesFile]);
  });

  /** The first message of a node that fits. */
  function next(fits: (msg: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      nodeOf("out").on("input", (msg: Message) => fits(msg) && resolve(msg));
      nodeOf("caught").on("input", ({ error }: { error: Error }) => reject(new Error(error.message)));
    });
  }

  for (const { type, config, command } of nodeTypes) {
    if (config) continue;
    it(`${type} outputs its example`, async () => {
      const one = cases[type] ?? {};
      await one.before?.(platform);
      const flow = await load(
        platform,
        { type, ...one.config },
        { pushPort, pushHost: "127.0.0.1", ...one.account },
        [],
        { n: { password: account.password } },
      );
      const message = next(one.fits ?? (() => true));
      if (["sccc-notify", "sccc-calls", "sccc-campaign"].includes(type)) await listening(Number(pushPort));
      const input = one.message ?? (() => ({ payload: command === undefined ? {} : examplePayload(command) }));
      if (one.happens === undefined) flow.node.receive({ ...(await input(platform)) });
      else await one.happens(platform);
      const { topic, payload, sccc } = await message;
      const example = shown({
        ...(topic === undefined || topic === "" ? {} : { topic }),
        payload,
        ...(sccc === undefined ? {} : { sccc }),
      });
      const committed = exampleMessages()[type];
      try {
        assertShape(shapeOf(example), shapeOf(committed), type);
      } catch (error) {
        if (process.env.WRITE === undefined) throw new Error(`${remedy}\n${error}`);
        given[type] = example;
      }
    });
  }

  it("exist for every node type, and only for existing commands", () => {
    if (process.env.WRITE === undefined) {
      assert.deepEqual(Object.keys(exampleMessages()).sort(), [...types].sort(), remedy);
    }
    assert.ok(commands.every(({ node }) => types.includes(node)));
  });
});
