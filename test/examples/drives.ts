// Drives each example to its result as a user does: presses its buttons, and reads its debug nodes.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testDialect } from "../../tools/dialect";
import type { FlowNode, Sidebar } from "../../tools/launch";
import type { NodeRed } from "../../tools/node-red";
import { eventually } from "../receive/flow";
import { type Example, examples } from "./examples";

export type Shown = Readonly<Record<string, unknown>>;

/** A deployed example and its debug output. */
export class Running {
  constructor(
    readonly nodeRed: NodeRed,
    readonly userDir: string,
    private readonly example: Example,
    private readonly sidebar: Sidebar,
  ) {}

  /** The node whose ID ends with this name. */
  id(name: string): string {
    const node = this.example.nodes.find(({ id }) => id === name || new RegExp(`^sccc-[a-z]+-${name}$`).test(id));
    assert.ok(node !== undefined, `${this.example.name} has no ${name}`);
    return node.id;
  }

  press(button: string): Promise<void> {
    return this.nodeRed.inject(this.id(button));
  }

  /** The next output of a debug node. */
  shown(name: string): Promise<Shown> {
    return this.sidebar.next(this.id(name)) as Promise<Shown>;
  }

  /** The next output of a debug node that fits; earlier outputs are skipped. */
  async until(name: string, fits: (shown: Shown) => boolean): Promise<Shown> {
    for (;;) {
      const shown = await this.shown(name);
      if (fits(shown)) return shown;
    }
  }

  /** Presses a button until a debug node shows something, because the agent may not be free yet. */
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

/** Drives a deployed example to its result. */
export type Drive = (flow: Running) => Promise<void>;

/** The examples that need no browser. */
export const drives: Readonly<Record<string, Drive>> = {
  async "after-call-work"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("call");
    assert.equal((await flow.shown("is-busy")).agent, "1000");
    await flow.press("note");
    assert.equal((await flow.shown("is-idle")).agent, "1000");
    // The next call has no saved note.
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

  async "calls-with-recordings"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("answered");
    await flow.shown("logged");
    const sound = readFileSync(String(await flow.shown("saved")));
    assert.equal(sound.toString("latin1", 0, 4), "RIFF");
    await flow.pressUntil("missed", "logged");
    const rows = lines(flow.file("sccc-calls.csv")).map((line) => line.split(","));
    assert.deepEqual(rows.map(([, , direction, outcome]) => [direction, outcome]).slice(0, 3), [
      ["direction", "outcome"],
      ["inbound", "answered"],
      ["inbound", "missed"],
    ]);
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
    // Only bills of the dialect "field" have the release cause, which tells that a number is vacant.
    const ofVacant = testDialect === "field" ? "vacant" : "unanswered";
    const expected = ["answered", "answered", "answered", "duplicate", "illegal", "unanswered", ofVacant];
    assert.deepEqual(rows.map(([, , outcome]) => outcome).sort(), expected);
    assert.ok(!rows.flat().includes("null"), "an empty cell of a spreadsheet is empty");
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
    // A second start on the same day is refused, and no number is lost.
    await flow.press("list-button");
    await flow.shown("kept");
    for (let presses = 0; presses < 2; presses += 1) {
      await flow.press("button");
      assert.equal(await flow.shown("why"), "SCCC_INVALID_FIELD");
    }
    const context = (await flow.nodeRed.admin("GET", `/context/flow/${flow.id("tab")}`)) as Shown;
    const { unanswered } = (context.memory ?? context) as Readonly<Record<string, { readonly msg: string }>>;
    assert.deepEqual(JSON.parse(unanswered?.msg ?? ""), [{ number: "13800130000", name: "Ann" }]);
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

  async "crm-activity"(flow) {
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.press("click");
    const { customer, subject, direction, phone } = await flow.shown("done");
    assert.deepEqual(
      { customer, subject, direction, phone },
      { customer: "crm-42", subject: "Call", direction: "outbound", phone: "+8613800138888" },
    );
    const missed = await flow.pressUntil("missed", "done");
    assert.deepEqual([missed.subject, missed.customer], ["Missed call", undefined]);
    // An activity that the CRM refuses comes again. Node-RED answers 404 at this address.
    const nodes = (await flow.nodeRed.admin("GET", "/flows")) as FlowNode[];
    const withCrm = (url: string): Promise<void> => {
      const changes: Readonly<Record<string, object>> = {
        [flow.id("tab")]: { env: [{ name: "CRM_URL", value: url, type: "str" }] },
        [flow.id("account")]: { redeliverAfter: "1", maxDeliveries: "100" },
      };
      return flow.nodeRed.deploy(nodes.map((node) => ({ ...node, ...changes[node.id] })));
    };
    await withCrm(`${flow.nodeRed.url}/nowhere`);
    await flow.press("login-button");
    await flow.shown("logged-in");
    await flow.pressUntil("missed", "refused");
    await withCrm("");
    assert.equal((await flow.shown("done")).subject, "Missed call");
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
      // The call may already have ended when it is to be hung up.
      const answer = await Promise.race([flow.shown("sccctour0answers0"), flow.shown("sccctour00errors0")]);
      assert.ok(answer !== undefined, String(name));
    }
    assert.ok((await flow.shown("sccctour00events0")).event);
    assert.ok((await flow.shown("sccctour00calls00")).id);
    assert.ok(Number(await flow.shown("sccctour0recordng")) > 44);
  },

  async "voice-notification"(flow) {
    await flow.press("button");
    assert.equal((await flow.shown("accepted")).voiceFileID, "1");
    const people = new Map<unknown, unknown>();
    while (people.size < 4) {
      const { name, heard } = await flow.shown("each");
      people.set(name, heard);
    }
    assert.deepEqual(
      [...people]
        .filter(([, heard]) => heard)
        .map(([name]) => name)
        .sort(),
      ["Li Lei", "王芳"],
    );
    const { heard, missed } = (await flow.shown("summary")) as Readonly<Record<string, readonly Shown[]>>;
    assert.equal(heard?.length, 2);
    assert.deepEqual(missed?.map(({ why }) => why).sort(), ["busy here", "not found"]);
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
    // After five attempts, the right code is refused too.
    const number = "13900138888";
    assert.equal((await flow.post("/verify/send", { number }, key))[0], 202);
    const next = String(await flow.shown("hears"));
    for (let attempt = 0; attempt < 5; attempt += 1) await flow.post("/verify/check", { number, code: "0" }, key);
    assert.equal((await flow.post("/verify/check", { number, code: next }, key))[0], 403);
  },
};

/** Drives an example, which must have been deployed, to its result. */
export async function drive(flow: Running, how: Drive | undefined): Promise<void> {
  await how?.(flow);
  // Intended errors go to a Catch node: the log has none, except of a feed of an earlier example that this deploy closed while it was reading.
  const errors = flow.nodeRed.logs.filter(
    ({ level, type, text }) =>
      level === "error" && type !== "sccc-simulator" && !text.includes("the node was closed meanwhile"),
  );
  assert.deepEqual(
    errors.map(({ text }) => text),
    [],
  );
}
