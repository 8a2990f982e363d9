// An account on Node-RED's thread: its nodes that take pushes, and what the receiving thread reports about it.
import type { Outcome, TokenOwner } from "../../delivery/tokens";
import { SenderFilter } from "../../receive/addresses";
import { keptIn } from "../../receive/kept";
import type {
  Counts,
  EventSelection,
  InboxConfig,
  ListenerSpec,
  ReceivingProblem,
  Refusal,
} from "../../receive/messages";
import type { ConfigProblem } from "../shared/config";
import type { Tokens } from "./tokens";

/** `msg.sccc.push`. */
export interface PushReport {
  readonly event: string;
  readonly eventId: string;
  readonly known: boolean;
  readonly account: string;
  readonly customer: string;
  readonly receivedAt: string;
  readonly delivery: number;
  /** Whether the sidebar handed it over again. */
  readonly replayed?: true;
  readonly http: { readonly path: string; readonly query: unknown; readonly ip: string };
}

/** A push as a node gets it. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly push: PushReport;
  readonly token: string;
}

/** A node that takes pushes. */
export interface PushListener extends EventSelection {
  readonly id: string;
  /** A temporary listener: nothing is stored for it, and its deliveries are not acknowledged. */
  readonly transient?: true;
  /** It sends pushes to the flow unchanged, so that the sidebar can hand one to it again. */
  readonly passesOn?: true;
  hand(delivery: Delivery): void;
  /** A stored push was never acknowledged. */
  dead(delivery: Delivery): void;
  /** A push was taken or refused. */
  counted(counts: Counts): void;
  /** The account's problem; undefined: it is solved. */
  problem(problem: ConfigProblem | undefined): void;
  /** The nodes that a delivery is sent to. */
  destinations?(delivery: Delivery): readonly string[];
}

/** The reports that an account's node gets. */
export interface AccountReports {
  refused(why: string, times: number): void;
  warning(key: string, params: Readonly<Record<string, string>>): void;
  /** The account cannot receive. Reported once, however many attempts and nodes there are. */
  problem(problem: ConfigProblem): void;
}

/** The state of an account that outlives a redeploy. */
export class AccountState implements TokenOwner {
  readonly listeners = new Map<string, PushListener>();
  /** The listeners that the thread was last told of. */
  applied: readonly ListenerSpec[] = [];
  readonly tokenPrefix: string;
  config: InboxConfig;
  senders: SenderFilter;
  reports: AccountReports | undefined;
  counts: Counts = { taken: 0, refused: new Map(), unremedied: new Map() };
  /** When pushes were refused last, by reason. */
  readonly refusedAt = new Map<Refusal, number>();
  problem: ReceivingProblem | undefined;
  /** The problem that its node knows of; "" for none. */
  #reported = "";

  constructor(
    readonly id: string,
    config: InboxConfig,
    tokens: Tokens,
    private readonly send: (account: string, token: string, outcome: Outcome) => Promise<boolean>,
  ) {
    this.config = config;
    this.senders = new SenderFilter(config);
    this.tokenPrefix = tokens.add(this);
  }

  acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    return this.send(this.id, rest, outcome);
  }

  /** Passes counts on to the nodes, and new refusals to the account's node. */
  count(counts: Counts): void {
    for (const [why, count] of counts.refused) {
      const before = this.counts.refused.get(why) ?? 0;
      // A restarted thread counts from 0.
      const times = count >= before ? count - before : count;
      if (times === 0) continue;
      this.refusedAt.set(why, Date.now());
      this.reports?.refused(why, times);
    }
    this.counts = counts;
    for (const listener of this.listeners.values()) listener.counted(counts);
  }

  /** Reports a problem to the account's node, unless it was reported already. */
  report(problem: ConfigProblem | undefined): void {
    const reported = problem === undefined ? "" : `${problem.setting} ${problem.reason} ${problem.detail ?? ""}`;
    if (problem !== undefined && reported !== this.#reported) this.reports?.problem(problem);
    this.#reported = reported;
  }

  /** Sets the problem, and reports it to all nodes. */
  setProblem(problem: ReceivingProblem | undefined): void {
    this.problem = problem;
    this.report(problem);
    for (const listener of this.listeners.values()) listener.problem(problem);
  }
}

/** The current state of an account's receiving. */
export type ReceivingView = Pick<AccountState, "config" | "counts" | "refusedAt" | "problem">;

/** The delivery to a node; undefined if the value is not a push's message. */
export function deliveryOf(value: unknown, count: number, token: string): Delivery | undefined {
  const kept = keptIn(value);
  if (kept === undefined) return undefined;
  const { topic, payload, push, base = 0 } = kept;
  return { topic, payload, push: { ...push, delivery: count + base } as unknown as PushReport, token };
}
