// A campaign in a real Node-RED that is killed again and again: runs it to its end and compares its results with the platform's own books.
import { strict as assert } from "node:assert";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account } from "../../tools/platform";

/** A run. */
export interface KilledCampaign {
  readonly version: Parameters<typeof startNodeRed>[0]["version"];
  readonly dialect: "document" | "field";
  readonly rows: number;
  readonly kills: number;
  readonly speed: number;
  readonly attempts: number;
  /** In minutes. */
  readonly retryAfter: number;
  /** The most numbers that may end unknown. */
  readonly mostUnknown: number;
}

const agents = ["1000", "1001", "1002"];
/** Mostly unanswered calls, so that many numbers are dialled again. */
const endings = ["0000", "0000", "0001", "9999", "0000", "8888", "0001"];

/** Rows as in real lists: some have no number, some are repeated. */
const rowsOf = (count: number): readonly { readonly number: string }[] =>
  Array.from({ length: count }, (_, index) => {
    if (index % 50 === 7) return { number: "n/a" };
    const own = index % 40 === 9 ? index - 1 : index;
    return { number: `13${String(own).padStart(5, "0")}${endings[own % endings.length]}` };
  });

interface Flow {
  readonly platform: Simulator;
  readonly pushPort: number;
  readonly file: string;
  readonly attempts: number;
  readonly retryAfter: number;
}

const flowsOf = ({ platform, pushPort, file, attempts, retryAfter }: Flow): readonly FlowNode[] => {
  const z = "flow";
  const write = (id: string, what: string): FlowNode => ({
    id,
    type: "function",
    z,
    func: `fs.appendFileSync(${JSON.stringify(file)}, JSON.stringify(${what}) + "\\n");`,
    libs: [{ var: "fs", module: "fs" }],
    outputs: 0,
    wires: [],
  });
  return [
    { id: z, type: "tab", label: "Flow" },
    {
      id: "account",
      type: "sccc-account",
      baseUrl: platform.url,
      customer: account.customer,
      credentials: { password: account.password },
      pushPort: String(pushPort),
      pushHost: "127.0.0.1",
    },
    { id: "in", type: "http in", z, url: "/start", method: "post", wires: [["id", "taken"]] },
    { id: "taken", type: "http response", z, wires: [] },
    {
      id: "id",
      type: "function",
      z,
      func: 'return { payload: msg.payload, campaign: "killed" };',
      outputs: 1,
      wires: [["n"]],
    },
    {
      id: "n",
      type: "sccc-campaign",
      z,
      account: "account",
      agents: JSON.stringify(agents),
      agentsType: "json",
      attempts,
      retryAfter,
      resultWait: 3,
      wires: [["result"], [], ["finished"]],
    },
    write("result", "{ id: msg.sccc.campaign.id, ...msg.payload, row: undefined }"),
    write("finished", "{ finished: msg.payload }"),
  ];
};

interface Line {
  readonly id?: string;
  readonly index?: number;
  readonly number?: string | null;
  readonly outcome?: string;
  readonly finished?: Readonly<Record<string, number>>;
}

/** The number of results, and whether the campaign has finished. The file is read often, so it is not parsed. */
class Watched {
  #size = 0;
  results = 0;
  isFinished = false;

  constructor(readonly file: string) {}

  /** Waits as long as it takes. */
  async until(isSo: () => boolean): Promise<void> {
    for (this.#look(); !isSo(); this.#look()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  #look(): void {
    const text = existsSync(this.file) ? readFileSync(this.file) : Buffer.alloc(0);
    if (text.length === this.#size) return;
    this.#size = text.length;
    const lines = text.toString("latin1").split("\n").slice(0, -1);
    const finished = lines.filter((line) => line.startsWith('{"finished"')).length;
    this.results = lines.length - finished;
    this.isFinished = finished > 0;
  }
}

const linesIn = (file: string): readonly Line[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line)
    : [];

/** Runs a campaign to its end, with kills at different moments. */
export async function runKilled(run: KilledCampaign): Promise<void> {
  const { version, dialect, rows, kills, speed, attempts, retryAfter } = run;
  const pushPort = await freePort();
  const platform = await startSimulator({
    ...account,
    agents: agents.join(","),
    dialect,
    speed,
    pushUrl: `http://127.0.0.1:${pushPort}/sccc/notify`,
    pushPatience: 60,
  });
  let nodeRed: NodeRed | undefined;
  try {
    for (const agent of agents) await platform.instruct({ do: "agent", agent, workStatus: "ONLINE" });
    await platform.instruct({ do: "fault", kind: "dropPush", event: "billing", probability: 0.1 });
    const userDir = temporaryFolder();
    const file = join(userDir, "results.txt");
    const input = rowsOf(rows);
    const flows = flowsOf({ platform, pushPort, file, attempts, retryAfter });
    const settings = { functionExternalModules: true };
    const watched = new Watched(file);
    for (let died = 0; died <= kills; died += 1) {
      nodeRed = await startNodeRed({ version, userDir, settings, ...(died === 0 ? { flows } : {}) });
      if (died === 0) {
        const body = JSON.stringify(input);
        const headers = { "Content-Type": "application/json" };
        assert.equal((await nodeRed.fetch("/start", { method: "POST", body, headers })).status, 200);
      }
      if (died === kills) break;
      const enough = watched.results + Math.ceil(rows / (kills + 3));
      // On a fast machine, fewer may be left.
      await watched.until(() => watched.results >= enough || watched.isFinished);
      await nodeRed.kill();
    }
    await watched.until(() => watched.isFinished);
    await nodeRed?.stop();
    nodeRed = undefined;
    check(platform, run, linesIn(file));
  } finally {
    await nodeRed?.kill();
    await platform.close();
  }
}

/** Compares the results with the books. */
function check(platform: Simulator, { rows, attempts, mostUnknown }: KilledCampaign, lines: readonly Line[]): void {
  const byId = new Map<string, Line>();
  for (const line of lines) {
    if (line.id === undefined) continue;
    const before = byId.get(line.id);
    if (before !== undefined) assert.deepEqual(line, before, "what comes again is the same");
    byId.set(line.id, line);
  }
  assert.equal(byId.size, rows, "a result for every row");
  const all = [...byId.values()];
  const count = (...outcomes: readonly string[]) =>
    all.filter(({ outcome }) => outcomes.includes(String(outcome))).length;
  const figures = lines.find(({ finished }) => finished !== undefined)?.finished;
  assert.deepEqual(
    [figures?.total, figures?.answered, figures?.unanswered, figures?.excluded, figures?.unknown, figures?.remaining],
    [rows, count("answered"), count("unanswered", "vacant"), count("illegal", "duplicate"), count("unknown"), 0],
  );
  for (const { number, outcome } of all) {
    if (typeof number !== "string" || outcome === "duplicate") continue;
    const { dialled, answered } = platform.books({ number });
    assert.ok(dialled <= attempts, `${number} was dialled ${dialled} times`);
    if (outcome !== "unknown") assert.equal(answered > 0, outcome === "answered", `${number}: ${outcome}`);
  }
  assert.ok(count("unknown") <= mostUnknown, `${count("unknown")} of ${rows} are unknown`);
}
