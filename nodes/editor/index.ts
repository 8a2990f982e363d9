// What the registrations in sccc.html call, under the name SCCC: labels, checks, and what a form does beyond plain HTML.
import type { Described, Description } from "./description";
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

/** Reads a node's properties as they stand in its form, if it is open. */
const reader = (node: EditorNode) => (property: string) => {
  const element = input(property);
  return element.data(owner) === node.id ? element.val() : node[property];
};

/** A check for a property, as Node-RED wants it: true, or the reason why not. */
export const valid = (property: string) =>
  function (this: EditorNode, value: unknown, _opt: unknown): true | string {
    const description = DESCRIPTIONS[this.type];
    return description === undefined ? true : (problemOf(description, property, value, reader(this), editor) ?? true);
  };

/** The node's name, else what it does. */
export function label(this: EditorNode): string {
  return String(this.name || paletteLabel.call(this));
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
  const key = DESCRIPTIONS[this.type]?.outputs[index];
  return key === undefined ? "" : text(key);
}

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

/** Makes a form's inputs what they are: typed inputs, rows that hang on others, sections that open where something is wrong. */
export function prepare(this: EditorNode): void {
  const description = DESCRIPTIONS[this.type];
  if (description === undefined) return;
  const element = this._def.category === "config" ? configInput : input;
  for (const [property, described] of Object.entries(description.properties)) {
    if (described.kind === "typed") {
      drawTypedInput(property, described);
      input(property)
        .add(input(`${property}Type`))
        .data(owner, this.id);
    }
    element(property).on("change keyup paste", () => review(this, description, element));
  }
  review(this, description, element);
  // Node-RED checks the form once all is drawn.
  setTimeout(() => $(".sccc-section").has(".input-error").attr("open", ""));
}
