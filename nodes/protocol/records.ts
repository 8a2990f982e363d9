// Derived fields of records and CDRs. Pure functions.
import { customerSide, enumerations } from "../catalogue";
import { isObject, type JsonObject } from "../util/json";
import { isoTime, momentOf } from "../util/time";
import { numberE164 } from "./number";
import { causeText, choiceOf, customerSideOf, type PushContext, secondsOf, withDerived } from "./push";
import { recordUrl } from "./recording-url";

/** The kind of list that contains an item. */
export type ListKind = "records" | "cdrs";

const iso = (value: unknown, timezone: string): string | null => {
  const moment = momentOf(value, timezone);
  return moment === undefined ? null : isoTime(moment, timezone);
};

/** Derived fields of a record (§20.6): startAt, durationSeconds, direction, numberE164, recordUrl. */
function recordFields(record: JsonObject, context: PushContext): JsonObject {
  const direction = choiceOf(enumerations.callType, record.type)?.direction;
  return {
    startAt: iso(record.startTime, context.timezone),
    durationSeconds: secondsOf(record.duration) ?? null,
    direction,
    numberE164: direction && numberE164(record[customerSide[direction]], context),
    recordUrl: recordUrl(record.filename, context),
  };
}

/** Derived fields of a CDR (§24.5): answerAt, durationSeconds, serviceName, resultName, causeText, numberE164, recordUrl. */
function cdrFields(cdr: JsonObject, context: PushContext): JsonObject {
  const service = choiceOf(enumerations.serviceType, cdr.serviceType);
  const side = customerSideOf(service);
  return {
    answerAt: iso(cdr.answerTime, context.timezone),
    durationSeconds: secondsOf(cdr.timeLength) ?? null,
    serviceName: service?.text.en,
    resultName: choiceOf(enumerations.callResult, cdr.result)?.name,
    causeText: causeText(cdr.releaseCause),
    numberE164: side && numberE164(cdr[side], context),
    recordUrl: recordUrl(cdr.filename, context),
  };
}

/** An item with its derived fields, which never replace the vendor's. A value that is not an object is returned unchanged. */
export function readItem(kind: ListKind, item: unknown, context: PushContext): unknown {
  if (!isObject(item)) return item;
  return withDerived(item, kind === "records" ? recordFields(item, context) : cdrFields(item, context));
}
