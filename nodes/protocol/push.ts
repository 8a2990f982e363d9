// Pushes: from the platform's notify to what a flow gets (docs/protocol.md, "Pushes"). Pure functions.
import * as enumerations from "../catalogue/enumerations";
import { pushes } from "../catalogue/pushes";
import type { Choice } from "../catalogue/types";
import { isObject, type JsonObject } from "../util/json";
import { isoTime, momentOf } from "../util/time";
import { hexHash } from "./digest";
import { type NumberRegion, numberE164 } from "./number";
import { type RecordingSite, recordUrl } from "./recording-url";

/** What has to be known of an account to read its pushes. */
export interface PushContext extends NumberRegion, RecordingSite {
  readonly customer: string;
  /** A valid IANA name: the zone of times without an offset, and of those that a flow gets. */
  readonly timezone: string;
}

/** A push, read. */
export interface ReadPush {
  readonly event: string;
  /** 32 hex digits, the same for every delivery of one event. */
  readonly eventId: string;
  /** Whether the catalogue has the event. */
  readonly known: boolean;
  /** Every field of the notify, unchanged, and the derived ones that it has not itself. */
  readonly payload: Record<string, unknown>;
}

/** The catalogue's events, in its order. */
export const knownEvents: readonly string[] = pushes.map(({ event }) => event);

/** Pushes known by their shape go by their event's name, should a platform name their type after all. */
const eventByType = new Map(pushes.map(({ event, type = event }) => [type.toLowerCase(), event]));

/** What stands in a field, as text; undefined for what is neither a string nor a number. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value).trim() : undefined;

/**
 * The event of a notify: by its type in any case; an agent's status by its fields, a screen pop by having a number and no type (§19). Any other
 * type is its own name, in lower case; "unknown" is what has neither a type nor a shape.
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
 * answered, durationSeconds (or null), numberE164, recordUrl.
 */
export function readPush(
  notify: JsonObject,
  authentication: Stamp,
  context: PushContext,
  deliveryId = deliveryIdOf(notify, authentication, context.customer),
): ReadPush {
  const { event, known } = eventOf(notify);
  const eventId = (event === "billing" && billIdOf(notify, context.customer)) || deliveryId;
  const payload = withDerived(notify, {
    event,
    eventId,
    direction: english(enumerations.callType, notify.call_type),
    ...(readings.get(event) ?? readNumber)(notify, context),
  });
  return { event, eventId, known, payload };
}

/** The vendor's fields, unchanged, and then what is derived and is there, where the vendor has no field of that name. */
export function withDerived(vendor: JsonObject, derived: JsonObject): Record<string, unknown> {
  // Spreading both would do the same, and take five times as long.
  const entries = Object.entries(vendor);
  for (const name in derived) {
    if (derived[name] !== undefined && !Object.hasOwn(vendor, name)) entries.push([name, derived[name]]);
  }
  return Object.fromEntries(entries);
}

/** What tells the pushes of a customer apart: the seq and the timestamp of an authentication block, as text. */
export interface Stamp {
  readonly seq: string;
  readonly timestamp: string;
}

const identityOf = (parts: readonly unknown[]): string => hexHash("sha256", JSON.stringify(parts)).slice(0, 32);

/** A value whose objects have their keys in one order, so that equal values have equal texts. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return ["array", ...value.map(ordered)];
  if (!isObject(value)) return value;
  // Pairs: an object would put keys that look like numbers first, and `__proto__` nowhere.
  const pairs = Object.keys(value)
    .sort()
    .map((key) => [key, ordered(value[key])]);
  return ["object", ...pairs];
}

/** 32 hex digits, the same whenever this very push arrives, in whatever order its keys are. */
export const deliveryIdOf = (notify: JsonObject, { seq, timestamp }: Stamp, customer: string): string =>
  identityOf([customer, seq, timestamp, ordered(notify)]);

/** A bill may come again with another authentication block. Receivers tell such repeats by the session (docs/protocol.md, "Seen in the field"). */
function billIdOf({ session, startTime, caller, callee, service }: JsonObject, customer: string): string | undefined {
  return textOf(session) ? identityOf([customer, session, startTime, caller, callee, service]) : undefined;
}

/** Derived fields; undefined ones are left out. */
type Reading = (notify: JsonObject, context: PushContext) => Readonly<Record<string, unknown>>;

/** The English text of an enumerated value, given as a string or a number. */
export function english(choices: readonly Choice[], given: unknown): string | undefined {
  const text = textOf(given);
  return choices.find(({ value }) => value === text)?.text.en;
}

const readNumber: Reading = (notify, context) => ({ numberE164: knownE164(notify.number, context) });

/** The numbers that were read last, by region, area code and number: the events of a call come one after the other with the same one. */
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

/** A customer's form (docs/protocol.md, "Seen in the field"). */
const readForm: Reading = ({ data }, context) =>
  isObject(data) ? { numberE164: numberE164(data.number, context) ?? numberE164(data.number1, context) } : {};

/** By service, which side of a billed call is the customer's (§24.3): not those between agents, nor recordings and fees. */
export const customerSide: ReadonlyMap<string | undefined, "caller" | "callee"> = new Map([
  ["1", "callee"],
  ["2", "caller"],
  ["4", "callee"],
  ["5", "callee"],
  ["19", "callee"],
]);

/** A billed call, read: moments in ms since 1970, `durationSeconds` as the platform counts it. */
export interface Billed {
  /** §24.3. */
  readonly service: string | undefined;
  readonly startAt: number | undefined;
  readonly ringAt: number | undefined;
  readonly answerAt: number | undefined;
  readonly byeAt: number | undefined;
  readonly answered: boolean;
  /** undefined: it was answered, and nothing says for how long. */
  readonly durationSeconds: number | undefined;
  /** Which of its numbers is the customer's, where its service tells. */
  readonly side: "caller" | "callee" | undefined;
  /** The recording's name, or "". */
  readonly recordFile: string;
}

/** Reads a billed call (§23). */
export function billedOf(notify: JsonObject, timezone: string): Billed {
  const answerAt = momentOf(notify.answerTime, timezone);
  const byeAt = momentOf(notify.byeTime, timezone);
  const length = secondsOf(notify.timeLength);
  const answered = answerAt !== undefined || (notify.answerTime === undefined && length !== undefined && length > 0);
  const measured =
    answerAt !== undefined && byeAt !== undefined && byeAt >= answerAt ? (byeAt - answerAt) / 1000 : undefined;
  const service = textOf(notify.service);
  return {
    service,
    startAt: momentOf(notify.startTime, timezone),
    ringAt: momentOf(notify.ringTime, timezone),
    answerAt,
    byeAt,
    answered,
    durationSeconds: length ?? (answered ? measured : 0),
    side: customerSide.get(service),
    recordFile: textOf(notify.recordFile) || textOf(notify.filename) || "",
  };
}

const readBilling: Reading = (notify, context) => {
  const { timezone } = context;
  const { startAt, ringAt, answerAt, byeAt, answered, durationSeconds, side, recordFile } = billedOf(notify, timezone);
  const iso = (moment: number | undefined): string | null => (moment === undefined ? null : isoTime(moment, timezone));
  return {
    serviceName: english(enumerations.serviceType, notify.service),
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

/** A length in seconds, given as a number or a string; undefined if it is none. */
export function secondsOf(value: unknown): number | undefined {
  const text = textOf(value) ?? "";
  return /^\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}
