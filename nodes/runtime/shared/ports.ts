// Finds out which node or program uses a port.
import type { NodeAPI } from "node-red";
import { isObject } from "../../util/json";
import type { Translate } from "./texts";

/** The properties that hold a port, by node type. */
const portProperties: Readonly<Record<string, string>> = { "sccc-simulator": "port", "sccc-account": "pushPort" };

/** The properties of any node in the flows. */
type NodeProperties = Readonly<Record<string, unknown>>;

function nodesOf(RED: NodeAPI): readonly NodeProperties[] {
  const nodes: NodeProperties[] = [];
  RED.nodes.eachNode((node: unknown) => {
    if (isObject(node)) nodes.push(node);
  });
  return nodes;
}

/** Describes a node by its name, or by its type and ID, and by its tab. */
function nodeName({ type, id, name, z }: NodeProperties, all: readonly NodeProperties[]): string {
  const tab = all.find((one) => one.id === z)?.label;
  const own = typeof name === "string" && name !== "" ? `"${name}"` : String(id);
  return `${String(type)} ${own}${typeof tab === "string" && tab !== "" ? ` (${tab})` : ""}`;
}

/**
 * Describes the user of a port: another node, Node-RED itself, or another program. @param self the ID of the node that
 * asks
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
