// The current outputs of a node whose outputs depend on a property. Does not use the page.
import type { Description } from "./description";
import { applies } from "./problem";

/**
 * The keys of a node's outputs.
 * @param read reads a property of the node, as it stands in the form or in the flow
 */
export function outputsOf(node: Description, read: (property: string) => unknown): readonly string[] {
  const { otherOutputs, outputs } = node;
  if (otherOutputs === undefined) return outputs;
  const { property, unless } = otherOutputs;
  const value = read(property);
  const usual = value === undefined || value === "" || value === unless;
  return usual || !applies(node, property, read) ? outputs : otherOutputs.outputs;
}
