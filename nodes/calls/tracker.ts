// Joins facts into calls (docs/decisions/0040). Independent of Node-RED, of sockets and of the wall clock.

import type { PushContext } from "../protocol/push";
import { guarded } from "../util/guarded";
import { isObject, type JsonObject } from "../util/json";
import { Call, type CallHistory, isOpening, type State, type TrackedCall } from "./call";
import { CallIndex } from "./call-index";
import { type ExpectedCall, ExpectedCalls, restoreExpected } from "./contexts";
import type { Fact } from "./facts";
import { differ, matchOf } from "./matching";
import { Queue } from "./queue";

/** Settings of the tracking. Times in ms. */
export interface TrackerSettings {
  /** A call without a fact for this long is over. */
  readonly windowMs: number;
  /** How long a finished call is remembered for late events; default: the window. */
  readonly rememberMs?: number;
  /** The most finished calls that are remembered. */
  readonly maxFinished?: number;
  /** How long an ended call waits for its billing. */
  readonly waitForBillingMs: number;
  /** Maximum number of calls that are tracked at the same time. */
  readonly maxOpen: number;
  readonly context: PushContext;
}

/** The clock and the timers. */
export interface Timing {
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** Runs a function later; the returned function cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** The time of day, in ms since 1970. Records have it, because another process must be able to read them. */
  readonly date: () => number;
}

/** A record for a file. A tracker that is restored from the newest record of each key has the same state. */
export interface CallRecord {
  readonly key: string;
  /** undefined: the record is no longer needed. */
  readonly value: JsonObject | undefined;
}

/** Why a change of a call is reported: an event was received, or something was concluded. */
export type Cause =
  | "event"
  /** A newer call of the same agent with the same number began: the end of this one was lost. */
  | "superseded"
  /** No fact was received for `windowMs`. */
  | "window"
  /** The call has ended, and no bill came in time. */
  | "noBilling"
  /** Too many calls are tracked. */
  | "overflow";

/** A report about a call. */
export interface News {
  /** Its state or its known values have changed; or it is finished, which is reported once. */
  readonly kind: "change" | "finished";
  readonly topic: State;
  readonly call: TrackedCall;
  /** The live call, which may change later. */
  readonly of: Call;
  readonly cause: Cause;
  /** Whether the fact that is being processed is the cause. */
  readonly own: boolean;
}

/** A call that was created by `begin`. */
export interface Begun {
  readonly id: string;
  readonly news: readonly News[];
  /** The call in its current state. */
  readonly tracked: () => TrackedCall;
  /** Removes the call without a report. */
  readonly forget: () => void;
}

/** A real clock, and timers that do not keep the process alive. */
export const realTiming: Timing = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(guarded(run), ms).unref();
    return () => clearTimeout(timer);
  },
  date: () => Date.now(),
};

/** Finished calls are remembered for what comes late: at most so many, unless the settings say otherwise. */
const mostFinished = 20_000;

/** Maximum number of calls that one timer ends at once. */
const mostAtOnce = 1000;

const callKey = ({ id }: Call): string => `c${id}`;
const expectedKey = (id: string): string => `x${id}`;

/** Tracks calls by the facts received. */
export class CallTracker {
  #settings: TrackerSettings;
  readonly #timing: Timing;
  readonly #onNews: (news: readonly News[]) => void;

  /** Calls that expect further facts, in the order of their last fact. */
  readonly #open = new Queue<Call>();
  /** Ended calls without a bill, in the order of their ends. */
  readonly #waiting = new Queue<Call>();
  /** Finished calls, in the order in which they were finished. */
  readonly #finished = new Queue<Call>();

  readonly #index = new CallIndex();
  readonly #expected = new ExpectedCalls();
  /** The changes since the last `records()`; undefined until that is first called. */
  #changed: Map<string, Call | ExpectedCall | undefined> | undefined;

  #timer: { readonly due: number; readonly callOff: () => void } | undefined;
  #paused = false;

  /** @param onNews receives reports that are caused by timers; those caused by a fact are returned by `hear` */
  constructor(settings: TrackerSettings, onNews: (news: readonly News[]) => void, timing: Timing = realTiming) {
    this.#settings = settings;
    this.#onNews = onNews;
    this.#timing = timing;
  }

  /** The number of tracked calls, including those that wait for their bill. */
  get size(): number {
    return this.#open.size + this.#waiting.size;
  }

  /** The calls that have not ended, the most recently updated first. */
  open(): Iterable<Call> {
    return this.#open.newestFirst();
  }

  /** A call is about to be dialled. Its context is added to its messages if the join is certain. */
  expect(expected: ExpectedCall): void {
    for (const id of this.#expected.expire(this.#timing.date() - this.#settings.windowMs)) this.#note(expectedKey(id));
    for (const id of this.#expected.add(expected)) this.#note(expectedKey(id));
    this.#note(expectedKey(expected.id), expected);
  }

  /** An expected call was not dialled. */
  unexpect(id: string): void {
    if (this.#expected.delete(id)) this.#note(expectedKey(id));
  }

  /** The changes since the last call of this method, for a file. Changes are collected from the first call on. */
  records(): readonly CallRecord[] {
    const changed = this.#changed ?? [];
    this.#changed = new Map();
    return [...changed].map(([key, of]) => ({
      key,
      value: of === undefined ? undefined : of instanceof Call ? this.#recordOf(of) : { ...of },
    }));
  }

  /** Continues with records, the newest of each key. Anything that is not a record is ignored. */
  restore(records: Iterable<unknown>): void {
    const calls: { readonly call: Call; readonly queue: unknown; readonly since: number }[] = [];
    for (const record of records) {
      const call = isObject(record) ? Call.restore(record.call) : undefined;
      if (isObject(record) && call !== undefined) {
        calls.push({ call, queue: record.queue, since: typeof record.since === "number" ? record.since : call.lastAt });
        continue;
      }
      const expected = restoreExpected(record);
      if (expected !== undefined) this.#expected.add(expected);
    }
    const [now, date] = [this.#timing.now(), this.#timing.date()];
    for (const { call, queue, since } of calls.sort((one, other) => one.since - other.since)) {
      this.#index.update(call);
      const into = queue === "finished" ? this.#finished : queue === "waiting" ? this.#waiting : this.#open;
      // If the clock was set back, no call waits longer than it would have otherwise.
      into.put(call, now - Math.max(0, date - since));
    }
    this.#arm();
  }

  #recordOf(call: Call): JsonObject {
    const { queue, since } = call;
    return {
      call: call.toJSON(),
      queue: queue === this.#finished ? "finished" : queue === this.#waiting ? "waiting" : "open",
      since: Math.round(this.#timing.date() - (this.#timing.now() - since)),
    };
  }

  #note(key: string, of?: Call | ExpectedCall): void {
    this.#changed?.set(key, of);
  }

  /** Every call that is followed or remembered. */
  all(): Iterable<Call> {
    return this.#index.calls();
  }

  /** Marks a call as changed, so that it is in the next records. */
  touch(call: Call): void {
    if (call.queue !== undefined) this.#note(callKey(call), call);
  }

  /** Changes the settings. */
  configure(settings: TrackerSettings): void {
    this.#settings = settings;
    this.#arm();
  }

  /** Stops the timer. */
  pause(): void {
    this.#paused = true;
    this.#timer?.callOff();
    this.#timer = undefined;
  }

  /** Starts the timer again. */
  resume(): void {
    this.#paused = false;
    this.#arm();
  }

  /** Processes a fact. */
  hear(fact: Fact): readonly News[] {
    const found = matchOf(this.#index.candidates(fact), fact, this.#settings.windowMs);
    if (found === undefined) return this.#hearable(fact) ? this.#begin(fact) : [];
    if (found.repeat) return this.#again(found.call, fact);
    return this.#add(found.call, fact);
  }

  /** Begins a call with a fact, whatever calls there are. @param context what comes back with it; undefined: nothing */
  begin(fact: Fact, context?: unknown): Begun {
    const call = Call.begin(fact);
    call.context = context;
    return {
      id: call.id,
      news: this.#add(call, fact),
      tracked: () => call.tracked(this.#settings.context),
      forget: () => this.#drop(call),
    };
  }

  /** Whether a fact has enough information to create a call. */
  #hearable({ agent, keys, billing }: Fact): boolean {
    return agent !== undefined || keys.length > 0 || billing?.session !== undefined;
  }

  #begin(fact: Fact): readonly News[] {
    const news: News[] = [];
    if (isOpening(fact.kind) && fact.agent !== undefined) {
      for (const older of [...this.#index.withAgent(fact.agent, fact.keys)]) {
        if (!older.ended && !differ(older.account, fact.account)) news.push(...this.#conclude(older, "superseded"));
      }
    }
    return [...news, ...this.begin(fact).news];
  }

  /** Ends a call whose end was lost, or that has had no fact for too long. */
  #conclude(call: Call, cause: Cause): readonly News[] {
    if (!call.ended) call.presumeEnd();
    const news = [this.#news(call, "change", cause)];
    if (cause !== "superseded" || this.#settings.waitForBillingMs === 0) return [...news, this.#finish(call, cause)];
    this.#waiting.put(call, this.#timing.now());
    this.#note(callKey(call), call);
    this.#arm();
    return news;
  }

  /** Adds a fact to a call. */
  #add(call: Call, fact: Fact): readonly News[] {
    const isNew = call.queue === undefined;
    const before = call.summary;
    const entry = call.hear(fact);
    this.#index.update(call);
    this.#note(callKey(call), call);
    this.#giveContext(call, fact);
    const news: News[] = [];
    if (isNew || call.summary !== before) news.push(this.#news(call, "change", "event", true));
    if (call.finished) {
      // Late facts are reported, but a call is finished only once.
    } else if (this.#isComplete(call)) news.push(this.#finish(call, "event", true));
    else if (call.ended) {
      if (call.queue !== this.#waiting) this.#waiting.put(call, this.#timing.now());
    } else this.#open.put(call, this.#timing.now());
    const [first] = news;
    if (first !== undefined) {
      entry.reported = { topic: first.topic, finished: news.some(({ kind }) => kind === "finished") };
    }
    this.#arm();
    return [...news, ...this.#makeRoom()];
  }

  #giveContext(call: Call, { context }: Fact): void {
    if (call.context !== undefined) return;
    if (context !== undefined) {
      call.context = context;
      return;
    }
    const expected = this.#expected.match(call);
    if (expected === undefined) return;
    call.context = expected.context;
    this.#expected.delete(expected.id);
    this.#note(expectedKey(expected.id));
  }

  /** Whether nothing more is awaited. A bill that came alone may be joined by the agent's events. */
  #isComplete(call: Call): boolean {
    if (!call.ended) return false;
    if (this.#settings.waitForBillingMs === 0) return true;
    return call.billing !== undefined && (call.agent !== undefined || call.has("callend") || call.isVerification);
  }

  /**
   * Processes a fact that was received before. It changes nothing, unless a bill now names a recording. Its reports are
   * repeated if it was not confirmed.
   */
  #again(call: Call, fact: Fact): readonly News[] {
    if (fact.billing !== undefined && call.amend(fact.billing)) {
      this.#note(callKey(call), call);
      return [this.#news(call, "change", "event", true)];
    }
    if (!fact.again) return [];
    const entry = fact.billing === undefined ? call.entryOf(fact.eventId) : call.entryOfKind("billing");
    if (entry?.reported === undefined) return [];
    // One bill may stand for two events: the one that finished the call, and the one that named its recording.
    const named = entry.amended && fact.billing !== undefined && fact.billing.recordFile !== "";
    return this.#reportAgain(call, named ? { ...entry.reported, finished: false } : entry.reported);
  }

  #reportAgain(call: Call, { topic, finished }: CallHistory): readonly News[] {
    const tracked = call.tracked(this.#settings.context, topic);
    const change: News = { kind: "change", topic, call: tracked, of: call, cause: "event", own: true };
    return finished ? [change, this.#news(call, "finished", "event", true)] : [change];
  }

  #news(call: Call, kind: News["kind"], cause: Cause, own = false): News {
    return { kind, topic: call.state, call: call.tracked(this.#settings.context), of: call, cause, own };
  }

  /** Reports a call as finished, and remembers it for late facts. */
  #finish(call: Call, cause: Cause, own = false): News {
    call.finished = true;
    this.#note(callKey(call), call);
    this.#finished.put(call, this.#timing.now());
    const { maxFinished = mostFinished } = this.#settings;
    while (this.#finished.size > maxFinished && this.#finished.first !== undefined) this.#drop(this.#finished.first);
    return this.#news(call, "finished", cause, own);
  }

  /** Removes calls above the limit: first calls that only wait for their bill, then those with the oldest last fact. */
  #makeRoom(): readonly News[] {
    const news: News[] = [];
    while (this.size > this.#settings.maxOpen) {
      const waiting = this.#waiting.first;
      if (waiting !== undefined) {
        news.push(this.#finish(waiting, "overflow"));
        continue;
      }
      const oldest = this.#open.first;
      if (oldest === undefined) break;
      oldest.givenUp = true;
      news.push(...this.#conclude(oldest, "overflow"));
    }
    return news;
  }

  #drop(call: Call): void {
    this.#note(callKey(call));
    this.#index.remove(call);
    call.queue?.remove(call);
  }

  /** The queues, with how long members stay in them and what happens then. */
  get #stays(): readonly (readonly [Queue<Call>, number, (call: Call) => readonly News[]])[] {
    const { windowMs, rememberMs = windowMs, waitForBillingMs } = this.#settings;
    return [
      [this.#open, windowMs, (call) => this.#conclude(call, "window")],
      [this.#waiting, waitForBillingMs, (call) => [this.#finish(call, "noBilling")]],
      [
        this.#finished,
        rememberMs,
        (call) => {
          this.#drop(call);
          return [];
        },
      ],
    ];
  }

  /** Sets the single timer to the time at which the next call is due. */
  #arm(): void {
    if (this.#paused) return;
    const next = Math.min(
      ...this.#stays.map(([queue, ms]) =>
        queue.first === undefined ? Number.POSITIVE_INFINITY : queue.first.since + ms,
      ),
    );
    // A timer that fires early finds nothing to do and sets the next one.
    if (next === Number.POSITIVE_INFINITY || (this.#timer !== undefined && this.#timer.due <= next)) return;
    this.#timer?.callOff();
    const callOff = this.#timing.after(Math.max(0, next - this.#timing.now()), () => this.#pass());
    this.#timer = { due: next, callOff };
  }

  /** Handles the calls that are due. */
  #pass(): void {
    this.#timer = undefined;
    const now = this.#timing.now();
    const news: News[] = [];
    let left = mostAtOnce;
    for (const [queue, ms, over] of this.#stays) {
      for (let call = queue.first; call !== undefined && call.since + ms <= now && left > 0; call = queue.first) {
        left -= 1;
        news.push(...over(call));
      }
    }
    this.#arm();
    // Dropped calls cause no report, but change the records.
    if (news.length > 0 || (this.#changed?.size ?? 0) > 0) this.#onNews(news);
  }
}
