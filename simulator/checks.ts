// Checks a command's fields by the catalogue's rules as the platform does: requests of working clients are accepted.
import type { ErrorCode, Rule } from "../nodes/catalogue";
import type { KnownCommand, RequestField } from "./dialects";
import { errors } from "./errors";
import { type Json, textOrDigits } from "./narrow";
import { instantOf } from "./times";

/** A command's fields as text; unset fields are absent. */
export interface Fields {
  /** The text of a field, "" if unset. */
  text(name: string): string;
  /** The items of a list, empty if unset. */
  list(name: string): readonly string[];
}

/** The fields, or the error and the field that caused it. */
export type Checked =
  | { readonly ok: true; readonly fields: Fields }
  | { readonly ok: false; readonly error: ErrorCode; readonly field: string };

type Value =
  | { readonly ok: true; readonly value: string | readonly string[] }
  | { readonly ok: false; readonly error: ErrorCode };

const good = (value: string | readonly string[]): Value => ({ ok: true, value });
const bad: Value = { ok: false, error: errors.badField };

/** Minimum length of a number that can be called. Shorter numbers and letters give E_G_NUMBER_INVALID. */
const shortestNumber = 3;

/** Whether the platform can call a number. `max` is the catalogue's. */
export const isNumber = (text: string, max = 32): boolean =>
  text.length >= shortestNumber && text.length <= max && /^\+?[0-9*#]+$/.test(text);

const within = (value: number, min: number, max: number): boolean => value >= min && value <= max;

/** Checks a value by its rule; returns it as text. */
const checkValue = (rule: Rule, raw: unknown): Value => {
  if (rule.kind === "list") return checkList(rule, raw);
  // Only a decimal may have a fraction.
  const text = rule.kind === "decimal" && typeof raw === "number" ? String(raw) : textOrDigits(raw);
  if (text === undefined) return bad;
  switch (rule.kind) {
    case "digits":
      return /^\d+$/.test(text) && within(text.length, rule.min, rule.max) ? good(text) : bad;
    case "phone":
      return isNumber(text, rule.max) ? good(text) : { ok: false, error: errors.badNumber };
    case "integer":
      return /^\d{1,15}$/.test(text) && within(Number(text), rule.min, rule.max ?? Number.MAX_SAFE_INTEGER)
        ? good(text)
        : bad;
    case "decimal":
      return /^\d+(\.\d+)?$/.test(text) && Number(text) >= rule.min && Number(text) < rule.below ? good(text) : bad;
    case "choice": {
      // The vendor writes both "Start" and "stop".
      const choice = rule.choices.find(({ value }) => value.toLowerCase() === text.toLowerCase());
      return choice === undefined ? bad : good(choice.value);
    }
    case "text": {
      const characters = [...text];
      if (rule.max === undefined || characters.length <= rule.max) return good(text);
      return rule.overlong === "cut" ? good(characters.slice(0, rule.max).join("")) : bad;
    }
    case "time":
      return instantOf(text) === undefined ? bad : good(text);
    // No command has a field of this kind.
    case "object":
      return bad;
  }
};

/** Checks a list by its rule. Illegal phone numbers are kept: a task reports them instead of failing. */
const checkList = (rule: Extract<Rule, { kind: "list" }>, raw: unknown): Value => {
  if (!Array.isArray(raw) || raw.length > (rule.max ?? Number.POSITIVE_INFINITY)) return bad;
  const items = raw.map((item: unknown) => textOrDigits(item) ?? "");
  const illegal = rule.of.kind === "digits" && items.some((item) => !checkValue(rule.of, item).ok);
  return illegal ? bad : good(items);
};

const isUnset = (value: unknown): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** Whether a field applies: some apply only while another field has a certain value. */
const applies = (field: RequestField, request: Json): boolean =>
  field.onlyIf === undefined || textOrDigits(request[field.onlyIf.field]) === field.onlyIf.is;

/** Checks a command's request. Its seq may be any text or number; it may be unset only if the dialect allows that. */
export const check = (command: KnownCommand, request: Json, { emptySeq }: { readonly emptySeq: boolean }): Checked => {
  const seq = request["seq"];
  if (isUnset(seq) ? !emptySeq : typeof seq !== "string" && typeof seq !== "number") {
    return { ok: false, error: errors.badField, field: "seq" };
  }
  const values = new Map<string, string | readonly string[]>();
  for (const field of command.fields.filter((candidate) => applies(candidate, request))) {
    const raw = request[field.name];
    if (isUnset(raw)) {
      if (field.required) return { ok: false, error: errors.badField, field: field.name };
      continue;
    }
    if (field.needs !== undefined && isUnset(request[field.needs])) {
      return { ok: false, error: errors.badField, field: field.needs };
    }
    const checked = checkValue(field.rule, raw);
    if (!checked.ok) return { ok: false, error: checked.error, field: field.name };
    values.set(field.name, checked.value);
  }
  return {
    ok: true,
    fields: {
      text: (name) => {
        const value = values.get(name);
        return typeof value === "string" ? value : "";
      },
      list: (name) => {
        const value = values.get(name);
        return value === undefined || typeof value === "string" ? [] : value;
      },
    },
  };
};
