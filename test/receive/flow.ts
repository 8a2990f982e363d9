// The flow of these tests: accounts with notify nodes, and an HTTP route for reading their messages.
import assert from "node:assert/strict";
import { connect } from "node:net";
import type { FlowNode, NodeRed } from "../../tools/node-red";
import type { Json, Signer } from "./push";

/** A message of a notify node. */
export interface Emission {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly push: {
    readonly event: string;
    readonly eventId: string;
    readonly known: boolean;
    readonly account: string;
    readonly customer: string;
    readonly delivery: number;
    readonly http: { readonly path: string; readonly query: unknown; readonly ip: string };
  };
  readonly token: string;
  /** Whether a value from outside has become a property of Object.prototype. */
  readonly polluted: boolean;
}

/** An account's id. Its name must differ: Node-RED takes a property with the id of a configuration node for a reference to it. */
export const idOf = (name: string): string => `account-${name}`;

/** An account with a name. */
export const accountOf = (name: string, { customer, password }: Signer, properties: Json = {}): FlowNode => ({
  id: idOf(name),
  type: "sccc-account",
  name,
  baseUrl: "http://127.0.0.1:9",
  customer,
  ...properties,
  credentials: { password, ...(properties.credentials as Json) },
});

/** A node that outputs every push of an account on one output. */
export const notifyNode = (name: string, properties: Json = {}): FlowNode => ({
  id: `notify-${name}`,
  type: "sccc-notify",
  z: "flow",
  account: idOf(name),
  events: [],
  layout: "one",
  wires: [["collect"]],
  ...properties,
});

/** Acknowledges messages, or refuses messages from a Catch node. */
export const confirmNode = (wires: readonly string[] = []): FlowNode => ({
  id: "confirm",
  type: "sccc-confirm",
  z: "flow",
  outcome: "auto",
  token: "sccc.token",
  tokenType: "msg",
  wires: [wires],
});

/** Collects the messages that reach `collect` and returns them: `GET /emitted?from=<index>`, and `GET /process`. */
export const collector: readonly FlowNode[] = [
  { id: "flow", type: "tab", label: "Flow" },
  {
    id: "collect",
    type: "function",
    z: "flow",
    func: `const { topic, payload, sccc } = msg;
const list = global.get("emitted") ?? [];
list.push({ topic, payload, push: sccc.push, token: sccc.token, polluted: payload.polluted !== undefined });
global.set("emitted", list);`,
    outputs: 0,
    wires: [],
  },
  { id: "emitted-in", type: "http in", z: "flow", url: "/emitted", method: "get", wires: [["emitted-list"]] },
  {
    id: "emitted-list",
    type: "function",
    z: "flow",
    func: `msg.payload = (global.get("emitted") ?? []).slice(Number(msg.req.query.from)); return msg;`,
    outputs: 1,
    wires: [["emitted-out"]],
  },
  { id: "emitted-out", type: "http response", z: "flow", wires: [] },
  { id: "process-in", type: "http in", z: "flow", url: "/process", method: "get", wires: [["process-read"]] },
  {
    id: "process-read",
    type: "function",
    z: "flow",
    func: `v8.setFlagsFromString("--expose-gc");
const gc = vm.runInNewContext("gc");
gc();
const { heapUsed, external, rss } = process.memoryUsage();
const resources = process.getActiveResourcesInfo();
msg.payload = { pid: process.pid, used: heapUsed + external, rss, resources };
return msg;`,
    libs: ["process", "v8", "vm"].map((module) => ({ var: module, module })),
    outputs: 1,
    wires: [["emitted-out"]],
  },
];

/** State of Node-RED's process after a garbage collection; sizes in bytes. */
export interface Process {
  readonly pid: number;
  readonly used: number;
  readonly rss: number;
  /** The resources that keep it alive, by kind: TCPSocketWrap, Timeout and so on. */
  readonly resources: readonly string[];
}

export const processOf = async (nodeRed: NodeRed): Promise<Process> =>
  (await nodeRed.admin("GET", "/process")) as Process;

/** Polls until `look` returns a value. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const until = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`It did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits until a port is open: Node-RED reports its flows as started a moment before that. */
export const listening = (port: number): Promise<true> =>
  eventually(
    `port ${port} is open`,
    () =>
      new Promise<true | undefined>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.on("connect", () => resolve(true)).on("error", () => resolve(undefined));
        socket.on("connect", () => socket.destroy());
      }),
  );

/** Reads the emitted messages, each time from where the last read ended. */
export class Emissions {
  #from = 0;
  #last: Promise<readonly Emission[]> = Promise.resolve([]);

  constructor(
    private readonly nodeRed: NodeRed,
    private readonly root = "",
  ) {}

  /** New messages; each is returned once, also to several concurrent callers. */
  more(): Promise<readonly Emission[]> {
    const next = this.#last.then(async () => {
      const more = (await this.nodeRed.admin("GET", `${this.root}/emitted?from=${this.#from}`)) as readonly Emission[];
      this.#from += more.length;
      return more;
    });
    this.#last = next.catch(() => []);
    return next;
  }

  /** Collects messages until `count` of them match. */
  async until(what: string, fits: (emission: Emission) => boolean, count = 1): Promise<readonly Emission[]> {
    const all: Emission[] = [];
    return eventually(what, async () => {
      all.push(...(await this.more()));
      return all.filter(fits).length >= count ? all : undefined;
    });
  }
}

/** The marks of emissions. */
export const marksOf = (emissions: readonly Emission[]): readonly unknown[] =>
  emissions.map(({ payload }) => payload.userData);

/** Asserts that every mark was emitted exactly once. */
export function assertOnce(emitted: readonly unknown[], wanted: readonly string[]): void {
  const expected = new Set<unknown>(wanted);
  const counts = new Map<unknown, number>();
  for (const mark of emitted) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  assert.deepEqual(
    {
      lost: wanted.filter((mark) => !counts.has(mark)),
      doubled: [...counts].filter(([, count]) => count > 1).map(([mark]) => mark),
      strange: [...counts.keys()].filter((mark) => !expected.has(mark)),
    },
    { lost: [], doubled: [], strange: [] },
  );
}
