// The examples that need no browser: deployed and driven to their results on their simulators.
import { readFileSync } from "node:fs";
import { inTestDialect } from "../../tools/dialect";
import { nodeRedVersions } from "../../tools/hosts";
import type { FlowNode, Sidebar } from "../../tools/launch";
import { type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { drive, drives, Running } from "./drives";
import { examples, inNodeRed, onFreePorts } from "./examples";

for (const version of nodeRedVersions) {
  describe(`the examples in Node-RED ${version}`, function () {
    this.timeout(120_000);
    const userDir = temporaryFolder();
    let nodeRed: NodeRed;
    let sidebar: Sidebar;

    before(async () => {
      nodeRed = await startNodeRed({ version, userDir });
      sidebar = await nodeRed.sidebar();
    });
    after(async () => {
      await sidebar?.close();
      await nodeRed?.stop();
    });

    for (const example of examples.filter(({ name }) => name in drives)) {
      it(`${example.name}: deployed, driven to its result`, async () => {
        const text = inNodeRed(await onFreePorts(readFileSync(example.file, "utf8")), nodeRed.url);
        await nodeRed.deploy(inTestDialect(JSON.parse(text) as readonly FlowNode[]));
        await drive(new Running(nodeRed, userDir, example, sidebar), drives[example.name]);
      });
    }
  });
}
