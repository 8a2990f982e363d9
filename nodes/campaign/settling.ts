// Detects the end of tasks, and gives their numbers without a bill an outcome.
import type { Core } from "./core";
import type { JoinedCdr } from "./joining";
import type { Lookups } from "./lookups";
import { notThere, type Sending, taskIDOf } from "./sending";
import { firstSentAt, flags, phases, type Task } from "./state";
import type { CommandAnswer } from "./types";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
/** How long a call is waited for that began according to a push and has not ended. */
const longestTalk = hour;
const talkPause = minute / 2;
/** During this time the CDRs are read with growing pauses, because the push of its end may have been lost. */
const longestLookPause = 10 * minute;
/**
 * A running task without news for this long counts as ended: one with a known ID, and one whose create may have failed.
 */
const silence = 24 * hour;
const silenceOfDoubt = hour;
const longestPoll = minute;
/** After this many failed queries, the end of a task is accepted without confirmation. */
const mostFailures = 5;

/** Whether numbers of a task are on their way to the platform. */
const isSending = (task: Task): boolean => task.parts.some(({ is }) => is === "sent");

/** Follows a campaign's tasks to their end. */
export class Settling {
  readonly #core: Core;
  readonly #sending: Sending;
  readonly #lookups: Lookups;
  /** Tasks with numbers that have no result yet. */
  readonly live = new Set<Task>();
  /** Tasks whose numbers have results although the platform may still dial them. They are stopped when their IDs are known. */
  readonly strays = new Set<Task>();
  #wasRunning = true;

  constructor(core: Core, sending: Sending, lookups: Lookups) {
    this.#core = core;
    this.#sending = sending;
    this.#lookups = lookups;
  }

  /** The clock was set back by so many ms. */
  setBack(ms: number): void {
    for (const { watch } of [...this.live, ...this.strays]) {
      watch.signAt -= ms;
      watch.callAt -= ms;
      watch.pollAt -= ms;
      watch.controlAt -= ms;
      watch.talkUntil -= ms;
      if (watch.lookedAt !== undefined) watch.lookedAt -= ms;
    }
  }

  /** Whether the tasks have anything to dial. */
  get isDialling(): boolean {
    for (const { open, endedAt } of this.live) if (open > 0 && endedAt === undefined) return true;
    return false;
  }

  advance(): void {
    const core = this.#core;
    const ready: Task[] = [];
    if (core.isRunning && !this.#wasRunning) {
      // Stopped tasks cause no pushes, so their silence begins now.
      for (const { watch } of this.live) watch.signAt = Math.max(watch.signAt, core.now);
    }
    this.#wasRunning = core.isRunning;
    for (const task of this.live) {
      if (task.open === 0 && !this.#sending.isFilling(task)) this.#leave(task);
      else if (!task.watch.isLookedUp && this.#isReady(task)) ready.push(task);
    }
    if (ready.length === 0) return;
    if (core.state.settings.reconcile) this.#lookUp(ready);
    else for (const task of ready) this.#settle(task, new Map(), false);
  }

  /** The ID of a task has become known. */
  found(task: Task): void {
    if (!this.live.has(task)) this.strays.add(task);
  }

  /** The campaign was cancelled, perhaps before a restart. Tasks whose numbers have results already may have to be stopped too. */
  findStrays(): void {
    const { state } = this.#core;
    for (const task of state.tasks)
      if (task.open === 0 && state.mayDial(task) && !this.live.has(task)) this.strays.add(task);
  }

  /** Queries the unknown tasks of a cancelled campaign, for a day. */
  watchStrays(): void {
    const core = this.#core;
    const { cancelledAt } = core.state;
    for (const task of this.strays) {
      if (task.endedAt !== undefined || task.stoppedAt !== undefined) this.strays.delete(task);
      if (cancelledAt === undefined || !this.strays.has(task)) continue;
      if (core.now >= cancelledAt + silence) {
        core.record({ k: "ended", task: task.number, at: core.now });
        this.strays.delete(task);
        continue;
      }
      core.wake(cancelledAt + silence);
      if (task.taskID === undefined) this.#ask(task);
    }
  }

  /** Whether the time for bills of a task is over. If not, requests the next step or a query. */
  #isReady(task: Task): boolean {
    const core = this.#core;
    const { state, now } = core;
    const { watch } = task;
    if (this.#sending.isFilling(task) && task.endedAt === undefined && state.cancelledAt === undefined) {
      if (task.taskID === undefined) this.#watch(task);
      return false;
    }
    if (isSending(task)) return false;
    const { cancelledAt } = state;
    let at: number;
    if (cancelledAt !== undefined) {
      if (task.taskID === undefined && task.endedAt === undefined) this.#watch(task);
      // Calls may begin until the stop was carried out. A task without an ID cannot be stopped.
      const isStopped = task.endedAt !== undefined || task.taskID === undefined || task.stoppedAt !== undefined;
      if (!isStopped && now < cancelledAt + silence) {
        core.wake(cancelledAt + silence);
        return false;
      }
      at = Math.max(cancelledAt, task.stoppedAt ?? 0) + core.resultWait;
    } else if (task.endedAt === undefined) {
      this.#watch(task);
      return false;
    } else {
      const { lookedAt } = watch;
      at = Math.max(task.endedAt, watch.callAt, lookedAt ?? 0) + core.resultWait;
      // The first lookup also uses CDRs of calls whose end was not reported by a push. Only the last lookup waits for
      // calls in progress.
      const isLast = lookedAt !== undefined || !state.settings.reconcile;
      if (isLast && now >= at && this.#isTalking(task)) {
        at = Math.min(watch.talkUntil, lookedAt === undefined ? watch.talkUntil : lookedAt + watch.lookPause);
      }
    }
    if (now < at) {
      core.wake(at);
      return false;
    }
    if (watch.mustConfirm && cancelledAt === undefined) {
      this.#ask(task);
      return false;
    }
    return true;
  }

  /** Whether a call of the task may be in progress: pushes reported its beginning, and not its end. */
  #isTalking(task: Task): boolean {
    const { state, now } = this.#core;
    const { watch } = task;
    // Checked only from time to time, because a task may have many numbers.
    if (now < watch.talkUntil) return true;
    const longest = watch.callAt + longestTalk;
    if (now >= longest) return false;
    if (!this.#open(task).some((index) => state.has(index, flags.heard) && !state.has(index, flags.heardEnd)))
      return false;
    watch.talkUntil = Math.min(longest, now + talkPause);
    return true;
  }

  /** The entries of a task that wait for a bill. */
  #open(task: Task): number[] {
    const { state } = this.#core;
    return task.parts.flatMap(({ entries, is }) =>
      is === "notSent" || is === "refused"
        ? []
        : [...entries].filter((index) => state.phase[index] === phases.sent && state.task[index] === task.number),
    );
  }

  /** Queries a task without news, and ends one that had none for too long. */
  #watch(task: Task): void {
    const core = this.#core;
    const { now } = core;
    const { watch } = task;
    if (isSending(task)) return;
    const isKnown = task.taskID !== undefined;
    // A stopped task causes no pushes.
    if (isKnown && !core.isRunning) return;
    const quiet = Math.max(minute, core.resultWait);
    const lost = watch.signAt + (isKnown ? silence : silenceOfDoubt);
    if (now >= lost) {
      core.record({ k: "ended", task: task.number, at: now });
      core.wake(now);
      return;
    }
    core.wake(lost);
    const at = isKnown ? Math.max(watch.pollAt, watch.signAt + quiet) : watch.pollAt;
    if (now < at) core.wake(at);
    else this.#ask(task);
  }

  #ask(task: Task): void {
    const core = this.#core;
    const { watch, agent } = task;
    if (watch.isAsking) return;
    if (core.now < watch.pollAt) {
      core.wake(watch.pollAt);
      return;
    }
    watch.isAsking = true;
    const { length } = task.parts;
    const { action } = task;
    core.send("CallTaskQuery", { agent, seq: core.deps.nextSeq() }, (answer) => {
      watch.isAsking = false;
      watch.pollAt = core.now + watch.pollPause;
      watch.pollPause = Math.min(this.strays.has(task) ? hour : longestPoll, watch.pollPause * 2);
      // Commands may overtake each other: the answer to an older query is outdated.
      if (task.parts.length === length && task.action === action && !isSending(task)) this.#hear(task, answer);
    });
  }

  #hear(task: Task, answer: CommandAnswer): void {
    const core = this.#core;
    const { state, now } = core;
    const { watch } = task;
    const isNone = answer.kind === "refused" && answer.code === notThere;
    if (answer.kind !== "ok" && !isNone) {
      watch.failures += 1;
      if (watch.failures >= mostFailures) watch.mustConfirm = false;
      return;
    }
    watch.failures = 0;
    const taskID = answer.kind === "ok" ? taskIDOf(answer.data) : undefined;
    if (task.taskID !== undefined) {
      if (taskID === task.taskID) {
        watch.signAt = now;
        watch.mustConfirm = false;
        if (task.endedAt !== undefined) core.record({ k: "revived", task: task.number });
        return;
      }
      // The ID of another task proves nothing: an agent may have several tasks.
      if (taskID === undefined && task.endedAt === undefined) core.record({ k: "ended", task: task.number, at: now });
      watch.mustConfirm = false;
      return;
    }
    if (taskID === undefined) {
      // The create may still be carried out.
      const isOver = now >= firstSentAt(task) + core.resultWait;
      if (isOver && task.endedAt === undefined) core.record({ k: "ended", task: task.number, at: now });
      return;
    }
    if (task.prior !== "none" || !core.deps.book.tasks.canOnlyBe(task.agent, taskID, state.ownerOf(task))) return;
    core.record({ k: "task", task: task.number, taskID });
    watch.signAt = now;
  }

  /** Looks up the numbers of tasks whose bills have not come. */
  #lookUp(tasks: readonly Task[]): void {
    const core = this.#core;
    const { state } = core;
    const numbers = new Set(tasks.map(({ number }) => number));
    for (const { watch } of tasks) watch.isLookedUp = true;
    // The CDRs may lack a call that ends while they are read.
    const again = new Set(tasks.filter((task) => task.watch.lookedAt === undefined || this.#isTalking(task)));
    const wants = ({ index, taskID, verdict: { facts } }: JoinedCdr): boolean => {
      const task = state.taskOf(index);
      if (task === undefined || !numbers.has(task.number) || state.phase[index] !== phases.sent) return false;
      if (taskID !== undefined && task.taskID !== undefined) return taskID === task.taskID;
      const at = facts.answer ?? facts.start;
      return at === undefined || core.mayBeOf(task, at);
    };
    this.#lookups.add({
      from: Math.min(...tasks.map(firstSentAt)) - core.slack,
      to: core.now + core.slack,
      wants,
      onDone: (found, isComplete) => {
        for (const task of tasks) {
          task.watch.isLookedUp = false;
          if (again.has(task) && state.cancelledAt === undefined) this.#lookAgain(task, found);
          else this.#settle(task, found, isComplete);
        }
      },
    });
  }

  /**
   * Uses the CDRs that were found. The others are looked up again later: a call may have been in progress, or its CDR
   * late.
   */
  #lookAgain(task: Task, found: ReadonlyMap<number, JoinedCdr>): void {
    const core = this.#core;
    for (const index of this.#open(task)) {
      const cdr = found.get(index);
      if (cdr !== undefined) core.attemptEnded(index, cdr.verdict);
    }
    const { watch } = task;
    watch.lookedAt = core.now;
    watch.lookPause = Math.min(longestLookPause, Math.max(second, core.resultWait, watch.lookPause * 2));
  }

  /** Gives every number of a task its outcome. @param isComplete whether all CDRs of its time were read */
  #settle(task: Task, found: ReadonlyMap<number, JoinedCdr>, isComplete: boolean): void {
    const core = this.#core;
    const { state } = core;
    const isCancelled = state.cancelledAt !== undefined;
    const isStopped = task.endedAt !== undefined || task.stoppedAt !== undefined;
    // Without CDRs, only a call's pushes could show that a number was dialled.
    const mayTell = isComplete || !state.settings.reconcile;
    for (const index of this.#open(task)) {
      const cdr = found.get(index);
      if (cdr !== undefined) core.attemptEnded(index, cdr.verdict);
      else if (isCancelled && isStopped && mayTell && !state.has(index, flags.heard)) {
        core.leaveOut(index, "cancelled");
      } else core.attemptEnded(index, { outcome: "unknown", isCauseKnown: true, facts: {} });
    }
    this.#leave(task);
  }

  /** All numbers of a task have results. */
  #leave(task: Task): void {
    this.live.delete(task);
    if (this.#core.state.mayDial(task)) this.strays.add(task);
  }
}
