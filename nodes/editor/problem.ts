// Describes the problem of a node's property in the user's language. Does not use the page or Node-RED's editor.
import type { Field } from "../catalogue";
import { checkFields } from "../protocol/check";
import { formatProblem } from "../protocol/format";
import { anyPlan, chinesePlan, entriesOf, type NumberingPlan, readEntry } from "../protocol/numbers-to-dial";
import { readHours } from "../util/weekly-windows";
import type { Described, Description } from "./description";

/** What the checks need from the editor. */
export interface Editor {
  /** A text of this package in the user's language. */
  text(key: string, params?: Readonly<Record<string, unknown>>): string;
  /** True, or what Node-RED finds wrong with a value of a typed input. */
  expression(value: string, type: string): true | string;
  /** The region of an account, by the ID of its node; the default if there is none. */
  region(account: unknown): string;
}

/**
 * The numbering plan of a region. The editor knows only that of China, because the tables of the others are too large
 * for a page.
 */
export const planOf = (region: string): NumberingPlan => (region.toUpperCase() === "CN" ? chinesePlan() : anyPlan);

type Typed = Extract<Described, { kind: "typed" }>;
type Numeric = Extract<Described, { kind: "number" }>;
type Text = Extract<Described, { kind: "text" }>;
type Read = (property: string) => unknown;

/** Types whose value is in the form. The values of all other types are known only when a message arrives. */
export const isLiteral = (type: string): boolean => type === "str" || type === "num" || type === "json";

/** A value from the environment, known when the flow starts. */
const isFromEnvironment = (value: string): boolean => /^\$\{[^}]+\}$|^\$\([^)]+\)$/.test(value);

/** A text with a part from the environment. */
const hasEnvironment = (value: string): boolean => /\$\{[^}]+\}/.test(value);

const asText = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

const typeOf = (property: string, read: Read): string => asText(read(`${property}Type`));

/** The property that holds a field of the request. */
const propertyOf = (node: Description, fieldName: string): string =>
  Object.entries(node.properties).find(([, it]) => it.kind === "typed" && it.field?.name === fieldName)?.[0] ??
  fieldName;

/** Whether a property applies. It does not if it depends on another value that is known to be different. */
export function applies(node: Description, property: string, read: Read): boolean {
  const condition = node.properties[property]?.onlyIf;
  if (condition === undefined) return true;
  const type = typeOf(condition.property, read);
  const value = asText(read(condition.property));
  if ((type !== "" && !isLiteral(type)) || isFromEnvironment(value)) return true;
  if (condition.isNot !== undefined) return value !== condition.isNot;
  return condition.is === undefined ? value !== "" : value === condition.is;
}

/** A check of a text for a property of the node. */
interface Question {
  readonly node: Description;
  readonly property: string;
  readonly value: string;
  readonly read: Read;
  readonly editor: Editor;
}

/**
 * The problem of the first entry of a list of numbers that would not be dialled. Other entries are cleaned when they
 * are sent.
 */
function calleesProblem({ read, editor }: Question, parsed: unknown): string | undefined {
  const plan = planOf(editor.region(read("account")));
  const entries: readonly unknown[] = Array.isArray(parsed) ? parsed : entriesOf(asText(parsed));
  for (const [index, entry] of entries.entries()) {
    const found = readEntry(entry, plan);
    if (found.kind !== "illegal") continue;
    return editor.text("errors.item", { index: index + 1 }) + editor.text(`form.numbers.${found.reason}`);
  }
  return undefined;
}

function literalProblem(question: Question, field: Field): string | undefined {
  const { node, property, value, read, editor } = question;
  const { onlyIf: _, ...unconditional } = field;
  const parsed: unknown = typeOf(property, read) === "json" ? JSON.parse(value) : value;
  if (field.dials && field.rule.kind === "list") return calleesProblem(question, parsed);
  const other = field.needs === undefined ? {} : { [field.needs]: read(propertyOf(node, field.needs)) };
  // The time zone decides only how a time is written, not whether it is valid.
  const checked = checkFields([unconditional], { ...other, [field.name]: parsed }, "UTC");
  if (checked.ok || checked.failure.kind !== "field") return undefined;
  const { key, params } = checked.failure.rule;
  const entry = key.startsWith("item.") ? editor.text("errors.item", { index: Number(params.index) + 1 }) : "";
  return entry + editor.text(`errors.rule.${key.replace("item.", "")}`, params);
}

function typedProblem(question: Question, { required, example, field }: Typed): string | undefined {
  const { value, editor } = question;
  const type = typeOf(question.property, question.read);
  if (value.trim() === "") {
    if (!required) return undefined;
    // The form shows rows with a button, not JSON.
    const hasRows = type === "json" && field?.rule.kind === "list";
    return hasRows ? editor.text("form.numbers.none") : editor.text("errors.rule.required", { example });
  }
  const expression = editor.expression(value, type);
  if (expression !== true) return editor.text("invalid.expression", { reason: expression });
  return field !== undefined && isLiteral(type) ? literalProblem(question, field) : undefined;
}

/** An empty number is the default. */
function numberProblem({ value, editor }: Question, { min, max, integer }: Numeric): string | undefined {
  const number = Number(value);
  const ok = number >= min && number <= max && (!integer || Number.isInteger(number));
  if (ok || value.trim() === "") return undefined;
  return editor.text(integer ? "invalid.integer" : "invalid.number", { min, max });
}

function textProblem({ value, editor }: Question, { required, format }: Text): string | undefined {
  const text = value.trim();
  if (text === "") return required ? editor.text("invalid.required") : undefined;
  const problem = format === undefined || hasEnvironment(text) ? undefined : formatProblem(format, text);
  return problem === undefined ? undefined : editor.text(`invalid.format.${problem}`);
}

function findProblem(question: Question, described: Described): string | undefined {
  if (!applies(question.node, question.property, question.read)) return undefined;
  switch (described.kind) {
    case "typed":
      return typedProblem(question, described);
    case "number":
      return numberProblem(question, described);
    case "text":
      return textProblem(question, described);
    case "hours":
    case "plain":
      return undefined;
  }
}

/** A window in which times from the environment are replaced by sample times. */
function withoutVariables(window: unknown): unknown {
  if (typeof window !== "object" || window === null) return window;
  const isOpen = ([, value]: [string, unknown]): boolean => typeof value === "string" && hasEnvironment(value);
  const known = Object.entries(window)
    .filter(isOpen)
    .map(([name]) => [name, "00:00"]);
  return { ...window, ...Object.fromEntries(known) };
}

/** The problem of weekly windows, in words. */
export function windowsProblem(value: unknown, editor: Pick<Editor, "text">): string | undefined {
  if (typeof value === "string" && hasEnvironment(value)) return undefined;
  const read = readHours(Array.isArray(value) ? value.map(withoutVariables) : value);
  if (!("problem" in read)) return undefined;
  const { index, property } = read.problem;
  return editor.text("errors.item", { index: index + 1 }) + editor.text(`invalid.hours.${property}`);
}

/** The problem of weekly windows, as a sentence. */
function hoursProblem(value: unknown, key: string, editor: Editor): string | undefined {
  const problem = windowsProblem(value, editor);
  return problem && editor.text("invalid.property", { label: editor.text(`${key}.label`), problem });
}

/** The problem of a node's property, as a sentence; undefined if there is none. */
export function problemOf(asked: Omit<Question, "value"> & { readonly value: unknown }): string | undefined {
  const { node, property, editor } = asked;
  const described = node.properties[property];
  if (described?.kind === "hours") return hoursProblem(asked.value, described.key, editor);
  const question: Question = { ...asked, value: asText(asked.value) };
  if (described === undefined || isFromEnvironment(question.value)) return undefined;
  const problem = findProblem(question, described);
  const label = () => editor.text(`${described.key}.label`);
  return problem === undefined ? undefined : editor.text("invalid.property", { label: label(), problem });
}
