// A campaign as a state machine: it takes events and returns effects. It calls its parts in a fixed order.
import { isoTime } from "../util/time";
import { Controls } from "./controls";
import { type CampaignDeps, Core } from "./core";
import type { CampaignEntry } from "./entries";
import { Joining } from "./joining";
import {
  type EntryLine,
  encodeLine,
  entriesLine,
  entriesPerLine,
  type Line,
  packEntry,
  readLine,
  rowJson,
} from "./journal";
import { Lookups } from "./lookups";
import { Sending } from "./sending";
import { Settling } from "./settling";
import { phases } from "./state";
import type {
  CampaignContext,
  CampaignEffect,
  CampaignEvent,
  CampaignPhase,
  CampaignProgress,
  CampaignSettings,
  ControlAction,
  TaskFigures,
} from "./types";
import { Waves } from "./waves";

export interface CampaignStart {
  /** Never used before on this account. */
  readonly id: string;
  /** 1 to 20 letters and digits, never used before. The userData of the campaign's tasks begins with it. */
  readonly tag: string;
  readonly settings: CampaignSettings;
  /** The result of EntryReader. */
  readonly entries: readonly CampaignEntry[];
}

/** A started campaign and its first effects. */
export interface Begun {
  readonly campaign: Campaign;
  readonly effects: readonly CampaignEffect[];
}

/** Reads the journal of one campaign. */
export interface CampaignReader {
  readonly take: (line: string) => void;
  /** The campaign, or undefined if the lines do not begin one. */
  readonly end: () => Campaign | undefined;
}

/** How many entries are processed in one step if all of them get a result. This takes a few ms. */
const sliceLength = 1000;
/** If the time goes back by more than this, the clock was set; in ms. */
const setBackAfter = 60_000;
/** The shortest time between two progress effects, in ms. */
const progressPause = 1000;

/** A campaign. It does nothing itself: each method returns the effects that must be carried out, in order. */
export class Campaign {
  readonly #core: Core;
  readonly #joining: Joining;
  readonly #sending: Sending;
  readonly #controls: Controls;
  readonly #lookups: Lookups;
  readonly #settling: Settling;
  readonly #waves: Waves;
  /** Entries before this index were checked for results that wait for nothing. */
  #scanned = 0;
  /** Results that must be output again after a restart. */
  #again: number[] = [];
  #isFinishedGiven = false;
  #progressAt = Number.NEGATIVE_INFINITY;
  #progressState: CampaignPhase | undefined;
  #timerAt: number | undefined;
  #tasksSeen = 0;

  private constructor(deps: CampaignDeps, now: number) {
    this.#core = new Core(deps, now);
    this.#joining = new Joining(this.#core);
    this.#sending = new Sending(this.#core);
    this.#controls = new Controls(this.#core);
    this.#lookups = new Lookups(this.#core, this.#joining);
    this.#settling = new Settling(this.#core, this.#sending, this.#lookups);
    this.#waves = new Waves(this.#core, this.#sending, this.#lookups);
    this.#core.onRedial = (index) => this.#waves.add(index);
    this.#core.onFound = (task) => this.#settling.found(task);
  }

  /** Starts a campaign. @param now ms since 1970 */
  static begin(start: CampaignStart, deps: CampaignDeps, now: number): Begun {
    const steps = Campaign.beginning(start, deps, now);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** The same, in slices of some ms each, so that other work gets a turn. */
  static *beginning(
    { id, tag, settings, entries }: CampaignStart,
    deps: CampaignDeps,
    now: number,
  ): Generator<undefined, Begun> {
    const campaign = new Campaign(deps, now);
    const core = campaign.#core;
    core.record({ k: "start", v: 1, id, tag, at: now, size: entries.length, settings });
    for (let from = 0; from < entries.length; from += entriesPerLine) {
      const block = entries.slice(from, from + entriesPerLine);
      const rows = block.map(({ row }) => rowJson(row));
      core.write(entriesLine(from, block, rows), true);
      core.state.addEntries(from, block.map(packEntry), rows);
      yield undefined;
    }
    campaign.#sending.begin();
    campaign.#sending.deal(campaign.#inPhase(phases.ready), true);
    return { campaign, effects: campaign.#finish() };
  }

  /**
   * Reads a journal. Undefined if it does not start a campaign, which happens only if a crash came before its first
   * lines were on disk. Call `restart` when all campaigns of the account have been read.
   * @param lines in order; lines of another kind are ignored
   */
  static restore(lines: Iterable<string>, deps: CampaignDeps, now: number): Campaign | undefined {
    const reader = Campaign.reader(deps, now);
    for (const line of lines) reader.take(line);
    return reader.end();
  }

  /** The same, line by line, so that other work gets a turn. */
  static reader(deps: CampaignDeps, now: number): CampaignReader {
    const campaign = new Campaign(deps, now);
    const { state } = campaign.#core;
    let entries = 0;
    let hasBegun = false;
    return {
      take: (text) => {
        const line = readLine(text);
        if (line === undefined || (state.id === "" && line.k !== "start")) return;
        if (line.k === "entries") entries += line.entries.length;
        else hasBegun ||= line.k !== "start";
        state.apply(line);
      },
      // Entries whose lines are damaged are unknown. If no line follows, the entries were never written.
      end: () => (state.id === "" || (entries < state.size && !hasBegun) ? undefined : campaign),
    };
  }

  /**
   * Continues after a restart. Commands without an answer count as lost, and results that were not handed on are output
   * again.
   */
  restart(now: number): readonly CampaignEffect[] {
    const core = this.#core;
    const { state } = core;
    core.now = now;
    for (const task of state.tasks) {
      for (const [part, { is }] of task.parts.entries()) {
        if (is === "sent") core.record({ k: "answer", task: task.number, part, is: "lost" });
      }
      // Pushes may have been missed, so the first query is sent at once, and a call in progress may still continue.
      task.watch.signAt = task.endedAt === undefined && task.taskID !== undefined ? now - 12 * 3_600_000 : now;
      task.watch.mustConfirm = task.endedAt !== undefined && task.taskID !== undefined;
      task.watch.callAt = now;
    }
    this.#settling.findStrays();
    this.#sending.begin();
    if (state.finished === undefined && state.cancelledAt === undefined) {
      this.#sending.deal(this.#inPhase(phases.ready), true);
      this.#waves.restore(this.#inPhase(phases.waiting));
    }
    this.#again = [...state.unreported.keys()];
    return this.#finish();
  }

  get id(): string {
    return this.#core.state.id;
  }

  /** Whether only results remain to be handed on. */
  get isFinished(): boolean {
    return this.#core.state.finished !== undefined;
  }

  /** Whether everything was handed on and no task is left to stop. The journal may then be replaced by the lines of `stub`. */
  get isOver(): boolean {
    const { state } = this.#core;
    return state.isFinishedReported && state.unreported.size === 0 && !state.tasks.some((task) => state.mayDial(task));
  }

  /** The time when it finished, in ms since 1970. */
  get finishedAt(): number | undefined {
    return this.#core.state.finishedAt;
  }

  /** Processes an event. @param now ms since 1970; it may be earlier than before if the clock was set back */
  step(event: CampaignEvent, now: number): readonly CampaignEffect[] {
    const core = this.#core;
    if (now < core.now - setBackAfter) this.#setBack(core.now - now);
    core.now = now;
    switch (event.kind) {
      case "answer":
        core.answered(event.id, event.answer);
        break;
      case "push":
        this.#joining.hear(event.event, event.notify);
        break;
      case "control":
        this.#control(event.action);
        break;
      case "handed":
        core.record({ k: "told", entries: event.entries });
        break;
      case "finishedHanded":
        core.record({ k: "finishedTold" });
        break;
      case "tick":
        break;
    }
    return this.#finish();
  }

  /** The entry of a push about a call; undefined if the join is not certain. Changes nothing. */
  entryOf(event: string, notify: Readonly<Record<string, unknown>>): CampaignContext | undefined {
    const joined = this.#joining.find(event, notify);
    return joined && { campaign: this.id, index: joined.index, row: this.#core.state.rows.get(joined.index) };
  }

  /** The current figures. */
  progress(now: number): CampaignProgress {
    const { state, pace, hours, deps } = this.#core;
    const figures = state.figures.all();
    const perHour = pace.perHour(now);
    const left = perHour > 0 ? (figures.remaining / perHour) * 3_600_000 : undefined;
    const phase = this.#phase();
    const isMoving = phase === "dialling" || phase === "waiting" || phase === "outsideHours";
    const eta = isMoving && left !== undefined ? hours.afterOpen(now, left) : undefined;
    return {
      campaign: state.id,
      state: phase,
      ...figures,
      perHour,
      etaAt: eta === undefined ? null : isoTime(eta, deps.context.timezone),
      tasks: [...this.#settling.live].map(
        (task): TaskFigures => ({
          taskID: task.taskID ?? null,
          agent: task.agent,
          state:
            task.endedAt !== undefined
              ? "ended"
              : task.taskID === undefined
                ? "unknown"
                : task.action === "stop" && task.isAnswered
                  ? "stopped"
                  : "running",
          remaining: task.open,
        }),
      ),
    };
  }

  /** The lines that must be kept of a finished campaign: its used ID, its dials of the last day, and its figures. */
  stub(now: number): readonly string[] {
    const { state } = this.#core;
    const { id, tag, startedAt: at, settings, finished, finishedAt, tasks } = state;
    if (finished === undefined) return [];
    const dialled = tasks.flatMap(({ parts }) =>
      parts.filter(({ at: sent, is }) => sent > now - 86_400_000 && is !== "refused" && is !== "notSent"),
    );
    // Only the numbers of these entries are kept, with new indices.
    const kept = [...new Set(dialled.flatMap(({ entries }) => [...entries]))];
    const places = new Map(kept.map((index, place) => [index, place]));
    const lines: Line[] = [{ k: "start", v: 1, id, tag, at, size: kept.length, settings }];
    for (let from = 0; from < kept.length; from += entriesPerLine) {
      const entries = kept
        .slice(from, from + entriesPerLine)
        .map((index): EntryLine => [state.numbers[index] ?? null, state.e164[index] ?? null]);
      lines.push({ k: "entries", from, entries, rows: entries.map(() => null) });
    }
    for (const [task, { at: sent, seq, entries }] of dialled.entries()) {
      const moved = [...entries].map((index) => places.get(index) ?? 0);
      lines.push({ k: "sent", task, part: 0, at: sent, seq, entries: moved, agent: "", prior: "unknown" });
    }
    lines.push({ k: "finished", at: finishedAt ?? now, figures: finished }, { k: "finishedTold" });
    return lines.map(encodeLine);
  }

  #setBack(ms: number): void {
    for (const part of [this.#core.state, this.#sending, this.#settling, this.#lookups, this.#waves]) part.setBack(ms);
  }

  #inPhase(phase: number): number[] {
    const { state } = this.#core;
    const found: number[] = [];
    for (let index = 0; index < state.size; index += 1) if (state.phase[index] === phase) found.push(index);
    return found;
  }

  #control(action: ControlAction): void {
    const core = this.#core;
    const { state, now } = core;
    if (action === "progress") {
      this.#giveProgress();
      return;
    }
    if (state.finished !== undefined || state.cancelledAt !== undefined) return;
    if (action !== "cancel" && state.isPaused === (action === "pause")) return;
    core.record({ k: "do", what: action, at: now });
    if (action !== "cancel") return;
    this.#sending.clear();
    this.#waves.clear();
    this.#settling.findStrays();
    this.#scanned = 0;
  }

  /** Carries out what is due, and collects the effects. */
  #finish(): readonly CampaignEffect[] {
    const core = this.#core;
    const { state } = core;
    this.#giveAgain();
    if (state.finished === undefined) {
      this.#scan();
      this.#sending.advance();
      for (; this.#tasksSeen < state.tasks.length; this.#tasksSeen += 1) {
        const task = state.tasks[this.#tasksSeen];
        if (task !== undefined) this.#settling.live.add(task);
      }
      this.#settling.advance();
      this.#controls.advance(this.#settling.live);
      this.#waves.advance(this.#settling.isDialling || !this.#sending.isIdle);
      this.#lookups.advance();
      this.#watchHours();
      this.#end();
    }
    this.#settling.watchStrays();
    if (!core.isRunning) this.#controls.advance(this.#settling.strays);
    this.#showProgress();
    this.#setTimer();
    return core.takeEffects();
  }

  #giveAgain(): void {
    const core = this.#core;
    for (const index of this.#again.splice(0, sliceLength)) {
      const line = core.state.unreported.get(index);
      if (line !== undefined) core.giveResult(line);
    }
    if (this.#again.length > 0) core.wake(core.now);
    else if (core.state.finished !== undefined && !core.state.isFinishedReported && !this.#isFinishedGiven)
      this.#giveFinished();
  }

  /**
   * Outputs results that wait for nothing, slice by slice: excluded entries, and after a cancel all entries that are
   * not under way.
   */
  #scan(): void {
    const core = this.#core;
    const { state } = core;
    const end = Math.min(state.size, this.#scanned + sliceLength);
    for (; this.#scanned < end; this.#scanned += 1) {
      const index = this.#scanned;
      const phase = state.phase[index];
      if (phase === phases.excluded) {
        const [outcome, reason] = state.exclusions.get(index) ?? ["unknown", "SCCC_FILE"];
        core.finishEntry(index, outcome, reason, undefined);
      } else if (state.cancelledAt !== undefined && (phase === phases.ready || phase === phases.waiting)) {
        core.leaveOut(index, "cancelled");
      }
    }
    if (this.#scanned < state.size) core.wake(core.now);
  }

  #watchHours(): void {
    const core = this.#core;
    const change = core.hours.nextChange(core.now);
    if (change !== undefined) core.wake(change);
  }

  #end(): void {
    const core = this.#core;
    const { state } = core;
    if (state.figures.done < state.size || this.#isFinishedGiven) return;
    core.record({ k: "finished", at: core.now, figures: state.figures.all() });
    this.#giveFinished();
  }

  #giveFinished(): void {
    this.#isFinishedGiven = true;
    this.#core.emit({ kind: "finished", progress: this.progress(this.#core.now) });
  }

  #phase(): CampaignPhase {
    const { state, hours, now } = this.#core;
    if (state.cancelledAt !== undefined) return "cancelled";
    if (state.finished !== undefined) return "finished";
    if (state.isPaused) return "paused";
    if (!hours.isOpen(now)) return "outsideHours";
    return this.#settling.isDialling || !this.#sending.isIdle ? "dialling" : "waiting";
  }

  #showProgress(): void {
    const core = this.#core;
    // A task that is stopped after the end is no progress.
    if (core.state.isFinishedReported) return;
    const phase = this.#phase();
    if (!core.isChanged && phase === this.#progressState) return;
    const at = this.#progressAt + progressPause;
    // If the clock was set back, progress is output nevertheless.
    if (core.now >= at || core.now < this.#progressAt) this.#giveProgress();
    else core.wake(at);
  }

  #giveProgress(): void {
    const core = this.#core;
    const progress = this.progress(core.now);
    this.#progressAt = core.now;
    this.#progressState = progress.state;
    core.isChanged = false;
    core.emit({ kind: "progress", progress });
  }

  #setTimer(): void {
    const core = this.#core;
    const wake = core.takeWake();
    const at = Number.isFinite(wake) ? Math.max(wake, core.now) : undefined;
    if (at === this.#timerAt && at !== undefined && at > core.now) return;
    if (at === undefined && this.#timerAt === undefined) return;
    this.#timerAt = at;
    core.emit({ kind: "timer", at });
  }
}
