// The outputs of a node that receives events: how many, which is which, and where the wires go when they change. Knows nothing of the page.

/** All events through one output; an output for each event and one for all else; or for each event, where there are no others. */
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
 * @param standard what no chosen event stands for
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
 * Where each output goes, as Node-RED's editor wants it: by its index, -1 if it goes away; new ones under names that are no index.
 * The first output stays the first where the layout changes.
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
