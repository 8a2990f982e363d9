// Creates a dialling task with any number of numbers. As many as one request may carry go with the command; the rest
// follows, one request after the other. Reports for every number whether it is in the task, was not sent, or is
// unknown.
import { type Command, commandOf } from "../../catalogue/index";
import { render } from "../../protocol/check";
import type { Prepared } from "../../protocol/client";
import { fillUp } from "../../protocol/extra";
import { planOf } from "../../protocol/numbering";
import { cleanNumbers } from "../../protocol/numbers-to-dial";
import { isObject, type JsonObject } from "../../util/json";
import { nextTurn } from "../../util/slices";
import type { Failure } from "../shared/failure";
import { type Sending, type Sent, sendOne } from "./send";

export interface LongList extends Sending {
  readonly command: LongListCommand;
  /** The fields as they were read, under the vendor's names. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Called with how many numbers were sent, of how many. */
  readonly onProgress: (sent: number, of: number) => void;
}

/** A command whose list may be longer than one request takes, and the command that sends the rest. */
export interface LongListCommand {
  readonly first: Command;
  readonly next: Command;
  readonly field: string;
  readonly size: number;
}

/** A command of the catalogue with a long list; undefined for other commands. */
export function longListCommandOf(command: Command): LongListCommand | undefined {
  const { chunks } = command;
  const next = chunks && commandOf(chunks.by);
  return next && { first: command, next, field: chunks.field, size: chunks.size };
}

/** Whether a failed command was certainly not carried out. */
const surelyNot = (failure: Failure): boolean =>
  failure.kind === "platform" ||
  failure.kind === "busy" ||
  failure.kind === "field" ||
  failure.kind === "notAllowed" ||
  failure.kind === "unsupported" ||
  ((failure.kind === "network" || failure.kind === "closed") && failure.neverLeft === true);

/** The counts of a report; the vendor's table calls the last one `report` by mistake (§13.6). */
const counts = ["total", "error", "repeat"] as const;

type Totals = Record<(typeof counts)[number], number>;

function totalsOf(reports: readonly JsonObject[]): Totals {
  const totals: Totals = { total: 0, error: 0, repeat: 0 };
  for (const report of reports) {
    for (const count of counts) {
      const value = Number(report[count] ?? (count === "repeat" ? report.report : undefined));
      if (Number.isFinite(value)) totals[count] += value;
    }
  }
  return totals;
}

/** The fields of the platform's answer. */
const answerOf = (sent: Sent): JsonObject => (sent.ok && isObject(sent.payload) ? sent.payload : {});

/**
 * Sends a command with a list that is longer than one request may carry. The fields in `extra` go with every request.
 */
export async function sendLongList(list: LongList): Promise<Sent> {
  const { sender, resulting, onProgress } = list;
  const { first: command, next, field, size } = list.command;
  const filled = fillUp(command, list.given);
  if (!filled.ok) return filled;
  const { given } = filled;
  const value = given[field];
  // A missing list is refused as any other missing field.
  if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) {
    return sendOne(list, sender.client.prepare(command, given));
  }
  const { numbers, duplicates, illegal } = cleanNumbers(value, planOf(sender.context.region));
  const cleaned = { duplicates, illegal };
  if (numbers.length === 0) {
    const rule = { key: "noNumbers", params: {} };
    return { ok: false, failure: { kind: "field", code: "SCCC_INVALID_FIELD", field, rule, got: render(value) } };
  }
  const parts = Array.from({ length: Math.ceil(numbers.length / size) }, (_, index) =>
    numbers.slice(index * size, (index + 1) * size),
  );
  const prepare = (part: readonly string[], index: number, taskID: unknown): Prepared =>
    index === 0
      ? sender.client.prepare(command, { ...given, [field]: part })
      : // A seq that the user gave is the first command's.
        sender.client.prepare(next, {
          taskID,
          agent: given.agent,
          userData: given.userData,
          [field]: part,
          extra: given.extra,
        });
  // All requests are checked before the first is sent. The task's ID does not matter for the checks.
  for (const [index, part] of parts.entries()) {
    const prepared = prepare(part, index, "0");
    if (!prepared.ok) return prepared;
    await nextTurn();
  }

  const reports: JsonObject[] = [];
  let first: Extract<Sent, { ok: true }> | undefined;
  let taskID: unknown = given.taskID;
  const start = performance.now();
  for (const [index, part] of parts.entries()) {
    if (parts.length > 1) onProgress(index * size, numbers.length);
    const prepared = prepare(part, index, taskID);
    const sent = await sendOne(list, prepared);
    if (!sent.ok) {
      onProgress(numbers.length, numbers.length);
      const none = surelyNot(sent.failure);
      // Nothing was sent, and nothing may have been: the command failed like any other.
      if (index === 0 && (none || parts.length === 1)) return sent;
      const done = numbers.slice(0, index * size);
      const rest = numbers.slice((index + 1) * size);
      const failure: Failure = {
        kind: "partial",
        code: "SCCC_PARTIAL",
        taskID: typeof taskID === "string" || typeof taskID === "number" ? String(taskID) : "",
        in: done,
        notSent: none ? [...part, ...rest] : rest,
        unknown: none ? [] : part,
        cleaned,
        because: sent.failure,
      };
      const report = first?.report ?? sent.report;
      return {
        ok: false,
        failure,
        ...(report === undefined ? {} : { report: { ...report, result: resulting(failure) } }),
      };
    }
    first ??= sent;
    const answer = answerOf(sent);
    taskID ??= answer.taskID;
    if (isObject(answer.report)) reports.push(answer.report);
  }
  onProgress(numbers.length, numbers.length);
  if (first === undefined) throw new Error("a list that is not empty has a first part");
  const payload = {
    ...answerOf(first),
    [field]: numbers,
    ...(reports.length > 1 ? { reports } : {}),
    totals: totalsOf(reports),
    cleaned,
  };
  return { ok: true, payload, report: { ...first.report, durationMs: Math.round(performance.now() - start) } };
}
