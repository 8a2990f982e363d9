// What the registrations in sccc.html call, under the name SCCC: labels, checks, and what a form does beyond plain HTML.
import type { Described, Description } from "./description";
import { type Layout, layoutOf, moves, outputNames, Ports } from "./ports";
import { applies, type Editor, problemOf } from "./problem";

const editor: Editor = {
  text: (key, params) => RED._(`${NAMESPACE}:${key}`, params),
  expression: (value, type) => RED.utils.validateTypedProperty(value, type, {}),
};

/** A text of this package in the user's language. */
export const text = editor.text;

const input = (property: string): JQuery => $(`#node-input-${property}`);

const configInput = (property: string): JQuery => $(`#node-config-input-${property}`);

/** The node whose form an input stands in; forms of several nodes may be open, one above the other. */
const owner = "scccNode";

/** What stands for a property that a flow does not have, because the flow is older: its default, as in the runtime. */
const standard = (node: EditorNode, property: string): unknown => node._def.defaults[property]?.value;

/** Reads a node's properties as they stand in its form, if it is open. */
const reader = (node: EditorNode) => (property: string) => {
  const element = input(property);
  return element.data(owner) === node.id ? element.val() : (node[property] ?? standard(node, property));
};

/** A check for a property, as Node-RED wants it: true, or the reason why not. */
export const valid = (property: string) =>
  function (this: EditorNode, value: unknown, _opt: unknown): true | string {
    const description = DESCRIPTIONS[this.type];
    const given = value ?? standard(this, property);
    return description === undefined ? true : (problemOf(description, property, given, reader(this), editor) ?? true);
  };

/** The node's name, else the events that it receives, else what it does. */
export function label(this: EditorNode): string {
  const events = DESCRIPTIONS[this.type]?.events;
  return String(
    this.name || (events === undefined ? paletteLabel.call(this) : eventsLabel(chosenEvents(this), events)),
  );
}

/** So many events are named on a node. */
const eventsOnLabel = 3;

function eventsLabel(chosen: readonly string[], known: readonly string[]): string {
  if (chosen.length === 0) return text("form.events.all");
  const named = [
    ...known.filter((event) => chosen.includes(event)).map((event) => text(`event.${event}.label`)),
    ...chosen.filter((event) => !known.includes(event)),
  ];
  const more = named.length > eventsOnLabel ? ` +${named.length - eventsOnLabel}` : "";
  return named.slice(0, eventsOnLabel).join(text("form.events.separator")) + more;
}

/** What a node of this type does. */
export function paletteLabel(this: { readonly type: string }): string {
  return text(`${DESCRIPTIONS[this.type]?.key}.label`);
}

/** Names that the user gave are in italics, as everywhere in Node-RED. */
export function labelStyle(this: EditorNode): string {
  return this.name ? "node_label_italic" : "";
}

/** What comes out of an output. */
export function outputLabels(this: EditorNode, index: number): string {
  const event =
    this.outputs instanceof Ports && this.outputs.layout === "perType" ? this.outputs.names[index] : undefined;
  const key = event === undefined ? DESCRIPTIONS[this.type]?.outputs[index] : `event.${event}.label`;
  return key === undefined ? "" : text(key);
}

/** The events that a node takes; none: all. */
const chosenEvents = ({ events }: EditorNode): readonly string[] => (Array.isArray(events) ? events.map(String) : []);

/** The ports of a node in a layout, for as long as the node lives. */
const portsOf = (node: EditorNode, layout: Layout, known: readonly string[]): Ports =>
  new Ports(layout, (it) => outputNames(it, chosenEvents(node), known));

/** Gives a node whose outputs follow its events its ports, unless it has them. */
function givePorts(node: EditorNode, saved: unknown): void {
  const known = DESCRIPTIONS[node.type]?.events;
  if (known === undefined || node.outputs instanceof Ports) return;
  const value = portsOf(node, layoutOf(saved), known);
  // An assignment is what Node-RED refuses while a flow is locked.
  Object.defineProperty(node, "outputs", { value, writable: true, enumerable: true, configurable: true });
}

/** A node that comes from the palette has the default in its `outputs`. */
export function added(this: EditorNode): void {
  givePorts(this, this.outputs);
}

// A node that comes from a flow or the clipboard has the number of its wires there, for want of a number.
RED.events.on("nodes:add", (node) => {
  const saved = node._config?.outputs;
  givePorts(node, typeof saved === "string" ? JSON.parse(saved) : node.outputs);
});

type Typed = Extract<Described, { kind: "typed" }>;

/** The types of a typed input; a literal with enumerated values is picked from a list. */
function typesOf({ key, types, required, field }: Typed): (string | TypedInputType)[] {
  if (field?.rule.kind !== "choice") return [...types];
  const choices = field.rule.choices.map(({ value }) => ({ value, label: text(`${key}.choices.${value}`) }));
  const options = required ? choices : [{ value: "", label: text("form.unset") }, ...choices];
  return types.map((type) =>
    type === "str" ? { value: type, label: text("form.choice"), icon: "fa fa-list-ul", options } : type,
  );
}

function drawTypedInput(property: string, described: Typed): void {
  const element = input(property);
  element.typedInput({ types: typesOf(described), typeField: `#node-input-${property}Type` });
  const visible = element.next().find("input.red-ui-typedInput-input");
  // The label's own input is hidden now: tie it to the one that is seen.
  visible.attr("id", `node-input-${property}-visible`);
  element.closest(".form-row").find("label").attr("for", `node-input-${property}-visible`);
  // An example of a literal would mislead where the name of a property belongs.
  const showExample = () => visible.attr("placeholder", element.typedInput("type") === "str" ? described.example : "");
  element.on("change", showExample);
  showExample();
}

/** Shows the rows that apply, and below each what is wrong with it: Node-RED's own tooltip does not reach typed inputs. */
function review(node: EditorNode, description: Description, element: (property: string) => JQuery): void {
  const read = reader(node);
  for (const property of Object.keys(description.properties)) {
    const row = element(property).closest(".form-row");
    row.toggle(applies(description, property, read));
    const problem = problemOf(description, property, element(property).val(), read, editor) ?? "";
    row.find(".sccc-problem").text(problem);
  }
}

/** The boxes of a form's events. */
const boxes = (): JQuery => $("#node-input-events-choice input");

/** The events that are ticked in a form, and those of the node that have no box. */
const tickedEvents = (node: EditorNode, known: readonly string[]): string[] => [
  ...boxes()
    .filter(":checked")
    .toArray()
    .map((box) => String($(box).val())),
  ...chosenEvents(node).filter((event) => !known.includes(event)),
];

const pickedLayout = (): Layout => layoutOf(input("outputs-choice").val());

function prepareEvents(node: EditorNode, known: readonly string[]): void {
  if (!(node.outputs instanceof Ports)) return;
  const { names, layout } = node.outputs;
  input("outputs-choice").val(layout);
  boxes().val([...chosenEvents(node)]);
  // Node-RED wants to know where each output goes: for the labels' form while it is open, for the wires when it is saved.
  const tell = () => {
    const after = outputNames(pickedLayout(), tickedEvents(node, known), known);
    input("outputs").val(JSON.stringify(moves(names, after)));
  };
  boxes().add(input("outputs-choice")).on("change", tell);
  tell();
}

/** Takes over what Node-RED does not: it takes over all that has an input of the property's name. */
export function save(this: EditorNode): void {
  const known = DESCRIPTIONS[this.type]?.events;
  if (known === undefined) return;
  this.events = tickedEvents(this, known);
  this.outputs = portsOf(this, pickedLayout(), known);
}

/** Makes a form's inputs what they are: typed inputs, rows that hang on others, sections that open where something is wrong. */
export function prepare(this: EditorNode): void {
  const description = DESCRIPTIONS[this.type];
  if (description === undefined) return;
  const element = this._def.category === "config" ? configInput : input;
  for (const [property, { value }] of Object.entries(this._def.defaults)) {
    if (this[property] !== undefined) continue;
    if (typeof value === "boolean") element(property).prop("checked", value);
    else if (value !== "") element(property).val(String(value));
  }
  for (const [property, described] of Object.entries(description.properties)) {
    if (described.kind === "typed") {
      drawTypedInput(property, described);
      input(property)
        .add(input(`${property}Type`))
        .data(owner, this.id);
    }
    element(property).on("change keyup paste", () => review(this, description, element));
  }
  if (description.events !== undefined) prepareEvents(this, description.events);
  review(this, description, element);
  // Node-RED checks the form once all is drawn.
  setTimeout(() => $(".sccc-section").has(".input-error").attr("open", ""));
}
