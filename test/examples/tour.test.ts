// The example that shows every node: imported, it runs on its own simulator.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeTypes } from "../../build/nodes";
import { root } from "../support/hosts";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../support/node-red";

const flow = JSON.parse(readFileSync(join(root, "examples/tour.json"), "utf8")) as readonly FlowNode[];

describe("the tour of every node", function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;
  before(async () => {
    const port = await freePort();
    nodeRed = await startNodeRed({ version: 4 });
    // What a user types, and the ports of this machine that are free.
    const changes: Readonly<Record<string, object>> = {
      "sccc-account": { baseUrl: `http://127.0.0.1:${port}`, credentials: { password: "any" } },
      "sccc-simulator": { port, pushUrl: `${nodeRed.url}/sccc/tour`, credentials: { password: "any" } },
    };
    await nodeRed.deploy(flow.map((node) => ({ ...node, ...changes[node.type] })));
  });
  after(() => nodeRed?.stop());

  it("has every type, and no secret", () => {
    const there = new Set(flow.map(({ type }) => type));
    assert.deepEqual(
      nodeTypes.filter(({ type }) => !there.has(type)).map(({ type }) => type),
      [],
    );
    assert.ok(flow.every(({ credentials }) => credentials === undefined));
  });

  it("answers every button, and shows events and finished calls", async () => {
    const sidebar = await nodeRed.sidebar();
    for (const { id, name } of flow.filter(({ type }) => type === "inject")) {
      await nodeRed.inject(id);
      // The call may be over already when it is to be hung up.
      const answer = await sidebar.next("sccctour0answers0", "sccctour00errors0");
      assert.ok(answer !== undefined, String(name));
    }
    assert.ok(((await sidebar.next("sccctour00events0")) as { readonly event: string }).event);
    assert.ok(((await sidebar.next("sccctour00calls00")) as { readonly id: string }).id);
    assert.ok(Number(await sidebar.next("sccctour0recordng")) > 44);
    await sidebar.close();
  });
});
