// A node that receives events: the boxes of its form, and outputs that follow them.
import type { Description } from "./description";
import { input, text } from "./page";
import { type Layout, layoutOf, moves, outputNames } from "./ports";

/** Whether a node type has a choice of events. */
export const hasEvents = (description: Description | undefined): description is Description & Choice =>
  description?.events !== undefined;

/** The events of a node type; `standardEvents` are those of a node without a choice, if these are not all. */
type Choice = Pick<Description, "standardEvents"> & { readonly events: readonly string[] };

/** The events that a node takes. An empty list means all, or the standard ones. */
export const chosenEvents = ({ events }: EditorNode): readonly string[] =>
  Array.isArray(events) ? events.map(String) : [];

/** The most events that a node's label names. */
const eventsOnLabel = 3;

/** The events that a node receives, in words. */
export function eventsLabel(given: readonly string[], { events: known, standardEvents = [] }: Choice): string {
  const chosen = given.length === 0 ? standardEvents : given;
  if (chosen.length === 0) return text("form.events.all");
  const named = [
    ...known.filter((event) => chosen.includes(event)).map((event) => text(`event.${event}.label`)),
    ...chosen.filter((event) => !known.includes(event)),
  ];
  const more = named.length > eventsOnLabel ? ` +${named.length - eventsOnLabel}` : "";
  return named.slice(0, eventsOnLabel).join(text("form.events.separator")) + more;
}

/** The current layout of a node's outputs. */
const layoutOfNode = (node: EditorNode): Layout => layoutOf(node.layout, savedOutputs(node));

/** The value of `outputs` in a flow. Node-RED converts it to a number, possibly the number of wires. */
function savedOutputs(node: EditorNode): unknown {
  const saved = node._config?.outputs;
  return typeof saved === "string" ? JSON.parse(saved) : node.outputs;
}

/** The names of a node's outputs, in their order. */
export const namesOf = (node: EditorNode, { events, standardEvents }: Choice): readonly string[] =>
  outputNames(layoutOfNode(node), chosenEvents(node), events, standardEvents);

/** Gives a node of an older flow its layout, and gives every node as many ports as it has outputs. */
export function migrate(node: EditorNode, choice: Choice): void {
  const layout = layoutOfNode(node);
  if (node.layout !== layout) node.layout = layout;
  const ports = namesOf(node, choice).length;
  if (node.outputs !== ports) node.outputs = ports;
}

/** The boxes of a form's events. */
const boxes = (): JQuery<HTMLInputElement> => $<HTMLInputElement>("#node-input-events-choice input");

/** The events that are ticked in a form, and those of the node that have no box. */
const tickedEvents = (node: EditorNode, known: readonly string[]): string[] => [
  ...boxes()
    .filter(":checked")
    .toArray()
    .map(({ value }) => value),
  ...chosenEvents(node).filter((event) => !known.includes(event)),
];

/** Shows in a form which events its node takes, and follows the changes. */
export function prepareEvents(node: EditorNode, choice: Choice): void {
  const { events: known, standardEvents } = choice;
  const names = namesOf(node, choice);
  boxes().val([...chosenEvents(node)]);
  const layout = input(node, "layout");
  // Node-RED must know where each output goes: for the form of the labels while it is open, and for the wires when it
  // is saved.
  const setOutputs = () => {
    const after = outputNames(layoutOf(layout.val(), 1), tickedEvents(node, known), known, standardEvents);
    input(node, "outputs").val(JSON.stringify(moves(names, after)));
  };
  boxes().add(layout).on("change", setOutputs);
  setOutputs();
}

/** Saves the events of a form. */
export function saveEvents(node: EditorNode, { events }: Choice): void {
  node.events = tickedEvents(node, events);
}
