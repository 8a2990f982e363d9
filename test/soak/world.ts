// The environment of the soak test: a real Node-RED with an account on the simulator, proxies in both directions, and records of all
// messages.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type PushOutcome, type ReceivedRequest, type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { TcpProxy } from "../../tools/tcp-proxy";
import { Books, driven, kinds, settings } from "../faults/flow";
import { collector, eventually, listening } from "../receive/flow";
import { pendingIn } from "../receive/pending";

const z = "flow";

const spoolFolder = "sccc/spool/account";

/** Stores the value of an expression for each message, for `GET /kept`, and passes the message on. */
const keep = (id: string, expression: string, ...wires: string[]): FlowNode => ({
  id,
  type: "function",
  z,
  func: `const kept = global.get("${id}") ?? []; kept.push(${expression}); global.set("${id}", kept); return msg;`,
  outputs: 1,
  wires: [wires],
});

/** The fields that distinguish pushes with the same event. */
const own = ["seq", "userData", "session", "workStatus", "serverStatus"];

const callEvents = ["callin", "callout", "screenpop", "callstart", "callend", "billing"];
const otherEvents = ["taskinfo", "agentstatus", "clientmark"];

interface Kept {
  /** Output pushes, finished calls, and pages of the feed with their keys. */
  readonly pushes: readonly string[];
  readonly finished: readonly string[];
  readonly pages: readonly (readonly number[])[];
}

const nothing: Kept = { pushes: [], finished: [], pages: [] };

const notify = (id: string, events: readonly string[], ...wires: string[]): FlowNode => ({
  id,
  type: "sccc-notify",
  z,
  account: "account",
  events,
  layout: "one",
  wires: [wires],
});

/** Blocks, calls and bills are kept only briefly, so that memory has its final size after a minute. */
const flowAt = (baseUrl: string, port: number): readonly FlowNode[] => [
  ...collector,
  ...driven(
    baseUrl,
    {
      timeout: "1",
      maxConcurrent: "8",
      maxQueue: "20",
      pushPort: String(port),
      pushHost: "127.0.0.1",
      pushPath: "/soak",
      pushAnswer: "stored",
      pushTolerance: "20",
    },
    { ...kinds, recording: { type: "sccc-get-recording" } },
  ),
  notify("calls", callEvents, "pushes", "tracker"),
  notify("others", otherEvents, "pushes", "confirm"),
  keep("pushes", `[msg.topic, ...${JSON.stringify(own)}.map((field) => msg.payload[field])].join()`),
  {
    id: "tracker",
    type: "sccc-call-tracker",
    z,
    account: "account",
    window: "30",
    waitForBilling: "20",
    wires: [["confirm"], ["finished"]],
  },
  keep("finished", "msg.payload.id", "confirm"),
  {
    id: "feed",
    type: "sccc-feed",
    z,
    account: "account",
    source: "records",
    feed: "soak",
    start: "beginning",
    interval: "1",
    advance: "confirmed",
    wires: [["pages"], []],
  },
  keep("pages", "msg.payload.map(({ key }) => Number(key))", "confirm"),
  { id: "confirm", type: "sccc-confirm", z, outcome: "auto", token: "sccc.token", tokenType: "msg", wires: [[]] },
  { id: "kept-in", type: "http in", z, url: "/kept", method: "get", wires: [["kept"]] },
  {
    id: "kept",
    type: "function",
    z,
    func: `msg.payload = {}; for (const id of ${JSON.stringify(Object.keys(nothing))}) { msg.payload[id] = global.get(id) ?? []; global.set(id, []); } return msg;`,
    outputs: 1,
    wires: [["answer"]],
  },
];

/** Counts texts. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  has(text: string): boolean {
    return this.#counts.has(text);
  }

  get size(): number {
    return this.#counts.size;
  }

  get texts(): readonly string[] {
    return [...this.#counts.keys()];
  }

  get repeated(): readonly string[] {
    return [...this.#counts].filter(([, count]) => count > 1).map(([text]) => text);
  }
}

/** All participants and the records. */
export class World {
  readonly userDir = temporaryFolder();
  platform!: Simulator;
  /** The proxy to the platform, and the one for its pushes. */
  proxy!: TcpProxy;
  pushProxy!: TcpProxy;
  nodeRed!: NodeRed;
  books!: Books;
  readonly #acknowledged = new Tally();
  readonly #emitted = new Tally();
  readonly #finished = new Tally();
  readonly #keys: number[] = [];
  readonly #dialled = new Tally();
  #last: ReceivedRequest | undefined;

  async start(version: 4 | 5): Promise<void> {
    const port = await freePort();
    this.pushProxy = await TcpProxy.start(port);
    this.platform = await startSimulator({
      ...account,
      agents: "1000-1049",
      speed: 100,
      pushUrl: `${this.pushProxy.url}/soak`,
      onPush: (outcome) => this.#acknowledge(outcome),
    });
    this.proxy = await TcpProxy.start(this.platform.port);
    const flows = flowAt(this.proxy.url, port);
    this.nodeRed = await startNodeRed({ version, userDir: this.userDir, settings, flows });
    await listening(port);
    this.books = new Books(this.nodeRed);
    for (let agent = 1000; agent < 1050; agent += 1) {
      await this.platform.instruct({ do: "agent", agent: String(agent), workStatus: "ONLINE" });
    }
  }

  #acknowledge({ event, notify: sent, error }: PushOutcome): void {
    if (error === undefined) this.#acknowledged.add([event, ...own.map((field) => sent[field])].join());
  }

  /** Removes all faults. */
  async heal(): Promise<void> {
    await this.platform.instruct({ do: "fault", kind: "none" });
    for (const proxy of [this.proxy, this.pushProxy]) {
      proxy.heal();
      await proxy.up();
    }
  }

  /** Reads the new records. */
  async read(): Promise<void> {
    const { pushes, finished, pages } = (await this.nodeRed.admin("GET", "/kept")) as Kept;
    for (const id of pushes) this.#emitted.add(id);
    for (const id of finished) this.#finished.add(id);
    this.#keys.push(...pages.flat());
    const { requests } = this.platform;
    const from = this.#last === undefined ? 0 : requests.lastIndexOf(this.#last) + 1;
    for (const { url, body } of requests.slice(from)) {
      if (url.endsWith("/CallNumber")) this.#dialled.add(JSON.parse(body).request.userData);
    }
    this.#last = requests.at(-1);
  }

  /** Size of the spool's files in bytes. */
  get spoolBytes(): number {
    const folder = join(this.userDir, spoolFolder);
    return readdirSync(folder).reduce(
      (sum, file) => sum + (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  get counts() {
    const { size: pushes } = this.#emitted;
    return { pushes, calls: this.#finished.size, records: this.#keys.length, dialled: this.#dialled.size };
  }

  /** Lets all activity end, closes everything, and returns what is not accounted for. */
  async settle(): Promise<readonly string[]> {
    await this.heal();
    const wrong: string[] = [];
    const settled = async (what: string, is: () => boolean) =>
      eventually(what, async () => {
        await this.read();
        return is() ? true : undefined;
      }).catch(() => wrong.push(`it did not happen: ${what}`));
    const { state } = this.platform;
    await settled("no call is under way", () => state.calls.length === 0);
    await settled("the feed has all records", () => this.#keys.length >= state.records.length);
    if (this.#keys.join() !== state.records.map(({ key }) => key).join()) wrong.push("the feed: not once and in order");
    // No push is acknowledged from here on.
    await this.platform.close();
    const lost = () => this.#acknowledged.texts.filter((id) => !this.#emitted.has(id));
    await settled("all acknowledged pushes have come out", () => lost().length === 0);
    await this.books.assertBalanced().catch((error: Error) => wrong.push(error.message));
    const lists: readonly (readonly [string, readonly string[]])[] = [
      ["acknowledged and lost", lost()],
      ["calls finished twice", this.#finished.repeated],
      ["calls asked for twice", this.#dialled.repeated],
    ];
    for (const [what, list] of lists) {
      if (list.length > 0) wrong.push(`${list.length} ${what}: ${list.slice(0, 5).join(" ")}`);
    }
    await this.nodeRed.stop();
    const folder = join(this.userDir, spoolFolder);
    const pending = await pendingIn(folder);
    if (pending > 0) wrong.push(`${pending} pushes were never confirmed`);
    return wrong;
  }

  /** Closes the rest. */
  async stop(): Promise<void> {
    await this.nodeRed?.stop();
    await this.platform?.close();
    await this.proxy?.close();
    await this.pushProxy?.close();
  }
}
