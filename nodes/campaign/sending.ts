// Sends numbers: for each agent one command after the other, up to a thousand numbers at a time.
import { commandOf, errorOfName } from "../catalogue";
import { textOf } from "../protocol/push";
import type { Core } from "./core";
import { phases, type Task } from "./state";
import type { CommandAnswer } from "./types";

/** The most numbers of one command (§13.4). */
const most = commandOf("CallTaskCreate")?.chunks?.size ?? 1000;
const firstPause = 1000;
const longestPause = 60_000;

/** Numbers that an agent dials as one task. */
interface Job {
  readonly entries: readonly number[];
  /** The entries before this position have been sent. */
  position: number;
  /** Whether the numbers were never dialled. They may then be added to any task of the agent. */
  readonly isFresh: boolean;
  task: Task | undefined;
}

/** An agent's jobs. One command at a time is under way. */
interface AgentQueue {
  readonly agent: string;
  readonly jobs: Job[];
  isBusy: boolean;
  retryAt: number;
  pause: number;
  /** The result of the query before a create: whether the agent has no task. */
  prior: "none" | "unknown" | undefined;
  /** An answer was lost. No more numbers are sent until the platform answers a query. */
  isAnswerLost: boolean;
}

/** The platform's error for a task or an agent that does not exist. */
export const notThere = errorOfName("E_G_RES_NOT_EXIST")?.name ?? "";

/** The ID in an answer of CallTaskQuery or CallTaskCreate; undefined if it is empty, as for an agent without a task. */
export const taskIDOf = (data: Readonly<Record<string, unknown>>): string | undefined =>
  textOf(data.taskID) || undefined;

export class Sending {
  readonly #core: Core;
  #queues: AgentQueue[] = [];

  constructor(core: Core) {
    this.#core = core;
  }

  /** Makes the queues; the settings must be known. */
  begin(): void {
    this.#queues = this.#core.state.settings.agents.map((agent) => ({
      agent,
      jobs: [],
      isBusy: false,
      retryAt: 0,
      pause: firstPause,
      prior: undefined,
      isAnswerLost: false,
    }));
  }

  /** Deals numbers out to the agents in turn. */
  deal(entries: readonly number[], isFresh: boolean): void {
    const shares = this.#queues.map((): number[] => []);
    for (const [place, index] of entries.entries()) shares[place % shares.length]?.push(index);
    for (const [place, queue] of this.#queues.entries()) {
      const share = shares[place] ?? [];
      if (share.length > 0) queue.jobs.push({ entries: share, position: 0, isFresh, task: undefined });
    }
    if (entries.length > 0) this.#core.wake(this.#core.now);
  }

  /** Whether a command with numbers of a task is under way, or numbers remain to be added to the task. */
  isFilling(task: Task): boolean {
    return (
      task.parts.some(({ is }) => is === "sent") ||
      this.#queues.some(({ jobs }) => jobs.some((job) => job.task === task && job.position < job.entries.length))
    );
  }

  /** Whether numbers wait to be sent, or are on their way. */
  get isIdle(): boolean {
    return this.#queues.every(({ jobs, isBusy }) => jobs.length === 0 && !isBusy);
  }

  /** The clock was set back by so many ms. */
  setBack(ms: number): void {
    for (const queue of this.#queues) queue.retryAt -= ms;
  }

  /** Drops the numbers that were not sent. */
  clear(): void {
    for (const { jobs } of this.#queues) jobs.length = 0;
  }

  advance(): void {
    if (!this.#core.isRunning) return;
    for (const queue of this.#queues) {
      // A job whose numbers are all over the limit sends nothing: the next job may follow.
      while (this.#step(queue));
    }
  }

  /** Does an agent's next step. Returns whether another step may follow at once. */
  #step(queue: AgentQueue): boolean {
    const core = this.#core;
    const { now } = core;
    const [job] = queue.jobs;
    if (queue.isBusy || job === undefined) return false;
    if (job.position >= job.entries.length) {
      queue.jobs.shift();
      return true;
    }
    if (now < queue.retryAt) {
      core.wake(queue.retryAt);
      return false;
    }
    if (job.task === undefined && job.isFresh) job.task = this.#openTask(queue.agent);
    const { task } = job;
    if (task === undefined) {
      if (queue.prior === undefined) this.#askPrior(queue);
      else return this.#send(queue, job);
      return false;
    }
    if (task.endedAt !== undefined) {
      job.task = undefined;
      return true;
    }
    if (task.taskID !== undefined) {
      if (!queue.isAnswerLost) return this.#send(queue, job);
      this.#askPrior(queue);
      return false;
    }
    // The answer to its create was lost. A query or a push may still name the task.
    const until = (task.parts.at(-1)?.at ?? 0) + core.resultWait;
    if (now >= until) {
      job.task = undefined;
      return true;
    }
    core.wake(until);
    return false;
  }

  /** A task of the agent that numbers can be added to. */
  #openTask(agent: string): Task | undefined {
    return this.#core.state.tasks.findLast(
      (task) => task.agent === agent && task.taskID !== undefined && task.endedAt === undefined && task.open > 0,
    );
  }

  /**
   * Queries whether the agent already has a task. If the answer to the create is lost, a later query can then identify
   * the new task.
   */
  #askPrior(queue: AgentQueue): void {
    const { agent } = queue;
    queue.isBusy = true;
    this.#core.send("CallTaskQuery", { agent, seq: this.#core.deps.nextSeq() }, (answer) => {
      queue.isBusy = false;
      if (answer.kind === "notSent" || answer.kind === "lost") {
        // If numbers were sent now, it might remain unknown whether they were dialled.
        this.#wait(queue);
        return;
      }
      queue.isAnswerLost = false;
      const isNone =
        (answer.kind === "ok" && taskIDOf(answer.data) === undefined) ||
        (answer.kind === "refused" && answer.code === notThere);
      queue.prior = isNone ? "none" : "unknown";
    });
  }

  /** Sends the next numbers of a job. Returns whether nothing was sent because none of them may be dialled. */
  #send(queue: AgentQueue, job: Job): boolean {
    const core = this.#core;
    const { state, now } = core;
    const { agent } = queue;
    const before = job.position;
    const entries = this.#take(job);
    if (entries.length === 0) return true;
    const isNew = job.task === undefined;
    const number = job.task?.number ?? state.tasks.length;
    const part = job.task?.parts.length ?? 0;
    const seq = core.deps.nextSeq();
    core.record({
      k: "sent",
      task: number,
      part,
      at: now,
      seq: String(seq),
      entries,
      ...(isNew ? { agent, prior: queue.prior ?? "unknown" } : {}),
    });
    const task = state.tasks[number];
    if (task === undefined) throw new Error("a task that was sent is in the state");
    job.task = task;
    // The next create of this agent needs a new query.
    queue.prior = undefined;
    queue.isBusy = true;
    const callees = entries.map((index) => state.numbers[index] ?? "");
    const request = isNew ? this.#creation(agent, task, callees) : { taskID: task.taskID, agent, callees };
    const api = isNew ? "CallTaskCreate" : "CallTaskAddNumbers";
    const onAnswer = (answer: CommandAnswer): void => this.#hear({ queue, job, task, part, before }, answer);
    core.send(api, { ...request, userData: task.tag, seq }, onAnswer, true);
    return false;
  }

  #creation(agent: string, task: Task, callees: readonly string[]): Record<string, unknown> {
    const { taskName, callers, mode, multiplier } = this.#core.state.settings;
    return {
      agent,
      // The platform may refuse a name that is used twice (E_G_RES_NAME_EXIST).
      ...(taskName ? { taskName: task.number === 0 ? taskName : `${taskName}-${task.number + 1}` } : {}),
      callees,
      ...(callers !== undefined && callers.length > 0 ? { callers } : {}),
      mode,
      ...(multiplier === undefined ? {} : { multiplier }),
    };
  }

  /** Takes the next numbers that may be dialled. Numbers over the limit per day get their result. */
  #take(job: Job): number[] {
    const core = this.#core;
    const { state, now } = core;
    const { maxPerDay } = state.settings;
    const { book, numbersPerCommand = most } = core.deps;
    const entries: number[] = [];
    while (entries.length < numbersPerCommand && job.position < job.entries.length) {
      const index = job.entries[job.position] ?? -1;
      job.position += 1;
      const phase = state.phase[index];
      if (phase !== phases.ready && phase !== phases.waiting) continue;
      if (maxPerDay > 0 && book.dials.count(state.keyOf(index), now) >= maxPerDay) core.leaveOut(index, "overLimit");
      else entries.push(index);
    }
    return entries;
  }

  #hear(
    { queue, job, task, part, before }: { queue: AgentQueue; job: Job; task: Task; part: number; before: number },
    answer: CommandAnswer,
  ): void {
    const core = this.#core;
    const { state } = core;
    const entries = task.parts[part]?.entries ?? new Int32Array(0);
    queue.isBusy = false;
    const isGone = answer.kind === "refused" && answer.code === notThere && part > 0;
    if (answer.kind === "notSent" || isGone) {
      core.record({ k: "answer", task: task.number, part, is: "notSent" });
      if (isGone) core.record({ k: "ended", task: task.number, at: core.now });
      else this.#wait(queue);
      if (part === 0 || isGone) job.task = undefined;
      job.position = before;
      if (state.cancelledAt !== undefined) for (const index of entries) core.leaveOut(index, "cancelled");
      return;
    }
    queue.pause = firstPause;
    if (answer.kind === "ok") {
      const taskID = taskIDOf(answer.data);
      core.record({ k: "answer", task: task.number, part, is: "in", ...(taskID === undefined ? {} : { taskID }) });
      return;
    }
    if (answer.kind === "lost") {
      core.record({ k: "answer", task: task.number, part, is: "lost" });
      queue.isAnswerLost = true;
      task.watch.pollAt = core.now;
      return;
    }
    core.record({ k: "answer", task: task.number, part, is: "refused" });
    if (part === 0) job.task = undefined;
    for (const index of entries) {
      if (state.phase[index] !== phases.done) core.leaveOut(index, "refused", answer.code);
    }
  }

  #wait(queue: AgentQueue): void {
    queue.retryAt = this.#core.now + queue.pause;
    queue.pause = Math.min(longestPause, queue.pause * 2);
  }
}
