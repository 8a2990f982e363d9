// Decides to which call a fact belongs (docs/decisions/0040).
import { type Call, isOpening, isSeqLoose } from "./call";
import type { Fact } from "./facts";

/** A fact that arrives later than this after a call's end belongs to another call, unless its seq matches. */
const lateMs = 60_000;

/** The same event with another id within this time is a repeat: it was signed again for another attempt. */
const repeatMs = 10_000;

/** The same for an event with the same seq: while Node-RED is down, the platform repeats for longer. */
const namedRepeatMs = 120_000;

/** Maximum difference between a call's end in its bill and in its callend: they come from two clocks. */
const clocksApartMs = 600_000;

/** Whether two known values differ. */
export const differ = <T>(one: T | undefined, other: T | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

const equal = <T>(one: T | undefined, other: T | undefined): boolean => one !== undefined && one === other;

/** The call that a fact belongs to, and whether the fact was received before. */
export function matchOf(
  found: Iterable<Call>,
  fact: Fact,
  windowMs: number,
): { readonly call: Call; readonly repeat: boolean } | undefined {
  const candidates = [...new Set(found)];
  const { session } = fact.billing ?? {};
  for (const call of candidates) {
    const same = fact.eventId !== undefined && call.entryOf(fact.eventId) !== undefined;
    if (same || equal(call.billing?.session, session)) return { call, repeat: true };
  }
  const named = candidates.find((call) => isNamedRepeat(call, fact));
  if (named !== undefined) return { call: named, repeat: true };
  const fitting = candidates.filter((call) => fits(call, fact, windowMs));
  const best = bestOf(
    fitting.filter((call) => !call.has(fact.kind)),
    fact,
  );
  if (best !== undefined) return { call: best, repeat: false };
  const repeated = bestOf(
    fitting.filter((call) => isRepeat(call, fact)),
    fact,
  );
  return repeated && { call: repeated, repeat: true };
}

/** Whether the account, agent, number, userData and task of a fact equal those of a call, or are not known. */
function namesSame(call: Call, fact: Fact): boolean {
  if (differ(call.account, fact.account) || differ(call.agent, fact.agent)) return false;
  if (differ(call.userData, fact.userData) || differ(call.taskID, fact.taskID)) return false;
  const bothNumbers = call.keys.length > 0 && fact.keys.length > 0;
  return !bothNumbers || fact.keys.some((key) => call.keys.includes(key));
}

/**
 * Whether an event of an ended call came again with a new signature: the same kind with the same seq. The call's own
 * seq may not be the command's, so the event's is compared. A bill is recognised by its session.
 */
function isNamedRepeat(call: Call, fact: Fact): boolean {
  if (fact.seq === undefined || fact.kind === "billing" || !(call.ended || call.finished)) return false;
  return equal(call.entryOfKind(fact.kind)?.fact.seq, fact.seq) && namesSame(call, fact);
}

/** Whether a fact may belong to a call. False if anything shows that it belongs to another. */
function fits(call: Call, fact: Fact, windowMs: number): boolean {
  // Nothing but its bill is ever received for a call with a verification code.
  if (call.isVerification || fact.billing?.service?.verification) return false;
  if (!namesSame(call, fact)) return false;
  // An agent may have a call with a number and one without at about the same time.
  const oneNumber = (call.keys.length === 0) !== (fact.keys.length === 0);
  if (oneNumber && (differ(call.seq, fact.seq) || differ(call.direction, fact.direction))) return false;
  if (!isInTime(call, fact, windowMs)) return false;
  if (!differ(call.seq, fact.seq)) return true;
  const inbound = call.direction === "inbound" || fact.direction === "inbound";
  // A bill's agent does not identify the call.
  const loose = inbound || (fact.kind !== "billing" && (call.seqIsLoose || isSeqLoose(fact)));
  const isLate = call.finished || (call.ended && !call.presumed);
  // Neither the seq nor the direction agrees: this is a call back. While a call goes on, a screen pop may have the
  // direction of its leg.
  if (differ(call.direction, fact.direction) && (isLate || fact.kind !== "screenpop")) return false;
  // A push may come after the end of its call, with its own seq.
  if (!loose || !isLate) return loose;
  // An answer cannot belong to a call that was reported as not answered: it is the next call's.
  if (call.finished && fact.kind === "callstart" && !call.wasAnswered) return false;
  // Outbound calls to one number are distinguished by their agents.
  return !isOpening(fact.kind) || inbound || call.agent !== undefined;
}

/** Whether a fact may belong to a call by its time. */
function isInTime(call: Call, { kind, at, seq, billing }: Fact, windowMs: number): boolean {
  const over = call.ended && !call.presumed && !equal(call.seq, seq);
  if (kind === "billing") {
    return !over || billing?.byeAt === undefined || Math.abs(billing.byeAt - call.endAt) <= clocksApartMs;
  }
  return at <= call.lastAt + windowMs && at >= call.firstAt - windowMs && !(over && at > call.endAt + lateMs);
}

/** Whether a fact of a kind that a call already has is a repeat with a new signature rather than a fact of the next call. */
function isRepeat(call: Call, fact: Fact): boolean {
  const { kind, at, billing } = fact;
  if (kind === "billing") {
    const before = call.billing;
    if (billing === undefined || before === undefined || differ(before.session, billing.session)) return false;
    return before.startAt === billing.startAt && before.byeAt === billing.byeAt;
  }
  const heard = call.entryOfKind(kind)?.fact;
  if (heard === undefined) return false;
  const cameLate = !call.presumed && heard.at >= call.endAt;
  if (isOpening(kind) && call.ended && !cameLate) return false;
  return Math.abs(at - heard.at) <= (equal(heard.seq, fact.seq) ? namedRepeatMs : repeatMs);
}

/** The call that matches a fact best; of equal matches the newest, or for a bill the one with the nearest end. */
function bestOf(calls: readonly Call[], fact: Fact): Call | undefined {
  let best: Call | undefined;
  let most = -1;
  let nearest = Number.POSITIVE_INFINITY;
  for (const call of calls) {
    const points =
      (equal(call.taskID, fact.taskID) ? 32 : 0) +
      (equal(call.seq, fact.seq) ? 16 : 0) +
      (equal(call.userData, fact.userData) ? 8 : 0) +
      (call.ended === (fact.kind === "billing") ? 4 : 0) +
      (fact.keys.length === 0 && call.keys.length === 0 ? 3 : 0) +
      (equal(call.agent, fact.agent) ? 2 : 0) +
      (equal(call.direction, fact.direction) ? 1 : 0);
    const distance = fact.billing?.byeAt === undefined ? 0 : Math.abs(fact.billing.byeAt - call.endAt);
    if (points < most || (points === most && distance > nearest)) continue;
    best = call;
    most = points;
    nearest = distance;
  }
  return best;
}
