// The content of pushes: the catalogue defines the fields of a notify, the caller provides the values.
import { type AnswerField, callTypeOf, type Push, pushes } from "../nodes/catalogue";
import { trunks } from "./calls";
import { type Dialect, isForeign } from "./dialects";
import { billingOf, Entry } from "./ledger";
import type { Json } from "./narrow";

/** The push of an event's name, in any case. */
export const pushOf = (event: string): Push | undefined => pushes.find((push) => push.event === event.toLowerCase());

type PushField = Pick<AnswerField, "name" | "optional">;

const known = new Map<Dialect, Map<Push, readonly PushField[]>>();

/** The fields of a push in a dialect: the catalogue's, without those of other dialects, plus the dialect's own. Cached. */
const fieldsOf = (push: Push, dialect: Dialect): readonly PushField[] => {
  const ofDialect = known.get(dialect) ?? new Map<Push, readonly PushField[]>();
  known.set(dialect, ofDialect);
  const found = ofDialect.get(push);
  if (found !== undefined) return found;
  const own = dialect.pushFields[push.event] ?? [];
  const documented = push.fields.filter(({ name }) => !isForeign(dialect, push.event, name) && !own.includes(name));
  const fields = [...documented, ...own.map((name) => ({ name }))];
  ofDialect.set(push, fields);
  return fields;
};

/**
 * The notify of an event in a dialect. A field without a value is omitted if it is optional, otherwise "". Values without a field are
 * ignored: a screen pop has neither type nor userData (§19).
 */
export const notifyOf = (push: Push, values: Json, dialect: Dialect): Json => {
  // §五 mentions a push of the agent's status but does not show it; this format is the simulator's own.
  const type = push.type ?? (push.event === "agentstatus" ? push.event : undefined);
  const fields = fieldsOf(push, dialect).flatMap(({ name, optional }) => {
    const value = values[name];
    if (value !== undefined) return [[name, value] as const];
    return optional ? [] : [[name, ""] as const];
  });
  return { ...(type === undefined ? {} : { type }), ...Object.fromEntries(fields) };
};

/** Made-up entries use keys that real calls never reach, so that their sessions are unique. */
const madeUpKeys = 0xf000_0000;

/**
 * Plausible values for the fields of every event: of an outbound call that has just ended, of a task that has just started. `ordinal`
 * distinguishes values made up in the same second, `now` is in seconds since 1970.
 */
export const madeUpOf = (of: {
  customer: string;
  agent: string;
  seq: string;
  ordinal: number;
  now: number;
  dialect: Dialect;
}): Json => {
  const { customer, agent, seq, ordinal, now, dialect } = of;
  const number = "13800138888";
  const entry = new Entry(madeUpKeys + ordinal, {
    agent,
    service: "1",
    inbound: false,
    caller: trunks[0],
    callee: number,
    taskID: "1001",
    taskName: "task-1001",
    startAt: now - 70,
    ringAt: now - 68,
    answerAt: now - 60,
    byeAt: now,
    releaseCause: "200",
    result: "1",
  });
  return {
    ...{ customer, agent, seq, number, call_type: callTypeOf.outbound.value },
    // There is no such recording.
    ...{ ...billingOf(entry, dialect), recordFile: "" },
    ...{ taskID: "1001", taskName: "task-1001", calleeAmount: "100", remainAmount: "100", status: "0" },
    ...{ purpose: "1", staffNo: agent },
    ...{ workStatus: "ONLINE", serverStatus: "IDLE" },
    data: { userName: agent, number, type: "", clientName: "" },
    field: [],
  };
};
