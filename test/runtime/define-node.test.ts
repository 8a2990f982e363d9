// What defineNode does for every node type: reading, refusal, messages, and the end of a node.
import assert from "node:assert/strict";
import type { NodeAPI } from "node-red";
import type { Failure } from "../../nodes/protocol/failure";
import { type Behaviour, defineNode, type Reading } from "../../nodes/runtime/shared/define-node";
import { type RuntimeState, runtimeOf } from "../../nodes/runtime/state";
import { isObject } from "../../nodes/util/json";
import { initHelper, load, logged, nodeOf, stateOf, unload } from "../../tools/nodes";

const nowhere = { url: "http://127.0.0.1:9" };

describe("a node type", () => {
  before(initHelper);
  afterEach(unload);

  /** The recorded actions of the nodes. */
  let did: unknown[];
  beforeEach(() => {
    did = [];
  });

  /** Loads a node of a type with this reading and this behaviour. */
  const start = (reading: Reading<unknown>, behaviour: Behaviour = {}, config: Record<string, unknown> = {}) =>
    load(nowhere, { type: "defined", ...config }, {}, [], { n: { password: "secret" } }, [
      (RED: NodeAPI) =>
        defineNode(runtimeOf(RED), {
          type: "defined",
          name: "its name",
          secretsOf: [
            { name: "password", kind: "secret", label: { en: "", zh: "" }, help: { en: "", zh: "" } },
          ] as never,
          read: ({ config: { how }, credentials, expand, node, runtime }) => {
            did.push(["read", how, { ...(credentials as object) }, expand("a"), node.id, runtime.state === stateOf()]);
            return reading;
          },
          start: (value, { node }) => {
            did.push(["start", value, node.id]);
            return behaviour;
          },
          forget: (id, { state }) => did.push(["forget", id, state === stateOf()]),
        }),
    ]);

  /** What the node has logged at a level. */
  const lines = (level: number) =>
    logged()
      .flat()
      .filter((line) => isObject(line) && line.id === "n" && line.level === level) as { readonly msg: string }[];

  const close = async (removed: boolean): Promise<void> => {
    await nodeOf("n").close(removed);
  };

  it("reads its properties once, and passes messages to its handler", async () => {
    const flow = await start(
      { ok: true, value: 7 },
      { handle: (msg, send) => void send({ ...msg, topic: "done" }) },
      { how: "so" },
    );
    assert.equal((await flow.send({ payload: 1 })).msg.topic, "done");
    assert.deepEqual(did, [
      ["read", "so", { password: "secret" }, "a", "n", true],
      ["start", 7, "n"],
    ]);
  });

  it("that fails has a red status, and its message ends with the error", async () => {
    const flow = await start(
      { ok: true, value: 7 },
      {
        handle: () => {
          throw new Error("broken");
        },
      },
    );
    assert.equal((await flow.send({})).error.message, "Error: broken");
    assert.deepEqual(flow.statuses.at(-1), { fill: "red", shape: "ring", text: "status.failed" });
  });

  const refusals: readonly (readonly [string, Extract<Reading<unknown>, { ok: false }>, string])[] = [
    ["a property is wrong", { ok: false, problem: { setting: "window", reason: "number" } }, "SCCC_CONFIG"],
    [
      "its account can't be used",
      { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED" } as Failure },
      "SCCC_CLOSED",
    ],
  ];
  for (const [why, reading, code] of refusals) {
    it(`that cannot work, as ${why}, warns once, is red, and ends each message with the error`, async () => {
      const flow = await start(reading);
      const warnings = (): number => lines(30).length;
      assert.equal(warnings(), 1, JSON.stringify(logged()));
      for (const payload of [1, 2]) {
        const { msg, error } = await flow.send({ payload });
        assert.deepEqual([msg.payload, error.source.id], [payload, "n"]);
        assert.deepEqual(flow.statuses.at(-1), { fill: "red", shape: "ring", text: `status.${code}` });
      }
      assert.equal(warnings(), 1);
      await close(true);
      assert.deepEqual(did.slice(1), [["forget", "n", true]]);
    });
  }

  for (const removed of [false, true]) {
    it(`that is closed${removed ? " for good" : ""} ends what is under way before it is gone`, async () => {
      const ended = async (gone: boolean) => {
        await new Promise(setImmediate);
        did.push(["closed", gone]);
      };
      await start({ ok: true, value: 7 }, { close: ended });
      await close(removed);
      assert.deepEqual(did.slice(2), [["closed", removed], ...(removed ? [["forget", "n", true]] : [])]);
    });
  }

  it("is removed even if closing it fails, and the log says why", async () => {
    const fail = (): void => {
      throw new Error("stuck");
    };
    await start({ ok: true, value: 7 }, { close: fail });
    await close(true);
    assert.deepEqual(
      lines(20).map(({ msg }) => String(msg)),
      ["Error: stuck"],
    );
    assert.deepEqual(did.slice(2), [["forget", "n", true]]);
  });
});

describe("the state of nodes", () => {
  before(initHelper);
  afterEach(unload);

  it("of a feed, a simulator and an account is removed with them", async () => {
    const places: RuntimeState[] = [];
    await load(
      nowhere,
      { type: "sccc-feed", feed: "f", interval: "0" },
      {},
      [{ id: "s", z: "tab", type: "sccc-simulator", port: "0", x: 0, y: 0, wires: [] }],
      { s: { password: "secret" } },
    );
    places.push(stateOf());
    const { feeds, simulators, accounts } = stateOf();
    const account = nodeOf("a");
    assert.deepEqual([feeds.size, [...simulators.keys()], accounts.has(account)], [1, ["s"], true]);
    await unload();
    assert.equal(stateOf(), places[0]);
    assert.deepEqual([feeds.size, simulators.size], [0, 0]);
  });
});
