// What the parts of a campaign share: the state, the clock of this step, and the effects of this step.

import type { PushContext } from "../protocol/push";
import { recordUrl } from "../protocol/recording-url";
import { isoTime } from "../util/time";
import type { AccountBook } from "./book";
import { Pace } from "./figures";
import { CallingHours } from "./hours";
import { type CallFacts, encodeLine, type Line, type ResultLine } from "./journal";
import { firstSentAt, flags, phases, State, type Task } from "./state";
import type { CampaignCommand, CampaignEffect, CampaignResult, CommandAnswer, Outcome } from "./types";

/** What a campaign is given by its account. */
export interface CampaignDeps {
  /** The account's settings for reading pushes: region, areaCode, timezone, customer, baseUrl, recordingUrl. */
  readonly context: PushContext;
  /** Shared by all campaigns of the account. */
  readonly book: AccountBook;
  /** The account's next command seq. */
  readonly nextSeq: () => number;
  /** Numbers of one command, for a platform that takes fewer than the document says. */
  readonly numbersPerCommand?: number;
}

/** How an attempt ended. */
export interface Verdict {
  readonly outcome: "answered" | "unanswered" | "vacant" | "unknown";
  /** unanswered: whether it is sure that the number is not vacant. */
  readonly isCauseKnown: boolean;
  readonly reason?: string | undefined;
  readonly facts: CallFacts;
}

const second = 1000;
const minute = 60_000;

/** Lines whose loss only repeats something after a crash: effects behind them do not wait for the disk. */
const lazy: ReadonlySet<Line["k"]> = new Set(["told", "heard", "caused", "finishedTold"]);

export class Core {
  now: number;
  readonly state: State;
  readonly deps: CampaignDeps;
  readonly pace = new Pace();
  /** Whether anything of the progress message may have changed. */
  isChanged = true;
  /** Called for each entry that is to be dialled again. */
  onRedial: (index: number) => void = () => {};
  /** Called when a push has told which task the platform made for a create whose answer was lost. */
  onFound: (task: Task) => void = () => {};
  #hours: CallingHours | undefined;
  #lines: string[] = [];
  #mustWait = false;
  #effects: CampaignEffect[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  #lastId = 0;
  readonly #pending = new Map<number, (answer: CommandAnswer) => void>();

  constructor(deps: CampaignDeps, now: number) {
    this.deps = deps;
    this.now = now;
    this.state = new State(deps.book, now);
  }

  get hours(): CallingHours {
    this.#hours ??= new CallingHours(this.state.settings.hours, this.deps.context.timezone);
    return this.#hours;
  }

  /** Whether numbers may be sent and tasks started at this moment. */
  get isRunning(): boolean {
    const { isPaused, cancelledAt, finished } = this.state;
    return !isPaused && cancelledAt === undefined && finished === undefined && this.hours.isOpen(this.now);
  }

  get resultWait(): number {
    return this.state.settings.resultWait * 1000;
  }

  get retryAfter(): number {
    return this.state.settings.retryAfter * minute;
  }

  /** By so much a time of the platform may differ from ours. Less than half of the time between two attempts, so that these are not mixed up. */
  get slack(): number {
    return Math.min(minute, this.state.settings.attempts > 1 ? this.retryAfter / 2 : minute);
  }

  /** Whether a call at this time of the platform may be of a task. The platform tells whole seconds: the call was up to a second later. */
  mayBeOf(task: Task, at: number): boolean {
    return at + second > firstSentAt(task) - this.slack;
  }

  /** Applies a fact and has it written. */
  record(line: Line): void {
    this.state.apply(line);
    this.write(encodeLine(line), !lazy.has(line.k));
    if (line.k !== "told" && line.k !== "heard") this.isChanged = true;
  }

  /** Has a line written that was applied already. */
  write(line: string, mustWait: boolean): void {
    this.#lines.push(line);
    this.#mustWait ||= mustWait;
  }

  emit(effect: CampaignEffect): void {
    this.#effects.push(effect);
  }

  /** Sends a command. @param whileOpen it must not leave after the hours close */
  send(
    api: CampaignCommand["api"],
    request: CampaignCommand["request"],
    onAnswer: (answer: CommandAnswer) => void,
    whileOpen = false,
  ): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const closes = whileOpen ? this.hours.nextChange(this.now) : undefined;
    this.#pending.set(id, onAnswer);
    this.emit({
      kind: "command",
      command: { id, api, request, ...(closes === undefined ? {} : { notAfter: closes }) },
    });
  }

  /** The answer to a command. An answer to an unknown command is ignored. */
  answered(id: number, answer: CommandAnswer): void {
    const onAnswer = this.#pending.get(id);
    this.#pending.delete(id);
    onAnswer?.(answer);
  }

  /** Requests a step at a moment. */
  wake(at: number): void {
    if (at < this.#wakeAt) this.#wakeAt = at;
  }

  /** The moment of the next step that was asked for, and forgets it. */
  takeWake(): number {
    const at = this.#wakeAt;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    return at;
  }

  /** Everything of this step, the lines first. */
  takeEffects(): readonly CampaignEffect[] {
    const effects = this.#effects;
    if (this.#lines.length > 0) {
      effects.unshift({ kind: "write", lines: this.#lines, wait: this.#mustWait });
    }
    this.#lines = [];
    this.#mustWait = false;
    this.#effects = [];
    return effects;
  }

  /** An attempt of an entry has ended. Nothing for an entry that has its result. */
  attemptEnded(index: number, { outcome, isCauseKnown, reason, facts }: Verdict): void {
    const { state } = this;
    if (state.phase[index] === phases.done) return;
    const isFinal = (state.attempts[index] ?? 0) >= state.settings.attempts || state.cancelledAt !== undefined;
    if (outcome !== "unanswered" || isFinal) {
      this.finishEntry(index, outcome, reason, facts);
      return;
    }
    const ended = Math.min(this.now, Math.max(facts.end ?? this.now, this.now - this.retryAfter));
    this.record({
      k: "attempt",
      i: index,
      due: ended + this.retryAfter,
      start: facts.start,
      end: facts.end,
      cause: !isCauseKnown && state.settings.reconcile,
      call: facts.call,
    });
    this.onRedial(index);
  }

  /**
   * An entry is not dialled (again). One that was never dialled gets this outcome; one that was dialled before without an answer stays
   * unanswered, with the reason why it is not dialled again.
   */
  leaveOut(index: number, outcome: Outcome, reason?: string): void {
    if (this.state.has(index, flags.dialled)) {
      this.finishEntry(index, "unanswered", reason ?? outcome, this.state.lastFacts(index));
    } else this.finishEntry(index, outcome, reason, undefined);
  }

  finishEntry(index: number, outcome: Outcome, reason: string | undefined, call: CallFacts | undefined): void {
    const { state } = this;
    if (state.phase[index] === phases.done) return;
    const task = call === undefined ? -1 : (state.task[index] ?? -1);
    const line: ResultLine = {
      k: "result",
      i: index,
      o: outcome,
      reason,
      ...(task < 0 ? {} : { task }),
      ...(call === undefined ? {} : { call }),
    };
    this.record(line);
    if (call !== undefined) this.pace.add(this.now);
    this.giveResult(line);
  }

  /** Emits a result that is (about to be) journaled. */
  giveResult(line: ResultLine): void {
    this.emit({ kind: "result", id: `${this.state.id}/${line.i}`, result: this.#resultOf(line) });
  }

  #resultOf({ i: index, o: outcome, reason, task: number, call }: ResultLine): CampaignResult {
    const { state } = this;
    const { timezone } = this.deps.context;
    const iso = (moment: number | undefined): string | null =>
      moment === undefined ? null : isoTime(moment, timezone);
    const task = number === undefined ? undefined : state.tasks[number];
    const recordFile = call?.file || null;
    return {
      campaign: state.id,
      index,
      number: state.numbers[index] ?? null,
      numberE164: state.e164[index] ?? null,
      row: state.rows.get(index) ?? null,
      outcome,
      attempts: state.attempts[index] ?? 0,
      agent: call?.agent || task?.agent || null,
      taskID: task?.taskID ?? null,
      startedAt: iso(call?.start),
      answeredAt: iso(call?.answer),
      endedAt: iso(call?.end),
      talkSeconds: call?.talk ?? null,
      recordFile,
      recordUrl: (recordFile === null ? undefined : recordUrl(recordFile, this.deps.context)) ?? null,
      reason: reason ?? null,
    };
  }
}
