// Dials unanswered numbers again. Numbers that are due form a wave, which is sent as new tasks.
import type { Core } from "./core";
import type { Lookups } from "./lookups";
import type { Sending } from "./sending";
import { flags, phases } from "./state";

/** If a bill has no times, its call was at most this long before the end of the attempt, in ms. */
const longestCall = 30 * 60_000;

export class Waves {
  readonly #core: Core;
  readonly #sending: Sending;
  readonly #lookups: Lookups;
  /** Entries in the order in which their attempts ended. Those before `#head` were handled. */
  #queue: number[] = [];
  #head = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(core: Core, sending: Sending, lookups: Lookups) {
    this.#core = core;
    this.#sending = sending;
    this.#lookups = lookups;
  }

  /** An attempt of an entry has ended, and it is to be dialled again. */
  add(index: number): void {
    this.#queue.push(index);
  }

  /** Restores the waiting entries after a restart. */
  restore(entries: readonly number[]): void {
    const { due } = this.#core.state;
    this.#queue = [...entries].sort((one, other) => (due[one] ?? 0) - (due[other] ?? 0));
  }

  /** The clock was set back by so many ms. */
  setBack(ms: number): void {
    this.#lastAt -= ms;
  }

  clear(): void {
    this.#queue = [];
    this.#head = 0;
  }

  /** @param isDialling whether the campaign's tasks have numbers to dial: waves are then farther apart */
  advance(isDialling: boolean): void {
    const core = this.#core;
    const { state, now } = core;
    const next = this.#queue[this.#head];
    if (next === undefined || !core.isRunning) return;
    const due = state.due[next] ?? 0;
    const at = isDialling ? Math.max(due, this.#lastAt + core.retryAfter / 4) : due + this.#gatherMs;
    if (now < at) {
      core.wake(at);
      return;
    }
    this.#lastAt = now;
    this.#begin(this.#takeDue());
  }

  /** How long an entry waits for others, so that they form one task; in ms. */
  get #gatherMs(): number {
    return Math.min(60_000, this.#core.retryAfter / 10);
  }

  #takeDue(): number[] {
    const { state, now } = this.#core;
    const entries: number[] = [];
    while (this.#head < this.#queue.length) {
      const index = this.#queue[this.#head] ?? -1;
      if (state.phase[index] === phases.waiting && (state.due[index] ?? 0) > now) break;
      if (state.phase[index] === phases.waiting) entries.push(index);
      this.#head += 1;
    }
    if (this.#head > 10_000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return entries;
  }

  /** Sends a wave after reading the CDRs for vacant numbers. */
  #begin(entries: readonly number[]): void {
    const core = this.#core;
    const { state } = core;
    const open = new Set(entries.filter((index) => state.has(index, flags.needsCause)));
    if (open.size === 0) {
      this.#deal(entries);
      return;
    }
    let [from, to] = [Number.POSITIVE_INFINITY, 0];
    for (const index of open) {
      const end = state.end[index] || (state.due[index] ?? 0) - core.retryAfter;
      from = Math.min(from, state.start[index] || end - longestCall);
      to = Math.max(to, end);
    }
    this.#lookups.add({
      from: from - core.slack,
      to: to + core.slack,
      wants: ({ index, verdict }) => open.has(index) && verdict.outcome === "vacant",
      onDone: (found) => {
        for (const [index, { verdict }] of found) {
          if (state.phase[index] !== phases.waiting) continue;
          core.finishEntry(index, "vacant", verdict.reason, { ...state.lastFacts(index), agent: verdict.facts.agent });
        }
        core.record({ k: "caused", entries: [...open] });
        this.#deal(entries);
      },
    });
  }

  #deal(entries: readonly number[]): void {
    const { state } = this.#core;
    if (state.cancelledAt !== undefined) return;
    this.#sending.deal(
      entries.filter((index) => state.phase[index] === phases.waiting),
      false,
    );
  }
}
