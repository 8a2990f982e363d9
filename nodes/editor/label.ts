// The label of a node: its name, otherwise what it will do with its settings. Does not use the page.
import type { Description } from "./description";
import { isLiteral } from "./problem";

/** A text of the package in the user's language. */
export type Translate = (key: string, params?: Readonly<Record<string, unknown>>) => string;

/** The longest value that a label shows whole, in characters. */
const longest = 24;

const asText = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

const shortened = (value: string): string => (value.length > longest ? `${value.slice(0, longest)}…` : value);

/** A property of a node and its value. `type` is the type of a typed input, or "". */
interface Given {
  readonly property: string;
  readonly value: string;
  readonly type: string;
}

/** A value in a label: a literal unchanged, a choice in words, any other value as its source. */
function shown({ properties }: Description, { property, value, type }: Given, text: Translate): string {
  const described = properties[property];
  if (type === "env") return `$${shortened(value)}`;
  if (type === "jsonata") return "ƒ";
  if (!isFixed(type)) return shortened(type === "msg" ? value : `${type}.${value}`);
  const choices =
    described?.kind === "typed" && described.field?.rule.kind === "choice" ? described.field.rule.choices : [];
  return choices.some((choice) => choice.value === value)
    ? text(`${described?.key}.choices.${value}`)
    : shortened(value);
}

/** Whether a value is fixed in the node. Settings have no type. */
const isFixed = (type: string): boolean => type === "" || isLiteral(type);

/**
 * What a node will do, such as "call 10086 as 1000". Undefined if no part of it is fixed: the label then says what the
 * type does in general.
 * @param read reads a property of the node
 */
export function doing(node: Description, read: (property: string) => unknown, text: Translate): string | undefined {
  const given = (node.does ?? []).map(
    (property): Given => ({
      property,
      value: asText(read(property)),
      type: asText(read(`${property}Type`)),
    }),
  );
  const some = given.some(({ value, type }) => isFixed(type) && value !== "");
  if (!some || given.some(({ value }) => value === "")) return undefined;
  const params = given.map((one) => [one.property, shown(node, one, text)] as const);
  return text(`${node.key}.does`, Object.fromEntries(params));
}
