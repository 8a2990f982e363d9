// The Node-REDs of the bench, and common parts of their flows.
import { join } from "node:path";
import { type FlowNode, type NodeRed, startNodeRed } from "../tools/node-red";
import { account, type Sample } from "./contest";

/** A function node; `libs` are built-in modules of Node. */
export const functionNode = (
  id: string,
  func: string,
  wires: readonly (readonly string[])[],
  { initialize = "", libs = [] }: { readonly initialize?: string; readonly libs?: readonly string[] } = {},
): FlowNode => ({
  id,
  type: "function",
  z: "tab",
  func,
  initialize,
  outputs: wires.length,
  libs: libs.map((module) => ({ var: module, module })),
  wires,
});

/** Our account. */
export const accountNode = (properties: Readonly<Record<string, unknown>>): FlowNode => ({
  id: "account",
  type: "sccc-account",
  name: "bench",
  baseUrl: "http://127.0.0.1:9",
  customer: account.customer,
  credentials: { password: account.password },
  ...properties,
});

/** Counts messages. */
export const counter = (id = "count"): FlowNode => ({ id, type: "bench-count", z: "tab", wires: [] });

/** Keeps messages of a kind (see nodes/bench.js) circulating. */
export const pump = (source: string, to: string): FlowNode => ({
  id: "pump",
  type: "bench-pump",
  z: "tab",
  source,
  wires: [[to]],
});

/** The work of a Node-RED with a counter so far: messages, and processor time in µs. */
export interface Done {
  readonly messages: number;
  readonly cpu: number;
}

/** Reads the counter. */
export const doneBy = async (nodeRed: NodeRed): Promise<Done> => (await nodeRed.admin("GET", "/bench/count")) as Done;

/** How many messages a pump keeps circulating, and for how long. */
export interface Pumping {
  readonly inFlight: number;
  readonly seconds: number;
  readonly most?: number;
  /** Only starts calls. */
  readonly opening?: boolean;
  /** Reports the heap in use. */
  readonly collected?: boolean;
}

/** Runs the pump. */
export async function pumped(nodeRed: NodeRed, pumping: Pumping): Promise<Sample> {
  const { inFlight, seconds, most = Number.MAX_SAFE_INTEGER, opening = false, collected = false } = pumping;
  const query = `inFlight=${inFlight}&seconds=${seconds}&most=${most}&opening=${opening}&collected=${collected}`;
  return (await nodeRed.admin("GET", `/bench/pump?${query}`)) as Sample;
}

/** Starts a Node-RED with a flow. A logged error ends the bench: the bench would wait for the failed message forever. */
export async function start(flow: readonly FlowNode[], env: NodeJS.ProcessEnv = {}): Promise<NodeRed> {
  const nodeRed = await startNodeRed({
    version: 4,
    flows: [{ id: "tab", type: "tab", label: "bench" }, ...flow],
    settings: { nodesDir: join(__dirname, "nodes") },
    env,
  });
  void nodeRed
    .log(({ level }) => level === "error")
    .then(({ text }) => {
      throw new Error(`A node of the bench failed: ${text}`);
    });
  return nodeRed;
}
