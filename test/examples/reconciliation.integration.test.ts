// The reconciliation example: the CDR feed finds a lost push, and no call is counted twice.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inTestDialect } from "../../tools/dialect";
import { root } from "../../tools/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";

const flow = JSON.parse(readFileSync(join(root, "examples/cdr-reconciliation.json"), "utf8")) as readonly FlowNode[];

describe("the example of reconciliation", function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  before(async () => {
    const [port, pushPort] = [await freePort(), await freePort()];
    nodeRed = await startNodeRed({ version: 4 });
    // Free ports of this machine, and shorter timeouts.
    const changes: Readonly<Record<string, object>> = {
      "sccc-account": { baseUrl: `http://127.0.0.1:${port}`, pushPort },
      "sccc-simulator": { port, pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify` },
      "sccc-feed": { interval: "0.5" },
      tab: { env: [{ name: "GRACE_SECONDS", value: "2", type: "str" }] },
    };
    const ticking = (node: FlowNode) => (node.id === "scccrecon000tick0" ? { repeat: "0.5" } : {});
    await nodeRed.deploy(inTestDialect(flow.map((node) => ({ ...node, ...changes[node.type], ...ticking(node) }))));
  });
  after(() => nodeRed?.stop());

  it("counts every call once, and reports which push was lost", async () => {
    const sidebar = await nodeRed.sidebar();
    const counted = async () => {
      const { source, caller } = (await sidebar.next("scccrecon00calls0")) as Record<string, string>;
      return [source, caller];
    };
    await nodeRed.inject("scccrecon0btnlog0");
    await sidebar.next("scccrecon0loggedin");
    await nodeRed.inject("scccrecon0btncall");
    assert.deepEqual(await counted(), ["push", "13800138000"]);
    await nodeRed.inject("scccrecon0btnlost");
    assert.deepEqual(await counted(), ["cdr", "13900139000"]);
    assert.equal(((await sidebar.next("scccrecon000lost0")) as Record<string, string>).caller, "13900139000");
    await nodeRed.inject("scccrecon0btncall");
    assert.deepEqual(await counted(), ["push", "13800138000"]);
    // The last call's CDR was read and waited for. Nothing more was counted.
    await nodeRed.inject("scccrecon0btnlost");
    assert.deepEqual(await counted(), ["cdr", "13900139000"]);
    assert.deepEqual(
      sidebar.entries.filter(({ id }) => id === "scccrecon00calls0"),
      [],
    );
    await sidebar.close();
  });
});
