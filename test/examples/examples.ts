// The example flows, as files.
import { randomBytes } from "node:crypto";
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

/**
 * An example as a second import creates it: every ID is new, everything else, including the ports, is the same. Its
 * files have other names, so that the output of both copies can be distinguished.
 */
export function secondImport(nodes: readonly FlowNode[]): readonly FlowNode[] {
  const ids = new Map(nodes.map(({ id }) => [id, randomBytes(8).toString("hex")]));
  const rename = (value: unknown): unknown => {
    if (typeof value === "string")
      return ids.get(value) ?? value.replace(/\bsccc-([\w-]+\.csv|recordings)/g, "second-$1");
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rename(one)]));
  };
  return nodes.map((node) => rename(node) as FlowNode);
}

/** Replaces an example's ports, in the text of its flow, by free ports of this machine. */
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
