// One cause is reported once: a wrong account is not reported by each of its nodes. Errors say what was looked for, and
// where.
import assert from "node:assert/strict";
import { nodeTypes } from "../../build/nodes";
import { propertyOf } from "../../nodes/catalogue";
import { getAgentStatus } from "../../nodes/catalogue/commands/get-agent-status";
import type { Failure } from "../../nodes/runtime/shared/failure";
import { describe as inWords } from "../../nodes/runtime/shared/texts";
import { isObject } from "../../nodes/util/json";
import type { Simulator } from "../../simulator";
import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, logged, nodeOf, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";
import { translatorOf } from "../../tools/translator";
import { eventually } from "../receive/flow";

/** The package has no types. */
const helper = require("node-red-node-test-helper") as { settings(settings: object): void };

/** A node of every type that uses an account, with its required settings. */
const users = nodeTypes
  .filter(({ config, properties }) => !config && properties.some(({ name }) => name === "account"))
  .map(({ type }, index) => ({
    ...{ id: `u${index}`, z: "tab", x: 0, y: 0, type, account: "a" },
    ...{ feed: "f", interval: "0", wires: [] },
  }));

/** The nodes that logged a warning or an error. */
const told = (): readonly unknown[] =>
  logged()
    .flat()
    .filter(isObject)
    .filter(({ id, level }) => id !== undefined && Number(level) <= 30)
    .map(({ id }) => id);

describe("one cause", () => {
  let platform: Simulator;
  before(async () => {
    initHelper();
    platform = await startPlatform();
  });
  after(() => platform.close());
  beforeEach(() => helper.settings({ userDir: temporaryFolder() }));
  afterEach(async () => {
    await unload();
    helper.settings({});
  });

  const start = (account: Record<string, unknown>, nodes = users, credentials: Record<string, unknown> = {}) =>
    load(platform, { type: "sccc-get-agent-status", wires: [] }, account, nodes, credentials);

  const cases: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
    ["an account without a password", {}, { a: {} }],
    ["an account with a wrong address", { baseUrl: "nowhere" }, {}],
    ["an account whose receiving side is wrong", { pushPath: "no path" }, {}],
  ];
  for (const [what, account, credentials] of cases) {
    it(`${what} is reported by the account only, with a node of every type`, async () => {
      await start(account, users, credentials);
      assert.deepEqual(told(), ["a"]);
    });
  }

  it("a deleted account is reported once", async () => {
    await start(
      {},
      users.map((user) => ({ ...user, account: "gone" })),
    );
    assert.equal(told().length, 1, JSON.stringify(told()));
  });

  it("a push port that is taken is reported by the account only; each node that needs it has a red status", async () => {
    const statuses = new Map<string, string | undefined>();
    const listeners = users.filter(({ type }) => ["sccc-notify", "sccc-calls", "sccc-campaign"].includes(type));
    assert.equal(listeners.length, 3);
    await start({ pushPort: String(platform.port), pushHost: "127.0.0.1" }, listeners);
    for (const { id } of listeners) {
      nodeOf(id).on("call:status", (call: { args: [{ text?: string }] }) => statuses.set(id, call.args[0].text));
    }
    await eventually("all are red", async () =>
      listeners.every(({ id }) => statuses.get(id) === "status.retried") ? true : undefined,
    );
    assert.deepEqual(told(), ["a"]);
  });
});

describe("an error in words", () => {
  let platform: Simulator;
  before(async () => {
    initHelper();
    platform = await startPlatform();
  });
  after(() => platform.close());
  afterEach(unload);

  /** The failure of a message, in a language. */
  async function failure(msg: object, config: object = {}, account: Record<string, unknown> = {}): Promise<Failure> {
    const flow = await load(platform, { type: getAgentStatus.node, ...config }, account);
    const { error } = await flow.send({ ...msg });
    await unload();
    assert.ok(isObject(error.cause), JSON.stringify(error));
    return { ...error.cause, code: error.code } as unknown as Failure;
  }

  const agent = propertyOf({ name: "agent" });
  const looked: readonly (readonly [object, object, string])[] = [
    [{ payload: { staff: "1000", callee: "1" } }, {}, "msg.payload.agent, but msg.payload has only: staff, callee"],
    [{ payload: "1000" }, {}, 'msg.payload.agent, but msg.payload is "1000"'],
    [{ payload: {} }, {}, "msg.payload.agent, but msg.payload has nothing"],
    [{ payload: null, topic: "t" }, {}, "msg.payload.agent, but msg.payload is null"],
    [{ payload: { agent: "" } }, {}, 'msg.payload.agent, but msg.payload.agent is ""'],
    [{ payload: [{}, {}] }, { input: "list" }, "msg.payload[0].agent, but msg.payload[0] has nothing"],
    [
      { payload: 1, who: { name: "Li" } },
      { agent: "who.number", agentType: "msg" },
      "msg.who.number, but msg.who has only: name",
    ],
  ];
  for (const [msg, config, text] of looked) {
    it(`says where the node looked for the agent, and what it found: ${text}`, async () => {
      const found = await failure(msg, config);
      const words = inWords(translatorOf("en"), "getAgentStatus", found);
      assert.ok(words.includes(`${agent} is missing. It was looked for in ${text}`), words);
      assert.match(inWords(translatorOf("zh"), "getAgentStatus", found), /已在 msg\..+ 中查找/);
    });
  }

  it("says where a wrong value comes from", async () => {
    const words = inWords(translatorOf("en"), "getAgentStatus", await failure({ payload: { agent: "Li" } }));
    assert.match(words, /It is "Li"\. It comes from msg\.payload\.agent\.$/);
  });

  it("names the variable that is not set, and the setting as its form does", async () => {
    for (const baseUrl of ["${SCCC_NOWHERE}", "http://${SCCC_NOWHERE}:8080"]) {
      const found = await failure({ payload: { agent: "1000" } }, {}, { baseUrl });
      const words = inWords(translatorOf("en"), "getAgentStatus", found);
      assert.match(words, /environment variable SCCC_NOWHERE/);
      assert.match(words, /"Platform.*" \(baseUrl\)/);
    }
  });
});
