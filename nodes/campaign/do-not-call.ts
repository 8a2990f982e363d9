// The list of numbers that are never dialled. In doubt, a number counts as listed: otherwise somebody may be called who
// must not be.
import { numberE164 } from "../protocol/number";
import { entriesOf, numbersAmong, readEntry } from "../protocol/numbers-to-dial";
import { isObject } from "../util/json";
import { type EntryOptions, keyOf, rowsOf } from "./entries";

/** The number keys of an entry of the list, or why it has none: no readable number, or no column for numbers. */
export type Barred =
  | { readonly kind: "keys"; readonly keys: readonly string[] }
  | { readonly kind: "unread"; readonly why: "number" | "column" };

type Reading = Pick<EntryOptions, "region" | "plan" | "numberField">;

const keys = (...all: readonly string[]): Barred => ({ kind: "keys", keys: all });

/** The entries of a list: an array's elements, a text's parts, or a single value. */
export const barringRows = (list: unknown, { plan }: Pick<Reading, "plan">): readonly unknown[] =>
  typeof list === "string" ? entriesOf(list) : rowsOf(list, plan);

/** Reads an entry. An empty cell has no keys. Never throws, whatever the entry is. */
export function barredBy(row: unknown, { region, plan, numberField }: Reading): Barred {
  if (isObject(row) && !Object.hasOwn(row, numberField)) return { kind: "unread", why: "column" };
  const cell = isObject(row) ? row[numberField] : row;
  const read = readEntry(cell, plan);
  const key = (number: string): string => keyOf(number, numberE164(number, region));
  if (read.kind === "number") return keys(key(read.number));
  if (read.kind === "several") return keys(...read.numbers.map(key));
  if (read.reason === "empty") return keys();
  // The digits of a date or of scientific notation are not a phone number.
  const isNumber = read.reason !== "date" && read.reason !== "scientific";
  const found =
    isNumber && (typeof cell === "string" || typeof cell === "number") ? numbersAmong(String(cell), plan) : [];
  return found.length === 0 ? { kind: "unread", why: "number" } : keys(...found.map(key));
}
