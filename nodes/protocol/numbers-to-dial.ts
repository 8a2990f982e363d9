// Numbers to dial, as people have them in their tables: each is dialled as it was meant, or listed apart with a reason. Pure; runs in the editor too.

/**
 * Why an entry is not dialled:
 * - extension: a number that a switchboard has to be told more digits after
 * - several: numbers that cannot be told apart for sure
 * - date, scientific: what a spreadsheet made of a cell
 * - letters, characters: text, or characters that no number has
 * - tooShort, tooLong: by the numbering plan of the country; short service codes are not too short
 * - country: begins with a country code that no country has
 * - empty: nothing; object: neither text nor a whole number
 */
export const illegalReasons = [
  "extension",
  "several",
  "date",
  "scientific",
  "letters",
  "characters",
  "tooShort",
  "tooLong",
  "country",
  "empty",
  "object",
] as const;

export type IllegalReason = (typeof illegalReasons)[number];

/** An entry that was left out, as it came, and why: a word for flows. */
export interface Illegal {
  readonly number: string;
  readonly reason: IllegalReason;
}

/** What one entry is: a number to dial, several of them, or none. */
export type Entry =
  | { readonly kind: "number"; readonly number: string }
  | { readonly kind: "several"; readonly numbers: readonly string[] }
  | { readonly kind: "illegal"; readonly reason: IllegalReason };

/** A list after cleaning. Every entry that came stands in just one of the three; one with several numbers has each of them in one. */
export interface Cleaned {
  /** Each once, in the order in which they came first. */
  readonly numbers: readonly string[];
  /** Those that came again, as they would have been sent. */
  readonly duplicates: readonly string[];
  readonly illegal: readonly Illegal[];
}

/** What a numbering plan says of digits. */
export type PlanReading =
  | {
      readonly kind: "number";
      /** As it is dialled. */
      readonly number: string;
      /** No shorter number with further digits after it could be meant. */
      readonly firm: boolean;
      /** A number within a city, without its area code. */
      readonly local: boolean;
    }
  | { readonly kind: "none"; readonly reason: "tooShort" | "tooLong" | "country" };

/** A country's numbers. @param digits digits only, perhaps with a leading + */
export type NumberingPlan = (digits: string) => PlanReading;

const none = (reason: "tooShort" | "tooLong" | "country"): PlanReading => ({ kind: "none", reason });
const number = (digits: string, firm: boolean, local = false): PlanReading => ({
  kind: "number",
  number: digits,
  firm,
  local,
});

/** An international number by its length alone: with its country code 7 to 15 digits. */
export const anyCountry: NumberingPlan = (digits) => {
  const { length } = digits.replace(/^(?:\+|00)/, "");
  if (length < 7) return none("tooShort");
  return length > 15 ? none("tooLong") : number(digits, true);
};

/** Numbers of a country that nothing is known of: 3 to 15 digits. */
export const anyPlan: NumberingPlan = (digits) => {
  if (/^(?:\+|00)/.test(digits)) return anyCountry(digits);
  if (digits.length < 3) return none("tooShort");
  return digits.length > 15 ? none("tooLong") : number(digits, true);
};

const chinese = {
  /** Mobiles, also with the trunk 0, and 400 and 800 numbers; Beijing and the cities with a code 02x. Their length never varies. */
  firm: /^(?:01[3-9]\d{9}|1\d{10}|[48]00\d{7}|0(?:10|2\d)\d{8})$/,
  /** All other cities: 7 or 8 digits after the area code. */
  withArea: /^0[3-9]\d{2}\d{7,8}$/,
  /** A fixed line whose trunk 0 a spreadsheet has dropped, or that had none. */
  withoutTrunk: /^(?:(?:10|2\d)\d{8}|[3-9]\d{2}\d{7,8})$/,
  local: /^[2-9]\d{6,7}$/,
  /** 110, 10086, 12345678, 95588; also of one city: 021 12315. */
  service: /^(?:1[12]\d|(?:0(?:10|2\d|[3-9]\d{2}))?(?:1[0-2]\d{3,6}|9[56]\d{3,6}))$/,
  /** A carrier's prefix, and a number after it. */
  carrier: /^(?:179\d{2}|12593|12583|12520|10193)((?:0|1)\d+)$/,
};

function readChinese(digits: string): PlanReading {
  const { firm, withArea, withoutTrunk, local, service, carrier } = chinese;
  if (firm.test(digits)) return number(digits, true);
  if (withArea.test(digits) || service.test(digits)) return number(digits, false);
  if (withoutTrunk.test(digits)) return number(digits, false);
  if (local.test(digits)) return number(digits, false, true);
  const [, afterCarrier = ""] = carrier.exec(digits) ?? [];
  if (firm.test(afterCarrier) || withArea.test(afterCarrier)) return number(digits, true);
  if (digits.startsWith("0"))
    return none(digits.length < 12 && !/^0(?:10|2\d)\d{9}/.test(digits) ? "tooShort" : "tooLong");
  return none(digits.length < (digits.startsWith("1") ? 11 : 10) ? "tooShort" : "tooLong");
}

/** A Chinese number without its country code: mobiles and services as they are dialled, fixed lines with the trunk 0. */
function withoutCountry(rest: string): PlanReading {
  const read = readChinese(rest);
  if (read.kind === "none") return read;
  if (read.local && !chinese.service.test(rest)) return none("tooShort");
  return chinese.withoutTrunk.test(rest) && !chinese.firm.test(rest) ? readChinese(`0${rest}`) : read;
}

/** China's numbers. @param international reads those of other countries */
export const chinesePlan =
  (international: NumberingPlan = anyCountry): NumberingPlan =>
  (digits) => {
    const [, rest] = /^(?:\+|00)86(\d*)$/.exec(digits) ?? [];
    if (rest !== undefined) return withoutCountry(rest);
    if (/^(?:\+|00)/.test(digits)) return international(digits);
    // A mobile in the international form without its plus.
    if (/^861[3-9]\d{9}$/.test(digits)) return number(digits.slice(2), true);
    return readChinese(digits);
  };

/** Spaces, dashes, dots, brackets: what stands between digits only for people. */
const writing = /[\s\p{Pd}\u2212\u00b7_.()[\]]+/u;

/** Marks that nobody sees: byte order marks, joiners, directions of writing. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Between the numbers of a text; a line, a comma, a semicolon, a tab. */
const separators = /[\r\n\t,，;；、|]+/;

/** Between the numbers of one cell, besides. */
const cellSeparators = /[\r\n\t,，;；、|/\\]+/;

/** The longest entry that is looked into, and the most groups of digits in one. */
const longestEntry = 2000;
const mostGroups = 200;

/** Full-width characters as the plain ones that they stand for. */
const plain = (text: string): string =>
  text
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(invisible, "")
    .trim()
    // What tells a spreadsheet that a cell is text.
    .replace(/^['’](?=[+\d])/, "");

const year = "(?:19|20)\\d{2}";
const month = "(?:0?[1-9]|1[0-2])";
const day = "(?:0?[1-9]|[12]\\d|3[01])";
const date = new RegExp(
  `^(?:${year}([-/.])${month}(?:\\1${day})?|${day}([-/.])${month}\\2${year}|${month}([-/.])${day}\\3${year}|${year}年.*)(?:[ T]|$)`,
);
const scientific = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i;
const extension =
  /\d[\s()\p{Pd}.;]*(?:ext(?:ension|n)?|x|转接?|轉接?|分机号?|分機號?|内线|內線|[#*]+)[\s.:=]*\d{1,8}\)?$/iu;

const illegal = (reason: IllegalReason): Entry => ({ kind: "illegal", reason });

const asEntry = (reading: PlanReading): Entry =>
  reading.kind === "none" ? illegal(reading.reason) : { kind: "number", number: reading.number };

/** The shortest number that can stand in one entry with further digits: 10086. */
const shortestPiece = 5;

/** Several numbers, if each is one for sure. Codes of three digits may be extensions, and a local number may lack the area code beside it. */
function several(readings: readonly PlanReading[]): Entry {
  const numbers: string[] = [];
  let [locals, areas] = [0, 0];
  for (const reading of readings) {
    if (reading.kind === "none" || reading.number.length < shortestPiece) return illegal("several");
    if (reading.local) locals += 1;
    if (/^0(?!1[3-9]|0)/.test(reading.number)) areas += 1;
    numbers.push(reading.number);
  }
  return locals > 0 && areas > 0 ? illegal("several") : { kind: "several", numbers };
}

/** All ways, up to two, in which groups of digits make numbers of at least seven digits. */
function partitions(groups: readonly string[], plan: NumberingPlan): readonly (readonly PlanReading[])[] {
  // ways[i]: those of the groups from i on.
  const ways: (readonly PlanReading[])[][] = groups.map(() => []);
  ways.push([[]]);
  for (let from = groups.length - 1; from >= 0; from -= 1) {
    let digits = "";
    for (let to = from + 1; to <= groups.length && digits.length <= 20; to += 1) {
      digits += groups[to - 1] ?? "";
      const reading = digits.length < 7 || !/^\+?\d+$/.test(digits) ? none("tooShort") : plan(digits);
      if (reading.kind === "none") continue;
      for (const rest of ways[to] ?? []) if ((ways[from]?.length ?? 2) < 2) ways[from]?.push([reading, ...rest]);
    }
  }
  return ways[0] ?? [];
}

/** A text without separators: one number, perhaps written in groups, or several with only spaces or dashes between them. */
function readPiece(text: string, plan: NumberingPlan): Entry {
  // Codes that a telephone exchange takes.
  const code = text.replace(/\s+/g, "");
  if (/^[*#][\d*#]{1,31}$/.test(code) || /^\d{2,31}#$/.test(code)) return { kind: "number", number: code };
  // The trunk 0 that is only dialled within the country.
  const international = text.replace(/^(\(?(?:\+|00)\s*\d{1,3}\)?)\s*\(0\)/, "$1 ");
  const groups = international.split(writing).filter((group) => group !== "");
  // "+ 86 138": a lone plus belongs to what follows.
  if (groups[0] === "+") groups.splice(0, 2, `+${groups[1] ?? ""}`);
  const isWriting = groups.every((group) => /^\+?\d+$/.test(group));
  if (!isWriting || groups.length === 0 || /^\+?\d+\.\d+$/.test(text)) return illegal("characters");
  if (groups.length > mostGroups) return illegal("several");
  // However it is written: "2026 03 01", "(2026–03–01)". All of it would be a number of a city.
  if (groups.length > 1 && date.test(groups.join("-"))) return illegal("date");
  const plusses = groups.filter((group, index) => index > 0 && group.startsWith("+")).length;
  const digits = groups.join("");
  const whole = plusses > 0 ? none("tooLong") : plan(digits);
  const last = groups.at(-1) ?? "";
  if (groups.length > 1 && last.length <= 6 && plusses === 0 && !(whole.kind === "number" && whole.firm)) {
    const head = plan(groups.slice(0, -1).join(""));
    if (head.kind === "number" && head.number.length >= shortestPiece) return illegal("extension");
  }
  if (whole.kind === "number") return asEntry(whole);
  const [way, other] = groups.length > 1 ? partitions(groups, plan) : [];
  if (other !== undefined) return illegal("several");
  if (way !== undefined && way.length > 1) return several(way);
  return illegal(plusses > 0 ? "several" : whole.reason);
}

/**
 * Reads one entry of a list: a cell, an element of an array. Cleaned are spaces, dashes, brackets, full-width digits, invisible marks, China's
 * country code, and the `.0` that a spreadsheet adds. Never throws, and never makes another number of what came.
 */
export function readEntry(entry: unknown, plan: NumberingPlan): Entry {
  if (entry === undefined || entry === null) return illegal("empty");
  if (typeof entry === "number" && entry < 0) return illegal("characters");
  if (typeof entry !== "string" && typeof entry !== "number") return illegal("object");
  const given = String(entry);
  if (given.length > longestEntry) return illegal("tooLong");
  // Most entries of most lists need no second look.
  if (/^\d+$/.test(given)) return asEntry(plan(given));
  const text = plain(given);
  if (text === "") return illegal("empty");
  if (date.test(text)) return illegal("date");
  if (scientific.test(text)) return illegal("scientific");
  // A code of the exchange has its * and # at the front.
  if (/^[^*#]/.test(text) && extension.test(text)) return illegal("extension");
  if (/\p{L}/u.test(text)) return illegal("letters");
  const pieces = text.split(cellSeparators).flatMap((piece) => {
    const shown = piece.trim().replace(/^([^.]*\d)\.0+$/, "$1");
    return shown === "" ? [] : [shown];
  });
  const [first] = pieces;
  if (first === undefined) return illegal("characters");
  if (pieces.length === 1) return readPiece(first, plan);
  const readings = pieces.flatMap((piece): readonly PlanReading[] => {
    const read = readPiece(piece, plan);
    if (read.kind === "illegal") return [none("tooShort")];
    return (read.kind === "number" ? [read.number] : read.numbers).map(plan);
  });
  return several(readings);
}

/** The entries of a text: one a line, or between commas, semicolons and tabs. */
export const entriesOf = (text: string): readonly string[] =>
  text
    .split(separators)
    .map((entry) => entry.trim())
    .filter((entry) => entry.replace(invisible, "").trim() !== "");

/**
 * The numbers of a text, as they stand in it. Spaces stand within numbers too: they separate only where it is sure that there are several. What is
 * no number stands among them as it came.
 */
export const numbersOf = (text: string, plan: NumberingPlan): readonly string[] =>
  entriesOf(text).flatMap((entry) => {
    const read = readEntry(entry, plan);
    return read.kind === "several" ? read.numbers : [entry];
  });

/** More entries than any list has: an array with a length that nobody filled. */
const mostEntries = 10_000_000;

/** The entries of a list of numbers: an array, a text, or one number. */
function listed(value: unknown): readonly unknown[] {
  if (typeof value === "string") return entriesOf(value);
  if (!Array.isArray(value)) return [value];
  return value.length > mostEntries ? Object.values(value) : value;
}

/** An entry as it came, short enough to be shown. Never throws. */
function shownOf(entry: unknown): string {
  try {
    const text = typeof entry === "object" ? JSON.stringify(entry) : String(entry);
    return (text ?? String(entry)).slice(0, 60);
  } catch {
    // It contains itself or a bigint, is nested too deep, or does not want to be read.
    return typeof entry;
  }
}

/** Cleans a list of numbers: an array, a text, or one number. Never throws. */
export function cleanNumbers(value: unknown, plan: NumberingPlan): Cleaned {
  const numbers = new Set<string>();
  const duplicates: string[] = [];
  const apart: Illegal[] = [];
  for (const entry of listed(value)) {
    const read = readEntry(entry, plan);
    if (read.kind === "illegal") {
      apart.push({ number: shownOf(entry), reason: read.reason });
      continue;
    }
    for (const one of read.kind === "number" ? [read.number] : read.numbers) {
      if (numbers.has(one)) duplicates.push(one);
      else numbers.add(one);
    }
  }
  return { numbers: [...numbers], duplicates, illegal: apart };
}
