// The examples as a user tries them. All are imported through the editor's own menu. Those with a page, and the
// README's, are also driven to their result. test/examples drives the others; those that write to another system are in
// the long tier.
import { strict as assert } from "node:assert";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeBrowser, EditorPage, openPage } from "../../tools/browser";
import { inTestDialect, ofDialect, testDialect } from "../../tools/dialect";
import { nodeRedVersions, prepared, root } from "../../tools/hosts";
import type { Sidebar } from "../../tools/launch";
import { type NodeRed, packageName, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { type Drive, drive, drives, Running } from "../examples/drives";
import { type Example, examples, onFreePorts } from "../examples/examples";
import { recipes } from "../examples/recipes";

/** The drives of the examples with a page, and of one without. */
const inBrowser: Readonly<Record<string, Drive | undefined>> = {
  "click-to-call": drives["click-to-call"],

  async "screen-pop"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    const { page, context, errors } = await openPage();
    const socket = page.waitForEvent("websocket");
    await page.goto(`${flow.nodeRed.url}/crm/pop?agent=1000`);
    await socket;
    await flow.press("known");
    await page.locator("article h2", { hasText: "王芳 Wang Fang" }).waitFor();
    assert.match((await page.locator("article ul").textContent()) ?? "", /order 1017/);
    assert.equal((await flow.shown("popped")).known, true);
    await flow.pressUntil("unknown", "popped");
    await page.locator("article.stranger h2", { hasText: "陌生来电" }).waitFor();
    assert.deepEqual(errors, []);
    await context.close();
  },

  async wallboard(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.until("online", ({ length }) => length === 5);
    const { page, context } = await openPage();
    await page.goto(`${flow.nodeRed.url}/dashboard/wallboard`);
    await page.getByText("Agents · 坐席").first().waitFor();
    await flow.press("call");
    assert.equal((await flow.shown("counted")).answered, 1);
    await page.getByText(/answered 接通 1 /).waitFor();
    await page
      .getByText(/ONLINE IDLE/)
      .first()
      .waitFor();
    await context.close();
  },
};

/** Adds the dashboard's nodes to a user folder. */
function addDashboard(userDir: string): void {
  const scope = join(userDir, "node_modules/@flowfuse");
  mkdirSync(scope, { recursive: true });
  const host = prepared(join(root, "test/hosts/dashboard"));
  symlinkSync(join(host, "node_modules/@flowfuse/node-red-dashboard"), join(scope, "node-red-dashboard"), "junction");
}

/**
 * Changes the examples in a user folder for the tests: free ports, so that other tests may run them too, and the tests'
 * dialect.
 */
async function fitExamples(userDir: string): Promise<void> {
  for (const { name } of examples) {
    const file = join(userDir, "node_modules", packageName, "examples", `${name}.json`);
    const text = await onFreePorts(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify(inTestDialect(JSON.parse(text))));
  }
}

/** Imports an example as a user does, and checks how it is drawn on the canvas. */
async function importExample(editor: EditorPage, { name, nodes }: Example): Promise<void> {
  await editor.importExample(name);
  const tab = nodes.find(({ type }) => type === "tab")?.id ?? "";
  const drawn = await editor.drawn(tab);
  for (const [index, one] of drawn.entries()) {
    assert.deepEqual(await editor.invalid(one.id), [], one.id);
    for (const other of drawn.slice(index + 1)) {
      const apart =
        one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top;
      assert.ok(apart, `${one.id} and ${other.id} overlap`);
    }
  }
}

/** Imports an example and deploys it. */
async function deployExample(nodeRed: NodeRed, example: Example): Promise<void> {
  const editor = await EditorPage.open(nodeRed);
  await importExample(editor, example);
  await nodeRed.deployed(() => editor.deploy());
  // With PICTURES set, the picture for the READMEs is taken.
  if (process.env.PICTURES !== undefined && example.name === "click-to-call") {
    const { page } = editor;
    await page.setViewportSize({ width: 1800, height: 720 });
    await page.evaluate('RED.actions.invoke("core:toggle-sidebar")');
    await page.locator(".red-ui-notification").first().waitFor({ state: "hidden" });
    await page.locator("#red-ui-workspace").screenshot({ path: join(root, "docs/images/example.png") });
  }
  assert.deepEqual(editor.errors, []);
  await editor.close();
}

for (const version of nodeRedVersions) {
  describe(`the examples in the editor of Node-RED ${version}${ofDialect}`, function () {
    this.timeout(120_000);
    const userDir = temporaryFolder();
    let nodeRed: NodeRed;
    let sidebar: Sidebar;
    let editor: EditorPage | undefined;

    before(async () => {
      nodeRed = await startNodeRed({ version, userDir });
      await nodeRed.stop();
      addDashboard(userDir);
      nodeRed = await startNodeRed({ version, userDir });
      await fitExamples(userDir);
      sidebar = await nodeRed.sidebar();
    });
    after(async () => {
      await sidebar?.close();
      await closeBrowser();
      await nodeRed?.stop();
    });

    it("are all driven: here, without a browser, or against the system that they write to", () => {
      const driven = new Set([drives, inBrowser, recipes].flatMap(Object.keys));
      assert.deepEqual([...driven].sort(), examples.map(({ name }) => name).sort());
    });

    describe("on one canvas", () => {
      before(async () => {
        editor = await EditorPage.open(nodeRed);
      });
      afterEach(async function () {
        // A dialog that is left open would make the other tests fail.
        if (this.currentTest?.state === "failed") editor = await editor?.again(nodeRed);
      });
      after(() => editor?.close());

      // What an example looks like does not depend on what its simulators speak.
      for (const example of testDialect === undefined ? examples : []) {
        it(`${example.name}: imported, everything set, nothing over anything else`, async () => {
          assert.ok(editor !== undefined);
          await importExample(editor, example);
          assert.deepEqual(editor.errors, []);
        });
      }
    });

    for (const example of examples.filter(({ name }) => inBrowser[name] !== undefined)) {
      it(`${example.name}: imported, deployed, driven to its result`, async () => {
        await deployExample(nodeRed, example);
        await drive(new Running(nodeRed, userDir, example, sidebar), inBrowser[example.name]);
        await nodeRed.deploy([]);
      });
    }
  });
}
