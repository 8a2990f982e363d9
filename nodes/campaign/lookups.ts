// Finds the results of numbers with getCdrList: one time window after the other. A window is split if its answer is
// incomplete.

import { secondsOf } from "../protocol/push";
import { isObject } from "../util/json";
import { clockText, earliestClock, latestClock } from "../util/time";
import type { Core } from "./core";
import type { JoinedCdr, Joining } from "./joining";
import type { CommandAnswer } from "./types";

/** A span of the platform's clock, both ends included: ms since 1970 as if its zone were UTC, whole seconds. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** One lookup in the CDRs. */
export interface LookupOrder {
  /** Moments, ms since 1970. */
  readonly from: number;
  readonly to: number;
  /** Whether a CDR belongs to one of the attempts that are looked up. */
  readonly wants: (cdr: JoinedCdr) => boolean;
  /** @param found the best CDR of each entry. @param isComplete whether every CDR of the time was read */
  readonly onDone: (found: ReadonlyMap<number, JoinedCdr>, isComplete: boolean) => void;
}

interface Lookup extends LookupOrder {
  readonly windows: Window[];
  readonly found: Map<number, JoinedCdr>;
  requests: number;
  failures: number;
  isComplete: boolean;
}

const firstPause = 1000;
const longestPause = 60_000;
/** The most failures in a row, which take about twenty minutes. */
const mostFailures = 24;
/** Limits the requests for a platform whose total is always greater than its array. */
const mostRequests = 2000;

/** If a number has several CDRs, the one with the highest rank counts. */
const rank = { answered: 3, vacant: 2, unanswered: 1, unknown: 0 } as const;

/** Carries out lookups one by one, in the order in which they were requested. */
export class Lookups {
  readonly #core: Core;
  readonly #joining: Joining;
  readonly #queue: Lookup[] = [];
  #isAsking = false;
  #retryAt = 0;

  constructor(core: Core, joining: Joining) {
    this.#core = core;
    this.#joining = joining;
  }

  /** The clock was set back by so many ms. */
  setBack(ms: number): void {
    this.#retryAt -= ms;
  }

  add(order: LookupOrder): void {
    const { timezone } = this.#core.deps.context;
    const window = { from: earliestClock(order.from, timezone), to: latestClock(order.to, timezone) };
    this.#queue.push({ ...order, windows: [window], found: new Map(), requests: 0, failures: 0, isComplete: true });
  }

  advance(): void {
    const core = this.#core;
    while (!this.#isAsking) {
      const [lookup] = this.#queue;
      if (lookup === undefined) return;
      const window = lookup.windows.at(-1);
      if (window === undefined) {
        this.#queue.shift();
        lookup.onDone(lookup.found, lookup.isComplete);
        core.wake(core.now);
        continue;
      }
      if (core.now < this.#retryAt) {
        core.wake(this.#retryAt);
        return;
      }
      this.#ask(lookup, window);
    }
  }

  #ask(lookup: Lookup, window: Window): void {
    const core = this.#core;
    this.#isAsking = true;
    lookup.requests += 1;
    const request = { startTime: clockText(window.from), endTime: clockText(window.to), seq: core.deps.nextSeq() };
    core.send("getCdrList", request, (answer) => {
      this.#isAsking = false;
      this.#hear(lookup, window, answer);
    });
  }

  #hear(lookup: Lookup, window: Window, answer: CommandAnswer): void {
    if (answer.kind !== "ok") {
      lookup.failures += 1;
      if (answer.kind === "refused" || lookup.failures >= mostFailures) {
        lookup.windows.length = 0;
        lookup.isComplete = false;
      } else
        this.#retryAt = this.#core.now + Math.min(longestPause, firstPause * 2 ** Math.min(10, lookup.failures - 1));
      return;
    }
    lookup.failures = 0;
    lookup.windows.pop();
    const cdrs = Array.isArray(answer.data.cdr) ? (answer.data.cdr as readonly unknown[]) : [];
    for (const cdr of cdrs) if (isObject(cdr)) this.#take(lookup, cdr);
    if ((secondsOf(answer.data.total) ?? 0) <= cdrs.length) return;
    if (window.to <= window.from || lookup.requests >= mostRequests) {
      lookup.isComplete = false;
      return;
    }
    const middle = window.from + Math.floor((window.to - window.from) / 2000) * 1000;
    lookup.windows.push({ from: middle + 1000, to: window.to }, { from: window.from, to: middle });
  }

  #take(lookup: Lookup, raw: Readonly<Record<string, unknown>>): void {
    const cdr = this.#joining.readCdr(raw);
    if (cdr === undefined || !lookup.wants(cdr)) return;
    const before = lookup.found.get(cdr.index);
    if (before === undefined || rank[before.verdict.outcome] < rank[cdr.verdict.outcome])
      lookup.found.set(cdr.index, cdr);
  }
}
