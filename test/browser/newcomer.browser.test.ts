// The editor of a user who has just installed the package, or imported a flow: real Chromium, real Node-REDs.
import assert from "node:assert/strict";
import { nodeTypes } from "../../build/nodes";
import { closeBrowser, EditorPage } from "../../tools/browser";
import { nodeRedVersions } from "../../tools/hosts";
import { freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import { laptop, unfold, widest } from "./forms";

const nodes = nodeTypes.filter(({ config }) => !config);

/** A node of each type, none with an account. */
const flows = [
  { id: "flow", type: "tab", label: "Flow" },
  ...nodes.map(({ type, outputs }, index) => ({
    id: type,
    type,
    z: "flow",
    x: 200,
    y: 40 + 40 * index,
    wires: outputs.map(() => []),
    ...(type === "sccc-simulator" ? { d: true, port: "1" } : {}),
  })),
];

/** A flow as it is exported: without passwords. */
const exported = (port: number) => [
  { id: "i-tab", type: "tab", label: "imported" },
  { id: "i-account", type: "sccc-account", name: "imported", baseUrl: `http://127.0.0.1:${port}`, customer: "C2" },
  { id: "i-simulator", type: "sccc-simulator", z: "i-tab", x: 200, y: 40, port: String(port), wires: [[]] },
  { id: "i-notify", type: "sccc-notify", z: "i-tab", x: 200, y: 100, account: "i-account", wires: [[]] },
  { id: "i-agents", type: "sccc-get-agent-info", z: "i-tab", x: 200, y: 160, account: "i-account", wires: [[]] },
  { id: "i-debug", type: "debug", z: "i-tab", x: 400, y: 100, wires: [] },
];

/** The types of the nodes that the editor marks after the import, sorted, with the reasons. */
const marked = ({ page }: EditorPage): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const found = [];
    const look = (node) => {
      if (node.valid === false && /^imported$/.test(node.name ?? "") || node.valid === false && RED.nodes.workspace(node.z)?.label === "imported") {
        found.push(node.type + ": " + (node.validationErrors ?? []).join());
      }
    };
    RED.nodes.eachNode(look);
    RED.nodes.eachConfig(look);
    return found.sort();
  })()`);

/** Waits until the editor marks this many nodes; returns the marks. */
async function untilMarked(editor: EditorPage, count: number): Promise<readonly string[]> {
  for (;;) {
    const found = await marked(editor);
    if (found.length === count) return found;
    await editor.page.evaluate("new Promise(requestAnimationFrame)");
  }
}

const idsOf = ({ page }: EditorPage, type: string): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const found = [];
    const look = (node) => { if (node.type === ${JSON.stringify(type)}) found.push(node.id); };
    RED.nodes.eachNode(look);
    RED.nodes.eachConfig(look);
    return found;
  })()`);

const property = ({ page }: EditorPage, id: string, name: string): Promise<unknown> =>
  page.evaluate(`RED.nodes.node(${JSON.stringify(id)})?.[${JSON.stringify(name)}]`);

for (const version of nodeRedVersions) {
  describe(`the editor of Node-RED ${version}, for a new user`, function () {
    this.timeout(120_000);
    let nodeRed: NodeRed;
    let editor: EditorPage;
    before(async () => {
      nodeRed = await startNodeRed({ version, flows });
      editor = await EditorPage.open(nodeRed, { viewport: laptop });
      editor.page.setDefaultTimeout(10_000);
    });
    afterEach(() => assert.deepEqual(editor.errors, []));
    after(async () => {
      await closeBrowser();
      await nodeRed?.stop();
    });
    const at = (selector: string) => editor.page.locator(selector);
    /** Types into the palette's filter, which acts when a key goes up. */
    const filter = async (word: string): Promise<void> => {
      const field = at("#red-ui-palette-search input");
      await field.fill(word);
      await field.press("End");
    };

    for (const language of ["en-US", "zh-CN"] as const) {
      // editor.browser.test.ts looks at the forms of nodes with an account.
      it(`${language}: a new account is in this language; its form, and one without an account, are narrow enough`, async () => {
        const own = language === "en-US" ? editor : await EditorPage.open(nodeRed, { language, viewport: laptop });
        const checkWidths = async (): Promise<void> => {
          for (const state of ["folded", "unfolded"]) {
            if (state === "unfolded") await unfold(own.page);
            const { width = 0 } = (await own.dialog.boundingBox()) ?? {};
            assert.ok(width > 0 && width <= widest, `${state}: ${width}`);
          }
        };
        await own.editConfig("sccc-account", "_ADD_");
        assert.equal(await own.page.locator("#node-config-input-lang").inputValue(), language.replace("-", "_"));
        await checkWidths();
        await own.cancel();
        await own.edit("sccc-call-number");
        assert.ok(await own.page.locator("#sccc-simulate-row").isVisible());
        await checkWidths();
        await own.cancel();
        if (own !== editor) await own.close();
      });
    }

    it("has the two times of calling hours on one line", async () => {
      await editor.edit("sccc-campaign");
      await at("#node-input-hours-choice .red-ui-editableList-addButton").click();
      const times = await at(".sccc-window input[type=text]").all();
      const tops = await Promise.all(times.map(async (time) => (await time.boundingBox())?.y));
      assert.equal(times.length, 2);
      assert.equal(new Set(tops).size, 1, tops.join());
      await editor.cancel();
    });

    for (const [word, types] of [
      ["incoming", ["sccc-notify"]],
      ["outbound", ["sccc-call-task-create", "sccc-call-number"]],
      ["campaign", ["sccc-call-task-create"]],
      ["phone", ["sccc-call-number", "sccc-notify"]],
      ["click", ["sccc-call-number"]],
      ["CRM", ["sccc-notify"]],
      ["recording", ["sccc-get-recording", "sccc-feed"]],
      ["来电", ["sccc-notify"]],
      ["外呼", ["sccc-call-task-create"]],
      ["录音", ["sccc-get-recording"]],
      ["弹屏", ["sccc-notify"]],
    ] as const) {
      it(`finds nodes in the palette by “${word}”`, async () => {
        await filter(word);
        for (const type of types) {
          await at(`#red-ui-palette-SCCC .red-ui-palette-node[data-palette-type="${type}"]`).waitFor();
        }
        await at('#red-ui-palette-SCCC .red-ui-palette-node[data-palette-type="sccc-agent-logout"]').waitFor({
          state: "hidden",
        });
        await filter("");
        await at('#red-ui-palette-SCCC .red-ui-palette-node[data-palette-type="sccc-agent-logout"]').waitFor();
      });
    }

    it("adds a simulator and an account with one click, and they work", async () => {
      await editor.edit("sccc-get-agent-info");
      await at("#sccc-simulate").click();
      await at("#sccc-simulate-row").getByText("press the button on the simulator").waitFor();
      await editor.done();
      const [account = ""] = await idsOf(editor, "sccc-account");
      assert.equal(await property(editor, "sccc-get-agent-info", "account"), account);
      assert.equal(await property(editor, account, "lang"), "en_US");
      const simulators = await idsOf(editor, "sccc-simulator");
      const own = simulators.find((id) => id !== "sccc-simulator") ?? "";
      // Other tests may have the standard port.
      const port = String(await freePort());
      await editor.page.evaluate(
        `(() => { RED.nodes.node(${JSON.stringify(own)}).port = ${JSON.stringify(port)};
          RED.nodes.node(${JSON.stringify(account)}).baseUrl = "http://127.0.0.1:${port}"; })()`,
      );
      await at("#red-ui-header-button-deploy").click();
      // Nodes without an account are part of this flow.
      await at(".red-ui-notification button").filter({ hasText: "Confirm deploy" }).click();
      await at(".red-ui-notification").getByText("Successfully deployed").waitFor();
      await editor.editConfig("sccc-account", account);
      await at("#sccc-connection").click();
      const said = at("#sccc-connection-result.sccc-good, #sccc-connection-result.sccc-bad");
      await said.waitFor();
      assert.match(await said.innerText(), /Connected/);
      await editor.cancel();
    });

    it("chooses the only account for a new node", async () => {
      const [account] = await idsOf(editor, "sccc-account");
      const id = await editor.drag("sccc-hangup-call");
      assert.equal(await property(editor, id, "account"), account);
      await editor.edit("sccc-call-number");
      assert.equal(await at("#node-input-account").inputValue(), account);
      assert.equal(await at("#sccc-simulate-row").isVisible(), false);
      await editor.cancel();
    });

    it("marks an imported account and simulator without passwords, says why, and no longer once they are typed", async () => {
      const port = await freePort();
      await at("#red-ui-header-button-sidemenu").click();
      await at("#menu-item-import").click();
      await at("#red-ui-clipboard-dialog-import-text").fill(JSON.stringify(exported(port)));
      // Node-RED looks at the text when a key is released.
      await at("#red-ui-clipboard-dialog-import-text").press("End");
      await at("#red-ui-clipboard-dialog-ok").click();
      const found = await untilMarked(editor, 4);
      assert.deepEqual(
        found.map((line) => line.split(":")[0]),
        // The nodes that use the account are marked too.
        ["sccc-account", "sccc-get-agent-info", "sccc-notify", "sccc-simulator"],
      );
      for (const line of found.filter((one) => /^sccc-(account|simulator)/.test(one))) {
        assert.match(line, /Password is missing: an exported flow does not contain it/);
      }
      const accounts = await idsOf(editor, "sccc-account");
      const account = accounts.at(-1) ?? "";
      await editor.editConfig("sccc-account", account);
      const row = editor.page.locator(".form-row", { has: at("#node-config-input-password") });
      assert.match(await row.locator(".sccc-problem").innerText(), /^Password is missing/);
      await at("#node-config-input-password").fill("secret");
      await row.locator(".sccc-problem").waitFor({ state: "hidden" });
      await editor.done();
      assert.deepEqual(
        (await untilMarked(editor, 1)).map((line) => line.split(":")[0]),
        ["sccc-simulator"],
      );
      const simulator = (await idsOf(editor, "sccc-simulator")).at(-1) ?? "";
      await editor.edit(simulator);
      await at("#node-input-password").fill("secret");
      await editor.done();
      await untilMarked(editor, 0);
    });
  });
}
