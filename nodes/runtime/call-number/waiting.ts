// Waits until dialled calls are answered, have ended or are billed. Does not depend on Node-RED.
import type { TrackedCall } from "../../calls/call";
import { dialingFact, type Fact, type Heard, isCallEvent, readMessage } from "../../calls/facts";
import { type CallRecord, CallTracker, type News, realTiming, type Timing } from "../../calls/tracker";
import type { PushContext } from "../../protocol/push";

/** The state of a call that is waited for. */
export type Aim = "answered" | "ended" | "billed";

/** How waiting ended: the call reached the state, it did not (with the reason), or the node was closed. */
export type Arrived =
  | { readonly kind: "reached"; readonly call: TrackedCall }
  | { readonly kind: "notReached"; readonly call: TrackedCall; readonly reason: "notAnswered" | "timeout" }
  | { readonly kind: "closed" };

export interface WaitingOptions {
  readonly aim: Aim;
  readonly timeoutMs: number;
  readonly context: PushContext;
  /** Called with the number of calls that are waited for, whenever it changes. */
  readonly onCount: (count: number) => void;
  /** Called with the changed records of calls, to be written to disk. */
  readonly onRecords?: (records: readonly CallRecord[]) => void;
  readonly timing?: Timing;
}

/**
 * How long a call is remembered after the waiting, in ms, so that its late events are not taken for those of a newer
 * call.
 */
const rememberMs = 600_000;

/** A call that is waited for. */
export interface Expected {
  /** The call's id. */
  readonly id: string;
  /** Waits for the call and resolves with the result. The time limit starts now. */
  arrive(): Promise<Arrived>;
  /** The command was not carried out, so there is no call. */
  cancel(): void;
}

interface Waiter {
  readonly keys: readonly string[];
  readonly end: (arrived: Arrived) => void;
}

/** Whether a call has reached a state, or can no longer reach it; undefined while it still can. */
function standing(call: TrackedCall, aim: Aim): Arrived | undefined {
  const over = call.state === "ended" || call.state === "billed";
  const reached = { kind: "reached", call } as const;
  switch (aim) {
    case "answered":
      if (call.state === "answered" || call.outcome === "answered") return reached;
      return over ? { kind: "notReached", call, reason: "notAnswered" } : undefined;
    case "ended":
      return over ? reached : undefined;
    case "billed":
      return call.state === "billed" ? reached : undefined;
  }
}

/** The calls that one node waits for. It joins events itself and needs no other node in the flow. */
export class Waiting {
  readonly #options: WaitingOptions;
  readonly #timing: Timing;
  readonly #tracker: CallTracker;
  readonly #waiters = new Map<string, Waiter>();
  /** How many calls to each number are waited for. Events of other numbers are ignored. */
  readonly #numbers = new Map<string, number>();
  #closed = false;

  constructor(options: WaitingOptions) {
    const { timeoutMs, context, timing = realTiming } = options;
    this.#options = options;
    this.#timing = timing;
    const settings = {
      windowMs: timeoutMs + rememberMs,
      waitForBillingMs: timeoutMs + rememberMs,
      maxOpen: 100_000,
      context,
    };
    this.#tracker = new CallTracker(settings, (news) => this.#onNews(news), timing);
    // Makes the tracker collect changed records from now on.
    this.#tracker.records();
  }

  /** Continues with the calls of an earlier process. The newest record of each call is used. */
  restore(records: Iterable<unknown>): void {
    this.#tracker.restore(records);
  }

  /** Waits again for a restored call, for this many ms; undefined if there is no such call. */
  resume(id: string, withinMs: number): Promise<Arrived> | undefined {
    const call = [...this.#tracker.all()].find((one) => one.id === id);
    if (call === undefined) return undefined;
    const tracked = () => call.tracked(this.#options.context);
    const already = standing(tracked(), this.#options.aim);
    if (already !== undefined) return Promise.resolve(already);
    return this.#await(id, call.keys, tracked)(Math.max(0, withinMs));
  }

  /** Whether calls are waited for to which an event may belong. */
  wants(event: string): boolean {
    return this.#waiters.size > 0 && isCallEvent(event);
  }

  /** Reads a push. */
  hear(msg: Heard): void {
    const reading = readMessage(msg, this.#options.context, Date.now());
    if (reading.kind !== "facts") return;
    const concerned = reading.facts.filter((fact) => this.#concerns(fact));
    const news = concerned.flatMap((fact) => this.#tracker.hear(fact));
    // The record is written before the waiting ends.
    this.#record();
    this.#onNews(news);
  }

  #record(): void {
    const records = this.#tracker.records();
    if (records.length > 0) this.#options.onRecords?.(records);
  }

  /**
   * A call is about to be dialled. Its events may come before the command's answer.
   * @param fields the command's fields as they are sent @param context comes back with the call; undefined for none
   */
  expect(fields: Readonly<Record<string, unknown>>, context?: unknown): Expected | undefined {
    const fact = dialingFact(fields, { error: 0 }, this.#options.context, Date.now());
    if (fact === undefined) return undefined;
    const { id, tracked, forget } = this.#tracker.begin(fact, context);
    this.#record();
    const arrive = this.#await(id, fact.keys, tracked);
    return {
      id,
      arrive: () => arrive(this.#options.timeoutMs),
      cancel: () => {
        forget();
        this.#record();
        this.#settle(id, { kind: "closed" });
      },
    };
  }

  /** Starts to wait for a call. The time limit starts when the returned function is called. */
  #await(id: string, keys: readonly string[], tracked: () => TrackedCall): (withinMs: number) => Promise<Arrived> {
    let end: Waiter["end"] = () => undefined;
    const ended = new Promise<Arrived>((resolve) => {
      end = resolve;
    });
    this.#add(id, { keys, end });
    return async (withinMs) => {
      if (this.#closed) return { kind: "closed" };
      const callOff = this.#timing.after(withinMs, () =>
        this.#settle(id, { kind: "notReached", call: tracked(), reason: "timeout" }),
      );
      const arrived = await ended;
      callOff();
      return arrived;
    };
  }

  /** Ends all waiting. */
  close(): void {
    this.#closed = true;
    this.#tracker.pause();
    for (const id of [...this.#waiters.keys()]) this.#settle(id, { kind: "closed" });
  }

  #concerns({ keys, agent }: Fact): boolean {
    return keys.length === 0 ? agent !== undefined : keys.some((key) => this.#numbers.has(key));
  }

  #onNews(news: readonly News[]): void {
    this.#record();
    for (const { call } of news) {
      const arrived = standing(call, this.#options.aim);
      if (arrived !== undefined) this.#settle(call.id, arrived);
    }
  }

  #add(id: string, waiter: Waiter): void {
    this.#waiters.set(id, waiter);
    for (const key of waiter.keys) this.#numbers.set(key, (this.#numbers.get(key) ?? 0) + 1);
    this.#options.onCount(this.#waiters.size);
  }

  #settle(id: string, arrived: Arrived): void {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return;
    this.#waiters.delete(id);
    for (const key of waiter.keys) {
      const left = (this.#numbers.get(key) ?? 0) - 1;
      if (left > 0) this.#numbers.set(key, left);
      else this.#numbers.delete(key);
    }
    waiter.end(arrived);
    this.#options.onCount(this.#waiters.size);
  }
}
