// Extracts facts about calls from messages: the platform's events and the answers to CallNumber (docs/protocol.md, "Pushes"). Pure
// functions.
import { type Direction, enumerations } from "../catalogue/index";
import { type NumberRegion, numberE164 } from "../protocol/number";
import { type Billed, billedOf, choiceOf, knownEvents, type PushContext, textOf } from "../protocol/push";
import { isObject, type JsonObject } from "../util/json";

/** The kinds of facts. `dialing` is an accepted CallNumber; the others are events of the platform. */
export const kinds = ["dialing", "callin", "callout", "screenpop", "callstart", "callend", "billing"] as const;

export type Kind = (typeof kinds)[number];

const isKind = (event: unknown): event is Kind => kinds.some((kind) => kind === event);

/** Whether an event belongs to a call. */
export const isCallEvent = (event: string): boolean => isKind(event);

/** One fact about a call. Unknown values are undefined. */
export interface Fact {
  readonly kind: Kind;
  readonly eventId: string | undefined;
  /** Whether it is delivered again, because it was not acknowledged. */
  readonly again: boolean;
  /** ms since 1970. */
  readonly at: number;
  readonly account: string | undefined;
  readonly agent: string | undefined;
  /** The customer's number, unchanged; also undefined if either of two numbers may be the customer's. */
  readonly number: string | undefined;
  /** The keys for comparing numbers: one key, or both if it is unknown which number is the customer's. */
  readonly keys: readonly string[];
  readonly numberE164: string | undefined;
  readonly direction: Direction | undefined;
  readonly seq: string | undefined;
  readonly userData: string | undefined;
  /** The dialling task, if the platform sends it. */
  readonly taskID: string | undefined;
  readonly billing: Bill | undefined;
  /** The context, if it is known. */
  readonly context?: unknown;
}

/** A call's bill. */
export interface Bill extends Billed {
  readonly session: string | undefined;
  /** It says whether the call was answered. */
  readonly tells: boolean;
  /** Why the call ended, where the platform gives a cause. */
  readonly reason: string | undefined;
}

/** The content of a message: facts about calls; an unrelated message; or a message that a tracker cannot read. */
export type Reading =
  | { readonly kind: "facts"; readonly facts: readonly Fact[] }
  | { readonly kind: "other" }
  | { readonly kind: "unreadable" };

/** A message of a flow, from any source. */
export interface Heard {
  readonly topic?: unknown;
  readonly payload?: unknown;
  readonly sccc?: unknown;
}

/** A non-empty text. */
const given = (value: unknown): string | undefined => textOf(value) || undefined;

/** A seq that identifies a command; an inbound call has none. */
const seqOf = (value: unknown): string | undefined => {
  const seq = given(value);
  return seq === "0" ? undefined : seq;
};

/**
 * The key for comparing numbers: E.164, so that 0138…, 138… and +86138… are equal. A number that is not a subscriber's
 * has its digits, without the trunk 0 if it is long. undefined: there is no number.
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
  const named = choiceOf(enumerations.callType, payload.call_type)?.direction ?? payload.direction;
  return named === "inbound" || named === "outbound" ? named : undefined;
};

/** A time in a message; the current time if it is not valid. */
function momentIn(value: unknown, now: number): number {
  const moment = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(moment) ? moment : now;
}

function billingFact(payload: JsonObject, context: PushContext): Partial<Fact> | undefined {
  const billed = billedOf(payload, context.timezone);
  if (billed.service?.noCall) return undefined;
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
    // Some platforms send bills with the agent as staffNo (docs/protocol.md, "Seen in the field").
    agent: given(payload.agent) ?? given(payload.staffNo),
    direction: billed.service?.direction ?? directionOf(payload),
    billing: {
      ...billed,
      session: given(payload.session),
      tells: payload.answerTime !== undefined || given(payload.timeLength) !== undefined,
      reason: given(payload.causeText),
    },
  };
}

/** A message of sccc-notify. `push` is its information about the delivery: `msg.sccc.push`, may be empty. */
interface HeardPush {
  readonly kind: Kind;
  readonly payload: JsonObject;
  readonly push: JsonObject;
  readonly context: PushContext;
  readonly now: number;
}

/** The fact in a push: from the whole message, or from its payload alone, as it comes from a broker or a file. */
function pushFact({ kind, payload, push, context, now }: HeardPush): Fact | undefined {
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

/** The fact that the platform has accepted a CallNumber; undefined if it refused. */
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
 * Reads a message of sccc-notify (whole, or its payload alone with the field `event`) or of sccc-call-number. Other events, other commands
 * and tracked calls are "other".
 * @param now ms since 1970, for messages without a time of receipt
 */
export function readMessage({ topic, payload, sccc }: Heard, context: PushContext, now: number): Reading {
  const { push, command, call } = isObject(sccc) ? sccc : {};
  const report = isObject(push) ? push : {};
  const fields = isObject(payload) ? payload : undefined;
  const named = given(fields?.event);
  if (named === undefined && call !== undefined) return { kind: "other" };
  if (named === undefined && isObject(command)) return answerFacts(payload, command, context, now);
  // The platform may send fields `event` and `eventId` of its own, and a flow may give the message another push's payload.
  const reported = given(report.event);
  const isWhole = reported !== undefined && (topic === reported || fields?.eventId === report.eventId);
  const event = isWhole ? reported : (named ?? reported ?? given(topic));
  if (event === undefined || fields === undefined) return { kind: "unreadable" };
  if (!isKind(event)) {
    return named !== undefined || reported !== undefined || knownEvents.includes(event)
      ? { kind: "other" }
      : { kind: "unreadable" };
  }
  if (event === "dialing") return { kind: "other" };
  const eventId = isWhole ? given(report.eventId) : undefined;
  const fact = pushFact({
    kind: event,
    payload: eventId === undefined ? fields : { ...fields, eventId },
    push: report,
    context,
    now,
  });
  return fact === undefined ? { kind: "other" } : { kind: "facts", facts: [fact] };
}
