// What messages say of calls: the platform's events, and the answers to CallNumber (docs/protocol.md, "Pushes"). Pure functions.
import { enumerations } from "../catalogue/index";
import { type NumberRegion, numberE164 } from "../protocol/number";
import { type Billed, billedOf, knownEvents, type PushContext, textOf } from "../protocol/push";
import { isObject, type JsonObject } from "../util/json";

/** What can be heard of a call. `dialing` is an accepted CallNumber; the rest are the platform's events. */
export const kinds = ["dialing", "callin", "callout", "screenpop", "callstart", "callend", "billing"] as const;

export type Kind = (typeof kinds)[number];

const isKind = (event: unknown): event is Kind => kinds.some((kind) => kind === event);

/** Whether an event is one of a call's. */
export const isCallEvent = (event: string): boolean => isKind(event);

export type Direction = "inbound" | "outbound";

/** One thing that was heard of a call. What is not known is undefined. */
export interface Fact {
  readonly kind: Kind;
  readonly eventId: string | undefined;
  /** It is handed over again, because nobody has confirmed it yet. */
  readonly again: boolean;
  /** ms since 1970. */
  readonly at: number;
  readonly account: string | undefined;
  readonly agent: string | undefined;
  /** The customer's number as it came; undefined too where it may be either of two. */
  readonly number: string | undefined;
  /** What the number is compared by: one, or both where nobody says which is the customer's. */
  readonly keys: readonly string[];
  readonly numberE164: string | undefined;
  readonly direction: Direction | undefined;
  readonly seq: string | undefined;
  readonly userData: string | undefined;
  /** The dialling task, where the platform sends it. */
  readonly taskID: string | undefined;
  readonly billing: Bill | undefined;
}

/** A call's bill. */
export interface Bill extends Billed {
  readonly session: string | undefined;
  /** It says whether the call was answered. */
  readonly tells: boolean;
  /** Why the call ended, where the platform gives a cause. */
  readonly reason: string | undefined;
}

/** What a message is: facts of calls; something else that comes along with them; or nothing that a tracker can read. */
export type Reading =
  | { readonly kind: "facts"; readonly facts: readonly Fact[] }
  | { readonly kind: "other" }
  | { readonly kind: "unreadable" };

/** A message as flows have it, from anywhere. */
export interface Heard {
  readonly topic?: unknown;
  readonly payload?: unknown;
  readonly sccc?: unknown;
}

/** A text that says something. */
const given = (value: unknown): string | undefined => textOf(value) || undefined;

/** A seq that says something: an inbound call had no command. */
const seqOf = (value: unknown): string | undefined => {
  const seq = given(value);
  return seq === "0" ? undefined : seq;
};

/**
 * What numbers are compared by: E.164, so that 0138…, 138… and +86138… are one; for what is no subscriber's number its digits, without the
 * trunk 0 of a long one. undefined: there is no number.
 */
export function numberKey(value: unknown, place: NumberRegion, e164 = numberE164(value, place)): string | undefined {
  if (e164 !== undefined) return e164;
  const digits = (textOf(value) ?? "").replace(/[\s().-]/g, "").replace(/^(?:\+|00)/, "");
  // A text without any digit, such as "anonymous", is a number that was withheld.
  return /\d/.test(digits) ? digits.replace(/^0(?=\d{7})/, "") : undefined;
}

const numbered = (value: unknown, place: NumberRegion): Pick<Fact, "number" | "keys" | "numberE164"> => {
  const e164 = numberE164(value, place);
  const key = numberKey(value, place, e164);
  return { number: given(value), keys: key === undefined ? [] : [key], numberE164: e164 };
};

const directionOf = (payload: JsonObject): Direction | undefined => {
  const code = textOf(payload.call_type);
  const named = enumerations.callType.find(({ value }) => value === code)?.text.en ?? payload.direction;
  return named === "inbound" || named === "outbound" ? named : undefined;
};

/** The direction of a billed service (§24.3): not of those between agents, nor of transfers. */
const directionOfService: ReadonlyMap<string | undefined, Direction> = new Map([
  ["1", "outbound"],
  ["2", "inbound"],
  ["4", "outbound"],
  ["5", "outbound"],
  ["19", "outbound"],
]);

/** Services that are billed and are no calls (§24.3): recording, rent, settlement. */
const noCalls: readonly (string | undefined)[] = ["7", "17", "18"];

/** A moment in a message; the present for what is none. */
function momentIn(value: unknown, now: number): number {
  const moment = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(moment) ? moment : now;
}

function billingFact(payload: JsonObject, context: PushContext): Partial<Fact> | undefined {
  const service = textOf(payload.service);
  if (noCalls.includes(service)) return undefined;
  const billed = billedOf(payload, context.timezone);
  const { caller, callee } = payload;
  const sides =
    billed.side === undefined
      ? {
          number: undefined,
          numberE164: undefined,
          keys: [caller, callee].flatMap((side) => numberKey(side, context) ?? []),
        }
      : numbered(payload[billed.side], context);
  return {
    ...sides,
    // Seen in the field (docs/protocol.md): a bill with the agent as staffNo.
    agent: given(payload.agent) ?? given(payload.staffNo),
    direction: directionOfService.get(service) ?? directionOf(payload),
    billing: {
      ...billed,
      session: given(payload.session),
      tells: payload.answerTime !== undefined || given(payload.timeLength) !== undefined,
      reason: given(payload.causeText),
    },
  };
}

/** A push's message, or its payload alone, as it comes from a broker or out of a file. */
function pushFact(
  kind: Kind,
  payload: JsonObject,
  push: JsonObject,
  context: PushContext,
  now: number,
): Fact | undefined {
  const own: Partial<Fact> | undefined =
    kind === "billing"
      ? billingFact(payload, context)
      : { ...numbered(payload.number, context), agent: given(payload.agent), direction: directionOf(payload) };
  if (own === undefined) return undefined;
  return {
    kind,
    eventId: given(payload.eventId) ?? given(push.eventId),
    again: typeof push.delivery === "number" && push.delivery > 1,
    at: momentIn(push.receivedAt ?? payload.receivedAt, now),
    account: given(push.customer) ?? given(payload.customer),
    agent: undefined,
    number: undefined,
    keys: [],
    numberE164: undefined,
    direction: undefined,
    seq: seqOf(payload.seq),
    userData: given(payload.userData),
    taskID: given(payload.taskID),
    billing: undefined,
    ...own,
  };
}

/** A CallNumber that the platform has accepted; undefined for one that was refused. */
export function dialingFact(
  payload: unknown,
  result: unknown,
  context: Pick<PushContext, "region" | "areaCode">,
  now: number,
): Fact | undefined {
  if (!isObject(payload) || !isObject(result) || result.error !== 0) return undefined;
  const agent = given(payload.agent);
  const number = numbered(payload.callee, context);
  if (agent === undefined || number.number === undefined) return undefined;
  return {
    kind: "dialing",
    eventId: undefined,
    again: false,
    at: now,
    account: undefined,
    agent,
    ...number,
    direction: "outbound",
    seq: seqOf(payload.seq),
    userData: given(payload.userData),
    taskID: undefined,
    billing: undefined,
  };
}

function answerFacts(payload: unknown, command: JsonObject, context: PushContext, now: number): Reading {
  if (textOf(command.api)?.toLowerCase() !== "callnumber") return { kind: "other" };
  const answers: readonly unknown[] = Array.isArray(payload) ? payload : [payload];
  const facts = answers.flatMap((answer) => {
    const result = Array.isArray(payload) && isObject(answer) ? answer.result : command.result;
    return dialingFact(answer, result, context, now) ?? [];
  });
  return facts.length === 0 ? { kind: "other" } : { kind: "facts", facts };
}

/**
 * Reads a message of sccc-notify, whole or its payload alone with the field `event`, or of sccc-call-number. Other events, other commands and
 * tracked calls are "other".
 * @param now ms since 1970, for messages that do not say when they were received
 */
export function readMessage({ topic, payload, sccc }: Heard, context: PushContext, now: number): Reading {
  const { push, command, call } = isObject(sccc) ? sccc : {};
  const report = isObject(push) ? push : {};
  const fields = isObject(payload) ? payload : undefined;
  const named = given(fields?.event);
  if (named === undefined && call !== undefined) return { kind: "other" };
  if (named === undefined && isObject(command)) return answerFacts(payload, command, context, now);
  // A field `event` of the vendor's own would cover ours; what sccc-notify says goes before.
  const told = given(report.event);
  const event =
    (fields !== undefined && fields.eventId === report.eventId ? told : undefined) ?? named ?? told ?? given(topic);
  if (event === undefined || fields === undefined) return { kind: "unreadable" };
  if (!isKind(event)) {
    return named !== undefined || told !== undefined || knownEvents.includes(event)
      ? { kind: "other" }
      : { kind: "unreadable" };
  }
  if (event === "dialing") return { kind: "other" };
  const fact = pushFact(event, fields, report, context, now);
  return fact === undefined ? { kind: "other" } : { kind: "facts", facts: [fact] };
}
