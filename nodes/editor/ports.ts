// The outputs of a node that receives events: their number, their names, and their wires after a change. Does not use the page.

/**
 * One output for all events; or one for each event and one for the rest; or one for each event, if there are no other
 * events.
 */
export type Layout = "one" | "perType" | "perEvent";

/**
 * The layout of a node.
 * @param layout as the flow has it
 * @param outputs as older flows have it: the layout as a word, or the number of ports
 */
export function layoutOf(layout: unknown, outputs: unknown): Layout {
  if (layout === "one" || layout === "perType" || layout === "perEvent") return layout;
  return outputs === "perType" || Number(outputs) > 1 ? "perType" : "one";
}

/** The name of the only output. */
export const every = "every";

/**
 * The names of the outputs, in their order.
 * @param chosen the events that the node takes
 * @param known the events that can have an output of their own, in the order of the outputs
 * @param standard the events of a node without a choice
 */
export function outputNames(
  layout: Layout,
  chosen: readonly string[],
  known: readonly string[],
  standard: readonly string[] = known,
): readonly string[] {
  if (layout === "one") return [every];
  const taken = chosen.length === 0 ? standard : chosen;
  const own = known.filter((event) => taken.includes(event));
  return layout === "perEvent" ? own : [...own, "other"];
}

/**
 * Where each output goes, in the form of Node-RED's editor: by index, -1 if it is removed. New outputs have names that
 * are not an index. If the layout changes, the first output stays the first.
 */
export function moves(before: readonly string[], after: readonly string[]): Readonly<Record<string, number>> {
  const sameLayout = before.includes(every) === after.includes(every);
  const kept = before.map((name, index) => (sameLayout ? after.indexOf(name) : index === 0 ? 0 : -1));
  const added = [...after.entries()].filter(([index]) => !kept.includes(index));
  return Object.fromEntries([
    ...kept.map((place, index) => [index, place] as const),
    ...added.map(([index, name]) => [`new-${name}`, index] as const),
  ]);
}
