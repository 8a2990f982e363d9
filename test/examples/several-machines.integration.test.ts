// The parts of the recipe for several machines that can be tested without its servers. `npm run machines` tests it with
// them.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { listening } from "../receive/flow";
import { pendingIn } from "../receive/pending";
import { pushOf } from "../receive/push";
import { Sender } from "../receive/wire";

const flowOf = (file: string): readonly FlowNode[] =>
  JSON.parse(readFileSync(join(root, "docs/several-machines", file), "utf8"));

const flows = { receiver: flowOf("receiver.json"), worker: flowOf("worker.json") };
const all = Object.values(flows).flat();

/** A node of the recipe, by its id. */
function nodeOf(id: string): FlowNode {
  const node = all.find((one) => one.id === id);
  assert.ok(node !== undefined, id);
  return node;
}

describe("the recipe for several machines", function () {
  this.timeout(180_000);
  const userDir = temporaryFolder();
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ version: 4, userDir, env: { MACHINE: "a" } });
  });
  after(() => nodeRed?.stop());

  it("uses types that Node-RED and we have, and nothing else", async () => {
    const sets = (await nodeRed.admin("GET", "/nodes")) as readonly { readonly types: readonly string[] }[];
    const known = new Set(["tab", ...sets.flatMap(({ types }) => types)]);
    assert.deepEqual(
      all.filter(({ type }) => !known.has(type)).map(({ type }) => type),
      [],
    );
  });

  it("has no secret, and wires that lead to nodes of their flow", () => {
    assert.ok(all.every(({ credentials }) => credentials === undefined));
    assert.doesNotMatch(JSON.stringify(all), /"(?:password|user|passphrase)"/i);
    for (const flow of Object.values(flows)) {
      const ids = new Set(flow.map(({ id }) => id));
      const named = flow.flatMap(({ type, wires = [], scope = [], account, broker }) => [
        ...(wires as string[][]).flat(),
        ...(scope as string[]),
        ...(type === "sccc-notify" ? [account] : []),
        ...(/^mqtt (?:in|out)$/.test(type) ? [broker] : []),
      ]);
      assert.ok(named.length > 3);
      for (const id of named) assert.ok(ids.has(String(id)), String(id));
    }
  });

  it("has one configuration of the queue in both flows", () => {
    const [receiver, worker] = Object.values(flows).map((flow) => flow.find(({ type }) => type === "mqtt-broker"));
    assert.deepEqual(worker, receiver);
    // With a persistent session, mqtt.js does not subscribe again, and some brokers forget shared subscriptions.
    assert.equal(receiver?.cleansession, true);
  });

  it("stores pushes while there is no queue", async () => {
    const pushPort = await freePort();
    const changes: Readonly<Record<string, object>> = {
      "sccc-account": { pushHost: "127.0.0.1", pushPort: String(pushPort), credentials: { password: "any" } },
      "mqtt-broker": { broker: "127.0.0.1", port: "9" },
    };
    await nodeRed.deploy(flows.receiver.map((node) => ({ ...node, ...changes[node.type] })));
    await listening(pushPort);
    const sender = new Sender(pushPort, "/sccc/notify", 1);
    const answer = await sender.post(pushOf({ customer: "C2", password: "any" }, "kept"));
    sender.close();
    assert.deepEqual(answer, { status: 200, body: '{"result":{"error":0,"msg":""}}' });
    // On disk before the answer, and not acknowledged, because the broker is not reachable.
    await nodeRed.kill();
    assert.equal(await pendingIn(join(userDir, "sccc/spool/scccreceiver0acc")), 1);
  });

  it("writes the row of a push, and then publishes it", async () => {
    const queries: unknown[][] = [];
    const pool = { query: async (...args: unknown[]) => void queries.push(args) };
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...args: string[]
    ) => (msg: object, context: object) => Promise<unknown>;
    const insert = new AsyncFunction("msg", "context", String(nodeOf("scccworker000ins").func));
    const context = { get: () => pool };
    const payload = { eventId: "5f2c", event: "billing", userData: "中文" };
    const told = await insert({ payload, responseTopic: "sccc-confirm/a", correlationData: "token" }, context);
    assert.deepEqual(told, { topic: "sccc-confirm/a", payload: "token" });
    assert.equal(await insert({ payload }, context), undefined);
    assert.deepEqual(queries[0]?.[1], ["5f2c", "billing", JSON.stringify(payload)]);
    assert.match(String(queries[0]?.[0]), /ON CONFLICT \(event_id\) DO NOTHING/);
    const schema = readFileSync(join(root, "docs/several-machines/schema.sql"), "utf8");
    assert.match(schema, /CREATE TABLE pushes \(\s*event_id text PRIMARY KEY/);
  });
});
