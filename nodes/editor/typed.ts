// Typed inputs: which types a field offers, and how each is drawn.
import { complete, pick } from "./agents";
import type { Described } from "./description";
import { drawNumbers } from "./numbers";
import { editor, input, reader, standard, text } from "./page";
import { isLiteral, planOf } from "./problem";
import { completeFrom, pickFrom } from "./suggestions";

type Typed = Extract<Described, { kind: "typed" }>;

/** Formatted JSON; a text that is not JSON stays unchanged. */
function rewritten(json: string, indent: number): string {
  try {
    return JSON.stringify(JSON.parse(json), null, indent);
  } catch {
    return json;
  }
}

const indented = (json: string): string => rewritten(json, 4);
const compact = (json: string): string => rewritten(json, 0);

/** A literal type for a field with suggestions or choices; undefined for other fields. */
function literalOf(element: JQuery, described: Typed, type: string): TypedInputType | undefined {
  const { key, required, field, suggestions } = described;
  const visible = () => element.next().find("input.red-ui-typedInput-input");
  if (type === "str" && suggestions !== undefined) {
    return {
      value: type,
      label: text("form.known"),
      icon: "fa fa-terminal",
      autoComplete: completeFrom(suggestions),
      expand: () => pickFrom(suggestions, visible(), (value) => element.typedInput("value", value)),
    };
  }
  if (field === undefined) return undefined;
  const { rule, picks } = field;
  if (type === "json" && rule.kind === "object") {
    // Node-RED's own type reports an empty text as an error.
    return {
      value: type,
      label: "JSON",
      icon: "red/images/typedInput/json.svg",
      validate: (value) => value === "" || editor.expression(value, type),
      expand: () =>
        RED.editor.editJSON({
          value: indented(String(element.typedInput("value"))),
          focus: true,
          complete: (value) => element.typedInput("value", compact(value)),
        }),
    };
  }
  if (type === "str" && rule.kind === "choice") {
    const choices = rule.choices.map(({ value }) => ({ value, label: text(`${key}.choices.${value}`) }));
    const options = required ? choices : [{ value: "", label: text("form.unset") }, ...choices];
    return { value: type, label: text("form.choice"), icon: "fa fa-list-ul", options };
  }
  if (type === "json" && rule.kind === "list") {
    return { value: type, label: text("form.list"), icon: "fa fa-list-ol", hasValue: false };
  }
  if (type !== "str" || picks === undefined || rule.kind === "list") return undefined;
  return {
    value: type,
    label: text("form.agent"),
    icon: "fa fa-user",
    autoComplete: complete,
    expand: () => void pick(visible(), (staffNo) => element.typedInput("value", staffNo)),
  };
}

/** The kind of value that a type has. For example, the name of a property is not a number to call. */
const family = (type: string): string =>
  isLiteral(type) ? "literal" : ["msg", "flow", "global"].includes(type) ? "property" : type;

/** Keeps the typed value of each kind. Node-RED would carry the text over into types in which it has no meaning. */
function keepApart(element: JQuery, standards: ReadonlyMap<string, string>): void {
  const kept = new Map<string, string>();
  let before = String(element.typedInput("type"));
  element.on("typedinputtypechange", () => {
    const now = String(element.typedInput("type"));
    const [from, to] = [family(before), family(now)];
    before = now;
    if (from === to) return;
    const value = String(element.typedInput("value"));
    const other = kept.get(to) ?? standards.get(to) ?? "";
    // Node-RED has already restored the value of choices and lists of numbers.
    if (value === "" || value === other || !element.data("scccPlain")) return;
    kept.set(from, value);
    element.typedInput("value", other);
  });
}

/** Makes an input of a form a typed input. */
export function drawTyped(node: EditorNode, property: string, described: Typed): void {
  const element = input(node, property);
  const types = described.types.map((type) => literalOf(element, described, type) ?? type);
  element.typedInput({ types, typeField: `#node-input-${property}Type` });
  const container = element.next();
  const visible = container.find("input.red-ui-typedInput-input");
  // The label's input is hidden now. The label is connected to the visible one.
  visible.attr("id", `node-input-${property}-visible`);
  // Node-RED reads the input on keyup only. It would miss text from a drag, a menu or an input method.
  visible.on("input", () => visible.trigger("change"));
  const label = element.closest(".form-row").find("label");
  label.attr("for", `node-input-${property}-visible`);
  // Node-RED's buttons have icons only.
  container.find("button, a").each((_, button) => {
    const named = button.getAttribute("aria-label") ?? `${label.text().trim()}: ${text("form.type")}`;
    button.setAttribute("aria-label", named);
  });
  const rule = described.field?.rule.kind;
  element.data("scccPlain", rule !== "choice" && rule !== "list");
  const standardType = String(standard(node, `${property}Type`) ?? "");
  keepApart(element, new Map([[family(standardType), String(standard(node, property) ?? "")]]));
  if (rule === "list") {
    const plan = described.field?.dials ? planOf(editor.region(reader(node)("account"))) : undefined;
    drawNumbers(element, label.text().trim(), { picks: described.field?.picks !== undefined, plan });
  }
  // In a field for the name of a property, the example of a literal would mislead.
  const showExample = () =>
    visible.attr("placeholder", isLiteral(String(element.typedInput("type"))) ? described.example : "");
  element.on("change", showExample);
  showExample();
}
