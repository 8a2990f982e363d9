// Typed inputs for the fields of commands.
import { type Command, extra, type Field, propertyOf, type Rule, seqOf, standardInput } from "../../nodes/catalogue";
import type { Condition } from "../../nodes/editor/description";
import { iconFor } from "./icon";
import type { Property } from "./node-type";

/** The types that a typed input offers for a literal of each kind. */
const literals: Readonly<Record<Rule["kind"], readonly string[]>> = {
  digits: ["str"],
  phone: ["str"],
  integer: ["num"],
  decimal: ["num"],
  choice: ["str"],
  text: ["str"],
  time: ["str"],
  list: ["json", "str"],
  object: ["json"],
};

/** A field's condition, expressed by the node's properties. */
function conditionOf({ onlyIf }: Field, fields: readonly Field[]): Condition | undefined {
  if (onlyIf === undefined) return undefined;
  const other = fields.find(({ name }) => name === onlyIf.field);
  return { property: other === undefined ? onlyIf.field : propertyOf(other), is: onlyIf.is };
}

/** The typed input of a field. `fields` are the fields of the same command. */
export function fieldProperty(key: string, field: Field, fields: readonly Field[]): Property {
  const name = propertyOf(field);
  const { value, type } = standardInput(field);
  const condition = conditionOf(field, fields);
  return {
    kind: "typed",
    name,
    key,
    icon: iconFor(name, field.rule.kind),
    required: field.required,
    default: value,
    defaultType: type,
    types: ["msg", "flow", "global", ...literals[field.rule.kind], "env", "jsonata"],
    example: field.example,
    field,
    ...(condition === undefined ? {} : { onlyIf: condition }),
  };
}

/** Has no source by default: a payload may contain an unrelated seq. */
export const seqProperty = (wire: Command["seq"]): Property => ({
  kind: "typed",
  name: "seq",
  key: "form.seq",
  icon: iconFor("seq", "text"),
  required: false,
  section: "more",
  default: "",
  defaultType: "str",
  types: ["msg", "flow", "global", "str", "env", "jsonata"],
  example: seqOf(wire).example,
  field: seqOf(wire),
});

/** Has no source by default, like seq. */
export const extraProperty: Property = {
  kind: "typed",
  name: extra.name,
  key: "form.extra",
  icon: iconFor(extra.name, extra.rule.kind),
  required: false,
  section: "more",
  default: "",
  defaultType: "json",
  types: ["json", "msg", "flow", "global", "env", "jsonata"],
  example: extra.example,
  field: extra,
};
