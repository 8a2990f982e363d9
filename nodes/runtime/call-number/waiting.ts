// Waits until calls that were dialled are answered, have ended or are billed. Knows nothing of Node-RED.
import type { TrackedCall } from "../../calls/call";
import { dialingFact, type Fact, type Heard, isCallEvent, readMessage } from "../../calls/facts";
import { type CallRecord, CallTracker, type News, realTiming, type Timing } from "../../calls/tracker";
import type { PushContext } from "../../protocol/push";

/** What a call is waited for to be. */
export type Aim = "answered" | "ended" | "billed";

/** How the waiting ended: the call got there, or it did not and why, or the node was closed. */
export type Arrived =
  | { readonly kind: "reached"; readonly call: TrackedCall }
  | { readonly kind: "notReached"; readonly call: TrackedCall; readonly reason: "notAnswered" | "timeout" }
  | { readonly kind: "closed" };

export interface WaitingOptions {
  readonly aim: Aim;
  readonly timeoutMs: number;
  readonly context: PushContext;
  /** Called with the number of calls waited for whenever it changes. */
  readonly onCount: (count: number) => void;
  /** Called with the changed records of calls, to write them to a file. */
  readonly onRecords?: (records: readonly CallRecord[]) => void;
  readonly timing?: Timing;
}

/** Calls are remembered for so long after they were waited for, so that what comes late is not taken for a newer one's. */
const rememberMs = 600_000;

/** A call that is waited for. */
export interface Expected {
  /** The call's id. */
  readonly id: string;
  /** Ends with how it went. The time runs from here. */
  arrive(): Promise<Arrived>;
  /** The command was not carried out: there is no call. */
  cancel(): void;
}

/** The waiting of one call. */
interface Waiter {
  readonly keys: readonly string[];
  readonly end: (arrived: Arrived) => void;
}

/** How a call stands towards an aim; undefined: it may still get there. */
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

/** The calls that one node waits for. It joins events by itself, whatever else there is in the flow. */
export class Waiting {
  readonly #options: WaitingOptions;
  readonly #timing: Timing;
  readonly #tracker: CallTracker;
  readonly #waiters = new Map<string, Waiter>();
  /** How many calls to a number are waited for. What is of no such number need not be joined. */
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
    this.#tracker = new CallTracker(settings, (news) => this.#tell(news), timing);
    // From here on it gathers what changes.
    this.#tracker.records();
  }

  /** Goes on with the calls of an earlier process, by the newest record of each. */
  restore(records: Iterable<unknown>): void {
    this.#tracker.restore(records);
  }

  /** Waits for a restored call again, for so many ms; undefined: there is no such call. */
  resume(id: string, withinMs: number): Promise<Arrived> | undefined {
    const call = [...this.#tracker.all()].find((one) => one.id === id);
    if (call === undefined) return undefined;
    const tracked = () => call.tracked(this.#options.context);
    const already = standing(tracked(), this.#options.aim);
    if (already !== undefined) return Promise.resolve(already);
    return this.#await(id, call.keys, tracked)(Math.max(0, withinMs));
  }

  /** Whether an event may be one that is waited for. */
  wants(event: string): boolean {
    return this.#waiters.size > 0 && isCallEvent(event);
  }

  /** Takes in what a listener is handed. */
  hear(msg: Heard): void {
    const reading = readMessage(msg, this.#options.context, Date.now());
    if (reading.kind !== "facts") return;
    const concerned = reading.facts.filter((fact) => this.#concerns(fact));
    const news = concerned.flatMap((fact) => this.#tracker.hear(fact));
    // On its way to the disk before anybody is told.
    this.#record();
    this.#tell(news);
  }

  #record(): void {
    const records = this.#tracker.records();
    if (records.length > 0) this.#options.onRecords?.(records);
  }

  /**
   * A call is about to be dialled: its events may come before the command's answer.
   * @param fields the command's, as they are sent
   * @param context what comes back with the call; undefined: nothing
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

  /** A call is waited for from now on; the time runs from when what comes back is called. */
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

  #tell(news: readonly News[]): void {
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
