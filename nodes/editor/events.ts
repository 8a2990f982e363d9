// A node that receives events: the boxes of its form, and outputs that follow them.
import { input, text } from "./page";
import { type Layout, layoutOf, moves, outputNames, Ports } from "./ports";

/** The events that a node takes; none: all. */
export const chosenEvents = ({ events }: EditorNode): readonly string[] =>
  Array.isArray(events) ? events.map(String) : [];

/** So many events are named on a node. */
const eventsOnLabel = 3;

/** The events that a node receives, in words. */
export function eventsLabel(chosen: readonly string[], known: readonly string[]): string {
  if (chosen.length === 0) return text("form.events.all");
  const named = [
    ...known.filter((event) => chosen.includes(event)).map((event) => text(`event.${event}.label`)),
    ...chosen.filter((event) => !known.includes(event)),
  ];
  const more = named.length > eventsOnLabel ? ` +${named.length - eventsOnLabel}` : "";
  return named.slice(0, eventsOnLabel).join(text("form.events.separator")) + more;
}

/** The ports of a node in a layout, for as long as the node lives. */
const portsOf = (node: EditorNode, layout: Layout, known: readonly string[]): Ports =>
  new Ports(layout, (it) => outputNames(it, chosenEvents(node), known));

/** Gives a node whose outputs follow its events its ports, unless it has them. */
export function givePorts(node: EditorNode, saved: unknown, known: readonly string[]): void {
  if (node.outputs instanceof Ports) return;
  const value = portsOf(node, layoutOf(saved), known);
  // An assignment is what Node-RED refuses while a flow is locked.
  Object.defineProperty(node, "outputs", { value, writable: true, enumerable: true, configurable: true });
}

/** The boxes of a form's events. */
const boxes = (): JQuery<HTMLInputElement> => $<HTMLInputElement>("#node-input-events-choice input");

const layoutChoice = (): JQuery => $("#node-input-outputs-choice");

/** The events that are ticked in a form, and those of the node that have no box. */
const tickedEvents = (node: EditorNode, known: readonly string[]): string[] => [
  ...boxes()
    .filter(":checked")
    .toArray()
    .map(({ value }) => value),
  ...chosenEvents(node).filter((event) => !known.includes(event)),
];

const pickedLayout = (): Layout => layoutOf(layoutChoice().val());

/** Shows in a form which events its node takes, and follows the changes. */
export function prepareEvents(node: EditorNode, known: readonly string[]): void {
  if (!(node.outputs instanceof Ports)) return;
  const { names, layout } = node.outputs;
  layoutChoice().val(layout);
  boxes().val([...chosenEvents(node)]);
  // Node-RED wants to know where each output goes: for the labels' form while it is open, for the wires when it is saved.
  const tell = () => {
    const after = outputNames(pickedLayout(), tickedEvents(node, known), known);
    input(node, "outputs").val(JSON.stringify(moves(names, after)));
  };
  boxes().add(layoutChoice()).on("change", tell);
  tell();
}

/** Takes over what a form says of the events. */
export function saveEvents(node: EditorNode, known: readonly string[]): void {
  node.events = tickedEvents(node, known);
  node.outputs = portsOf(node, pickedLayout(), known);
}
