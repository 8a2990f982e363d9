// Reads pushes: converts the platform's notify to the message for a flow (docs/protocol.md, "Pushes"). Pure functions.
import { customerSide } from "../catalogue/directions";
import * as enumerations from "../catalogue/enumerations";
import { pushes } from "../catalogue/pushes";
import { sipCauses } from "../catalogue/sip";
import type { Choice, ServiceType } from "../catalogue/types";
import { isObject, type JsonObject } from "../util/json";
import { isoTime, momentOf } from "../util/time";
import { hexHash } from "./digest";
import { type NumberRegion, numberE164 } from "./number";
import { type RecordingSite, recordUrl } from "./recording-url";

/** The account's settings that are needed to read its pushes. */
export interface PushContext extends NumberRegion, RecordingSite {
  readonly customer: string;
  /** A valid IANA name: the zone of times without an offset, and of those that a flow gets. */
  readonly timezone: string;
}

/** A push after reading. */
export interface ReadPush {
  readonly event: string;
  /** 32 hex digits, the same for every delivery of an event. */
  readonly eventId: string;
  /** Whether the catalogue has the event. */
  readonly known: boolean;
  /** Every field of the notify, unchanged, and derived fields with names that the notify does not use. */
  readonly payload: Record<string, unknown>;
}

/** The catalogue's events, in its order. */
export const knownEvents: readonly string[] = pushes.map(({ event }) => event);

/** Some platforms name the type of pushes that the document identifies by shape; these are recognized by the event's name. */
const eventByType = new Map(pushes.map(({ event, type = event }) => [type.toLowerCase(), event]));

/** A field's value as text; undefined if it is neither a string nor a number. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value).trim() : undefined;

/**
 * The event of a notify: by its type, ignoring case; without a type, by its shape: an agent's status by its fields, a screen pop by its
 * number (§19). An unknown type is its own event, in lower case; "unknown" if there is neither a type nor a known shape.
 */
export function eventOf(notify: JsonObject): { readonly event: string; readonly known: boolean } {
  const type = (textOf(notify.type) ?? "").toLowerCase();
  const event = eventByType.get(type);
  if (event !== undefined) return { event, known: true };
  if (Object.hasOwn(notify, "workStatus") || Object.hasOwn(notify, "serverStatus")) {
    return { event: "agentstatus", known: true };
  }
  if (type !== "") return { event: type, known: false };
  const untyped = textOf(notify.type ?? "") === "";
  return untyped && Object.hasOwn(notify, "number")
    ? { event: "screenpop", known: true }
    : { event: "unknown", known: false };
}

/**
 * Reads a push. `authentication` has the block's seq and timestamp as text. Never throws for a notify that is nested no deeper than maxDepth.
 * Derived are, where they apply: event, eventId, direction, statusName, serviceName, startAt, ringAt, answerAt, byeAt (ISO 8601, or null),
 * answered, durationSeconds (or null), numberE164, recordUrl, agent (from staffNo), causeText (from releaseCause).
 */
export function readPush(
  notify: JsonObject,
  authentication: Stamp,
  context: PushContext,
  deliveryId = deliveryIdOf(notify, authentication, context.customer),
): ReadPush {
  const { event, known } = eventOf(notify);
  const eventId = (event === "billing" && billIdOf(notify, context.customer)) || deliveryId;
  const derived = {
    event,
    eventId,
    direction: choiceOf(enumerations.callType, notify.call_type)?.direction,
    agent: textOf(notify.staffNo) || undefined,
    causeText: causeText(notify.releaseCause),
  };
  const payload = withDerived(notify, Object.assign(derived, (readings.get(event) ?? readNumber)(notify, context)));
  return { event, eventId, known, payload };
}

/** The vendor's fields, unchanged, followed by derived fields with names that the vendor's fields do not use. */
export function withDerived(vendor: JsonObject, derived: JsonObject): Record<string, unknown> {
  // Object.assign is several times faster than a spread, but would set the prototype.
  const payload: Record<string, unknown> = Object.hasOwn(vendor, "__proto__")
    ? { ...vendor }
    : Object.assign({}, vendor);
  for (const name in derived) {
    if (derived[name] !== undefined && !Object.hasOwn(vendor, name)) payload[name] = derived[name];
  }
  return payload;
}

/** Identifies a push of a customer: seq and timestamp of its authentication block, as text. */
export interface Stamp {
  readonly seq: string;
  readonly timestamp: string;
}

const identityOf = (parts: readonly unknown[]): string => hexHash("sha256", JSON.stringify(parts)).slice(0, 32);

/** A value with the keys of all objects sorted, so that equal values have equal JSON. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return ["array", ...value.map(ordered)];
  if (!isObject(value)) return value;
  // Pairs, because an object would move integer-like keys to the front and treat `__proto__` specially.
  const pairs = Object.keys(value)
    .sort()
    .map((key) => [key, ordered(value[key])]);
  return ["object", ...pairs];
}

/** 32 hex digits, the same for every delivery of this push, independent of the order of its keys. */
export const deliveryIdOf = (notify: JsonObject, { seq, timestamp }: Stamp, customer: string): string =>
  identityOf([customer, seq, timestamp, ordered(notify)]);

/**
 * The id of a bill. A bill may be sent again with a new authentication block; repeats have the same session (docs/protocol.md, "Seen in the
 * field").
 */
function billIdOf({ session, startTime, caller, callee, service }: JsonObject, customer: string): string | undefined {
  return textOf(session) ? identityOf([customer, session, startTime, caller, callee, service]) : undefined;
}

/** Derived fields; undefined ones are omitted. */
type Reading = (notify: JsonObject, context: PushContext) => Readonly<Record<string, unknown>>;

/** The catalogue's entry for an enumerated value, given as a string or a number. */
export function choiceOf<T extends Choice>(choices: readonly T[], given: unknown): T | undefined {
  const text = textOf(given);
  return choices.find(({ value }) => value === text);
}

/** A text for the reason why a call ended; undefined if no reason is given, or an unknown one. */
export const causeText = (releaseCause: unknown): string | undefined => sipCauses.get(textOf(releaseCause) ?? "");

/** The English text of an enumerated value, given as a string or a number. */
export const english = (choices: readonly Choice[], given: unknown): string | undefined =>
  choiceOf(choices, given)?.text.en;

/** Which number of a bill or a CDR is the customer's, if its service determines it. */
export const customerSideOf = (service: ServiceType | undefined): "caller" | "callee" | undefined =>
  service?.direction && customerSide[service.direction];

const readNumber: Reading = (notify, context) => ({ numberE164: knownE164(notify.number, context) });

/**
 * A cache of the numbers that were read last, by region, area code and number: the events of a call have the same
 * number.
 */
const numbersRead = new Map<string, string | undefined>();
const mostNumbers = 2000;

function knownE164(number: unknown, context: PushContext): string | undefined {
  const text = textOf(number);
  if (text === undefined || text.length > 40) return numberE164(number, context);
  const key = `${context.region} ${context.areaCode} ${text}`;
  if (numbersRead.has(key)) return numbersRead.get(key);
  if (numbersRead.size >= mostNumbers) numbersRead.clear();
  const read = numberE164(number, context);
  numbersRead.set(key, read);
  return read;
}

/** A task's state (§25). */
const readTask: Reading = (notify) => ({ statusName: english(enumerations.taskStatus, notify.status) });

/** A form filled in by a customer (docs/protocol.md, "Seen in the field"). */
const readForm: Reading = ({ data }, context) =>
  isObject(data) ? { numberE164: numberE164(data.number, context) ?? numberE164(data.number1, context) } : {};

/** A parsed bill: moments in ms since 1970, `durationSeconds` as counted by the platform. */
export interface Billed {
  /** The catalogue's entry for its service. */
  readonly service: ServiceType | undefined;
  readonly startAt: number | undefined;
  readonly ringAt: number | undefined;
  readonly answerAt: number | undefined;
  readonly byeAt: number | undefined;
  readonly answered: boolean;
  /** undefined: it was answered, but its duration is not given. */
  readonly durationSeconds: number | undefined;
  /** Which of its numbers is the customer's, if the service determines it. */
  readonly side: "caller" | "callee" | undefined;
  /** The recording's name, or "". */
  readonly recordFile: string;
}

/** Parses a bill (§23). */
export function billedOf(notify: JsonObject, timezone: string): Billed {
  const answerAt = momentOf(notify.answerTime, timezone);
  const byeAt = momentOf(notify.byeTime, timezone);
  const length = secondsOf(notify.timeLength);
  const answered = answerAt !== undefined || (notify.answerTime === undefined && length !== undefined && length > 0);
  const measured =
    answerAt !== undefined && byeAt !== undefined && byeAt >= answerAt ? (byeAt - answerAt) / 1000 : undefined;
  const service = choiceOf(enumerations.serviceType, notify.service);
  return {
    service,
    startAt: momentOf(notify.startTime, timezone),
    ringAt: momentOf(notify.ringTime, timezone),
    answerAt,
    byeAt,
    answered,
    durationSeconds: length ?? (answered ? measured : 0),
    side: customerSideOf(service),
    recordFile: textOf(notify.recordFile) || textOf(notify.filename) || "",
  };
}

const readBilling: Reading = (notify, context) => {
  const { timezone } = context;
  const billed = billedOf(notify, timezone);
  const { service, startAt, ringAt, answerAt, byeAt, answered, durationSeconds, side, recordFile } = billed;
  const iso = (moment: number | undefined): string | null => (moment === undefined ? null : isoTime(moment, timezone));
  return {
    serviceName: service?.text.en,
    startAt: iso(startAt),
    ringAt: iso(ringAt),
    answerAt: iso(answerAt),
    byeAt: iso(byeAt),
    answered,
    durationSeconds: durationSeconds ?? null,
    numberE164: side && knownE164(notify[side], context),
    recordUrl: recordUrl(recordFile, context),
  };
};

const readings: ReadonlyMap<string, Reading> = new Map([
  ["billing", readBilling],
  ["taskinfo", readTask],
  ["clientmark", readForm],
]);

/** A duration in seconds, given as a number or a string; undefined if invalid. */
export function secondsOf(value: unknown): number | undefined {
  const text = textOf(value) ?? "";
  return /^\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
