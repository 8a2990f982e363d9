// Every example as a user tries it: imported through the editor's own menu, deployed, and driven to its result on its simulator.
import { strict as assert } from "node:assert";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { closeBrowser, EditorPage, openPage } from "../../tools/browser";
import { nodeRedVersions, prepared, root } from "../../tools/hosts";
import type { FlowNode, Sidebar } from "../../tools/launch";
import { type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { type Example, examples } from "../examples/examples";
import { eventually } from "../receive/flow";

/** What an example says in its comment: the address of a Node-RED as it is installed. */
const standard = "http://127.0.0.1:1880";

type Shown = Readonly<Record<string, unknown>>;

/** An example that has been deployed, and what its debug nodes show. */
class Running {
  constructor(
    readonly nodeRed: NodeRed,
    readonly userDir: string,
    private readonly example: Example,
    private readonly sidebar: Sidebar,
  ) {}

  /** The node whose identifier ends so. */
  id(name: string): string {
    const node = this.example.nodes.find(({ id }) => id === name || new RegExp(`^sccc-[a-z]+-${name}$`).test(id));
    assert.ok(node !== undefined, `${this.example.name} has no ${name}`);
    return node.id;
  }

  press(button: string): Promise<void> {
    return this.nodeRed.inject(this.id(button));
  }

  /** What a debug node shows next. */
  shown(name: string): Promise<Shown> {
    return this.sidebar.next(this.id(name)) as Promise<Shown>;
  }

  /** What a debug node shows that fits; what it shows before is passed over. */
  async until(name: string, fits: (shown: Shown) => boolean): Promise<Shown> {
    for (;;) {
      const shown = await this.shown(name);
      if (fits(shown)) return shown;
    }
  }

  /** Presses a button, again and again while the agent is not free yet, until a debug node shows something. */
  async pressUntil(button: string, name: string): Promise<Shown> {
    const shown = this.shown(name);
    let there = false;
    shown.then(() => {
      there = true;
    });
    await eventually(`${name} after ${button}`, async () => {
      await this.press(button);
      return there || undefined;
    });
    return shown;
  }

  async post(path: string, body: object, headers: Readonly<Record<string, string>>): Promise<[number, Shown]> {
    const response = await this.nodeRed.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    return [response.status, (await response.json()) as Shown];
  }

  file(name: string): string {
    return readFileSync(join(this.userDir, name), "utf8");
  }
}

const lines = (text: string) => text.split(/\r?\n/).filter((line) => line !== "");

/** What makes each example show what it is for. */
const drives: Readonly<Record<string, (flow: Running) => Promise<void>>> = {
  async "after-call-work"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("call");
    assert.equal((await flow.shown("is-busy")).agent, "1000");
    await flow.press("note");
    assert.equal((await flow.shown("is-idle")).agent, "1000");
    // The next time nobody saves a note.
    await flow.pressUntil("call", "is-busy");
    assert.equal((await flow.shown("is-idle")).agent, "1000");
  },

  async "agent-board"(flow) {
    await flow.press("login-button");
    const states = new Map<unknown, unknown>();
    const change = async (agent: string, state: RegExp) => {
      const fits = (shown: Shown) => {
        assert.notEqual(states.get(shown.agent), shown.state, "only what has changed is passed on");
        states.set(shown.agent, shown.state);
        return shown.agent === agent && state.test(String(shown.state));
      };
      return flow.until("changes", fits);
    };
    assert.ok((await change("1001", /^ONLINE IDLE$/)).name);
    await flow.press("call");
    await change("1001", /RINGING|CALL_IN/);
    const board = (await flow.nodeRed.admin("GET", "/crm/board")) as readonly Shown[];
    assert.equal(board.length, 20);
    assert.deepEqual(Object.keys(board[0] ?? {}).sort(), ["agent", "name", "since", "state"]);
  },

  async "call-log"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("answered");
    const values = (await flow.shown("statement")) as unknown as readonly unknown[];
    assert.deepEqual(values.slice(1, 5), ["inbound", "answered", "1000", "+8613800138888"]);
    await flow.shown("logged");
    await flow.pressUntil("missed", "logged");
    const rows = lines(flow.file("sccc-call-log.csv")).map((line) => line.split(","));
    assert.deepEqual(rows.map(([, direction, outcome]) => [direction, outcome]).slice(0, 3), [
      ["direction", "outcome"],
      ["inbound", "answered"],
      ["inbound", "missed"],
    ]);
    assert.equal(new Set(rows.map(([id]) => id)).size, rows.length);
  },

  async "campaign-from-csv"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("sample-button");
    await flow.shown("written");
    await flow.press("start-button");
    const { state, total, answered, excluded } = await flow.shown("finished");
    assert.deepEqual({ state, total, answered, excluded }, { state: "finished", total: 7, answered: 3, excluded: 2 });
    const rows = await eventually("all results are written", async () => {
      const written = lines(flow.file("sccc-campaign-results.csv"));
      return written.length === 8 ? written.slice(1).map((line) => line.split(",")) : undefined;
    });
    assert.deepEqual(rows.map(([, , outcome]) => outcome).sort(), [
      "answered",
      "answered",
      "answered",
      "duplicate",
      "illegal",
      "unanswered",
      "unanswered",
    ]);
  },

  async "campaign-next-morning"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("list-button");
    assert.equal((await flow.shown("kept")).name, "Ann");
    assert.equal((await flow.shown("finished")).total, 2);
    await flow.press("button");
    const { outcome, row } = await flow.shown("results-again");
    assert.deepEqual([outcome, (row as Shown).name], ["unanswered", "Ann"]);
    assert.equal((await flow.shown("finished-again")).total, 1);
  },

  async "cdr-reconciliation"(flow) {
    await flow.press("scccrecon0btnlog0");
    await flow.shown("scccrecon0loggedin");
    await flow.press("scccrecon0btncall");
    const { source, caller } = await flow.shown("scccrecon00calls0");
    assert.deepEqual([source, caller], ["push", "13800138000"]);
  },

  async "click-to-call"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("click");
    const { accepted, agent, callee } = await flow.shown("answered");
    assert.deepEqual({ accepted, agent, callee }, { accepted: true, agent: "1000", callee: "13800138888" });
    const { outcome, userData } = await flow.shown("crm-got");
    assert.deepEqual({ outcome, userData }, { outcome: "answered", userData: "customer-42" });
    const call = { agent: "1000", callee: "13800138888" };
    assert.equal((await flow.post("/crm/call", call, { "x-crm-key": "guessed" }))[0], 401);
    assert.equal((await flow.post("/crm/call", call, {}))[0], 401);
    const [status, { error }] = await flow.post(
      "/crm/call",
      { agent: "1000", callee: "Mr Li" },
      { "x-crm-key": "change-me" },
    );
    assert.deepEqual([status, error], [400, "SCCC_INVALID_FIELD"]);
  },

  async "error-handling"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("busy-button");
    await flow.shown("prepared");
    await flow.press("call-button");
    assert.equal((await flow.shown("called")).tries, 1);
    await flow.press("lost-button");
    await flow.shown("prepared");
    await flow.press("call-button");
    assert.ok((await flow.shown("look")).workStatus);
    await flow.press("wrong-button");
    assert.equal((await flow.shown("tell")).code, "SCCC_INVALID_FIELD");
  },

  async "missed-call-follow-up"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("reachable");
    await flow.shown("rung");
    const reached = await flow.shown("done");
    assert.deepEqual([reached.topic, reached.payload], ["reached", { number: "13800138888", tries: 1 }]);
    await flow.pressUntil("unreachable", "rung");
    const given = await flow.shown("done");
    assert.deepEqual([given.topic, given.payload], ["given up", { number: "13900130000", tries: 3 }]);
  },

  async "record-archive"(flow) {
    await flow.press("seed");
    await flow.shown("made");
    await flow.press("go");
    await flow.until("run", ({ items }) => items === 20);
    const rows = lines(flow.file("sccc-recordings/index.csv")).slice(1);
    assert.equal(new Set(rows).size, 20);
    for (const row of rows) {
      const file = readFileSync(row.split(",").at(-1) ?? "");
      assert.equal(file.toString("latin1", 0, 4), "RIFF");
    }
  },

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

  async "several-accounts"(flow) {
    for (const button of ["north-login-button", "south-login-button"]) {
      await flow.press(button);
      await flow.shown("logged-in");
    }
    await flow.press("north-call");
    assert.equal((await flow.shown("north")).number, "13800138888");
    await flow.press("south-call");
    assert.equal((await flow.shown("south-shown")).number, "13900138888");
  },

  async tour(flow) {
    for (const { id, type, name } of examples.find(({ name: one }) => one === "tour")?.nodes ?? []) {
      if (type !== "inject") continue;
      await flow.nodeRed.inject(id);
      // The call may be over already when it is to be hung up.
      const answer = await Promise.race([flow.shown("sccctour0answers0"), flow.shown("sccctour00errors0")]);
      assert.ok(answer !== undefined, String(name));
    }
    assert.ok((await flow.shown("sccctour00events0")).event);
    assert.ok((await flow.shown("sccctour00calls00")).id);
    assert.ok(Number(await flow.shown("sccctour0recordng")) > 44);
  },

  async "voice-verification"(flow) {
    await flow.press("send-button");
    const code = String(await flow.shown("hears"));
    assert.match(code, /^\d{6}$/);
    const told = async () => {
      const answer = await flow.shown("told");
      assert.ok(!JSON.stringify(answer).includes(code));
      return answer.status;
    };
    assert.equal(await told(), 202);
    for (const [button, status] of [
      ["send-button", 429],
      ["wrong-button", 403],
      ["right-button", 200],
      ["right-button", 403],
    ] as const) {
      await flow.press(button);
      assert.equal(await told(), status, button);
    }
    const key = { "x-app-key": "change-me" };
    assert.equal((await flow.post("/verify/send", { number: "Mr Li" }, key))[0], 400);
    assert.equal((await flow.post("/verify/check", { number: "1", code: "" }, { "x-app-key": "" }))[0], 401);
    // Five attempts, then even the right code is none.
    const number = "13900138888";
    assert.equal((await flow.post("/verify/send", { number }, key))[0], 202);
    const next = String(await flow.shown("hears"));
    for (let attempt = 0; attempt < 5; attempt += 1) await flow.post("/verify/check", { number, code: "0" }, key);
    assert.equal((await flow.post("/verify/check", { number, code: next }, key))[0], 403);
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

/** Makes the dashboard's nodes known to the Node-RED of a user folder. */
function addDashboard(userDir: string): void {
  const scope = join(userDir, "node_modules/@flowfuse");
  mkdirSync(scope, { recursive: true });
  const host = prepared(join(root, "test/hosts/dashboard"));
  symlinkSync(join(host, "node_modules/@flowfuse/node-red-dashboard"), join(scope, "node-red-dashboard"), "junction");
}

/** Imports an example as a user does, deploys it, and checks what it looks like on the canvas. */
async function importExample(nodeRed: NodeRed, { name, nodes }: Example): Promise<void> {
  const editor = await EditorPage.open(nodeRed);
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
  await nodeRed.deployed(() => editor.deploy());
  // With PICTURES set, the READMEs' picture is taken again.
  if (process.env.PICTURES !== undefined && name === "click-to-call") {
    const { page } = editor;
    await page.setViewportSize({ width: 1640, height: 720 });
    await page.locator(".red-ui-notification").first().waitFor({ state: "hidden" });
    await page.locator("#red-ui-workspace").screenshot({ path: join(root, "docs/images/example.png") });
  }
  assert.deepEqual(editor.errors, []);
  await editor.close();
}

for (const version of nodeRedVersions) {
  describe(`the examples in Node-RED ${version}`, function () {
    this.timeout(120_000);
    const userDir = temporaryFolder();
    let nodeRed: NodeRed;
    let sidebar: Sidebar;

    before(async () => {
      nodeRed = await startNodeRed({ version, userDir });
      await nodeRed.stop();
      addDashboard(userDir);
      nodeRed = await startNodeRed({ version, userDir });
      sidebar = await nodeRed.sidebar();
    });
    after(async () => {
      await sidebar?.close();
      await closeBrowser();
      await nodeRed?.stop();
    });
    afterEach(() => nodeRed.deploy([]));

    it("are all driven here", () => {
      assert.deepEqual(Object.keys(drives).sort(), examples.map(({ name }) => name).sort());
    });

    for (const example of examples) {
      it(`${example.name}: imported, deployed, driven to its result`, async () => {
        await importExample(nodeRed, example);
        // Ours does not listen where one usually does.
        const flows = (await nodeRed.admin("GET", "/flows")) as readonly FlowNode[];
        if (JSON.stringify(flows).includes(`"${standard}`)) {
          await nodeRed.deploy(JSON.parse(JSON.stringify(flows).replaceAll(`"${standard}`, `"${nodeRed.url}`)));
        }
        await drives[example.name]?.(new Running(nodeRed, userDir, example, sidebar));
        // What went wrong on purpose goes to a Catch node: nothing is left for the log.
        const errors = nodeRed.logs.filter(({ level, type }) => level === "error" && type !== "sccc-simulator");
        assert.deepEqual(
          errors.map(({ text }) => text),
          [],
        );
      });
    }
  });
}
