// The outputs of a node that receives events: how many, which is which, and where the wires go when they change. Knows nothing of the page.

/** All events through one output, or an output for each event and one for all else. */
export type Layout = "one" | "perType";

/** The layout in a flow. A number is what other tools make of a property called `outputs`. */
export const layoutOf = (saved: unknown): Layout => (saved === "perType" || Number(saved) > 1 ? "perType" : "one");

/** The name of the only output. */
export const every = "every";

/**
 * The names of the outputs, in their order.
 * @param chosen the events that the node takes; none: all
 * @param known the events that can have an output of their own, in the order of the outputs
 */
export function outputNames(layout: Layout, chosen: readonly string[], known: readonly string[]): readonly string[] {
  if (layout === "one") return [every];
  return [...known.filter((event) => chosen.length === 0 || chosen.includes(event)), "other"];
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

/**
 * What stands in a node's `outputs`. Node-RED reads the number of its ports there, and saves what it finds there: this counts as
 * the former and is written as the latter. It follows the events of its node, also when they change by undo.
 */
export class Ports {
  readonly #layout: Layout;
  readonly #names: (layout: Layout) => readonly string[];

  constructor(layout: Layout, names: (layout: Layout) => readonly string[]) {
    this.#layout = layout;
    this.#names = names;
  }

  get layout(): Layout {
    return this.#layout;
  }

  /** The outputs' names, in their order. */
  get names(): readonly string[] {
    return this.#names(this.#layout);
  }

  [Symbol.toPrimitive](): number {
    return this.names.length;
  }

  toJSON(): Layout {
    return this.#layout;
  }
}
