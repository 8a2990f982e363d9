// The examples that need no browser: deployed and driven to their results on their simulators.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { inTestDialect, ofDialect } from "../../tools/dialect";
import { newestNodeRed } from "../../tools/hosts";
import type { Sidebar } from "../../tools/launch";
import { type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { drive, drives, Running } from "./drives";
import { examples, onFreePorts, secondImport } from "./examples";

for (const version of newestNodeRed) {
  describe(`the examples in Node-RED ${version}${ofDialect}`, function () {
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
      it(`${example.name}: imported twice, deployed, driven to its result`, async () => {
        const nodes = inTestDialect(JSON.parse(await onFreePorts(readFileSync(example.file, "utf8"))));
        const second = secondImport(nodes);
        const logged = nodeRed.logs.length;
        await nodeRed.deploy([...nodes, ...second]);
        await drive(new Running(nodeRed, userDir, example, sidebar), drives[example.name]);
        // The second simulator has no port, and says which node has it.
        const [first] = nodes.filter(({ type }) => type === "sccc-simulator");
        const tab = nodes.find(({ id }) => id === first?.z);
        const ids = new Set(second.map(({ id }) => id));
        const told = nodeRed.logs
          .slice(logged)
          .filter(({ id, level }) => ids.has(String(id)) && ["warn", "error"].includes(String(level)));
        assert.ok(
          told.some(({ text }) => text.includes(`(${tab?.label})`)),
          JSON.stringify(told),
        );
        for (const { text } of told)
          assert.match(text, /^Port \d+ of the simulator is taken by|another node has a feed/);
      });
    }
  });
}
