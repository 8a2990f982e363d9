// The examples that write to other systems, deployed and driven against PostgreSQL, Mosquitto, and counterparts that
// check their requests. Only addresses, passwords and ports are filled in.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { inTestDialect } from "../../tools/dialect";
import { nodeRedVersions } from "../../tools/hosts";
import type { FlowNode, Sidebar } from "../../tools/launch";
import { type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { open, requireServers } from "../machines/servers";
import { Robot, robotNames } from "./counterparts/robots";
import { Counterpart } from "./counterparts/server";
import { Running } from "./drives";
import { type Example, examples, onFreePorts } from "./examples";
import { missedBill, type Recipe, recipes, robotSecrets, sendTo } from "./recipes";

const exampleOf = (name: string): Example => {
  const example = examples.find((one) => one.name === name);
  assert.ok(example !== undefined, name);
  return example;
};

/** An example's nodes on free ports, with a user's settings. */
async function nodesOf({ file }: Example, set: Recipe["set"]): Promise<readonly FlowNode[]> {
  const nodes: readonly FlowNode[] = JSON.parse(await onFreePorts(readFileSync(file, "utf8")));
  return inTestDialect(nodes.map((node) => ({ ...node, ...set(node) })));
}

for (const version of nodeRedVersions) {
  describe(`the examples that write to other systems, in Node-RED ${version}`, function () {
    this.timeout(120_000);
    const folder = open(temporaryFolder());
    const userDir = temporaryFolder();
    let nodeRed: NodeRed;
    let sidebar: Sidebar;
    /** Functions that stop what the current test has started, even if it fails or takes too long. */
    let started: (() => Promise<void>)[] = [];

    before(async function () {
      this.timeout(600_000);
      requireServers("mosquitto", "postgresql", "postgresql-client");
      nodeRed = await startNodeRed({ version, userDir, modules: "postgres", settings: { mqttReconnectTime: 300 } });
      sidebar = await nodeRed.sidebar();
    });
    afterEach(async function () {
      // A drive that times out does not show what it received.
      if (this.currentTest?.state === "failed") console.error(sidebar.entries, nodeRed.logs.slice(-10));
      await nodeRed.deploy([]);
      for (const stop of started) await stop();
      started = [];
    });
    after(async () => {
      await sidebar?.close();
      await nodeRed?.stop();
    });

    for (const [name, start] of Object.entries(recipes)) {
      it(`${name}: deployed unchanged, run against its counterpart`, async () => {
        const example = exampleOf(name);
        const { set, beside = [], drive, stop } = await start(folder);
        started.push(stop);
        await nodeRed.deploy([...(await nodesOf(example, set)), ...beside]);
        await drive(new Running(nodeRed, userDir, example, sidebar));
      });
    }

    it("a storm of missed calls: every robot gets each once, and no more than its limits allow", async function () {
      this.timeout(300_000);
      const storm = Array.from({ length: 22 }, (_, index) => index);
      const robots = await Promise.all(
        robotNames.map(async (name) => {
          const group = new Robot(name);
          const server = await Counterpart.start((received) => group.receive(received));
          started.push(() => server.stop());
          const set: Recipe["set"] = (node) => {
            return node.type === "tab" ? { credentials: robotSecrets(name, server.url) } : {};
          };
          return { name, group, nodes: await nodesOf(exampleOf(`missed-calls-to-${name}`), set) };
        }),
      );
      await nodeRed.deploy(robots.flatMap(({ nodes }) => nodes));
      for (const { nodes } of robots) {
        await sendTo(
          nodes.find(({ type }) => type === "sccc-account"),
          storm.map((index) => missedBill(index)),
        );
      }
      for (const { name, group } of robots) {
        const [sent, ...others] = ["sent", "refused", "why"].map((one) => `sccc-${name}-${one}`);
        while (group.texts.length < storm.length) {
          await sidebar.next(sent ?? "", ...others);
          assert.deepEqual(group.refused, []);
        }
        assert.deepEqual(
          group.texts.map((text) => /139001300(\d\d)/.exec(text)?.[1]).sort(),
          storm.map((index) => String(index).padStart(2, "0")),
        );
      }
    });
  });
}
