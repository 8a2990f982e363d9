// The functions that the registrations in sccc.html call, under the name SCCC: labels, checks, and the behaviour of forms.
import { chooseLanguage, chooseOnlyAccount, followSimulator, prepareAccount, simulatorType } from "./account";
import { forgetAgents } from "./agents";
import type { Description } from "./description";
import { chosenEvents, eventsLabel, hasEvents, migrate, namesOf, prepareEvents, saveEvents } from "./events";
import { hoursInForm, prepareHours } from "./hours";
import { doing } from "./label";
import { outputsOf } from "./outputs";
import { editor, input, own, reader, standard, text, untagged } from "./page";
import { watchPasswords } from "./passwords";
import { every } from "./ports";
import { applies, problemOf } from "./problem";
import { watchSidebar } from "./sidebar";
import { prepareTools } from "./tools";
import { drawTyped } from "./typed";
import { showWanted } from "./wanted";

export { text } from "./page";
export { hasPasswords } from "./passwords";
export { callIn, isDeployed } from "./press";

/**
 * A check for a property in the form that Node-RED expects: true, or the reason why not. The list of configuration
 * nodes shows reasons as HTML, and a reason may quote a value of an imported flow.
 */
export const valid = (property: string) =>
  function (this: EditorNode, value: unknown, _opt: unknown): true | string {
    const description = DESCRIPTIONS[this.type];
    const given = value ?? standard(this, property);
    const problem = description && problemOf({ node: description, property, value: given, read: reader(this), editor });
    return problem === undefined ? true : untagged(problem);
  };

/** The node's name, otherwise the events that it receives, otherwise what it will do with its settings. */
export function label(this: EditorNode): string {
  const description = DESCRIPTIONS[this.type];
  if (this.name) return String(this.name);
  if (hasEvents(description)) return eventsLabel(chosenEvents(this), description);
  // Only saved properties: changes in an open form do not count yet.
  const does = description && doing(description, (property) => this[property], text);
  return does ?? paletteLabel.call(this);
}

/** What a node of this type does. */
export function paletteLabel(this: { readonly type: string }): string {
  return text(`${DESCRIPTIONS[this.type]?.key}.label`);
}

/** Names that the user gave are in italics, as everywhere in Node-RED. */
export function labelStyle(this: EditorNode): string {
  return this.name ? "node_label_italic" : "";
}

/** The label of an input. */
export function inputLabels(this: EditorNode, index = 0): string {
  const key = DESCRIPTIONS[this.type]?.inputs[index];
  return key === undefined ? "" : text(key);
}

/** The label of an output. */
export function outputLabels(this: EditorNode, index: number): string {
  const description = DESCRIPTIONS[this.type];
  const name = hasEvents(description) ? namesOf(this, description)[index] : undefined;
  const event = name === every ? undefined : name;
  const outputs = description && outputsOf(description, (property) => this[property] ?? standard(this, property));
  const key = event === undefined ? outputs?.[index] : `event.${event}.label`;
  return key === undefined ? "" : text(key);
}

// An older flow has the layout in `outputs`; an imported one has no passwords.
RED.events.on("nodes:add", (node) => {
  const description = DESCRIPTIONS[node.type];
  if (hasEvents(description)) migrate(node, description);
  watchPasswords(node);
});

watchSidebar();

/** A node was dragged in from the palette or added by quick-add. */
export function added(this: EditorNode): void {
  chooseOnlyAccount(this);
}

/** Adds search words to a node type, for the palette's filter. */
export const addKeywords = (type: string, keywords: string) => (): void => {
  for (const entry of $<HTMLElement>(".red-ui-palette-node").toArray()) {
    const { paletteType, paletteLabel: label = "" } = entry.dataset;
    if (paletteType === type && !label.endsWith(keywords)) entry.dataset.paletteLabel = `${label} ${keywords}`;
  }
};

/** Shows the rows that apply, and their problems below them: Node-RED's own tooltip does not reach typed inputs. */
function review(node: EditorNode, description: Description): void {
  const read = reader(node);
  const { otherOutputs } = description;
  if (otherOutputs !== undefined) {
    const { property, unless } = otherOutputs;
    // The runtime would refuse a value in a hidden row.
    if (!applies(description, property, read)) input(node, property).val(unless);
    // Node-RED reads the number of outputs here.
    input(node, "outputs").val(outputsOf(description, read).length);
  }
  for (const property of Object.keys(description.properties)) {
    const element = input(node, property);
    const row = element.closest(".form-row");
    row.toggle(applies(description, property, read));
    showProblem(row, problemOf({ node: description, property, value: read(property), read, editor }) ?? "");
  }
  for (const { name, key } of description.passwords ?? []) {
    const element = input(node, name);
    const isMissing = element.val() === "";
    showProblem(
      element.closest(".form-row"),
      isMissing ? text("invalid.password", { label: text(`${key}.label`) }) : "",
    );
  }
}

/** Shows a problem below its row; "" clears it. */
function showProblem(row: JQuery, problem: string): void {
  row.find(".sccc-problem").text(problem);
  const seen = row.find(`#${row.find("label").attr("for")}`);
  if (problem === "") seen.removeAttr("aria-invalid");
  else seen.attr("aria-invalid", "true");
}

/** The properties of a node that are weekly windows. */
const hoursOf = ({ type }: EditorNode): readonly string[] =>
  Object.entries(DESCRIPTIONS[type]?.properties ?? {}).flatMap(([name, { kind }]) => (kind === "hours" ? [name] : []));

/** Saves the values that Node-RED does not save: it saves only inputs named like their property. */
export function save(this: EditorNode): object | undefined {
  const description = DESCRIPTIONS[this.type];
  if (hasEvents(description)) saveEvents(this, description);
  for (const property of hoursOf(this)) this[property] = hoursInForm(this, property);
  return this.type === simulatorType ? followSimulator(this) : undefined;
}

/** Adds a choice for a value that is not in the list, such as ${MODE}: otherwise Node-RED would save nothing. */
function keepOther(element: JQuery, value: unknown): void {
  const given = String(value ?? "");
  if (!element.is("select") || given === "" || element.val() === given) return;
  $("<option>").val(given).text(given).appendTo(element);
  element.val(given);
}

/** Sets up a form: typed inputs, rows that depend on others, and sections, which open if they have a problem. */
export function prepare(this: EditorNode): void {
  const description = DESCRIPTIONS[this.type];
  if (description === undefined) return;
  forgetAgents();
  for (const [property, { value }] of Object.entries(this._def.defaults)) {
    if (this[property] !== undefined) continue;
    const element = input(this, property);
    if (typeof value === "boolean") element.prop("checked", value);
    else if (value !== "") element.val(String(value));
  }
  for (const [property, { type }] of Object.entries(this._def.defaults)) {
    if (type === undefined) keepOther(input(this, property), this[property]);
    own(this, property);
    // A row may depend on any other row, even on one without a check.
    input(this, property).on("change input", () => review(this, description));
  }
  for (const { name } of description.passwords ?? [])
    input(this, name).on("change input", () => review(this, description));
  for (const [property, described] of Object.entries(description.properties)) {
    if (described.kind === "typed") drawTyped(this, property, described);
  }
  if (hasEvents(description)) prepareEvents(this, description);
  for (const property of hoursOf(this)) prepareHours(this, property);
  const form = input(this, "name").closest("form");
  chooseLanguage(this);
  prepareAccount(this, form);
  prepareTools(this, form);
  review(this, description);
  // Node-RED checks the form after it is drawn.
  setTimeout(() => {
    $(".sccc-section").has(".input-error").attr("open", "");
    showWanted(this);
  });
}
