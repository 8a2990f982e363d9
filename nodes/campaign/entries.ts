// The input of a campaign: one entry for each element, with the number to dial or the reason why it is not dialled.

import { type NumberRegion, numberE164 } from "../protocol/number";
import { type NumberingPlan, numbersOf, readEntry } from "../protocol/numbers-to-dial";
import { isObject } from "../util/json";

/** Why an entry is never dialled. */
export type Exclusion = "illegal" | "duplicate" | "doNotCall" | "refused";

/** An entry of a campaign after reading. Its index is its position in the list. */
export interface CampaignEntry {
  /** The entry as it came. */
  readonly row: unknown;
  /** The number as it is dialled; null if there is no readable number. */
  readonly number: string | null;
  /** Null if the number is not a subscriber's: service numbers, local numbers without an area code. */
  readonly numberE164: string | null;
  /** Absent: it may be dialled. */
  readonly excluded?: Exclusion;
  /** `illegal`: one of illegalReasons. `refused`: SCCC_NOT_ALLOWED. */
  readonly reason?: string;
}

/** How entries are read. */
export interface EntryOptions {
  readonly region: NumberRegion;
  /** The account's numbering plan: `planOf(region)`. */
  readonly plan: NumberingPlan;
  /** The property of a row that holds the number. */
  readonly numberField: string;
  /** The keys of numbers that are never dialled (do-not-call.ts). */
  readonly doNotCall?: ReadonlySet<string>;
  /** The account's dialOnly; absent: any number may be dialled. */
  readonly mayDial?: (number: string) => boolean;
}

/**
 * The key of a number: E.164 if it has that form, otherwise its digits. Numbers with the same key are the same
 * telephone.
 * @param e164 `numberE164(number, region)`
 */
export const keyOf = (number: string, e164: string | null | undefined): string =>
  e164 ?? number.replace(/[^\d*#]/g, "");

/** The rows of an input: an array's elements, a text's numbers, or a single value. */
export function rowsOf(input: unknown, plan: NumberingPlan): readonly unknown[] {
  if (typeof input === "string") return numbersOf(input, plan);
  if (input === undefined || input === null) return [];
  return Array.isArray(input) ? input : [input];
}

/** The cell of a row with the number. */
function cellOf(row: unknown, field: string): unknown {
  if (!isObject(row)) return row;
  return Object.hasOwn(row, field) ? row[field] : undefined;
}

/** Reads entries one by one, so that a long list can be read in slices. Never throws, whatever the rows are. */
export class EntryReader {
  readonly #options: EntryOptions;
  readonly #seen = new Set<string>();

  constructor(options: EntryOptions) {
    this.#options = options;
  }

  /** Of entries with the same number, only the first one is dialled. */
  read(row: unknown): CampaignEntry {
    const { plan, region, numberField, doNotCall, mayDial } = this.#options;
    const read = readEntry(cellOf(row, numberField), plan);
    if (read.kind !== "number") {
      const reason = read.kind === "several" ? "several" : read.reason;
      return { row, number: null, numberE164: null, excluded: "illegal", reason };
    }
    const { number } = read;
    const e164 = numberE164(number, region) ?? null;
    const key = keyOf(number, e164);
    const entry = { row, number, numberE164: e164 };
    if (this.#seen.has(key)) return { ...entry, excluded: "duplicate" };
    this.#seen.add(key);
    // Both forms are checked, because the list may have the number as it is written, for instance without an area code.
    if (doNotCall?.has(key) || doNotCall?.has(keyOf(number, undefined))) {
      return { ...entry, excluded: "doNotCall" };
    }
    if (mayDial !== undefined && !mayDial(number)) {
      return { ...entry, excluded: "refused", reason: "SCCC_NOT_ALLOWED" };
    }
    return entry;
  }
}
