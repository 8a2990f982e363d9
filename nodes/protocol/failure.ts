// What can go wrong with a command, as data: one union that the retry rules, the messages and the error texts read.
import type { Cleaned } from "./numbers-to-dial";

/** Why a field was refused, for texts: a key below `errors.rule` of the locales, and its parameters. */
export interface RuleText {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** What was taken out of a list of numbers before it was sent. */
type Cleanings = Pick<Cleaned, "duplicates" | "illegal">;

/** A command that was not carried out, or of which that is not known. `code` is what flows see. */
export type Failure =
  /** The platform said no. `scope` tells whether it refused the request or this command. */
  | {
      readonly kind: "platform";
      readonly code: string;
      readonly value: number;
      readonly text: string;
      readonly scope: "request" | "command";
    }
  /** Refused by us before sending. `got` is a short rendering of what came, `index` the place in a list of commands. */
  | {
      readonly kind: "field";
      readonly code: "SCCC_INVALID_FIELD";
      readonly field: string;
      readonly rule: RuleText;
      readonly got: string;
      readonly index?: number;
    }
  /** No complete answer within so many milliseconds. */
  | { readonly kind: "timeout"; readonly code: "SCCC_TIMEOUT"; readonly afterMs: number }
  /** The connection failed. `neverLeft`: the request surely did not reach anybody. `lasting`: trying again can't help. */
  | {
      readonly kind: "network";
      readonly code: "SCCC_NETWORK";
      readonly systemCode: string;
      readonly detail: string;
      readonly neverLeft: boolean;
      readonly lasting: boolean;
    }
  /** An HTTP status that is not success. */
  | {
      readonly kind: "http";
      readonly code: `SCCC_HTTP_${number}`;
      readonly status: number;
      readonly location?: string;
      readonly excerpt: string;
    }
  /** An answer that is not the API's. */
  | {
      readonly kind: "protocol";
      readonly code: "SCCC_PROTOCOL";
      readonly reason: ProtocolReason;
      readonly excerpt: string;
    }
  /** The account's version does not have the command. */
  | { readonly kind: "unsupported"; readonly code: "SCCC_UNSUPPORTED"; readonly version: string; readonly has: string }
  /** The account is missing or incomplete: which setting, and why, as a key below `errors.config`. */
  | {
      readonly kind: "config";
      readonly code: "SCCC_CONFIG";
      readonly reason: string;
      readonly setting: string;
      /** The environment's variable that is to blame. */
      readonly variable?: string;
      /** What the system says of it. */
      readonly detail?: string;
      /** When it is tried again, in ms since 1970. */
      readonly retryAt?: number;
    }
  /** The account's dialOnly does not have the number. */
  | { readonly kind: "notAllowed"; readonly code: "SCCC_NOT_ALLOWED"; readonly field: string; readonly number: string }
  /** The same call was made less than so many seconds ago. `index` is the place in a list of commands. */
  | {
      readonly kind: "repeated";
      readonly code: "SCCC_NOT_ALLOWED";
      readonly agent: string;
      readonly number: string;
      readonly seconds: number;
      readonly index?: number;
    }
  /** A file could not be written, or is there already; `reason` is a key below `errors.file`. */
  | {
      readonly kind: "file";
      readonly code: "SCCC_FILE";
      readonly reason: "exists" | "write";
      readonly path: string;
      readonly detail: string;
    }
  /**
   * A list of numbers that got in only in part: those that are in the task, those that were not sent, and those of which that is not known,
   * because an answer was lost. `taskID` is "" where that of a new task was lost with it.
   */
  | {
      readonly kind: "partial";
      readonly code: "SCCC_PARTIAL";
      readonly taskID: string;
      readonly in: readonly string[];
      readonly notSent: readonly string[];
      readonly unknown: readonly string[];
      readonly cleaned: Cleanings;
      readonly because: Failure;
    }
  /** So many requests wait already. */
  | { readonly kind: "busy"; readonly code: "SCCC_BUSY"; readonly waiting: number }
  /** The node or the account was closed meanwhile. `waiting`: the command had been carried out, its call was waited for. */
  | { readonly kind: "closed"; readonly code: "SCCC_CLOSED"; readonly waiting?: true };

/** What is wrong with an answer; keys below `errors.protocol` of the locales. */
export type ProtocolReason =
  | "empty"
  | "notJson"
  | "notObject"
  | "noResult"
  | "badError"
  | "tooDeep"
  | "tooLarge"
  | "noAnswerForCommand"
  | "badList"
  | "badKey"
  | "noAdvance"
  | "notFile"
  | "emptyFile"
  | "cutOff"
  | "notHttp"
  | "encoding";

/** The value and the name of an outcome as `msg.sccc.command.result` has them; `error` is null where the platform gave none. */
export interface Result {
  readonly error: number | null;
  readonly name: string;
  readonly msg: string;
}

/** Line breaks, what a terminal takes for commands, and what turns the direction of writing: nobody's text may write log lines. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** A text from outside as it may stand in a log, an error or a status: one line, and nothing but writing. */
export const plainText = (text: string): string => text.replace(unprintable, " ");

/** The first characters of a text from outside, on one line. */
export function excerptOf(text: string, length = 200): string {
  const line = plainText(text.slice(0, length * 2))
    .replace(/\s+/g, " ")
    .trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
