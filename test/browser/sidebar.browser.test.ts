// The SCCC sidebar in real browsers: first with the real runtime, for a new user; then every view with the answers of a stub.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import type { SidebarSnapshot, TrafficEntry } from "../../nodes/catalogue/sidebar";
import { closeBrowser, EditorPage, type Viewing } from "../../tools/browser";
import { nodeRedVersions } from "../../tools/hosts";
import { freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import { account, SidebarStub } from "./sidebar-stub";

const views = ["accounts", "traffic", "dead", "live", "simulator"] as const;

/** The widths and themes in which each view is checked; colours do not depend on the width. */
const sights = [
  { width: 280, theme: "dark" },
  { width: 600, theme: "light" },
] as const;

/** With SHOTS set to a folder, pictures of all views are written there. */
const shots = process.env.SHOTS;

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const hostile = [
  "<img data-hostile src=x onerror=window.ran=1>",
  '"><svg data-hostile onload=window.ran=2>',
  "<script data-hostile>window.ran=3</script>",
  "&lt;b&gt; __label__ __count__ $t(sidebar.close) $& ${PATH}",
  "x".repeat(300),
  "constructor",
  "__proto__",
  "\u202e0001 \u2066<b data-hostile>",
] as const;

const flows = [{ id: "flow", type: "tab", label: "Flow" }];

/** A complete answer of the runtime, with texts of the platform and of pushes in each place. */
function full(run: SidebarSnapshot, text: string, now = Date.now()): SidebarSnapshot {
  const result = { ok: false, code: "E_77", text };
  const entries: readonly TrafficEntry[] = [
    { number: 1, account: "a", kind: "command", at: now, name: text, agent: text, phone: text, result, nodes: [text] },
    {
      ...{ number: 2, account: "a", kind: "push", at: now, name: text, agent: text, phone: text, nodes: ["a"] },
      ...{ result: { ok: true, code: text }, replayable: true, direction: "inbound" },
    },
  ];
  return {
    ...run,
    entries,
    oldest: { a: 1 },
    accounts: [
      account("a", {
        ...{ label: text, baseUrl: text, customer: text, reachable: false, waiting: 900, deadLetters: 1 },
        lastError: { at: now, code: text, text },
        receiving: {
          ...{ address: text, ownPort: true, taken: 1, lastAt: now, refused: { digest: 3, [text]: 1 } },
          problem: { setting: text, reason: text, detail: text, retryAt: now },
        },
      }),
      account("b", { label: "B" }),
    ],
    calls: [{ account: "a", id: text, state: text, direction: "inbound", agent: text, phone: text, since: now }],
    agents: [{ account: "a", staffNo: text, name: text, status: text, since: now }],
    campaigns: [
      {
        ...{ account: "a", node: text, campaign: text, state: text, total: 10, done: 4, answered: 2, unanswered: 1 },
        ...{ remaining: 6, etaAt: text },
      },
    ],
    simulators: [{ id: text, label: text, running: true, address: text }],
    hints: [
      { code: "noAccount" },
      { code: "misconfigured", node: "a", params: { setting: text, reason: text } },
      { code: "pushesRefused", node: "a", params: { reason: text, count: 1 } },
      { code: "noPushYet", node: "a", params: { address: text } },
      { code: "receivingProblem", node: "a", params: { setting: text, reason: text, detail: text } },
      { code: "outsideHours", node: text, params: { campaign: text } },
    ],
  };
}

/** The position of an element when scrolling has ended: the same in two frames. */
async function restingAt(element: Locator): Promise<number> {
  let place = Number.NaN;
  for (;;) {
    const now = (await element.boundingBox())?.y ?? Number.NaN;
    if (now === place) return now;
    place = now;
    await element.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
  }
}

for (const version of nodeRedVersions) {
  describe(`the SCCC sidebar in Node-RED ${version}`, function () {
    this.timeout(240_000);
    let nodeRed: NodeRed;
    let editor: EditorPage;
    before(async () => {
      nodeRed = await startNodeRed({ version, flows });
      editor = await open();
    });
    after(async () => {
      await closeBrowser();
      await nodeRed?.stop();
    });

    const at = (selector: string) => editor.page.locator(selector);
    const button = (name: string | RegExp) => at(".sccc-side").getByRole("button", { name });
    const show = (view: (typeof views)[number]) => at(`#sccc-side-tab-${view}`).click();

    /** Opens the editor with the sidebar. If a stub is given, it answers instead of the runtime. */
    async function open(viewing?: Viewing, stub?: SidebarStub): Promise<EditorPage> {
      const own = await EditorPage.open(nodeRed, {
        ...viewing,
        prepare: (page) => stub?.serve(page) ?? Promise.resolve(),
      });
      own.page.setDefaultTimeout(20_000);
      await own.page.evaluate("RED.sidebar.show('sccc')");
      await own.page.locator(".sccc-side").waitFor();
      await stub?.hurry(own.page);
      // In Node-RED 5 the debug messages would take the lower half.
      await own.page.evaluate(`document.querySelector('button[data-tab-id="debug"].selected')?.click()`);
      return own;
    }

    /** Gives the sidebar a width. */
    const widen = (page: EditorPage["page"], width: number) =>
      page.evaluate(`(() => {
        const sidebar = document.querySelector("#red-ui-sidebar");
        const inside = document.querySelector(".sccc-side").clientWidth;
        sidebar.style.width = sidebar.offsetWidth + ${width} - inside + "px";
        return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      })()`);

    const deploy = async (): Promise<void> => {
      await at("#red-ui-header-button-deploy").click();
      await at("#red-ui-header-button-deploy.disabled").waitFor();
    };

    /** Makes a customer of the simulator call, once it runs again after a deploy. */
    const call = async (): Promise<void> => {
      await show("simulator");
      const outcome = at(".sccc-side-card .sccc-side-said");
      do {
        await button("Call").and(at(":enabled")).click();
        await outcome.waitFor();
      } while ((await outcome.filter({ hasText: "Done." }).count()) === 0);
    };

    const ids = (type: string): Promise<readonly string[]> =>
      editor.page.evaluate(`(() => {
        const found = [];
        const look = (node) => { if (node.type === ${JSON.stringify(type)}) found.push(node.id); };
        RED.nodes.eachNode(look);
        RED.nodes.eachConfig(look);
        return found;
      })()`);

    describe("for a new user", () => {
      it("offers a guided start, which can be skipped and begun again", async () => {
        await button("Skip").click();
        await button("Guided start").click();
        await at(".sccc-side-guide").waitFor();
      });

      it("leads in three steps from no node to a message in the debug sidebar", async () => {
        await at(".sccc-side-guide").waitFor();
        await button("Add a simulator").click();
        // Other tests may have the standard port.
        const port = await freePort();
        const [[simulator = ""], [accountId = ""]] = await Promise.all([ids("sccc-simulator"), ids("sccc-account")]);
        await editor.page.evaluate(
          `(() => { RED.nodes.node("${simulator}").port = "${port}"; RED.nodes.node("${simulator}").speed = "20";
            RED.nodes.node("${accountId}").baseUrl = "http://127.0.0.1:${port}"; })()`,
        );
        await button("Add and deploy").click();
        await button("A customer calls").and(at(":enabled")).click();
        const ofCalls = at(".red-ui-debug-msg").filter({ hasText: "node: calls" });
        await ofCalls.filter({ hasText: "ringing" }).first().waitFor();
        await editor.page.evaluate("RED.sidebar.show('sccc')");
        await at(".sccc-side-guide").getByText("The message is in the debug sidebar").waitFor();
        await button("Show the account").click();
        await at(".sccc-side-card").getByText("taken", { exact: false }).first().waitFor();
      });

      it("shows that pushes are refused because of a wrong password, until it is corrected", async () => {
        const [accountId = ""] = await ids("sccc-account");
        await editor.page.evaluate(
          `(() => { const node = RED.nodes.node("${accountId}"); node.pushUser = "C2";
            node.credentials = { ...node.credentials, pushPassword: "wrong", has_pushPassword: true };
            node.changed = true; node.dirty = true; RED.nodes.dirty(true); })()`,
        );
        await deploy();
        await call();
        await show("accounts");
        const hint = at(".sccc-side-hint").filter({ hasText: "are refused: wrong password" });
        await hint.waitFor();
        await hint.getByRole("button", { name: "Show them" }).click();
        await at(".sccc-side-row").filter({ hasText: "wrong password" }).first().waitFor();
        await show("accounts");
        await hint.getByRole("button", { name: /^Open/ }).click();
        await editor.dialogReady();
        // The dialog opens at the wrong setting.
        await at("#node-config-input-pushPassword").waitFor();
        await at("#node-config-input-pushUser").fill("");
        await editor.done();
        await deploy();
        await call();
        await show("accounts");
        // The pushes are taken now.
        await hint.waitFor({ state: "detached" });
        await show("traffic");
        await button("Failures").and(at('[aria-pressed="true"]')).click();
        await at(".sccc-side").getByRole("searchbox").fill("rings");
        await at(".sccc-side-row.good").first().waitFor();
      });

      it("hands an earlier event to the flow again", async () => {
        const messages = at(".red-ui-debug-msg");
        await at(".sccc-side-row.good").last().click();
        await button("Hand to the flow again").click();
        await at(".sccc-side-entry .sccc-side-said").waitFor();
        await at(".sccc-side-entry").getByText("Handed to the flow again.").waitFor();
        await editor.page.evaluate("RED.sidebar.show('debug')");
        await messages.first().waitFor();
        await editor.page.evaluate("RED.sidebar.show('sccc')");
        assert.deepEqual(editor.errors, []);
      });
    });

    describe("with what a stub answers", () => {
      before(() =>
        nodeRed.deploy([
          { id: "flow", type: "tab", label: "Flow" },
          { id: "a", type: "sccc-account", baseUrl: "http://127.0.0.1:1", customer: "C2" },
        ]),
      );
      let stub: SidebarStub;
      /** The options of the open page. */
      let opened = "";
      /** Opens a page with a stub, or reuses the open one. The stub is reset, and contains only what is prepared. */
      const fresh = async (viewing: Viewing, prepare: (now: SidebarStub["now"]) => void): Promise<void> => {
        const again = opened === JSON.stringify(viewing);
        if (!again) stub = new SidebarStub();
        stub.reset();
        prepare(stub.now);
        if (again) {
          await show("accounts");
          await stub.answered();
          return;
        }
        opened = JSON.stringify(viewing);
        await editor.close();
        editor = await open(viewing, stub);
      };

      // The English page is used by the following tests too. Node-RED 4.1 has no dark theme of its own.
      const english: Viewing = { language: "en-US", dark: version === 5 };
      const chinese: Viewing = { language: "zh-CN", dark: version === 5 };
      for (const viewing of [chinese, english]) {
        it(`${viewing.language}: in both themes no view is wider than the sidebar, and axe finds nothing`, async () => {
          await fresh(viewing, (now) => {
            now.snapshot = full(
              now.snapshot,
              viewing.language === "zh-CN" ? "上海的平台没有响应" : "The platform's own words",
            );
            now.dead = {
              letters: [{ id: "1", node: "a", at: 1, event: "callend", delivery: 5, text: "{}" }],
              total: 9,
            };
          });
          const found: string[] = [];
          await editor.page.evaluate(axe);
          for (const view of views) {
            await show(view);
            await at(".sccc-side-card, .sccc-side-row, .sccc-side-item").first().waitFor();
            if (view === "traffic") await at(".sccc-side-row").first().click();
            for (const { width, theme } of sights) {
              await widen(editor.page, width);
              await editor.page.emulateMedia({ colorScheme: theme });
              if (shots !== undefined) {
                mkdirSync(shots, { recursive: true });
                const name = `sidebar-${view}-${viewing.language}-${version}-${width}-${theme}.png`;
                await at(".sccc-side").screenshot({ path: join(shots, name) });
              }
              const wide: readonly string[] = await editor.page.evaluate(`(() => {
                const right = document.querySelector(".sccc-side").getBoundingClientRect().right + 1;
                return [...document.querySelectorAll(".sccc-side *")]
                  .filter((one) => one.getBoundingClientRect().right > right && one.closest("pre, .sccc-side-more, .sccc-side-name") === null)
                  .map((one) => one.outerHTML.slice(0, 120));
              })()`);
              const faults: readonly string[] = await editor.page.evaluate(`axe.run(
                { include: [[".sccc-side"]] },
                { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] } },
              ).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)))`);
              found.push(...[...wide, ...faults].map((one) => `${view} ${width} ${theme}: ${one}`));
            }
          }
          assert.deepEqual(found, []);
          const text = await at(".sccc-side").innerText();
          assert.doesNotMatch(text, /\bsidebar\.\w|sccc:|__\w+__|undefined/);
        });
      }

      it("shows hostile texts as texts in every view", async () => {
        for (const text of hostile) {
          await fresh(english, (now) => {
            now.snapshot = full(now.snapshot, text);
            now.detail = (entry) => ({ entry, request: JSON.stringify({ text }), answer: text, cut: true });
            now.dead = { letters: [{ id: text, node: text, at: 1, event: text, delivery: 5, text }], total: 2 };
            now.outcome = { outcome: "refused", params: { text } };
          });
          await widen(editor.page, 320);
          for (const view of views) {
            await show(view);
            await at(`#sccc-side-view.${view}`)
              .getByText(text.slice(0, 20))
              .filter({ visible: true })
              .first()
              .waitFor();
            if (view === "traffic") {
              await at(".sccc-side-row").last().click();
              await at(".sccc-side-entry pre").getByText(text.slice(0, 12)).first().waitFor();
            }
            const turning: readonly string[] = await editor.page.evaluate(`
              [...document.querySelectorAll(".sccc-side-view *")]
                .filter((one) => [...one.childNodes].some(({ nodeType }) => nodeType === 3))
                .filter((one) => getComputedStyle(one).display === "inline" && getComputedStyle(one).unicodeBidi === "normal")
                .map((one) => one.outerHTML.slice(0, 120))`);
            assert.deepEqual(turning, [], view);
            if (view === "dead") await at(".sccc-side-letter summary").click();
            if (view === "simulator") {
              await button("Call").click();
              await at(".sccc-side-said.bad").getByText(text.slice(0, 20)).waitFor();
            }
          }
          assert.equal(await editor.page.evaluate("document.querySelectorAll('[data-hostile]').length"), 0);
          assert.equal(await editor.page.evaluate("window.ran"), undefined);
          assert.deepEqual(editor.errors, []);
        }
      });

      it("shows 10,000 entries with few elements, and keeps place and focus while new ones come", async () => {
        const now = Date.now();
        const one = (number: number): TrafficEntry => ({
          ...{ number, account: `a${number % 20}`, kind: "push", at: now, name: "callin", phone: String(number) },
          ...{ result: { ok: true, code: "taken" }, nodes: [], replayable: true },
        });
        const many = Array.from({ length: 10_000 }, (_, index) => one(index + 1));
        const accounts = Array.from({ length: 20 }, (_, index) => account(`a${index}`));
        const oldest = Object.fromEntries(accounts.map(({ id }) => [id, 1]));
        await fresh(english, (made) => {
          made.snapshot = { ...made.snapshot, accounts, entries: many, oldest };
        });
        await show("traffic");
        await at(".sccc-side-row").getByText("10000").first().waitFor();
        const list = at(".sccc-side-list");
        await list.focus();
        await editor.page.keyboard.press("End");
        await at(".sccc-side-entry").getByText("taken").waitFor();
        assert.equal(await at('.sccc-side-row[aria-selected="true"]').getAttribute("aria-posinset"), "10000");
        assert.ok((await at(".sccc-side-row").count()) < 100);
        const selected = at('.sccc-side-row[aria-selected="true"]');
        const key = async (name: string): Promise<void> => {
          const place = await selected.getAttribute("aria-posinset");
          await editor.page.keyboard.press(name);
          while ((await selected.getAttribute("aria-posinset")) === place);
        };
        await key("PageUp");
        await key("ArrowUp");
        const before = await restingAt(selected);
        const words = await selected.innerText();
        stub.now.snapshot = {
          ...stub.now.snapshot,
          entries: [...many, ...Array.from({ length: 25 }, (_, i) => one(10_001 + i))],
        };
        await at(".sccc-side-news").getByText("25 new").waitFor();
        assert.equal(await selected.innerText(), words);
        const after = await restingAt(selected);
        assert.ok(Math.abs(after - before) < 2, `${before} ${after}`);
        assert.equal(await editor.page.evaluate("document.activeElement.className"), "sccc-side-list");
        // Keys come faster than the list is drawn.
        await list.press("Home");
        await at('.sccc-side-row[aria-selected="true"][aria-posinset="1"]').waitFor();
        await at(".sccc-side-news").waitFor({ state: "detached" });
        await editor.page.evaluate(`{
          const list = document.querySelector(".sccc-side-list");
          for (let times = 0; times < 3; times += 1) list.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" }));
        }`);
        await at('.sccc-side-row[aria-selected="true"][aria-posinset="4"]').waitFor();
        await list.press("End");
        await at('.sccc-side-row[aria-selected="true"][aria-posinset="10025"]').waitFor();
        stub.now.snapshot = { ...stub.now.snapshot, entries: [...stub.now.snapshot.entries, one(10_026)] };
        await at(".sccc-side-news").getByText("1 new").waitFor();
        // Only with keys: into the entry, out of it, and back to the newest.
        await editor.page.keyboard.press("Enter");
        assert.equal(await editor.page.evaluate("document.activeElement.id"), "sccc-side-close");
        await editor.page.keyboard.press("Escape");
        await at(".sccc-side-entry").waitFor({ state: "detached" });
        await at(".sccc-side-news").press("Enter");
        await at(".sccc-side-row").getByText("10026").first().waitFor();
        await at(".sccc-side-news").waitFor({ state: "detached" });
        // A command has the name of its node.
        const login: TrafficEntry = { ...one(10_027), kind: "command", name: "AgentLogin" };
        stub.now.snapshot = { ...stub.now.snapshot, entries: [...stub.now.snapshot.entries, login] };
        await at(".sccc-side-row").getByText("log agent in").waitFor();
        await at("#sccc-side-tab-traffic").focus();
        await editor.page.keyboard.press("ArrowRight");
        await at('#sccc-side-tab-dead[aria-selected="true"]').waitFor();
      });

      it("sends one request at a time, only while it is visible, and reports when Node-RED does not answer", async () => {
        await fresh(english, (now) => {
          now.snapshot = full(now.snapshot, "words");
        });
        const until = async (questions: number): Promise<void> => {
          while (stub.questions < questions) await editor.page.evaluate("new Promise(requestAnimationFrame)");
        };
        await until(3);
        assert.equal(stub.mostAtOnce, 1);
        await editor.page.evaluate("RED.sidebar.show('info')");
        await at(".sccc-side").waitFor({ state: "hidden" });
        await editor.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
        const asked = stub.questions;
        // Without the check, a request would come every tenth of a second, which is the stub's pause.
        await editor.page.evaluate(`(async () => {
          for (let frames = 0; frames < 30; frames += 1) await new Promise(requestAnimationFrame);
        })()`);
        assert.ok(stub.questions <= asked + 1, `${stub.questions - asked} questions came out of sight`);
        await editor.page.evaluate("RED.sidebar.show('sccc')");
        await until(asked + 2);
        stub.now.status = 503;
        await at(".sccc-side-silence").getByText("does not answer").waitFor();
        stub.now.status = undefined;
        await at(".sccc-side-silence").waitFor({ state: "detached" });
        stub.now.status = 401;
        await at(".sccc-side-silence").getByText("sccc.read").waitFor();
      });

      it("shows everything to a user who may only read, and explains why the buttons don't work", async () => {
        await fresh(english, (now) => {
          now.snapshot = { ...full(now.snapshot, "words"), mayWrite: false };
          now.dead = { letters: [{ id: "1", node: "a", at: 1, event: "callend", delivery: 5, text: "{}" }], total: 1 };
        });
        await show("traffic");
        await at(".sccc-side-row").last().waitFor();
        await at(".sccc-side-list").press("Home");
        const entry = at(".sccc-side-entry");
        await entry.getByText("sccc.write").waitFor();
        assert.equal(await button("Hand to the flow again").isDisabled(), true);
        await show("dead");
        await at("#sccc-side-view").getByText("sccc.write").waitFor();
        for (const name of [/^Deliver all/, /^Delete all/]) assert.equal(await button(name).isDisabled(), true);
        await show("simulator");
        assert.equal(await button("Call").isDisabled(), true);
        assert.deepEqual(stub.orders, []);
      });

      it("asks before it deletes dead letters, and hands them again", async () => {
        await fresh(english, (now) => {
          now.snapshot = full(now.snapshot, "words");
          const letters = ["1", "2"].map((id) => ({ id, node: "a", at: 1, event: "callend", delivery: 5, text: "{}" }));
          now.dead = { letters, total: 2 };
          now.outcome = { outcome: "deleted", params: { count: 2 } };
        });
        await show("dead");
        await button("Delete all 2").click();
        assert.deepEqual(stub.orders, []);
        await button("Keep").click();
        await button("Delete all 2").click();
        await button("Delete").first().click();
        await at(".sccc-side-said.good").getByText("Deleted.").waitFor();
        assert.deepEqual(stub.orders, [{ route: "/dead/delete", body: { account: "a", ids: ["1", "2"] } }]);
        stub.now.outcome = { outcome: "delivered", params: { count: 1 } };
        await at(".sccc-side-letter summary").first().click();
        await button("Deliver again").first().click();
        await at(".sccc-side-said.good").getByText("Delivered again.").waitFor();
        assert.deepEqual(stub.orders.at(-1), { route: "/dead/replay", body: { account: "a", ids: ["1"] } });
      });

      it("lists dead letters that come while it shows them, and asks again after no answer", async () => {
        const letter = (id: string) => ({ id, node: "a", at: 1, event: "callend", delivery: 5, text: `"${id}"` });
        const have = (now: SidebarStub["now"], ...ids: readonly string[]): void => {
          now.snapshot = { ...now.snapshot, accounts: [account("a", { deadLetters: ids.length })] };
          now.dead = { letters: ids.map(letter), total: ids.length };
        };
        await fresh(english, (now) => {
          have(now);
          now.dead = { outcome: "silent" };
        });
        await show("dead");
        await at(".sccc-side-said.bad").getByText("does not answer").waitFor();
        have(stub.now);
        await at(".sccc-side-empty").getByText("No node receives pushes of this account.").waitFor();
        have(stub.now, "first");
        await at(".sccc-side-letter").waitFor();
        await at(".sccc-side-letter summary").click();
        have(stub.now, "second", "first");
        await at(".sccc-side-letter").nth(1).waitFor();
        // What was open stays open.
        assert.equal(
          await at(".sccc-side-letter[open]")
            .innerText()
            .then((text) => text.includes("first")),
          true,
        );
        have(stub.now, "second");
        await at(".sccc-side-letter").nth(1).waitFor({ state: "detached" });
      });

      it("gives the button back when the page itself fails", async () => {
        await fresh(english, (now) => {
          now.snapshot = { ...now.snapshot, accounts: [account("a")] };
        });
        await editor.page.evaluate("window.nodeOf = RED.nodes.node; RED.nodes.node = () => ({}); undefined");
        await button("Test connection").click();
        await editor.page.evaluate("RED.nodes.node = window.nodeOf; undefined");
        await button("Test connection").and(at(":enabled")).waitFor();
      });
    });
  });
}
