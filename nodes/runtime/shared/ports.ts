// Says who has a port of this machine, as far as the flows know.
import type { NodeAPI } from "node-red";
import { isObject } from "../../util/json";
import type { Translate } from "./texts";

/** The properties that hold a port, by node type. */
const portProperties: Readonly<Record<string, string>> = { "sccc-simulator": "port", "sccc-account": "pushPort" };

/** What Node-RED says of a node of the flows: its properties, of which nothing is known. */
type NodeProperties = Readonly<Record<string, unknown>>;

function nodesOf(RED: NodeAPI): readonly NodeProperties[] {
  const nodes: NodeProperties[] = [];
  RED.nodes.eachNode((node: unknown) => {
    if (isObject(node)) nodes.push(node);
  });
  return nodes;
}

/** A node in words: its name, or its type and id, and the tab that it is on. */
function nodeName({ type, id, name, z }: NodeProperties, all: readonly NodeProperties[]): string {
  const tab = all.find((one) => one.id === z)?.label;
  const own = typeof name === "string" && name !== "" ? `"${name}"` : String(id);
  return `${String(type)} ${own}${typeof tab === "string" && tab !== "" ? ` (${tab})` : ""}`;
}

/**
 * Who has a port, in words: another node, Node-RED itself, or another program.
 * @param self the id of the node that asks
 */
export function ownerOfPort(RED: NodeAPI, translate: Translate, port: number, self: string): string {
  const all = nodesOf(RED);
  const owner = all.find(({ id, type, d, ...properties }) => {
    const property = portProperties[String(type)];
    return id !== self && d !== true && property !== undefined && String(properties[property]) === String(port);
  });
  if (owner !== undefined) return nodeName(owner, all);
  const { uiPort } = RED.settings as { uiPort?: unknown };
  return translate(Number(uiPort) === port ? "errors.portOwner.nodeRed" : "errors.portOwner.unknown");
}
