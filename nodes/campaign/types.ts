// The input and output of a campaign as data: settings, commands and their answers, events, effects, results and
// figures.
import type { HoursWindow } from "./hours";

/** The possible results of an entry. */
export const outcomes = [
  "answered",
  "unanswered",
  "vacant",
  "refused",
  "illegal",
  "duplicate",
  "doNotCall",
  "overLimit",
  "cancelled",
  "unknown",
] as const;

export type Outcome = (typeof outcomes)[number];

/**
 * The settings of a campaign. The runtime has checked them. They are journaled, so that a restart continues with the
 * same ones.
 */
export interface CampaignSettings {
  /** Staff numbers, at least one, each once. */
  readonly agents: readonly string[];
  /** Fields of CallTaskCreate as they are sent. Undefined and empty ones are left out. */
  readonly mode: number;
  readonly multiplier?: number | undefined;
  readonly callers?: readonly string[] | undefined;
  readonly taskName?: string | undefined;
  /** The maximum number of attempts per number, 1 to 10. */
  readonly attempts: number;
  /** Minutes between the end of an attempt and the next; fractions allowed. */
  readonly retryAfter: number;
  /** Empty: always. */
  readonly hours: readonly HoursWindow[];
  /** Dials of one number by all campaigns of the account in 24 hours; 0: no limit. */
  readonly maxPerDay: number;
  /** How many seconds a bill may come after the end of its task. */
  readonly resultWait: number;
  /** Whether getCdrList may be used. */
  readonly reconcile: boolean;
}

/** A command to send. Fields have the vendor's names. */
export interface CampaignCommand {
  /** Identifies the command in the `answer` event. Unique until a restart. */
  readonly id: number;
  readonly api: "CallTaskCreate" | "CallTaskAddNumbers" | "CallTaskControl" | "CallTaskQuery" | "getCdrList";
  readonly request: Readonly<Record<string, unknown>>;
  /** When the hours close (ms since 1970). A command must not be sent later; it is then answered with `notSent`. */
  readonly notAfter?: number;
}

/**
 * The result of a command:
 * - ok: carried out; `data` is the command's response, for getCdrList {total, cdr}
 * - refused: the platform, or our own check, refused all of it; `code` as in the errors of messages
 * - notSent: certainly not carried out, and may be sent later: the request never left, the queue was full,
 * E_G_API_TO_FREQUENTLY, after notAfter
 * - lost: it may or may not have been carried out
 */
export type CommandAnswer =
  | { readonly kind: "ok"; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "notSent" }
  | { readonly kind: "lost" };

export type ControlAction = "pause" | "resume" | "cancel" | "progress";

export type CampaignEvent =
  | { readonly kind: "answer"; readonly id: number; readonly answer: CommandAnswer }
  /** A push. @see eventOf for the event; `notify` as the platform sent it. */
  | { readonly kind: "push"; readonly event: string; readonly notify: Readonly<Record<string, unknown>> }
  | { readonly kind: "control"; readonly action: ControlAction }
  /** These results have been handed on: they do not come again after a restart. */
  | { readonly kind: "handed"; readonly entries: readonly number[] }
  /** The finished message has been handed on. */
  | { readonly kind: "finishedHanded" }
  /** The time of the `timer` effect has come. Harmless at any other time. */
  | { readonly kind: "tick" };

/** A result: the payload of output 1. Times are ISO 8601 with the account's offset; unknown values are null. */
export interface CampaignResult {
  readonly campaign: string;
  readonly index: number;
  readonly number: string | null;
  readonly numberE164: string | null;
  readonly row: unknown;
  readonly outcome: Outcome;
  /** How often the number was sent to the platform to be dialled. */
  readonly attempts: number;
  readonly agent: string | null;
  readonly taskID: string | null;
  readonly startedAt: string | null;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly talkSeconds: number | null;
  readonly recordFile: string | null;
  readonly recordUrl: string | null;
  /**
   * The reason: an illegalReason, an error's code (SCCC_FILE: its line in the journal was damaged), "overLimit" or
   * "cancelled" for a number that was dialled before, a SIP cause; otherwise null.
   */
  readonly reason: string | null;
}

/** The context of a campaign's call: its entry. `row` is missing if it was already dropped. */
export interface CampaignContext {
  readonly campaign: string;
  readonly index: number;
  readonly row?: unknown;
}

export type CampaignPhase = "waiting" | "dialling" | "paused" | "outsideHours" | "finished" | "cancelled";

/** Counts of entries: done is the sum of the five counts after it, and total = done + remaining. */
export interface CampaignFigures {
  readonly total: number;
  readonly done: number;
  readonly answered: number;
  /** Includes vacant numbers. */
  readonly unanswered: number;
  /** Illegal, duplicate, doNotCall, overLimit and refused entries. */
  readonly excluded: number;
  readonly cancelled: number;
  readonly unknown: number;
  readonly remaining: number;
}

/** A task for output 2. */
export interface TaskFigures {
  readonly taskID: string | null;
  readonly agent: string;
  /** unknown: the answer to its create was lost, and the task was not identified yet. */
  readonly state: "running" | "stopped" | "ended" | "unknown";
  /** The number of its entries without a result of this attempt. */
  readonly remaining: number;
}

/** The payload of outputs 2 and 3. */
export interface CampaignProgress extends CampaignFigures {
  readonly campaign: string;
  readonly state: CampaignPhase;
  /** Results of dialled numbers in the last hour. */
  readonly perHour: number;
  /** ISO 8601; null while it cannot be estimated. */
  readonly etaAt: string | null;
  readonly tasks: readonly TaskFigures[];
}

/**
 * What the runtime must do, in this order. Effects after a `write` with `wait` must wait until its lines are on disk; a
 * `timer` may be set at once.
 */
export type CampaignEffect =
  /** Append to the campaign's journal; each line without its end. */
  | { readonly kind: "write"; readonly lines: readonly string[]; readonly wait: boolean }
  | { readonly kind: "command"; readonly command: CampaignCommand }
  /** `id` is campaign/index. Comes again after a restart, with the same content, unless it was `handed`. */
  | { readonly kind: "result"; readonly id: string; readonly result: CampaignResult }
  | { readonly kind: "progress"; readonly progress: CampaignProgress }
  /** The last effect, except for repeats after a restart. */
  | { readonly kind: "finished"; readonly progress: CampaignProgress }
  /** Send a `tick` at this moment (ms since 1970). Replaces the previous timer; undefined: no timer is needed. */
  | { readonly kind: "timer"; readonly at: number | undefined };
