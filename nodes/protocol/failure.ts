// Failures of commands as data: a union that the retry rules and the error texts use.

/** Why a field was refused: a key below `errors.rule` of the locales, and its parameters. */
export interface RuleText {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** Where a field's value was looked for. */
export interface Origin {
  /** Such as msg.payload.agent; "" for the node itself. */
  readonly where: string;
  /** The part of the path that exists in the message, such as msg.payload. */
  readonly at?: string;
  /** If that is an object: some of its names. */
  readonly names?: readonly string[];
  /** If that is not an object: its value as a short text. */
  readonly value?: string;
}

/** Why a command failed, or why its result is unknown. `code` is the code that flows see. */
export type Failure =
  /** The platform returned an error. `scope`: whether it concerns the whole request or this command. */
  | {
      readonly kind: "platform";
      readonly code: string;
      readonly value: number;
      readonly text: string;
      readonly scope: "request" | "command";
    }
  /** We refused a field before sending. `got` is a short text of the value, `index` the position in a list of commands. */
  | {
      readonly kind: "field";
      readonly code: "SCCC_INVALID_FIELD";
      readonly field: string;
      readonly rule: RuleText;
      readonly got: string;
      readonly index?: number;
      readonly origin?: Origin;
    }
  /** No complete answer within `afterMs`. */
  | { readonly kind: "timeout"; readonly code: "SCCC_TIMEOUT"; readonly afterMs: number }
  /** The connection failed. `neverLeft`: no part of the request can have reached anybody. `lasting`: retrying cannot help. */
  | {
      readonly kind: "network";
      readonly code: "SCCC_NETWORK";
      readonly systemCode: string;
      readonly detail: string;
      readonly neverLeft: boolean;
      readonly lasting: boolean;
    }
  /** An HTTP status other than success. */
  | {
      readonly kind: "http";
      readonly code: `SCCC_HTTP_${number}`;
      readonly status: number;
      readonly location?: string;
      readonly excerpt: string;
    }
  /** The answer does not have the API's format. */
  | {
      readonly kind: "protocol";
      readonly code: "SCCC_PROTOCOL";
      readonly reason: ProtocolReason;
      readonly excerpt: string;
    }
  /** The account's API version does not have the command. */
  | { readonly kind: "unsupported"; readonly code: "SCCC_UNSUPPORTED"; readonly version: string; readonly has: string }
  /** The account's dialOnly does not allow the number. */
  | { readonly kind: "notAllowed"; readonly code: "SCCC_NOT_ALLOWED"; readonly field: string; readonly number: string }
  /** The same call was made less than this many seconds ago. `index` is the position in a list of commands. */
  | {
      readonly kind: "repeated";
      readonly code: "SCCC_NOT_ALLOWED";
      readonly agent: string;
      readonly number: string;
      readonly seconds: number;
      readonly index?: number;
    }
  /** The queue is full: `waiting` requests are waiting. */
  | { readonly kind: "busy"; readonly code: "SCCC_BUSY"; readonly waiting: number }
  /**
   * The node or the account was closed. `waiting`: the command was carried out and its node was waiting for the call. `neverLeft`: the command
   * was waiting to be sent, and no earlier try can have been carried out.
   */
  | { readonly kind: "closed"; readonly code: "SCCC_CLOSED"; readonly waiting?: true; readonly neverLeft?: true };

/** A field that was refused. */
export type FieldFailure = Extract<Failure, { kind: "field" }>;

/** What is wrong with an answer: keys below `errors.protocol` of the locales. */
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

/** Value and name of an outcome as in `msg.sccc.command.result`; `error` is null if the platform sent none. */
export interface Result {
  readonly error: number | null;
  readonly name: string;
  readonly msg: string;
}

/** Line breaks, control characters, and marks of writing direction: text from outside must not be able to forge log lines. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** A text from outside on one line, without control characters, for logs, errors and statuses. */
export const plainText = (text: string): string => text.replace(unprintable, " ");

/** The first characters of a text from outside, on one line. */
export function excerptOf(text: string, length = 200): string {
  const line = plainText(text.slice(0, length * 2))
    .replace(/\s+/g, " ")
    .trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
