// The first steps of a new user, with the mouse alone: from an empty flow to every event of a call in the debug
// sidebar.
import assert from "node:assert/strict";
import { closeBrowser, EditorPage } from "../../tools/browser";
import { nodeRedVersions } from "../../tools/hosts";
import { freePort, type NodeRed, startNodeRed } from "../../tools/node-red";

for (const version of nodeRedVersions) {
  describe(`the first call in Node-RED ${version}`, function () {
    this.timeout(180_000);
    let nodeRed: NodeRed;
    let editor: EditorPage;
    before(async () => {
      nodeRed = await startNodeRed({ version, flows: [{ id: "flow", type: "tab", label: "Flow" }] });
      editor = await EditorPage.open(nodeRed);
    });
    after(async () => {
      await closeBrowser();
      await nodeRed?.stop();
    });

    /** The middle of a part of a node on the canvas. */
    const middle = async (selector: string): Promise<{ readonly x: number; readonly y: number }> => {
      const box = await editor.page.locator(selector).first().boundingBox();
      assert.ok(box !== null, selector);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };

    it("needs a calls node, a debug node, one click for the platform, and the button", async () => {
      const { page } = editor;
      const calls = await editor.drag("sccc-calls", { x: 300, y: 200 });
      const debug = await editor.drag("debug", { x: 650, y: 200 });

      const { x, y } = await middle(`[id="${calls}"] .red-ui-flow-node`);
      await page.mouse.dblclick(x, y);
      await page.locator("#sccc-simulate").click();
      await page.locator("#sccc-simulate-row").getByText("press the button on the simulator").waitFor();
      for (const box of await page.locator(".sccc-events input[type=checkbox]").all()) await box.check();
      await editor.done();

      const from = await middle(`[id="${calls}"] .red-ui-flow-port-output`);
      const to = await middle(`[id="${debug}"] .red-ui-flow-port-input`);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(to.x, to.y, { steps: 10 });
      await page.mouse.up();

      // Other tests may use the standard port. The user chooses another one, and the account follows.
      const simulator = String(await page.evaluate(`RED.nodes.filterNodes({ type: "sccc-simulator" })[0].id`));
      const address = (): Promise<unknown> =>
        page.evaluate(`(() => {
          let found;
          RED.nodes.eachConfig((node) => { if (node.type === "sccc-account") found = node.baseUrl; });
          return found;
        })()`);
      const first = await address();
      const choose = async (port: number): Promise<void> => {
        await editor.edit(simulator);
        await page.fill("#node-input-port", String(port));
        await editor.done();
      };
      const [unwanted, port] = [await freePort(), await freePort()];
      await choose(unwanted);
      assert.equal(await address(), `http://127.0.0.1:${unwanted}`);
      await page.evaluate("RED.history.pop()");
      assert.equal(await address(), first, "undone");
      await choose(port);
      assert.equal(await address(), `http://127.0.0.1:${port}`);
      await nodeRed.deployed(() => editor.deploy());
      const running = page.locator(`[id="${simulator}"] .red-ui-flow-node-status-label`, { hasText: /^127\.0\.0\.1:/ });
      await running.waitFor();
      await page.locator(`[id="${simulator}"] .red-ui-flow-node-button-button`).click();

      const topics = page.locator(".red-ui-debug-msg .red-ui-debug-msg-topic");
      await topics.nth(3).waitFor({ state: "attached", timeout: 120_000 });
      const shown = (await topics.allTextContents()).map((text) => text.split(" ")[0]);
      assert.deepEqual(shown.sort(), ["answered", "finished", "recording", "ringing"]);
      assert.deepEqual(editor.errors, []);
    });
  });
}
