// The state of a campaign. Every change is a line of its journal; the same code applies it live and after a restart.
import type { AccountBook } from "./book";
import { keyOf } from "./entries";
import { Figures } from "./figures";
import {
  type CallFacts,
  type EntryLine,
  e164Of,
  entriesPerLine,
  type Line,
  type PartState,
  type ResultLine,
  rowJson,
} from "./journal";
import { Rows } from "./rows";
import type { CampaignFigures, CampaignSettings } from "./types";

/**
 * The phases of an entry. excluded: its result was not given yet. ready: never sent. waiting: dialled, and to be
 * dialled again.
 */
export const phases = { excluded: 0, ready: 1, sent: 2, waiting: 3, done: 4 } as const;

/** Bits for what is known about an entry's current attempt and (`dialled`) its earlier ones. */
export const flags = { heard: 1, heardEnd: 2, needsCause: 4, dialled: 8, reported: 16 } as const;

/** Numbers that went to the platform with one command. */
export interface Part {
  at: number;
  readonly seq: string;
  /** Empty when it is known that the platform did not accept them. */
  entries: Int32Array;
  is: PartState;
}

/** Data for following a task. They are not journaled. All moments in ms since 1970. */
export interface Watch {
  /** The time of the last news of the task, and of the last push of one of its calls. */
  signAt: number;
  callAt: number;
  /** The time of the next CallTaskQuery, and the pause after it. */
  pollAt: number;
  pollPause: number;
  isAsking: boolean;
  /** Whether a query must confirm the end of the task, and how often that query has failed. */
  mustConfirm: boolean;
  failures: number;
  /** The earliest time of the next control command, and the pause after a failure. */
  controlAt: number;
  controlPause: number;
  isControlling: boolean;
  isLookedUp: boolean;
  /** A call of an ended task is under way: the next check is at this moment. */
  talkUntil: number;
  /** When the CDRs were read last, and the pause before they are read again while a call is in progress. */
  lookedAt: number | undefined;
  lookPause: number;
}

/** A dialling task on the platform, or one that may exist there. */
export interface Task {
  readonly number: number;
  readonly agent: string;
  /** The task's unique userData. */
  readonly tag: string;
  /** Whether the agent had no task when this one was created. */
  readonly prior: "none" | "unknown";
  readonly parts: Part[];
  taskID: string | undefined;
  /** The last action that was sent, and whether it was answered. A new task runs. */
  action: "start" | "stop";
  isAnswered: boolean;
  stoppedAt: number | undefined;
  endedAt: number | undefined;
  /** The number of entries in phase `sent` whose current attempt belongs to this task. */
  open: number;
  readonly watch: Watch;
}

export const firstSentAt = (task: Task): number => task.parts[0]?.at ?? 0;

const newWatch = (at: number): Watch => ({
  signAt: at,
  callAt: 0,
  pollAt: 0,
  pollPause: 1000,
  isAsking: false,
  mustConfirm: false,
  failures: 0,
  controlAt: 0,
  controlPause: 1000,
  isControlling: false,
  isLookedUp: false,
  talkUntil: 0,
  lookedAt: undefined,
  lookPause: 0,
});

const day = 86_400_000;

const nothing: CampaignSettings = {
  agents: [],
  mode: 5,
  attempts: 1,
  retryAfter: 0,
  hours: [],
  maxPerDay: 0,
  resultWait: 0,
  reconcile: false,
};

/** The state of a campaign. */
export class State {
  id = "";
  tag = "";
  startedAt = 0;
  size = 0;
  /** Placeholders until the first line is applied. */
  settings: CampaignSettings = nothing;
  isPaused = false;
  cancelledAt: number | undefined;
  finished: CampaignFigures | undefined;
  finishedAt: number | undefined;
  isFinishedReported = false;

  numbers: (string | null)[] = [];
  e164: (string | null)[] = [];
  phase = new Uint8Array(0);
  flag = new Uint8Array(0);
  attempts = new Uint8Array(0);
  /** The task of the current or last attempt; -1: none. */
  task = new Int32Array(0);
  /** When the last settled attempt began and ended, and when the number may be dialled again. */
  start = new Float64Array(0);
  end = new Float64Array(0);
  due = new Float64Array(0);
  /** Why an entry is excluded. */
  readonly exclusions = new Map<number, readonly [exclusion: ResultLine["o"], reason: string | undefined]>();
  /** The last bill of each number that is dialled again. */
  readonly lastCall = new Map<number, string>();
  readonly rows = new Rows(entriesPerLine);
  readonly figures = new Figures();

  readonly tasks: Task[] = [];
  readonly byTaskID = new Map<string, Task>();
  readonly byTag = new Map<string, Task>();
  readonly bySeq = new Map<string, Task>();
  /** The entries that may be dialled, by number key. Each number has one entry. */
  readonly byKey = new Map<string, number>();
  /** Results that were not handed on. */
  readonly unreported = new Map<number, ResultLine>();

  readonly #book: AccountBook;
  /** Dials before this moment no longer count. */
  readonly #dialsFrom: number;

  constructor(book: AccountBook, now: number) {
    this.#book = book;
    this.#dialsFrom = now - day;
  }

  keyOf(index: number): string {
    return keyOf(this.numbers[index] ?? "", this.e164[index]);
  }

  has(index: number, bit: number): boolean {
    return ((this.flag[index] ?? 0) & bit) !== 0;
  }

  /** The name of a task in the account's book. */
  ownerOf(task: Task): string {
    return `${this.id}/${task.number}`;
  }

  taskOf(index: number): Task | undefined {
    return this.tasks[this.task[index] ?? -1];
  }

  /** Whether a task of a cancelled campaign may still dial: its ID is unknown, or it is unknown whether it was stopped. */
  mayDial({ taskID, action, isAnswered, endedAt, stoppedAt, parts }: Task): boolean {
    if (this.cancelledAt === undefined || endedAt !== undefined || stoppedAt !== undefined) return false;
    const isOpen = taskID === undefined || (action === "stop" && !isAnswered);
    return isOpen && parts.some(({ is }) => is !== "refused" && is !== "notSent");
  }

  /** The clock was set back by this many ms: all earlier moments are corrected. */
  setBack(ms: number): void {
    for (const task of this.tasks) {
      for (const part of task.parts) part.at -= ms;
      if (task.endedAt !== undefined) task.endedAt -= ms;
      if (task.stoppedAt !== undefined) task.stoppedAt -= ms;
    }
    if (this.cancelledAt !== undefined) this.cancelledAt -= ms;
    for (let index = 0; index < this.size; index += 1) this.due[index] = (this.due[index] ?? 0) - ms;
  }

  /** The facts of an entry's last settled attempt. */
  lastFacts(index: number): CallFacts {
    const [start, end] = [this.start[index] ?? 0, this.end[index] ?? 0];
    return { ...(start > 0 ? { start } : {}), ...(end > 0 ? { end } : {}), talk: 0 };
  }

  /** Applies a line. A line about an unknown task is ignored: the line that created the task was damaged. */
  apply(line: Line): void {
    const task = "task" in line && line.task !== undefined ? this.tasks[line.task] : undefined;
    switch (line.k) {
      case "start":
        this.#begin(line);
        return;
      case "entries":
        this.addEntries(line.from, line.entries, line.rows.map(rowJson));
        return;
      case "sent":
        this.#send(line);
        return;
      case "answer":
        if (task !== undefined) this.#answer(task, line);
        return;
      case "task":
        if (task !== undefined) this.#identify(task, line.taskID);
        return;
      case "control":
        if (task === undefined) return;
        task.action = line.action;
        task.isAnswered = false;
        // A start may be carried out although its answer is lost.
        task.stoppedAt = undefined;
        return;
      case "controlled":
        if (task === undefined) return;
        task.isAnswered = true;
        task.stoppedAt = task.action === "stop" ? line.at : undefined;
        return;
      case "ended":
        if (task === undefined) return;
        task.endedAt = line.at;
        // The create has failed, or a query can no longer return its task.
        this.#book.tasks.clear(task.agent, this.ownerOf(task));
        return;
      case "revived":
        if (task !== undefined) task.endedAt = undefined;
        return;
      case "heard":
        this.#set(line.i, line.end ? flags.heard | flags.heardEnd : flags.heard);
        return;
      case "attempt":
        this.#settleAttempt(line);
        return;
      case "caused":
        for (const index of line.entries) this.#unset(index, flags.needsCause);
        return;
      case "result":
        this.#finishEntry(line);
        return;
      case "told":
        for (const index of line.entries) {
          if (!this.unreported.delete(index)) continue;
          this.#set(index, flags.reported);
          this.rows.drop(index);
        }
        return;
      case "do":
        if (line.what === "cancel") this.cancelledAt ??= line.at;
        else this.isPaused = line.what === "pause";
        return;
      case "finished":
        this.finished = line.figures;
        this.finishedAt = line.at;
        for (const { taskID } of this.tasks) if (taskID !== undefined) this.#book.tasks.release(taskID);
        return;
      case "finishedTold":
        this.isFinishedReported = true;
        return;
    }
  }

  #begin({ id, tag, at, size, settings }: Extract<Line, { k: "start" }>): void {
    Object.assign(this, { id, tag, size, settings, startedAt: at });
    this.numbers = new Array(size).fill(null);
    this.e164 = new Array(size).fill(null);
    this.phase = new Uint8Array(size);
    this.flag = new Uint8Array(size);
    this.attempts = new Uint8Array(size);
    this.task = new Int32Array(size).fill(-1);
    this.start = new Float64Array(size);
    this.end = new Float64Array(size);
    this.due = new Float64Array(size);
    this.figures.total = size;
  }

  /** Adds entries. The rows are given as JSON. */
  addEntries(from: number, entries: readonly EntryLine[], rows: readonly string[]): void {
    this.rows.add(from, rows);
    for (const [offset, entry] of entries.entries()) {
      const index = from + offset;
      const [number, , excluded, reason] = entry;
      this.numbers[index] = number;
      this.e164[index] = e164Of(entry);
      if (excluded === undefined) {
        this.phase[index] = phases.ready;
        this.byKey.set(this.keyOf(index), index);
      } else this.exclusions.set(index, [excluded, reason]);
    }
  }

  #send(line: Extract<Line, { k: "sent" }>): void {
    const entries = Int32Array.from(line.entries);
    const task = this.tasks[line.task] ?? this.#addTask(line);
    // The same for a part.
    for (let place = task.parts.length; place < line.part; place += 1) {
      task.parts[place] = { at: line.at, seq: line.seq, entries: new Int32Array(0), is: "lost" };
    }
    task.parts[line.part] = { at: line.at, seq: line.seq, entries, is: "sent" };
    task.open += entries.length;
    task.watch.signAt = line.at;
    this.bySeq.set(line.seq, task);
    for (const index of entries) {
      this.phase[index] = phases.sent;
      this.attempts[index] = (this.attempts[index] ?? 0) + 1;
      this.task[index] = task.number;
      this.#unset(index, flags.heard | flags.heardEnd | flags.needsCause);
      if (line.at > this.#dialsFrom) this.#book.dials.add(this.keyOf(index), line.at);
    }
  }

  #addTask({ task: number, agent = "", prior = "unknown", at }: Extract<Line, { k: "sent" }>): Task {
    const task: Task = {
      number,
      agent,
      tag: `${this.tag}.${number.toString(36)}`,
      prior,
      parts: [],
      taskID: undefined,
      action: "start",
      isAnswered: true,
      stoppedAt: undefined,
      endedAt: undefined,
      open: 0,
      watch: newWatch(at),
    };
    // If the line of an earlier task is damaged, this task also takes that task's place.
    for (let place = this.tasks.length; place <= number; place += 1) this.tasks[place] = task;
    this.byTag.set(task.tag, task);
    this.#book.tasks.doubt(agent, this.ownerOf(task));
    return task;
  }

  #answer(task: Task, line: Extract<Line, { k: "answer" }>): void {
    const part = task.parts[line.part];
    if (part === undefined) return;
    part.is = line.is;
    if (line.taskID !== undefined && task.taskID === undefined) this.#identify(task, line.taskID);
    if (line.is !== "notSent" && line.is !== "refused") return;
    if (line.part === 0) this.#book.tasks.clear(task.agent, this.ownerOf(task));
    for (const index of part.entries) {
      // A bill may have come nevertheless.
      if (this.phase[index] !== phases.sent || this.task[index] !== task.number) continue;
      this.attempts[index] = (this.attempts[index] ?? 1) - 1;
      this.phase[index] = this.has(index, flags.dialled) ? phases.waiting : phases.ready;
      task.open -= 1;
      if (part.at > this.#dialsFrom) this.#book.dials.remove(this.keyOf(index), part.at);
    }
    // A platform that is down for long causes many of these.
    part.entries = new Int32Array(0);
  }

  #identify(task: Task, taskID: string): void {
    task.taskID = taskID;
    this.byTaskID.set(taskID, task);
    this.#book.tasks.clear(task.agent, this.ownerOf(task));
    this.#book.tasks.claim(taskID, this.ownerOf(task));
  }

  #settleAttempt(line: Extract<Line, { k: "attempt" }>): void {
    const { i, due, start = 0, end = 0, cause, call } = line;
    this.#leaveTask(i);
    this.phase[i] = phases.waiting;
    this.start[i] = start;
    this.end[i] = end;
    this.due[i] = due;
    this.#set(i, cause ? flags.dialled | flags.needsCause : flags.dialled);
    if (call !== undefined) this.lastCall.set(i, call);
  }

  #finishEntry(line: ResultLine): void {
    const { i } = line;
    if (this.phase[i] === phases.done) return;
    // A cancelled campaign's task had this number, but did not dial it.
    const wasNotDialled = line.o === "cancelled" || line.reason === "cancelled";
    if (wasNotDialled && this.phase[i] === phases.sent) this.attempts[i] = (this.attempts[i] ?? 1) - 1;
    this.#leaveTask(i);
    this.phase[i] = phases.done;
    this.lastCall.delete(i);
    this.exclusions.delete(i);
    this.unreported.set(i, line);
    this.figures.add(line.o);
  }

  #leaveTask(index: number): void {
    const task = this.taskOf(index);
    if (this.phase[index] === phases.sent && task !== undefined) task.open -= 1;
  }

  #set(index: number, bits: number): void {
    this.flag[index] = (this.flag[index] ?? 0) | bits;
  }

  #unset(index: number, bits: number): void {
    this.flag[index] = (this.flag[index] ?? 0) & ~bits;
  }
}
