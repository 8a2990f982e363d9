// The platform: agents, calls, tasks and books under one clock.
import { type AgentState, Agents, type Cause, type Tell } from "./agents";
import { type CallState, Calls } from "./calls";
import { Clock } from "./clock";
import { type Entry, Ledger } from "./ledger";
import type { Json } from "./narrow";
import { madeUpOf, notifyOf, pushOf } from "./notifies";
import type { Settings } from "./options";
import type { Pusher } from "./pushes";
import { type TaskState, Tasks } from "./tasks";

/** Counts, for a status line. */
export interface Summary {
  /** Agents that are not offline. */
  readonly agents: number;
  /** Calls under way. */
  readonly calls: number;
  /** Tasks that are running. */
  readonly tasks: number;
  readonly records: number;
  readonly cdrs: number;
}

/** What the platform holds, to be read at any time. */
export interface State {
  readonly agents: readonly AgentState[];
  readonly calls: readonly CallState[];
  readonly tasks: readonly TaskState[];
  /** One for every answered call, in the order of their keys. */
  readonly records: readonly Entry[];
  /** One for every ended call, in the order of their keys. */
  readonly cdrs: readonly Entry[];
  readonly summary: Summary;
}

export class Platform {
  readonly clock: Clock;
  readonly ledger = new Ledger();
  readonly agents: Agents;
  readonly calls: Calls;
  readonly tasks: Tasks;
  #ownSeqs = 0;
  #madeUp = 0;

  constructor(
    readonly settings: Settings,
    pusher: Pusher,
    onEvent: ((summary: Summary) => void) | undefined,
  ) {
    const { customer, seed } = settings;
    const tell: Tell = (lane, event, values) => {
      const push = pushOf(event);
      if (push !== undefined) pusher.push(lane, push.event, notifyOf(push, { customer, ...values }));
      onEvent?.(this.summary());
    };
    this.clock = new Clock(settings);
    this.agents = new Agents(settings.agents, tell);
    const { clock, agents, ledger } = this;
    this.calls = new Calls({ seed, clock, agents, ledger, tell });
    this.tasks = new Tasks({ agents, calls: this.calls, tell });
  }

  /** A command seq of the platform's own, for what no command caused. */
  ownCause(): Cause {
    this.#ownSeqs += 1;
    return { seq: String(900_000 + this.#ownSeqs), userData: "" };
  }

  /** Values for an event that has not happened. No two of them are of the same call, also after a reset. */
  madeUp(): Json {
    this.#madeUp += 1;
    const { customer, agents } = this.settings;
    const { seq } = this.ownCause();
    return madeUpOf({ customer, agent: agents[0] ?? "", seq, ordinal: this.#madeUp, now: this.clock.date() });
  }

  summary(): Summary {
    return {
      agents: this.agents.all().filter(({ workStatus }) => workStatus !== "OFFLINE").length,
      calls: this.calls.count,
      tasks: this.tasks.running,
      records: this.ledger.records.length,
      cdrs: this.ledger.cdrs.length,
    };
  }

  /** Forgets everything and starts over; silently. */
  reset(): void {
    this.clock.reset();
    this.calls.reset();
    this.tasks.reset();
    this.agents.reset();
    this.ledger.reset();
    this.#ownSeqs = 0;
  }
}
