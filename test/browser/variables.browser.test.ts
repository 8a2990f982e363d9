// Properties from the environment in the real editor: opening and saving a dialog keeps them, and no row is missing.
import assert from "node:assert/strict";
import { closeBrowser, EditorPage } from "../../tools/browser";
import { nodeRedVersions } from "../../tools/hosts";
import { type NodeRed, startNodeRed } from "../../tools/node-red";
import { unfold } from "./forms";

const variable = (name: string) => `\${${name}}`;
const windows = [{ days: [1, 2], from: variable("OPENS"), to: "18:00" }];

for (const version of nodeRedVersions) {
  describe(`properties from the environment, in the editor of Node-RED ${version}`, function () {
    this.timeout(120_000);

    let nodeRed: NodeRed;
    let editor: EditorPage;
    before(async () => {
      const z = "flow";
      const campaign = {
        type: "sccc-campaign",
        z,
        account: "account",
        agents: "1000",
        agentsType: "str",
        wires: [[], [], []],
      };
      nodeRed = await startNodeRed({
        version,
        flows: [
          { id: z, type: "tab", label: "Flow" },
          {
            ...{ id: "account", type: "sccc-account", baseUrl: "http://127.0.0.1:9", customer: "C2" },
            ...{ pushPort: variable("PORT"), credentials: { password: "E416D0F85DC0CB67C85E070A32D9F0123AFF4762" } },
          },
          { id: "text", x: 200, y: 60, hours: variable("HOURS"), ...campaign },
          { id: "rows", x: 200, y: 120, hours: windows, mode: variable("MODE"), ...campaign },
        ],
      });
      editor = await EditorPage.open(nodeRed);
    });
    after(async () => {
      await editor?.close();
      await closeBrowser();
      await nodeRed?.stop();
    });

    const hours = (id: string) => editor.page.evaluate(`RED.nodes.node(${JSON.stringify(id)}).hours`);
    const at = (selector: string) => editor.page.locator(selector);

    it("keeps calling hours that are a variable, and lets them be changed", async () => {
      assert.deepEqual(await editor.invalid("text"), []);
      await editor.edit("text");
      assert.equal(await at("#node-input-hours-choice > input").inputValue(), variable("HOURS"));
      assert.deepEqual(await editor.problems(), []);
      await at("#node-input-name").fill("changed");
      await editor.done();
      assert.equal(await hours("text"), variable("HOURS"));
      await editor.edit("text");
      await at("#node-input-hours-choice > input").fill("[1]");
      assert.match((await editor.problems()).join(), /has no days and times/);
      await at("#node-input-hours-choice > input").fill("");
      await editor.done();
      await editor.edit("text");
      await at("#node-input-hours-choice .red-ui-editableList-addButton").waitFor();
      await editor.cancel();
    });

    it("keeps a value that is none of the choices", async () => {
      await editor.edit("rows");
      await at("#node-input-name").fill("mode");
      await editor.done();
      assert.equal(await editor.page.evaluate('RED.nodes.node("rows").mode'), variable("MODE"));
    });

    it("keeps times of windows that are variables", async () => {
      await editor.edit("rows");
      assert.deepEqual(await editor.problems(), []);
      await at("#node-input-name").fill("changed");
      await editor.done();
      assert.deepEqual(await hours("rows"), windows);
      assert.deepEqual(await editor.invalid("rows"), []);
    });

    it("opens the whole form of an account whose push port is a variable", async () => {
      await editor.editConfig("sccc-account", "account");
      await unfold(editor.page);
      assert.equal(await at("#node-config-input-pushHost").isVisible(), true);
      assert.match(await at("#sccc-address").inputValue(), /:\$\{PORT\}\/sccc\/notify$/);
      assert.deepEqual(await editor.problems(), []);
      await editor.cancel();
    });
  });
}
