// The lines of a campaign's journal. Each line is a fact; all facts in order give the state. The runtime writes the
// file.
import { isObject } from "../util/json";
import type { CampaignEntry, Exclusion } from "./entries";
import type { CampaignFigures, CampaignSettings, Outcome } from "./types";

/** The known facts of a call. Moments in ms since 1970, `talk` in seconds. */
export interface CallFacts {
  readonly start?: number | undefined;
  readonly answer?: number | undefined;
  readonly end?: number | undefined;
  readonly talk?: number | undefined;
  readonly file?: string | undefined;
  readonly agent?: string | undefined;
  /** Identifies a bill among the bills of one number: its session, otherwise its times. */
  readonly call?: string | undefined;
}

/**
 * An entry without its row: number, E.164, and the reason if it is excluded. E.164 is 1 if it is +86 and the number.
 */
export type EntryLine = readonly [
  number: string | null,
  e164: string | 1 | null,
  excluded?: Exclusion,
  reason?: string,
];

/** Whether a part of a task's numbers reached the platform. After a crash, `sent` means the same as `lost`. */
export type PartState = "sent" | "in" | "lost" | "refused" | "notSent";

/** A line. `at` is ms since 1970, `i` an entry's index, `task` and `part` count from 0. */
export type Line =
  | {
      readonly k: "start";
      readonly v: 1;
      readonly id: string;
      readonly tag: string;
      readonly at: number;
      readonly size: number;
      readonly settings: CampaignSettings;
    }
  | {
      readonly k: "entries";
      readonly from: number;
      readonly entries: readonly EntryLine[];
      readonly rows: readonly unknown[];
    }
  /** Numbers are about to be sent. `agent` and `prior` with the first part of a task: whether the agent had no task before. */
  | {
      readonly k: "sent";
      readonly task: number;
      readonly part: number;
      readonly at: number;
      readonly seq: string;
      readonly entries: readonly number[];
      readonly agent?: string;
      readonly prior?: "none" | "unknown";
    }
  | {
      readonly k: "answer";
      readonly task: number;
      readonly part: number;
      readonly is: Exclude<PartState, "sent">;
      readonly taskID?: string;
    }
  /** The ID of a task was found, but not in the answer to its create. */
  | { readonly k: "task"; readonly task: number; readonly taskID: string }
  | { readonly k: "control"; readonly task: number; readonly action: "start" | "stop" }
  | { readonly k: "controlled"; readonly task: number; readonly at: number }
  | { readonly k: "ended"; readonly task: number; readonly at: number }
  /** The task has not ended after all. */
  | { readonly k: "revived"; readonly task: number }
  /** A push reported a call to the number, or the end of that call. */
  | { readonly k: "heard"; readonly i: number; readonly end: boolean }
  /**
   * An attempt was not answered. The number is dialled again from `due` on. `cause`: it is not known whether the number
   * is vacant.
   */
  | {
      readonly k: "attempt";
      readonly i: number;
      readonly due: number;
      readonly start?: number | undefined;
      readonly end?: number | undefined;
      readonly cause: boolean;
      readonly call?: string | undefined;
    }
  /** The CDRs of these entries were read for the causes. */
  | { readonly k: "caused"; readonly entries: readonly number[] }
  | {
      readonly k: "result";
      readonly i: number;
      readonly o: Outcome;
      readonly reason?: string | undefined;
      readonly task?: number | undefined;
      readonly call?: CallFacts | undefined;
    }
  /** These results were handed on. */
  | { readonly k: "told"; readonly entries: readonly number[] }
  | { readonly k: "do"; readonly what: "pause" | "resume" | "cancel"; readonly at: number }
  | { readonly k: "finished"; readonly at: number; readonly figures: CampaignFigures }
  | { readonly k: "finishedTold" };

export type ResultLine = Extract<Line, { k: "result" }>;

/** The number of entries in one line. */
export const entriesPerLine = 500;

export const encodeLine = (line: Line): string => JSON.stringify(line);

/** A row as JSON. A row that JSON cannot express (it contains itself, or a bigint) becomes a text. */
export function rowJson(row: unknown): string {
  try {
    return JSON.stringify(row) ?? "null";
  } catch {
    return JSON.stringify(typeof row === "object" ? "[object]" : String(row));
  }
}

/** Chinese mobiles are stored without a second copy of their digits. */
const chinese = (number: string | null): string => `+86${number ?? ""}`;

/** An entry in the form of a line. */
export function packEntry({ number, numberE164, excluded, reason }: CampaignEntry): EntryLine {
  const e164 = numberE164 !== null && numberE164 === chinese(number) ? 1 : numberE164;
  if (excluded === undefined) return [number, e164];
  return reason === undefined ? [number, e164, excluded] : [number, e164, excluded, reason];
}

/** The line of several entries, from the JSON of their rows. */
export function entriesLine(from: number, entries: readonly CampaignEntry[], rows: readonly string[]): string {
  return `{"k":"entries","from":${from},"entries":${JSON.stringify(entries.map(packEntry))},"rows":[${rows.join(",")}]}`;
}

/** The E.164 number of an entry in a line. */
export const e164Of = ([number, e164]: EntryLine): string | null => (e164 === 1 ? chinese(number) : e164);

/**
 * Reads a line that this module wrote. Undefined for anything else, which the runtime sets aside. The content is not
 * checked further, because the runtime's checksum detects damage.
 */
export function readLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value.k === "string" ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
