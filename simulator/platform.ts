// The platform: agents, calls, tasks and ledger with one clock.
import { type AgentState, Agents, type Cause, type SendPush } from "./agents";
import { type Books, type BooksFilter, booksOf } from "./books";
import { CallOutcomes } from "./call-outcomes";
import { type CallState, Calls } from "./calls";
import type { Clock } from "./clock";
import type { Dialect } from "./dialects";
import { type Entry, Ledger } from "./ledger";
import type { Json } from "./narrow";
import { madeUpOf, notifyOf, pushOf } from "./notifies";
import type { Settings, Summary } from "./options";
import type { Pusher } from "./pushes";
import { type TaskState, Tasks } from "./tasks";

/** The platform's state; may be read at any time. */
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
  readonly outcomes: CallOutcomes;
  readonly ledger = new Ledger();
  readonly agents: Agents;
  readonly calls: Calls;
  readonly tasks: Tasks;
  #ownSeqs: number;
  #madeUp = 0;

  constructor(
    readonly settings: Settings,
    readonly clock: Clock,
    pusher: Pusher,
    onEvent: ((summary: Summary) => void) | undefined,
  ) {
    const { customer, seed, dialect } = settings;
    // Another start begins elsewhere: receivers take a push with the seq, agent and number of an earlier one for its repeat.
    this.#ownSeqs = 900_000 + (clock.date() % 100_000_000) * 10;
    const sendPush: SendPush = (queue, event, values) => {
      const push = pushOf(event);
      if (push !== undefined && pusher.hasReceiver) {
        const notify = notifyOf(push, { customer, ...values }, dialect);
        void pusher.push({ queue, event: push.event, notify, about: values });
      }
      onEvent?.(this.summary());
    };
    this.outcomes = new CallOutcomes(settings.numbers);
    this.agents = new Agents(settings.agents, sendPush);
    const { agents, ledger, outcomes } = this;
    this.calls = new Calls({ seed, clock, agents, ledger, outcomes, dialect, sendPush });
    const isCongested = () => pusher.isCongested();
    this.tasks = new Tasks({ agents, calls: this.calls, clock, sendPush, isCongested });
    pusher.onRelief = () => this.clock.after(0, () => this.tasks.resume());
  }

  /** A command seq of the platform's own, for events that no command caused. */
  ownCause(): Cause {
    this.#ownSeqs += 1;
    return { seq: String(this.#ownSeqs), userData: "" };
  }

  /** Values for an event that has not happened. Each call returns values of a different call, also after a reset. */
  madeUp(dialect: Dialect): Json {
    this.#madeUp += 1;
    const { customer, agents } = this.settings;
    const { seq } = this.ownCause();
    return madeUpOf({ customer, agent: agents[0], seq, ordinal: this.#madeUp, now: this.clock.date(), dialect });
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

  /** The number of dialled calls and their results. */
  books(filter: BooksFilter = {}): Books {
    return booksOf(this.ledger, this.calls.dialling(), filter);
  }

  /** Loses what a platform keeps in memory only: calls, tasks, states. The ledger is kept. */
  lose(): void {
    this.clock.clear();
    this.calls.lose();
    this.tasks.lose();
    this.agents.reset();
  }

  /** Removes everything and starts again, without pushes. The platform's own seqs go on. */
  reset(): void {
    this.clock.reset();
    this.calls.reset();
    this.tasks.reset();
    this.agents.reset();
    this.ledger.reset();
    this.outcomes.reset();
  }
}
