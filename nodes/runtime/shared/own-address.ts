// The address of Node-RED's own server for programs on this machine.
import type { NodeAPI } from "node-red";

/** A host name for reaching a listener from this machine; the loopback address if it listens on all addresses. */
export function reachable(host: string): string {
  if (host === "" || host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * The URL of a path below the root of HTTP nodes; undefined while Node-RED's server does not listen, or if it has no
 * such root.
 */
export function ownAddress(RED: NodeAPI, path: string): string | undefined {
  const { https, httpNodeRoot } = RED.settings as { https?: unknown; httpNodeRoot?: unknown };
  const address = RED.server?.address();
  if (address === undefined || address === null || typeof address === "string" || httpNodeRoot === false)
    return undefined;
  const root = typeof httpNodeRoot === "string" ? httpNodeRoot.replace(/\/+$/, "") : "";
  return `http${https ? "s" : ""}://${reachable(address.address)}:${address.port}${root}${path}`;
}
