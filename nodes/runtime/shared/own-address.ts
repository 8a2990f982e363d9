// The address of Node-RED's own server, as a program on this machine reaches it.
import type { NodeAPI } from "node-red";

/** A host of this machine that reaches what listens at a host; every one of them if it is unspecified. */
export function reachable(host: string): string {
  if (host === "" || host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** Where a path of flows' HTTP nodes is reached; undefined while Node-RED's own server does not listen, or where it serves no flows. */
export function ownAddress(RED: NodeAPI, path: string): string | undefined {
  const { https, httpNodeRoot } = RED.settings as { https?: unknown; httpNodeRoot?: unknown };
  const address = RED.server?.address();
  if (address === undefined || address === null || typeof address === "string" || httpNodeRoot === false)
    return undefined;
  const root = typeof httpNodeRoot === "string" ? httpNodeRoot.replace(/\/+$/, "") : "";
  return `http${https ? "s" : ""}://${reachable(address.address)}:${address.port}${root}${path}`;
}
