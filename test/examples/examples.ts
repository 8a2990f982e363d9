// The example flows, as files.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import type { FlowNode } from "../../tools/launch";

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
