// Cleans lists of numbers to dial: each entry is dialled as intended or refused with a reason. Pure; also runs in the editor.

/**
 * Why an entry is not dialled:
 * - extension: the number is followed by an extension, which cannot be dialled directly
 * - several: several numbers that cannot be separated reliably
 * - date, scientific: a spreadsheet has converted the cell
 * - letters, characters: text, or characters that no number has
 * - tooShort, tooLong: by the country's numbering plan; short service codes are accepted
 * - country: begins with a country code that does not exist
 * - empty: nothing; object: neither text nor an integer
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

/** A refused entry, unchanged, and the reason. */
export interface Illegal {
  readonly number: string;
  readonly reason: IllegalReason;
}

/** The result for one entry: a number, several numbers, or a refusal. */
export type Entry =
  | { readonly kind: "number"; readonly number: string }
  | { readonly kind: "several"; readonly numbers: readonly string[] }
  | { readonly kind: "illegal"; readonly reason: IllegalReason };

/** A cleaned list. Every entry is in exactly one of the three lists; of an entry with several numbers, each number is. */
export interface Cleaned {
  /** Without repetitions, in order of first occurrence. */
  readonly numbers: readonly string[];
  /** Repetitions, in the form in which they would have been sent. */
  readonly duplicates: readonly string[];
  readonly illegal: readonly Illegal[];
}

/** What a numbering plan says about digits. */
export type PlanReading =
  | {
      readonly kind: "number";
      /** The number as it is dialled. */
      readonly number: string;
      /** Whether no shorter number followed by further digits can be meant. */
      readonly firm: boolean;
      /** Whether it is a number within a city, without area code. */
      readonly local: boolean;
    }
  | { readonly kind: "none"; readonly reason: "tooShort" | "tooLong" | "country" };

/** A country's numbering plan. @param digits digits only, optionally with a leading + */
export type NumberingPlan = (digits: string) => PlanReading;

const none = (reason: "tooShort" | "tooLong" | "country"): PlanReading => ({ kind: "none", reason });
const number = (digits: string, firm: boolean, local = false): PlanReading => ({
  kind: "number",
  number: digits,
  firm,
  local,
});

/** Accepts an international number by its length alone: 7 to 15 digits including the country code. */
export const anyCountry: NumberingPlan = (digits) => {
  const { length } = digits.replace(/^(?:\+|00)/, "");
  if (length < 7) return none("tooShort");
  return length > 15 ? none("tooLong") : number(digits, true);
};

/** For countries without a known plan: accepts 3 to 15 digits. */
export const anyPlan: NumberingPlan = (digits) => {
  if (/^(?:\+|00)/.test(digits)) return anyCountry(digits);
  if (digits.length < 3) return none("tooShort");
  return digits.length > 15 ? none("tooLong") : number(digits, true);
};

const chinese = {
  /**
   * Mobiles, also with the trunk 0; 400 and 800 numbers; fixed lines in Beijing and in cities with an area code 02x. All have a fixed
   * length.
   */
  firm: /^(?:01[3-9]\d{9}|1\d{10}|[48]00\d{7}|0(?:10|2\d)\d{8})$/,
  /** All other cities: 7 or 8 digits after the area code. */
  withArea: /^0[3-9]\d{2}\d{7,8}$/,
  /** A fixed line without the trunk 0, which spreadsheets drop. */
  withoutTrunk: /^(?:(?:10|2\d)\d{8}|[3-9]\d{2}\d{7,8})$/,
  local: /^[2-9]\d{6,7}$/,
  /** Service numbers: 110, 10086, 12345678, 95588; also of one city: 021 12315. */
  service: /^(?:1[12]\d|(?:0(?:10|2\d|[3-9]\d{2}))?(?:1[0-2]\d{3,6}|9[56]\d{3,6}))$/,
  /** A carrier's prefix followed by a number. */
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

/** Reads a Chinese number without its country code. Mobiles and services are dialled unchanged, fixed lines with the trunk 0. */
function withoutCountry(rest: string): PlanReading {
  const read = readChinese(rest);
  if (read.kind === "none") return read;
  if (read.local && !chinese.service.test(rest)) return none("tooShort");
  return chinese.withoutTrunk.test(rest) && !chinese.firm.test(rest) ? readChinese(`0${rest}`) : read;
}

/** China's numbering plan. @param international reads numbers of other countries */
export const chinesePlan =
  (international: NumberingPlan = anyCountry): NumberingPlan =>
  (digits) => {
    const [, rest] = /^(?:\+|00)86(\d*)$/.exec(digits) ?? [];
    if (rest !== undefined) return withoutCountry(rest);
    if (/^(?:\+|00)/.test(digits)) return international(digits);
    // A mobile in international form without its plus sign.
    if (/^861[3-9]\d{9}$/.test(digits)) return number(digits.slice(2), true);
    return readChinese(digits);
  };

/** Separators within a number: spaces, dashes, dots, brackets. */
const writing = /[\s\p{Pd}\u2212\u00b7_.()[\]]+/u;

/** Invisible characters: byte order marks, joiners, marks of writing direction. */
const invisible = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Separators between the numbers of a text: line break, comma, semicolon, tab. */
const separators = /[\r\n\t,，;；、|]+/;

/** Separators between the numbers of one cell. */
const cellSeparators = /[\r\n\t,，;；、|/\\]+/;

/** The longest entry that is analysed, and the maximum number of digit groups in it. */
const longestEntry = 2000;
const mostGroups = 200;

/** Converts full-width characters to their ASCII equivalents. */
const plain = (text: string): string =>
  text
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(invisible, "")
    .trim()
    // A leading apostrophe marks a cell as text in a spreadsheet.
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

/** The shortest number that may share an entry with other digits: 10086. */
const shortestPiece = 5;

/** Several numbers, if each is certain. Codes of three digits may be extensions, and a local number may lack its area code. */
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

/** The ways, at most two, to combine groups of digits into numbers of at least seven digits. */
function partitions(groups: readonly string[], plan: NumberingPlan): readonly (readonly PlanReading[])[] {
  // ways[i]: the ways for the groups from i on.
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

/** Reads a text without separators: one number, possibly in groups, or several numbers with only spaces or dashes between them. */
function readPiece(text: string, plan: NumberingPlan): Entry {
  // Codes for a telephone exchange.
  const code = text.replace(/\s+/g, "");
  if (/^[*#][\d*#]{1,31}$/.test(code) || /^\d{2,31}#$/.test(code)) return { kind: "number", number: code };
  // Remove "(0)", the trunk 0 that is only dialled within the country.
  const international = text.replace(/^(\(?(?:\+|00)\s*\d{1,3}\)?)\s*\(0\)/, "$1 ");
  const groups = international.split(writing).filter((group) => group !== "");
  // "+ 86 138": a separate plus sign belongs to the next group.
  if (groups[0] === "+") groups.splice(0, 2, `+${groups[1] ?? ""}`);
  const isWriting = groups.every((group) => /^\+?\d+$/.test(group));
  if (!isWriting || groups.length === 0 || /^\+?\d+\.\d+$/.test(text)) return illegal("characters");
  if (groups.length > mostGroups) return illegal("several");
  // In any notation: "2026 03 01", "(2026–03–01)". All of them would otherwise be read as a number within a city.
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
 * Reads one entry of a list: a cell, or an element of an array. Removes spaces, dashes, brackets, invisible characters, China's country
 * code, and the `.0` that spreadsheets add; converts full-width digits. Never throws, and never changes an entry into a different number.
 */
export function readEntry(entry: unknown, plan: NumberingPlan): Entry {
  if (entry === undefined || entry === null) return illegal("empty");
  if (typeof entry === "number" && entry < 0) return illegal("characters");
  if (typeof entry !== "string" && typeof entry !== "number") return illegal("object");
  const given = String(entry);
  if (given.length > longestEntry) return illegal("tooLong");
  // Shortcut: most entries are plain digits.
  if (/^\d+$/.test(given)) return asEntry(plan(given));
  const text = plain(given);
  if (text === "") return illegal("empty");
  if (date.test(text)) return illegal("date");
  if (scientific.test(text)) return illegal("scientific");
  // Codes of an exchange begin with * or #; elsewhere these characters introduce an extension.
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

/** Digits with what may stand within a number. */
const digitRun = /\+?\d[\d\s\p{Pd}\u2212\u00b7_.()[\]]*/gu;
/** The most digits, and groups of digits, in a number. */
const [mostDigits, mostDigitGroups] = [20, 6];

/**
 * Every number that a text may contain, for a list of numbers that must not be dialled. If groups of digits can be
 * combined in several ways, all combinations are returned.
 */
export function numbersAmong(text: string, plan: NumberingPlan): readonly string[] {
  const found = new Set<string>();
  for (const [run] of plain(text.slice(0, longestEntry)).matchAll(digitRun)) {
    const groups = run.split(writing).filter((group) => group !== "");
    for (const from of groups.keys()) {
      let digits = "";
      for (const group of groups.slice(from, from + mostDigitGroups)) {
        digits += group;
        if (digits.length > mostDigits) break;
        const reading = plan(digits);
        if (reading.kind === "number") found.add(reading.number);
      }
    }
  }
  return [...found];
}

/** The entries of a text, separated by line breaks, commas, semicolons or tabs. */
export const entriesOf = (text: string): readonly string[] =>
  text
    .split(separators)
    .map((entry) => entry.trim())
    .filter((entry) => entry.replace(invisible, "").trim() !== "");

/**
 * The numbers of a text, unchanged. Spaces occur within numbers too; they separate numbers only if there are certainly several. Entries
 * that are not numbers are returned unchanged.
 */
export const numbersOf = (text: string, plan: NumberingPlan): readonly string[] =>
  entriesOf(text).flatMap((entry) => {
    const read = readEntry(entry, plan);
    return read.kind === "several" ? read.numbers : [entry];
  });

/** More entries than any list has: protects against arrays with a huge length and no content. */
const mostEntries = 10_000_000;

/** The entries of a list of numbers: an array, a text, or one number. */
function listed(value: unknown): readonly unknown[] {
  if (typeof value === "string") return entriesOf(value);
  if (!Array.isArray(value)) return [value];
  return value.length > mostEntries ? Object.values(value) : value;
}

/** An entry as a short text for display. Never throws. */
function shownOf(entry: unknown): string {
  try {
    const text = typeof entry === "object" ? JSON.stringify(entry) : String(entry);
    return (text ?? String(entry)).slice(0, 60);
  } catch {
    // A cycle, a bigint, too deep nesting, or a getter that throws.
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
