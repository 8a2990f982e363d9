// Lists of numbers as people have them: cleaned of what is only writing, with what is no number listed apart.

/** A number that was left out, as it came, and why: a word for flows. */
export interface Illegal {
  readonly number: string;
  readonly reason: "characters" | "tooShort" | "tooLong" | "notText";
}

/** A list after cleaning. Every entry that came stands in just one of the three. */
export interface Cleaned {
  /** Each once, in the order in which they came first. */
  readonly numbers: readonly string[];
  /** Those that came again, as they would have been sent. */
  readonly duplicates: readonly string[];
  readonly illegal: readonly Illegal[];
}

/** The shortest number that one can be rung at, and the longest that the platform takes (§13.4 gives none; protocol.md section 3). */
const shortest = 3;
const longest = 32;

/** A part of a text with spaces that is long enough to be a number by itself. */
const wholeNumber = 7;

/** The entries of a text: between lines, commas, semicolons and tabs, and between spaces where these don't stand within a number. */
function entriesOf(text: string): readonly string[] {
  return text
    .split(/[\r\n\t,，;；、]+/)
    .flatMap((entry) => {
      const parts = entry.trim().split(/\s+/);
      return parts.every((part) => part.length >= wholeNumber) ? parts : [entry];
    })
    .filter((entry) => entry.trim() !== "");
}

/** What stands between digits only for people: spaces, dashes, dots, brackets, slashes. */
const writing = /[\s\p{Pd}\u00b7.()[\]/\u200b-\u200f\u202a-\u202e\u2060\ufeff]/gu;

/** A Chinese number without its country code: mobiles and services as they are dialled, fixed lines with the trunk 0. */
function withoutCountry(digits: string): string {
  const rest = /^(?:\+|00)86(\d{5,})$/.exec(digits)?.[1];
  if (rest === undefined) return digits;
  return /^(?:1\d{10}|0\d+|[48]00\d{7}|9\d{4,7})$/.test(rest) ? rest : `0${rest}`;
}

/** Cleans a number. @param region the account's country: a code of China is taken off only there */
function clean(entry: unknown, region: string): { readonly number: string } | Illegal {
  const text = typeof entry === "number" && Number.isSafeInteger(entry) ? String(entry) : entry;
  if (typeof text !== "string")
    return { number: String(JSON.stringify(entry) ?? entry).slice(0, 60), reason: "notText" };
  const digits = text.normalize("NFKC").replace(writing, "");
  const number = region.toUpperCase() === "CN" ? withoutCountry(digits) : digits;
  const shown = text.slice(0, 60);
  if (!/^\+?[\d*#]+$/.test(number)) return { number: shown, reason: "characters" };
  if (number.length < shortest) return { number: shown, reason: "tooShort" };
  return number.length > longest ? { number: shown, reason: "tooLong" } : { number };
}

/** Cleans a list of numbers: an array, a text, or one number. */
export function cleanNumbers(value: unknown, region: string): Cleaned {
  const entries: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === "string"
      ? entriesOf(value)
      : [value];
  const numbers = new Set<string>();
  const duplicates: string[] = [];
  const illegal: Illegal[] = [];
  for (const entry of entries) {
    const cleaned = clean(entry, region);
    if ("reason" in cleaned) illegal.push(cleaned);
    else if (numbers.has(cleaned.number)) duplicates.push(cleaned.number);
    else numbers.add(cleaned.number);
  }
  return { numbers: [...numbers], duplicates, illegal };
}
