// What goes into and comes out of a campaign: settings, commands and their answers, events, effects, results and figures. All of it is data.
import type { HoursWindow } from "./hours";

/** What became of an entry. */
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

/** How a campaign is run. The runtime has checked the values; they are journaled, so that a restart goes on with the same ones. */
export interface CampaignSettings {
  /** Staff numbers, at least one, each once. */
  readonly agents: readonly string[];
  /** CallTaskCreate's fields, as they are to be sent. Undefined or empty ones are left out. */
  readonly mode: number;
  readonly multiplier?: number | undefined;
  readonly callers?: readonly string[] | undefined;
  readonly taskName?: string | undefined;
  /** How often a number is dialled at most, 1 to 10. */
  readonly attempts: number;
  /** Minutes between the end of an attempt and the next; fractions allowed. */
  readonly retryAfter: number;
  /** Empty: always. */
  readonly hours: readonly HoursWindow[];
  /** Dials of one number by all campaigns of the account in 24 hours; 0: no limit. */
  readonly maxPerDay: number;
  /** Seconds that a bill may take after the end of its task. */
  readonly resultWait: number;
  /** Whether getCdrList may be asked. */
  readonly reconcile: boolean;
}

/** A command to send. Fields stand under the vendor's names. */
export interface CampaignCommand {
  /** Names the command in the `answer` event. Not repeated within one object; after a restart they begin anew. */
  readonly id: number;
  readonly api: "CallTaskCreate" | "CallTaskAddNumbers" | "CallTaskControl" | "CallTaskQuery" | "getCdrList";
  readonly request: Readonly<Record<string, unknown>>;
  /** The hours close at this moment (ms since 1970): a command that has not left by then must not leave, and is answered with `notSent`. */
  readonly notAfter?: number;
}

/**
 * What became of a command:
 * - ok: carried out; `data` is the command's response, for getCdrList {total, cdr}
 * - refused: the platform, or a check of our own, refused all of it; `code` as msg errors have it
 * - notSent: surely not carried out, and may be sent later: the request never left, the queue was full, E_G_API_TO_FREQUENTLY, after notAfter
 * - lost: it may have been carried out or not
 */
export type CommandAnswer =
  | { readonly kind: "ok"; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "notSent" }
  | { readonly kind: "lost" };

export type ControlAction = "pause" | "resume" | "cancel" | "progress";

/** What a campaign takes in. */
export type CampaignEvent =
  | { readonly kind: "answer"; readonly id: number; readonly answer: CommandAnswer }
  /** A push. @see eventOf for the event; `notify` as the platform sent it. */
  | { readonly kind: "push"; readonly event: string; readonly notify: Readonly<Record<string, unknown>> }
  | { readonly kind: "control"; readonly action: ControlAction }
  /** These results have been handed on: they do not come again after a restart. */
  | { readonly kind: "handed"; readonly entries: readonly number[] }
  /** The finished message has been handed on. */
  | { readonly kind: "finishedHanded" }
  /** The time that a `timer` effect named has come; harmless at any other time. */
  | { readonly kind: "tick" };

/** A result: the payload of output 1. Times are ISO 8601 with the account's offset; what is not known is null. */
export interface CampaignResult {
  readonly campaign: string;
  readonly index: number;
  readonly number: string | null;
  readonly numberE164: string | null;
  readonly row: unknown;
  readonly outcome: Outcome;
  /** How often it was sent to the platform to be dialled. */
  readonly attempts: number;
  readonly agent: string | null;
  readonly taskID: string | null;
  readonly startedAt: string | null;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly talkSeconds: number | null;
  readonly recordFile: string | null;
  readonly recordUrl: string | null;
  /** Why: an illegalReason, an error's code (SCCC_FILE: its line in the journal was damaged), "overLimit" or "cancelled" for a number that was dialled before, a SIP cause; else null. */
  readonly reason: string | null;
}

/** The context of a call of a campaign: the entry that it is for. `row` is missing where it is not at hand any more. */
export interface CampaignContext {
  readonly campaign: string;
  readonly index: number;
  readonly row?: unknown;
}

export type CampaignPhase = "waiting" | "dialling" | "paused" | "outsideHours" | "finished" | "cancelled";

/** Counts of entries: done is the sum of the five after it, total = done + remaining. */
export interface CampaignFigures {
  readonly total: number;
  readonly done: number;
  readonly answered: number;
  /** Vacant ones too. */
  readonly unanswered: number;
  /** Illegal, duplicate, doNotCall, overLimit, refused. */
  readonly excluded: number;
  readonly cancelled: number;
  readonly unknown: number;
  readonly remaining: number;
}

/** A task for output 2. */
export interface TaskFigures {
  readonly taskID: string | null;
  readonly agent: string;
  /** unknown: its create's answer was lost, and nothing has named the task yet. */
  readonly state: "running" | "stopped" | "ended" | "unknown";
  /** Numbers of it without a result of this attempt. */
  readonly remaining: number;
}

/** The payload of outputs 2 and 3. */
export interface CampaignProgress extends CampaignFigures {
  readonly campaign: string;
  readonly state: CampaignPhase;
  /** Dialled numbers that got their result, per hour, of the last hour. */
  readonly perHour: number;
  /** ISO 8601; null while it cannot be estimated. */
  readonly etaAt: string | null;
  readonly tasks: readonly TaskFigures[];
}

/**
 * What the runtime has to do, in this order. What stands behind a `write` with `wait` must not be done before its lines are on disk; a `timer`
 * may be set at once.
 */
export type CampaignEffect =
  /** Append to the campaign's journal; each line without its end. */
  | { readonly kind: "write"; readonly lines: readonly string[]; readonly wait: boolean }
  | { readonly kind: "command"; readonly command: CampaignCommand }
  /** `id` is campaign/index. Comes again after a restart, with the same content, unless it was `handed`. */
  | { readonly kind: "result"; readonly id: string; readonly result: CampaignResult }
  | { readonly kind: "progress"; readonly progress: CampaignProgress }
  /** The last effect but repeats after a restart. */
  | { readonly kind: "finished"; readonly progress: CampaignProgress }
  /** Send a `tick` at this moment (ms since 1970). Replaces the timer before; undefined: none is needed. */
  | { readonly kind: "timer"; readonly at: number | undefined };
