// A test bench for call trackers: messages in, reports out, with a manual clock.
import type { TrackedCall } from "../../nodes/calls/call";
import { type Heard, readMessage } from "../../nodes/calls/facts";
import { CallTracker, type News, type Timing, type TrackerSettings } from "../../nodes/calls/tracker";
import { localTime } from "../../nodes/util/time";

export type Json = Readonly<Record<string, unknown>>;

export const context = {
  customer: "C2",
  baseUrl: "http://127.0.0.1:8088",
  timezone: "Asia/Shanghai",
  region: "CN",
  areaCode: "",
};

/** 2026-03-01 10:00 in Shanghai, when all calls begin: ms since 1970. */
export const start = Date.UTC(2026, 2, 1, 2);

export const minute = 60;

/** A push's message as sccc-notify outputs it. */
export const push = (event: string, notify: Json, report: Json = {}): Heard => ({
  topic: event,
  payload: { ...notify, event, eventId: report.eventId },
  sccc: { push: { event, known: true, ...report }, token: "a token" },
});

/** A manual clock. */
export class HandClock implements Timing {
  #now = 0;
  readonly #timers = new Set<{ readonly due: number; readonly run: () => void }>();

  readonly now = (): number => this.#now;

  readonly date = (): number => start + this.#now;

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { due: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Advances the clock. */
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= until).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = until;
  }
}

/** A tracker and its reports. */
export interface Bench {
  readonly tracker: CallTracker;
  readonly settings: TrackerSettings;
  readonly news: readonly News[];
  /** The reports caused by the last message. */
  readonly last: readonly News[];
  readonly changes: readonly News[];
  readonly finished: readonly TrackedCall[];
  readonly timers: number;
  /** Every call in its last reported state, the oldest first. */
  calls(): readonly TrackedCall[];
  /** An event received this many seconds after the start. */
  hear(event: string, notify: Json, second: number): void;
  /** The answer of sccc-call-number. */
  dial(payload: Json): void;
  /** Repeats an earlier message, by its index. */
  again(index: number, report?: Json): void;
  /** The id of the event at an index. */
  idOf(index: number): string;
  /** Advances the clock by this many seconds. */
  pass(seconds: number): void;
  /** A time in the platform's format, this many seconds after the start. */
  time(second: number): string;
}

export function bench(more: Partial<TrackerSettings> = {}): Bench {
  const settings: TrackerSettings = {
    windowMs: 3_600_000,
    waitForBillingMs: 60_000,
    maxOpen: 100_000,
    context,
    ...more,
  };
  const clock = new HandClock();
  const news: News[] = [];
  const messages: Heard[] = [];
  const latest = new Map<string, TrackedCall>();
  let last: readonly News[] = [];
  const add = (some: readonly News[]) => {
    last = some;
    news.push(...some);
    for (const { call } of some) latest.set(call.id, call);
  };
  const tracker = new CallTracker(settings, add, clock);
  const take = (msg: Heard) => {
    const reading = readMessage(msg, context, start);
    if (reading.kind !== "facts") throw new Error(`${reading.kind}: ${JSON.stringify(msg)}`);
    add(reading.facts.flatMap((fact) => [...tracker.hear(fact)]));
  };
  const send = (msg: Heard) => {
    messages.push(msg);
    take(msg);
  };
  const idOf = (index: number) => index.toString(16).padStart(32, "0");
  return {
    tracker,
    settings,
    news,
    get last() {
      return last;
    },
    get changes() {
      return news.filter(({ kind }) => kind === "change");
    },
    get finished() {
      return news.filter(({ kind }) => kind === "finished").map(({ call }) => call);
    },
    get timers() {
      return clock.timers;
    },
    calls: () => {
      for (const call of tracker.all()) latest.set(call.id, call.tracked(context));
      return [...latest.values()];
    },
    hear: (event, notify, second) =>
      send(
        push(event, notify, {
          eventId: idOf(messages.length),
          receivedAt: new Date(start + second * 1000).toISOString(),
          delivery: 1,
        }),
      ),
    dial: (payload) => send({ payload, sccc: { command: { api: "CallNumber", result: { error: 0 } } } }),
    again: (index, report = {}) => {
      const msg = messages[index];
      const { push: was } = (msg?.sccc ?? {}) as { readonly push?: Json };
      take({ ...msg, sccc: { push: { ...was, ...report } } });
    },
    idOf,
    pass: (seconds) => clock.pass(seconds * 1000),
    time: (second) => localTime(start + second * 1000, context.timezone),
  };
}
