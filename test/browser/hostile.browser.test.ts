// Hostile texts in the editor. Texts from a platform, or from a server in between, are shown as text everywhere and
// never executed.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { closeBrowser, EditorPage } from "../../tools/browser";
import { nodeRedVersions } from "../../tools/hosts";
import { type FlowNode, type NodeRed, startNodeRed } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { typedInput } from "./forms";

/** Each would run a script or create an element with this attribute if it were used as HTML. */
const hostile = [
  "<img data-hostile src=x onerror=window.ran=1>",
  "<p>so</p><img data-hostile src=x onerror=window.ran=2>",
  '"><svg data-hostile onload=window.ran=3>',
  "<script data-hostile>window.ran=4</script>",
  '<iframe data-hostile srcdoc="<script>parent.ran=5</script>"></iframe>',
  "<details data-hostile open ontoggle=window.ran=6>more</details>",
  "<input data-hostile autofocus onfocus=window.ran=7>",
  "&lt;img data-hostile src=x onerror=window.ran=8&gt; &amp;",
  "<a data-hostile href=javascript:window.ran=9>here</a>",
  "__host__ __code__ $t(connection.nobody) <b data-hostile>and</b> $& ${PATH}",
] as const;

/** The platform's current answer. */
type Says =
  | { readonly kind: "page" | "msg" | "commandMsg" | "redirect"; readonly text: string }
  | { readonly kind: "agents"; readonly agents: readonly object[] };

/** A platform whose answers the test sets. */
class Platform {
  says: Says = { kind: "page", text: "" };
  url = "";
  readonly #server = http.createServer((request, response) => {
    request.resume();
    const { says } = this;
    if (says.kind === "page") response.setHeader("Content-Type", "text/html").end(says.text);
    else if (says.kind === "redirect") response.writeHead(302, { Location: says.text }).end();
    else response.setHeader("Content-Type", "application/json").end(JSON.stringify(this.#body(says)));
  });

  #body(says: Exclude<Says, { kind: "page" | "redirect" }>): object {
    const done = { error: 0, msg: "" };
    if (says.kind === "agents") return { result: done, data: { response: { result: done, data: says.agents } } };
    const refused = { error: 77, msg: says.text };
    return says.kind === "msg" ? { result: refused } : { result: done, data: { response: { result: refused } } };
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const z = "flow";

const place = (index: number) => ({ z, x: 200, y: 60 + 80 * index });

/** An inject node that is only triggered over the admin API. */
const inject = (id: string, index: number, to: string): FlowNode => ({
  ...{ id, type: "inject", ...place(index), props: [], repeat: "", once: false, wires: [[to]] },
});

const flowOf = (platform: string): readonly FlowNode[] => [
  { id: z, type: "tab", label: "Flow" },
  {
    id: "account",
    type: "sccc-account",
    baseUrl: platform,
    customer: account.customer,
    retries: 0,
    credentials: { password: account.password },
  },
  inject("press-login", 0, "login"),
  {
    id: "login",
    type: "sccc-agent-login",
    ...place(1),
    account: "account",
    agent: "1000",
    agentType: "str",
    wires: [[]],
  },
  { id: "refused", type: "catch", ...place(6), scope: ["login"], uncaught: false, wires: [["why"]] },
  // The sidebar shortens long texts: the end of the error's message is the platform's text.
  {
    id: "why",
    type: "function",
    ...place(7),
    func: 'node.error(msg.error.message.replace(/^.* says: /, ""));',
    wires: [[]],
  },
  { id: "cdrs", type: "sccc-get-cdr-list", ...place(2), account: "account", wires: [[]] },
  { id: "notify", type: "sccc-notify", ...place(3), account: "account", wires: [[]] },
  inject("press-core", 4, "core"),
  // How Node-RED itself shows a text in a status and in an uncaught error.
  {
    id: "core",
    type: "function",
    ...place(5),
    func: `const texts = ${JSON.stringify(hostile)};
      const next = context.get("next") || 0;
      context.set("next", next + 1);
      node.status({ fill: "red", shape: "ring", text: texts[next % texts.length] });
      node.error(texts[next % texts.length]);`,
    wires: [[]],
  },
];

for (const version of nodeRedVersions) {
  describe(`hostile texts in the editor of Node-RED ${version}`, function () {
    this.timeout(240_000);

    const platform = new Platform();
    let nodeRed: NodeRed;
    let editor: EditorPage;
    /** The routes of this package that were requested. */
    const asked = new Set<string>();
    before(async () => {
      await platform.start();
      nodeRed = await startNodeRed({ version, flows: flowOf(platform.url) });
      editor = await EditorPage.open(nodeRed);
      // A text that is used as HTML never appears.
      editor.page.setDefaultTimeout(10_000);
      editor.page.on("request", (request) => {
        const [, route] = /\/sccc\/(\w+)$/.exec(request.url()) ?? [];
        if (route !== undefined) asked.add(route);
      });
    });
    after(async () => {
      await closeBrowser();
      await nodeRed?.stop();
      platform.close();
    });
    afterEach(async () => {
      assert.deepEqual(await editor.page.evaluate("[...document.querySelectorAll('[data-hostile]')].length"), 0);
      assert.equal(await editor.page.evaluate("window.ran"), undefined);
    });

    const at = (selector: string) => editor.page.locator(selector);
    /** Waits until a text is shown literally. */
    const seen = (selector: string, text: string) => at(selector).filter({ hasText: text }).first().waitFor();

    /** Opens the form of a node with a typed agent. */
    const openLogin = async () => {
      await editor.edit("login");
      await typedInput(editor.page, "#node-input-agent", "type", "str");
    };
    const expand = () =>
      at(".red-ui-typedInput-container:has(#node-input-agent-visible) .red-ui-typedInput-option-expand").click();

    /** The places that show a text of the platform: what must be opened, and where the text appears. */
    const places: readonly {
      readonly name: string;
      readonly open: () => Promise<void>;
      readonly show: (text: string) => Promise<void>;
    }[] = [
      ...(["page", "msg"] as const).map((kind) => ({
        name: `the agent picker, as ${kind}`,
        open: openLogin,
        show: async (text: string) => {
          platform.says = { kind, text };
          await expand();
          await seen(".red-ui-notification", text);
        },
      })),
      ...(["page", "msg", "redirect"] as const).map((kind) => ({
        name: `Test connection, as ${kind}`,
        open: () => editor.editConfig("sccc-account", "account"),
        show: async (text: string) => {
          platform.says = { kind, text };
          await at("#sccc-connection").click();
          await seen("#sccc-connection-result", text);
        },
      })),
      {
        name: "the answer to a sample",
        open: () => editor.edit("notify"),
        show: async (text) => {
          // A server in front of Node-RED may answer instead of this package.
          await editor.page.route("**/sccc/sample", (route) =>
            route.fulfill({ json: { outcome: "refused", params: { status: 403, detail: text } } }),
          );
          await at("#sccc-sample").click();
          await seen("#sccc-sample-result", text);
          await editor.page.unroute("**/sccc/sample");
        },
      },
      ...(["name", "staffNo"] as const).map((part) => ({
        name: `the list of agents, as ${part}`,
        open: async () => {
          platform.says = {
            kind: "agents",
            agents: hostile.map((text) => ({ staffNo: "1000", name: "x", [part]: text })),
          };
          await openLogin();
        },
        show: async (text: string) => {
          await expand();
          await seen(".red-ui-menu a", text);
          // When picked, it is shown as the field's value, and in the reason why it is not a staff number.
          if (part === "staffNo") {
            await at(".red-ui-menu a").filter({ hasText: text }).first().click();
            await editor.until(at("#node-input-agent-visible"), text);
            await at("#node-input-agent-visible").fill("");
          } else await editor.page.keyboard.press("Escape");
        },
      })),
      {
        name: "the completion of what is typed",
        open: async () => {
          platform.says = { kind: "agents", agents: hostile.map((text) => ({ staffNo: "1000", name: text })) };
          await openLogin();
        },
        show: async (text) => {
          await at("#node-input-agent-visible").fill("");
          await at("#node-input-agent-visible").pressSequentially("100");
          await seen(".red-ui-autoComplete-container a", text);
          await editor.page.keyboard.press("Escape");
        },
      },
      {
        name: "the completion in a list",
        open: async () => {
          platform.says = { kind: "agents", agents: hostile.map((text) => ({ staffNo: "1000", name: text })) };
          await editor.edit("cdrs");
          await typedInput(editor.page, "#node-input-agents", "type", "json");
          await at(".sccc-row:has(#node-input-agents) .red-ui-editableList-addButton").click();
        },
        show: async (text) => {
          const entry = at(".sccc-row:has(#node-input-agents) .sccc-number input").last();
          await entry.fill("");
          await entry.pressSequentially("100");
          await seen(".red-ui-autoComplete-container a", text);
          await editor.page.keyboard.press("Escape");
        },
      },
      {
        name: "a value on the canvas",
        open: openLogin,
        show: async (text) => {
          await at("#node-input-agent-visible").fill(text);
          await editor.done();
          await seen(".red-ui-flow-node-label-text", text.slice(0, 20));
          await openLogin();
        },
      },
      {
        name: "a refused command's status and its error in the sidebar",
        open: async () => editor.page.evaluate("RED.sidebar.show('debug')"),
        show: async (text) => {
          platform.says = { kind: "commandMsg", text };
          await nodeRed.fetch("/inject/press-login", { method: "POST" });
          await seen(".red-ui-debug-msg", text);
          await seen(".red-ui-flow-node-status-label", "E_77");
        },
      },
      {
        name: "a status and an error of any node",
        open: async () => editor.page.evaluate("RED.sidebar.show('debug')"),
        show: async (text) => {
          await nodeRed.fetch("/inject/press-core", { method: "POST" });
          await seen(".red-ui-debug-msg", text);
          await seen(".red-ui-flow-node-status-label", text);
        },
      },
    ];

    for (const { name, open, show } of places) {
      describe(name, () => {
        before(open);
        after(async () => {
          for (const tray of await at(".red-ui-tray").all()) if (await tray.isVisible()) await editor.cancel();
        });

        for (const text of hostile) it(`shows ${text} as text`, () => show(text));
      });
    }

    // Mocha runs the tests next to a describe before it.
    describe("all of them", () => {
      it("came through every route that the package has", () => {
        assert.deepEqual([...asked].sort(), ["agents", "connection", "sample"]);
        assert.deepEqual(editor.errors, []);
      });
    });
  });
}
