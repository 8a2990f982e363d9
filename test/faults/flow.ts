// A flow that is driven over HTTP and records how each message ended, so that none is lost and none ends twice.
import assert from "node:assert/strict";
import type { Simulator } from "../../simulator";
import type { FlowNode, NodeRed } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { eventually } from "../receive/flow";

/** How a message ended: "ok" at the node's output, otherwise the code that Catch received. */
export type End = readonly [mark: string, end: string];

/** A message to be sent in. */
export interface Order {
  readonly mark: string;
  readonly payload: unknown;
}

/** The driven nodes, by the name of their kind. */
export const kinds = {
  read: { type: "sccc-get-agent-status" },
  state: { type: "sccc-agent-set-busy" },
  call: { type: "sccc-call-number", repeatGuard: "0" },
  list: { type: "sccc-agent-set-idle", input: "list" },
  records: { type: "sccc-get-records-list" },
} as const;

export type Kind = keyof typeof kinds;

/** The kinds, in the order of the tests. */
export const kindNames = Object.keys(kinds) as readonly Kind[];

/** Settings that the flow's functions need. */
export const settings = { functionExternalModules: true };

const z = "flow";

/**
 * An account with the given properties, and the nodes, each with the name of its kind. `POST /drive` sends messages, `GET /ends` returns
 * the ends since the last request.
 */
export const driven = (
  baseUrl: string,
  properties: Readonly<Record<string, unknown>> = {},
  nodes: Readonly<Record<string, { readonly type: string }>> = kinds,
): readonly FlowNode[] => [
  {
    id: "account",
    type: "sccc-account",
    baseUrl,
    customer: account.customer,
    timeout: "1",
    retries: "1",
    ...properties,
    credentials: { password: account.password },
  },
  { id: "drive-in", type: "http in", z, url: "/drive", method: "post", wires: [["drive", "answer"]] },
  {
    id: "drive",
    type: "function",
    z,
    func: `const { kind, orders } = msg.payload; return ${JSON.stringify(Object.keys(nodes))}.map((name) => name === kind ? orders : null);`,
    outputs: Object.keys(nodes).length,
    wires: Object.keys(nodes).map((name) => [name]),
  },
  ...Object.entries(nodes).map(([id, node]) => ({ id, z, account: "account", wires: [["out"]], ...node })),
  { id: "catch", type: "catch", z, scope: Object.keys(nodes), uncaught: false, wires: [["caught"]] },
  ...["out", "caught"].map((id) => ({
    id,
    type: "function",
    z,
    func: `const ends = global.get("ends") ?? []; ends.push([msg.mark, ${id === "out" ? '"ok"' : "msg.error.code"}]); global.set("ends", ends);`,
    outputs: 0,
    wires: [],
  })),
  { id: "ends-in", type: "http in", z, url: "/ends", method: "get", wires: [["ends"]] },
  {
    id: "ends",
    type: "function",
    z,
    func: `msg.payload = global.get("ends") ?? []; global.set("ends", []); return msg;`,
    outputs: 1,
    wires: [["answer"]],
  },
  { id: "answer", type: "http response", z, wires: [] },
];

let last = 0;

/** Sends messages to nodes and records their ends. */
export class Books {
  readonly #ends = new Map<string, string[]>();
  readonly #marks: string[] = [];
  /** All ends, in order. */
  readonly ends: End[] = [];

  constructor(private readonly nodeRed: NodeRed) {}

  /** Orders for an agent, each with a unique mark, which is also in userData. */
  static orders(kind: Kind, agent: string, count = 1, callee = "13800130001"): readonly Order[] {
    return Array.from({ length: count }, () => {
      last += 1;
      const mark = `order-${last}-`;
      const fields = { agent, callee, userData: mark };
      const payload = kind === "records" ? { startKey: "0" } : kind === "list" ? [fields, fields] : fields;
      return { mark, payload };
    });
  }

  async send(kind: string, orders: readonly Order[]): Promise<void> {
    this.#marks.push(...orders.map(({ mark }) => mark));
    await this.nodeRed.admin("POST", "/drive", { kind, orders });
  }

  /** Reads the new ends. */
  async read(): Promise<void> {
    for (const [mark, end] of (await this.nodeRed.admin("GET", "/ends")) as readonly End[]) {
      this.ends.push([mark, end]);
      const ends = this.#ends.get(mark);
      if (ends === undefined) this.#ends.set(mark, [end]);
      else ends.push(end);
    }
  }

  /** How many messages have not ended. */
  get open(): number {
    return this.#marks.filter((mark) => !this.#ends.has(mark)).length;
  }

  /** Sends orders, and waits until all have ended. @returns their ends, in order */
  async through(kind: string, orders: readonly Order[]): Promise<readonly string[]> {
    await this.send(kind, orders);
    await eventually(`all of ${kind} end`, async () => {
      await this.read();
      return orders.every(({ mark }) => this.#ends.has(mark)) ? true : undefined;
    });
    return orders.map(({ mark }) => this.#ends.get(mark)?.[0] ?? "");
  }

  /** Asserts that each message ended exactly once, and that nothing else ended. */
  async assertBalanced(): Promise<void> {
    await this.read();
    const wrong = this.#marks.filter((mark) => this.#ends.get(mark)?.length !== 1);
    assert.deepEqual(
      wrong.map((mark) => [mark, this.#ends.get(mark) ?? []]),
      [],
    );
    assert.equal(this.#ends.size, this.#marks.length);
  }
}

/** Asserts that no call was requested twice, as far as the platform remembers. */
export function assertDialledOnce({ requests }: Pick<Simulator, "requests">): void {
  const dialled = requests
    .filter(({ url }) => url.endsWith("/CallNumber"))
    .map(({ body }) => (JSON.parse(body) as { request: { userData: string } }).request.userData);
  assert.deepEqual(
    dialled.filter((mark, index) => dialled.indexOf(mark) !== index),
    [],
  );
}
