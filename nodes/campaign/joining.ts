// Finds the entry of a campaign that a push or a CDR is about, and reads the result of the call.

import * as enumerations from "../catalogue/enumerations";
import { numberE164 } from "../protocol/number";
import { billedOf, choiceOf, customerSideOf, secondsOf, textOf } from "../protocol/push";
import { isObject, type JsonObject } from "../util/json";
import { momentOf } from "../util/time";
import type { Core, Verdict } from "./core";
import { keyOf } from "./entries";
import type { CallFacts } from "./journal";
import { flags, phases, type Task } from "./state";

/** Causes with which a number is vacant: not found, gone, incomplete, does not exist anywhere. */
const vacantCauses: ReadonlySet<string> = new Set(["404", "410", "484", "604"]);

/** Services that no task's call has: inbound, internal, recordings, transfers, fees, verification codes. */
const otherServices: ReadonlySet<string> = new Set(["2", "3", "7", "9", "17", "18", "19"]);

/** Pushes of a call that is under way or ends. */
const callEvents: ReadonlySet<string> = new Set(["callin", "callout", "screenpop", "callstart", "callend"]);

/** An entry, and the task that a push names. `task` undefined: joined by the number alone. */
export interface Joined {
  readonly index: number;
  readonly task: Task | undefined;
}

/** A CDR of one of the campaign's numbers. */
export interface JoinedCdr {
  readonly index: number;
  readonly taskID: string | undefined;
  readonly verdict: Verdict;
}

const present = (value: unknown): string | undefined => textOf(value) || undefined;

/** Which of a call's numbers is the customer's. It is the callee unless the service is an inbound one, because tasks dial out. */
const customerOf = (service: string): "caller" | "callee" =>
  customerSideOf(choiceOf(enumerations.serviceType, service)) ?? "callee";

export class Joining {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Takes a push. One that is not this campaign's changes nothing. */
  hear(event: string, notify: JsonObject): void {
    this.#learnID(notify);
    if (event === "billing") this.#hearBill(notify);
    else if (event === "taskinfo") this.#hearTask(notify);
    else if (callEvents.has(event)) this.#hearCall(event, notify);
  }

  /** The entry of a push about a call, while its number is dialled. Undefined where the join is not certain. Changes nothing. */
  find(event: string, notify: JsonObject): Joined | undefined {
    const joined = event === "billing" || callEvents.has(event) ? this.#join(event, notify) : undefined;
    if (joined === undefined) return undefined;
    const { state } = this.#core;
    const isCurrent = joined.task === undefined || state.task[joined.index] === joined.task.number;
    return isCurrent && state.phase[joined.index] !== phases.ready ? joined : undefined;
  }

  /** What a CDR says; undefined for one that is none of this campaign's numbers or of another service. */
  readCdr(cdr: unknown): JoinedCdr | undefined {
    if (!isObject(cdr)) return undefined;
    const service = present(cdr.serviceType) ?? "";
    if (otherServices.has(service)) return undefined;
    const index = this.#indexOf(cdr[customerOf(service)]);
    if (index === undefined) return undefined;
    const cause = present(cdr.releaseCause);
    const result = present(cdr.result);
    const talk = secondsOf(cdr.timeLength);
    const isVacant = result === "3" || (result === undefined && cause !== undefined && vacantCauses.has(cause));
    const isAnswered = result === "1" || (result === undefined && !isVacant && (talk ?? 0) > 0);
    const at = momentOf(cdr.answerTime, this.#core.deps.context.timezone);
    const facts: CallFacts = {
      ...(isAnswered
        ? { answer: at, end: at === undefined || talk === undefined ? undefined : at + talk * 1000 }
        : { start: at }),
      talk: isAnswered ? talk : 0,
      file: present(cdr.filename),
      agent: present(cdr.agent),
    };
    const outcome = isAnswered ? "answered" : isVacant ? "vacant" : "unanswered";
    return {
      index,
      taskID: present(cdr.taskID),
      verdict: { outcome, isCauseKnown: true, reason: isAnswered ? undefined : cause, facts },
    };
  }

  #hearBill(notify: JsonObject): void {
    const core = this.#core;
    const joined = this.#join("billing", notify);
    if (joined === undefined) return;
    const { state, now } = core;
    const { index, task } = joined;
    if (state.phase[index] === phases.done) return;
    const current = state.taskOf(index);
    const isCurrent = state.phase[index] === phases.sent && (task === undefined || task === current);
    const bill = billedOf(notify, core.deps.context.timezone);
    // A late bill of an attempt that counts as unanswered: an answer still counts.
    if (!isCurrent && !bill.answered) return;
    const cause = present(notify.releaseCause);
    const facts: CallFacts = {
      start: bill.startAt ?? bill.ringAt,
      answer: bill.answerAt,
      end: bill.byeAt,
      talk: bill.durationSeconds,
      file: bill.recordFile || undefined,
      agent: present(notify.staffNo) ?? present(notify.agent),
      call: callOf(notify),
    };
    const heard = task ?? current;
    if (heard !== undefined) heard.watch.signAt = heard.watch.callAt = now;
    const isVacant = !bill.answered && cause !== undefined && vacantCauses.has(cause);
    core.attemptEnded(index, {
      outcome: bill.answered ? "answered" : isVacant ? "vacant" : "unanswered",
      isCauseKnown: cause !== undefined,
      reason: bill.answered ? undefined : cause,
      facts,
    });
  }

  #hearTask(notify: JsonObject): void {
    const core = this.#core;
    const task = this.#taskOf(notify);
    if (task === undefined || task === "other") return;
    task.watch.signAt = core.now;
    core.isChanged = true;
    const isComplete = task.parts.every(({ is }) => is !== "sent");
    // One that was under way when numbers were added is out of date: a query confirms the end in any case.
    if (textOf(notify.status) !== "2" || task.endedAt !== undefined || !isComplete) return;
    core.record({ k: "ended", task: task.number, at: core.now });
    task.watch.mustConfirm = task.taskID !== undefined;
    task.watch.failures = 0;
  }

  #hearCall(event: string, notify: JsonObject): void {
    const core = this.#core;
    const joined = this.#join(event, notify);
    if (joined === undefined) return;
    const { state, now } = core;
    const { index } = joined;
    const task = state.taskOf(index);
    if (state.phase[index] !== phases.sent || task === undefined) return;
    if (joined.task !== undefined && joined.task !== task) return;
    task.watch.signAt = task.watch.callAt = now;
    const isEnd = event === "callend";
    if (!state.has(index, isEnd ? flags.heardEnd : flags.heard)) core.record({ k: "heard", i: index, end: isEnd });
  }

  /** The entry of a bill or a call's push. */
  #join(event: string, notify: JsonObject): Joined | undefined {
    const core = this.#core;
    const { state, now } = core;
    if (isInbound(notify)) return undefined;
    const service = present(notify.service) ?? "";
    const task = this.#taskOf(notify);
    if (task === "other" || (task === undefined && otherServices.has(service))) return undefined;
    const index = this.#indexOf(event === "billing" ? notify[customerOf(service)] : notify.number);
    if (index === undefined) return undefined;
    if (task !== undefined) return { index, task };
    // By the number alone: only within the time of its task, and not what another command named as its own.
    const current = state.taskOf(index);
    if (state.phase[index] !== phases.sent || current === undefined || present(notify.userData)) return undefined;
    if (event !== "billing") return { index, task: undefined };
    const { startAt, ringAt, byeAt } = billedOf(notify, core.deps.context.timezone);
    const at = startAt ?? ringAt ?? byeAt ?? now;
    const isRepeat = state.lastCall.get(index) === callOf(notify);
    return core.mayBeOf(current, at) && !isRepeat ? { index, task: undefined } : undefined;
  }

  /** The task that a push names by its ID, its userData or its seq; "other" for one that is not this campaign's; undefined: it names none. */
  #taskOf(notify: JsonObject): Task | "other" | undefined {
    const { state } = this.#core;
    const taskID = present(notify.taskID);
    const byID = taskID === undefined ? undefined : state.byTaskID.get(taskID);
    if (byID !== undefined) return byID;
    const userData = present(notify.userData);
    const byTag = userData === undefined ? undefined : state.byTag.get(userData);
    // Another installation may use the same seq.
    const bySeq = userData === undefined ? state.bySeq.get(present(notify.seq) ?? "") : undefined;
    const task = byTag ?? bySeq;
    if (taskID === undefined) return task;
    return task === undefined || task.taskID !== undefined ? "other" : task;
  }

  /** Takes the ID of a task from a push, where the answer to its create was lost. */
  #learnID(notify: JsonObject): void {
    const taskID = present(notify.taskID);
    const task = taskID === undefined || isInbound(notify) ? undefined : this.#taskOf(notify);
    if (task === undefined || task === "other" || taskID === undefined || task.taskID !== undefined) return;
    this.#core.record({ k: "task", task: task.number, taskID });
    // That it has ended was only concluded from its silence.
    const isOver = notify.status !== undefined && textOf(notify.status) === "2";
    if (task.endedAt !== undefined && !isOver) this.#core.record({ k: "revived", task: task.number });
    this.#core.onFound(task);
  }

  #indexOf(number: unknown): number | undefined {
    const text = present(number);
    if (text === undefined) return undefined;
    const { byKey } = this.#core.state;
    return byKey.get(keyOf(text, numberE164(text, this.#core.deps.context))) ?? byKey.get(keyOf(text, undefined));
  }
}

const isInbound = (notify: JsonObject): boolean => textOf(notify.call_type) === "0";

/** The identity of a bill among the bills of one number. */
const callOf = (notify: JsonObject): string =>
  present(notify.session) ?? `${textOf(notify.startTime) ?? ""}|${textOf(notify.byeTime) ?? ""}`;
