// Checks a command's fields against the catalogue and converts them to their form on the wire.
import type { Field, Rule } from "../catalogue";
// Not from the index: the editor uses this file too, and should not include the whole catalogue.
import { propertyOf } from "../catalogue/fields";
import { asJson, isObject, type JsonObject, parseJson } from "../util/json";
import { platformTime } from "../util/time";
import type { Failure, RuleText } from "./failure";
import { anyPlan, numbersOf } from "./numbers-to-dial";

/** A field's value on the wire. */
export type Wire = string | number | readonly string[] | JsonObject;

type Verdict =
  | { readonly ok: true; readonly wire: Wire }
  | { readonly ok: false; readonly rule: RuleText; readonly got: unknown };

/** The checked fields under the vendor's names, or the first invalid one. */
export type Checked =
  | { readonly ok: true; readonly fields: Record<string, Wire> }
  | { readonly ok: false; readonly failure: Failure };

const pass = (wire: Wire): Verdict => ({ ok: true, wire });
const refuse = (key: string, got: unknown, params: RuleText["params"] = {}): Verdict => ({
  ok: false,
  rule: { key, params },
  got,
});

/** Unset: undefined, null, "" and the empty list. */
export const isUnset = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** The text of a string, or of a number without loss of digits. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value.trim();
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  return undefined;
}

/** A text that is an integer. */
export const integerIn = (text: string | undefined): string | undefined =>
  text !== undefined && /^-?\d{1,9}$/.test(text) ? text : undefined;

const splitter = /[\s,，;；、]+/;

/** The items of a text with a list. */
function itemsOf(rule: Extract<Rule, { kind: "list" }>, text: string): readonly string[] {
  return rule.of.kind === "phone" ? numbersOf(text, anyPlan) : text.split(splitter).filter((item) => item !== "");
}

function checkList(rule: Extract<Rule, { kind: "list" }>, value: unknown): Verdict {
  const items: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === "string"
      ? itemsOf(rule, value)
      : [value];
  if (rule.max !== undefined && items.length > rule.max) {
    return refuse("listLength", items, { max: rule.max });
  }
  const wires: string[] = [];
  for (const [index, item] of items.entries()) {
    const verdict = checkText(rule.of, item);
    if (!verdict.ok)
      return { ...verdict, rule: { key: `item.${verdict.rule.key}`, params: { ...verdict.rule.params, index } } };
    wires.push(String(verdict.wire));
  }
  return pass(wires);
}

function checkText(rule: Extract<Rule, { kind: "digits" | "phone" }>, value: unknown): Verdict {
  const text = textOf(value);
  if (rule.kind === "digits") {
    const ok = text !== undefined && /^\d+$/.test(text) && text.length >= rule.min && text.length <= rule.max;
    return ok ? pass(text) : refuse("digits", value, { min: rule.min, max: rule.max });
  }
  const ok = text !== undefined && /^\+?[\d*#]+$/.test(text) && text.length <= rule.max;
  return ok ? pass(text) : refuse("phone", value, { max: rule.max });
}

function checkInteger(rule: Extract<Rule, { kind: "integer" }>, value: unknown): Verdict {
  const text = textOf(value);
  const refusal = () =>
    refuse(rule.max === undefined ? "integerFrom" : "integer", value, { min: rule.min, max: rule.max ?? "" });
  if (text === undefined || !/^\d{1,32}$/.test(text)) return refusal();
  const number = Number(text);
  if (number < rule.min || (rule.max !== undefined && number > rule.max)) return refusal();
  const exact = Number.isSafeInteger(number) && String(number) === text;
  return pass(rule.wire === "number" && exact ? number : text);
}

/** An object, or its JSON text. */
function objectOf(value: unknown): JsonObject | undefined {
  if (typeof value !== "string") return isObject(value) ? value : undefined;
  try {
    const parsed = parseJson(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function checkObject(rule: Extract<Rule, { kind: "object" }>, value: unknown): Verdict {
  const object = objectOf(value);
  if (object === undefined) return refuse("jsonObject", value);
  const written = asJson(object);
  if (written === undefined) return refuse("json", value);
  const name = Object.keys(written).find((key) => rule.reserved.includes(key.toLowerCase()));
  return name === undefined ? pass(written) : refuse("reserved", value, { name });
}

function checkRule(rule: Rule, value: unknown, zone: string): Verdict {
  switch (rule.kind) {
    case "digits":
    case "phone":
      return checkText(rule, value);
    case "integer":
      return checkInteger(rule, value);
    case "decimal": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      return typeof number === "number" && number >= rule.min && number < rule.below
        ? pass(number)
        : refuse("decimal", value, { min: rule.min, below: rule.below });
    }
    case "choice": {
      const text = textOf(value)?.toLowerCase();
      const found = rule.choices.find((choice) => choice.value.toLowerCase() === text);
      const chosen = found?.value ?? (rule.others === undefined ? undefined : integerIn(text));
      if (chosen === undefined) {
        return refuse("choice", value, { choices: rule.choices.map((choice) => choice.value).join(", ") });
      }
      return pass(rule.wire === "number" ? Number(chosen) : chosen);
    }
    case "text": {
      const text = typeof value === "string" ? value : textOf(value);
      if (text === undefined) return refuse("text", value);
      const characters = rule.max === undefined ? [] : [...text];
      if (rule.max === undefined || characters.length <= rule.max) return pass(text);
      return rule.overlong === "cut"
        ? pass(characters.slice(0, rule.max).join(""))
        : refuse("textLength", value, { max: rule.max });
    }
    case "time": {
      const time = platformTime(value, zone);
      return time === undefined ? refuse("time", value) : pass(time);
    }
    case "list":
      return checkList(rule, value);
    case "object":
      return checkObject(rule, value);
  }
}

/** A short text for a refused value, for error messages. Never throws; does not inspect the content of objects. */
export function render(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "function") return "a function";
  if (value === undefined || value === null || typeof value !== "object") return String(value);
  try {
    return Array.isArray(value) ? `an array of ${value.length}` : "an object";
  } catch {
    // A revoked proxy throws.
    return "an object";
  }
}

const invalid = (field: Field, rule: RuleText, got: string): Checked => ({
  ok: false,
  failure: { kind: "field", code: "SCCC_INVALID_FIELD", field: propertyOf(field), rule, got },
});

/** Checks one field and adds its wire value unless the field is omitted; returns the problem if it is invalid. */
function checkField(
  field: Field,
  given: Readonly<Record<string, unknown>>,
  zone: string,
  wire: Record<string, Wire>,
): Checked | undefined {
  const value = given[field.name];
  if (field.onlyIf !== undefined && textOf(given[field.onlyIf.field]) !== field.onlyIf.is) return undefined;
  if (isUnset(value)) {
    if (field.required) return invalid(field, { key: "required", params: { example: field.example } }, render(value));
    if (field.unset === "empty") wire[field.name] = field.rule.kind === "list" ? [] : "";
    return undefined;
  }
  if (field.needs !== undefined && isUnset(given[field.needs])) {
    return invalid(field, { key: "needs", params: { other: field.needs } }, render(value));
  }
  const verdict = checkRule(field.rule, value, zone);
  if (!verdict.ok) return invalid(field, verdict.rule, render(verdict.got));
  if (field.omitAt !== undefined && String(verdict.wire) === field.omitAt) return undefined;
  wire[field.name] = verdict.wire;
  return undefined;
}

/**
 * Checks the values of a command's fields, given under the vendor's names, against the catalogue. Unset fields are omitted, or sent as ""
 * or [] where the vendor's sample requires it. Leading zeros of numbers are kept.
 * @param zone the platform's time zone, for fields with times
 */
export function checkFields(fields: readonly Field[], given: Readonly<Record<string, unknown>>, zone: string): Checked {
  const wire: Record<string, Wire> = {};
  for (const field of fields) {
    try {
      const failure = checkField(field, given, zone, wire);
      if (failure !== undefined) return failure;
    } catch {
      // A revoked proxy, or a getter that throws.
      return invalid(field, { key: "unreadable", params: {} }, typeof given[field.name]);
    }
  }
  return { ok: true, fields: wire };
}
