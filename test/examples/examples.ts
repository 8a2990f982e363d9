// The example flows, as files.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import type { FlowNode } from "../../tools/launch";
import { freePort } from "../../tools/node-red";

/** An example of the package: `name` is what the editor's menu shows. */
export interface Example {
  readonly name: string;
  readonly file: string;
  readonly nodes: readonly FlowNode[];
}

const folder = join(root, "examples");

export const examples: readonly Example[] = readdirSync(folder).map((entry) => ({
  name: entry.replace(/\.json$/, ""),
  file: join(folder, entry),
  nodes: JSON.parse(readFileSync(join(folder, entry), "utf8")) as readonly FlowNode[],
}));

/** What an example calls the address of a Node-RED as it is installed. */
const standard = "http://127.0.0.1:1880";

/** Puts free ports of this machine in the place of an example's own, in the text of its flow. */
export async function onFreePorts(text: string): Promise<string> {
  const nodes = JSON.parse(text) as readonly FlowNode[];
  const ports = new Set(
    nodes.flatMap(({ port, pushPort }) => [port, pushPort]).filter((port) => /^\d+$/.test(String(port))),
  );
  let moved = text;
  for (const port of ports) {
    const free = await freePort();
    moved = moved.replaceAll(new RegExp(`(?<=127\\.0\\.0\\.1:|")${port}(?=[/"])`, "g"), String(free));
  }
  return moved;
}

/** Puts the address of the Node-RED that an example runs in, in the place of the usual one. */
export const inNodeRed = (text: string, url: string): string => text.replaceAll(`"${standard}`, `"${url}`);
