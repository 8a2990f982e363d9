// Joins facts into calls (docs/decisions/0040). Independent of Node-RED, of sockets and of the wall clock.

import type { PushContext } from "../protocol/push";
import { guarded } from "../util/guarded";
import { isObject, type JsonObject } from "../util/json";
import { Call, type CallHistory, isOpening, isSeqLoose, type State, type TrackedCall } from "./call";
import { type ExpectedCall, ExpectedCalls, restoreExpected } from "./contexts";
import type { Fact } from "./facts";
import { Index } from "./index-of-calls";
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

/** A fact that arrives later than this after a call's end belongs to another call, unless its seq matches. */
const lateMs = 60_000;

/** The same event with another id within this time is a repeat: it was signed again for another attempt. */
const repeatMs = 10_000;

/** The same for an event with the same seq: while Node-RED is down, the platform repeats for longer. */
const namedRepeatMs = 120_000;

/** Maximum difference between a call's end in its bill and in its callend: they come from two clocks. */
const clocksApartMs = 600_000;

/** Limits the search for a number with very many calls. */
const mostSearched = 256;

/** Finished calls are remembered for what comes late: at most so many, unless the settings say otherwise. */
const mostFinished = 20_000;

/** Maximum number of calls that one timer ends at once. */
const mostAtOnce = 1000;

const differ = <T>(one: T | undefined, other: T | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

const equal = <T>(one: T | undefined, other: T | undefined): boolean => one !== undefined && one === other;

/** A key for two texts that is unique for each pair. */
const pair = (one: string, other: string): string => `${one.length}:${one}${other}`;

/** The key of calls whose number was withheld. */
const withheld: readonly string[] = [""];
const placesOf = (keys: readonly string[]): readonly string[] => (keys.length === 0 ? withheld : keys);

const callKey = ({ id }: Call): string => `c${id}`;
const expectedKey = (id: string): string => `x${id}`;

/** The keys by which a call is found. */
interface Keys {
  readonly pairs: readonly string[];
  readonly numbers: readonly string[];
  readonly hints: readonly string[];
  readonly session: string | undefined;
  readonly agent: string | undefined;
}

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

  readonly #byPair = new Index<Call>();
  readonly #byNumber = new Index<Call>();
  readonly #byHint = new Index<Call>();
  readonly #bySession = new Index<Call>();
  readonly #byAgent = new Index<Call>();
  readonly #keys = new Map<Call, Keys>();

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
      this.#index(call);
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
    return this.#keys.keys();
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
    const found = this.#find(fact);
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

  /** The calls that a fact may belong to, found by its keys. */
  *#candidates({ agent, keys, seq, userData, billing }: Fact): Generator<Call> {
    if (billing?.session !== undefined) yield* this.#bySession.of(billing.session);
    for (const key of placesOf(keys)) {
      if (agent !== undefined) {
        yield* this.#byPair.of(pair(agent, key));
        yield* this.#byPair.of(pair("", key));
        continue;
      }
      if (seq !== undefined) yield* this.#byHint.of(pair(`s${seq}`, key), mostSearched);
      if (userData !== undefined) yield* this.#byHint.of(pair(`u${userData}`, key), mostSearched);
      yield* this.#byNumber.of(key, mostSearched);
    }
    if (keys.length === 0 && agent !== undefined) yield* this.#byAgent.of(agent, mostSearched);
  }

  /** The call that a fact belongs to, and whether the fact was received before. */
  #find(fact: Fact): { readonly call: Call; readonly repeat: boolean } | undefined {
    const candidates = [...new Set(this.#candidates(fact))];
    const { session } = fact.billing ?? {};
    for (const call of candidates) {
      const same = fact.eventId !== undefined && call.entryOf(fact.eventId) !== undefined;
      if (same || equal(call.billing?.session, session)) return { call, repeat: true };
    }
    const named = candidates.find((call) => this.#isNamedRepeat(call, fact));
    if (named !== undefined) return { call: named, repeat: true };
    const fitting = candidates.filter((call) => this.#fits(call, fact));
    const best = bestOf(
      fitting.filter((call) => !call.has(fact.kind)),
      fact,
    );
    if (best !== undefined) return { call: best, repeat: false };
    const repeated = bestOf(
      fitting.filter((call) => isRepeat(call, fact)),
      fact,
    );
    return repeated && { call: repeated, repeat: true };
  }

  /** Whether the account, agent, number, userData and task of a fact equal those of a call, or are not known. */
  #namesSame(call: Call, fact: Fact): boolean {
    if (differ(call.account, fact.account) || differ(call.agent, fact.agent)) return false;
    if (differ(call.userData, fact.userData) || differ(call.taskID, fact.taskID)) return false;
    const bothNumbers = call.keys.length > 0 && fact.keys.length > 0;
    return !bothNumbers || fact.keys.some((key) => call.keys.includes(key));
  }

  /**
   * Whether an event of an ended call came again with a new signature: the same kind with the same seq. The call's own
   * seq may not be the command's, so the event's is compared. A bill is recognised by its session.
   */
  #isNamedRepeat(call: Call, fact: Fact): boolean {
    if (fact.seq === undefined || fact.kind === "billing" || !(call.ended || call.finished)) return false;
    return equal(call.entryOfKind(fact.kind)?.fact.seq, fact.seq) && this.#namesSame(call, fact);
  }

  /** Whether a fact may belong to a call. False if anything shows that it belongs to another. */
  #fits(call: Call, fact: Fact): boolean {
    // Nothing but its bill is ever received for a call with a verification code.
    if (call.isVerification || fact.billing?.service?.verification) return false;
    if (!this.#namesSame(call, fact)) return false;
    // An agent may have a call with a number and one without at about the same time.
    const oneNumber = (call.keys.length === 0) !== (fact.keys.length === 0);
    if (oneNumber && (differ(call.seq, fact.seq) || differ(call.direction, fact.direction))) return false;
    if (!this.#isInTime(call, fact)) return false;
    if (!differ(call.seq, fact.seq)) return true;
    const inbound = call.direction === "inbound" || fact.direction === "inbound";
    // A bill's agent does not identify the call.
    const loose = inbound || (fact.kind !== "billing" && (call.seqIsLoose || isSeqLoose(fact)));
    const isLate = call.finished || (call.ended && !call.presumed);
    // Neither the seq nor the direction agrees: this is a call back. While a call goes on, a screen pop may have the
    // direction of its leg.
    if (differ(call.direction, fact.direction) && (isLate || fact.kind !== "screenpop")) return false;
    // A push may come after the end of its call, with its own seq.
    if (!loose || !isLate) return loose;
    // An answer cannot belong to a call that was reported as not answered: it is the next call's.
    if (call.finished && fact.kind === "callstart" && !call.wasAnswered) return false;
    // Outbound calls to one number are distinguished by their agents.
    return !isOpening(fact.kind) || inbound || call.agent !== undefined;
  }

  /** Whether a fact may belong to a call by its time. */
  #isInTime(call: Call, { kind, at, seq, billing }: Fact): boolean {
    const { windowMs } = this.#settings;
    const over = call.ended && !call.presumed && !equal(call.seq, seq);
    if (kind === "billing") {
      return !over || billing?.byeAt === undefined || Math.abs(billing.byeAt - call.endAt) <= clocksApartMs;
    }
    return at <= call.lastAt + windowMs && at >= call.firstAt - windowMs && !(over && at > call.endAt + lateMs);
  }

  #begin(fact: Fact): readonly News[] {
    const news: News[] = [];
    if (isOpening(fact.kind) && fact.agent !== undefined) {
      for (const key of placesOf(fact.keys)) {
        for (const older of [...this.#byPair.of(pair(fact.agent, key))]) {
          if (!older.ended && !differ(older.account, fact.account)) news.push(...this.#conclude(older, "superseded"));
        }
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
    this.#index(call);
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
      entry.told = { topic: first.topic, finished: news.some(({ kind }) => kind === "finished") };
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
    if (entry?.told === undefined) return [];
    // One bill may stand for two events: the one that finished the call, and the one that named its recording.
    const named = entry.amended && fact.billing !== undefined && fact.billing.recordFile !== "";
    return this.#retell(call, named ? { ...entry.told, finished: false } : entry.told);
  }

  #retell(call: Call, { topic, finished }: CallHistory): readonly News[] {
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

  /** Updates the indexes to the current values of a call. */
  #index(call: Call): void {
    const { agent = "", seq, userData, billing } = call;
    const keys = placesOf(call.keys);
    const next: Keys = {
      pairs: keys.map((key) => pair(agent, key)),
      numbers: keys,
      hints: keys.flatMap((key) => [
        ...(seq === undefined ? [] : [pair(`s${seq}`, key)]),
        ...(userData === undefined ? [] : [pair(`u${userData}`, key)]),
      ]),
      session: billing?.session,
      agent: call.agent,
    };
    const before = this.#keys.get(call);
    const same =
      before !== undefined &&
      before.session === next.session &&
      before.agent === next.agent &&
      before.numbers === next.numbers &&
      before.hints.length === next.hints.length;
    if (same) return;
    this.#unindex(call);
    for (const key of next.pairs) this.#byPair.add(key, call);
    for (const key of next.numbers) this.#byNumber.add(key, call);
    for (const key of next.hints) this.#byHint.add(key, call);
    if (next.session !== undefined) this.#bySession.add(next.session, call);
    if (next.agent !== undefined) this.#byAgent.add(next.agent, call);
    this.#keys.set(call, next);
  }

  #unindex(call: Call): void {
    const keys = this.#keys.get(call);
    if (keys === undefined) return;
    for (const key of keys.pairs) this.#byPair.delete(key, call);
    for (const key of keys.numbers) this.#byNumber.delete(key, call);
    for (const key of keys.hints) this.#byHint.delete(key, call);
    if (keys.session !== undefined) this.#bySession.delete(keys.session, call);
    if (keys.agent !== undefined) this.#byAgent.delete(keys.agent, call);
    this.#keys.delete(call);
  }

  #drop(call: Call): void {
    this.#note(callKey(call));
    this.#unindex(call);
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

/** Whether a fact of a kind that a call already has is a repeat with a new signature rather than a fact of the next call. */
function isRepeat(call: Call, fact: Fact): boolean {
  const { kind, at, billing } = fact;
  if (kind === "billing") {
    const before = call.billing;
    if (billing === undefined || before === undefined || differ(before.session, billing.session)) return false;
    return before.startAt === billing.startAt && before.byeAt === billing.byeAt;
  }
  const heard = call.entryOfKind(kind)?.fact;
  if (heard === undefined) return false;
  const cameLate = !call.presumed && heard.at >= call.endAt;
  if (isOpening(kind) && call.ended && !cameLate) return false;
  return Math.abs(at - heard.at) <= (equal(heard.seq, fact.seq) ? namedRepeatMs : repeatMs);
}

/** The call that matches a fact best; of equal matches the newest, or for a bill the one with the nearest end. */
function bestOf(calls: readonly Call[], fact: Fact): Call | undefined {
  let best: Call | undefined;
  let most = -1;
  let nearest = Number.POSITIVE_INFINITY;
  for (const call of calls) {
    const points =
      (equal(call.taskID, fact.taskID) ? 32 : 0) +
      (equal(call.seq, fact.seq) ? 16 : 0) +
      (equal(call.userData, fact.userData) ? 8 : 0) +
      (call.ended === (fact.kind === "billing") ? 4 : 0) +
      (fact.keys.length === 0 && call.keys.length === 0 ? 3 : 0) +
      (equal(call.agent, fact.agent) ? 2 : 0) +
      (equal(call.direction, fact.direction) ? 1 : 0);
    const distance = fact.billing?.byeAt === undefined ? 0 : Math.abs(fact.billing.byeAt - call.endAt);
    if (points < most || (points === most && distance > nearest)) continue;
    best = call;
    most = points;
    nearest = distance;
  }
  return best;
}
