// The calls: each goes through its steps, pushes its events, and is recorded in the ledger.
import { callTypeOf } from "../nodes/catalogue";
import type { Agent, Agents, Cause, SendPush } from "./agents";
import { type CallOutcome, type CallOutcomes, cancelled } from "./call-outcomes";
import type { Clock } from "./clock";
import type { Dialect } from "./dialects";
import { billingOf, type Dialled, type Entry, type Ledger } from "./ledger";
import { randomOf } from "./random";

/** The account's own numbers: the caller of outbound calls, the callee of inbound ones. */
export const trunks = ["02112345678", "02112345679"] as const;

type Step = "callin" | "callout" | "screenpop" | "callstart" | "callend";

/** The steps of setting up a call until it is answered or fails, with the delay before each in seconds. */
const courses = {
  /** Click to call: first the agent, then the customer. */
  agentFirst: (outcome: CallOutcome) => [
    ["callin", 1],
    ["callout", outcome.pickUp],
    ["screenpop", 1],
  ],
  /** A dialling task of mode 2: first the customer, then the agent. */
  customerFirst: (outcome: CallOutcome) => [
    ["screenpop", 1],
    ...(outcome.answered ? ([["callin", outcome.ring]] as const) : []),
  ],
  inbound: () => [
    ["callin", 1],
    ["screenpop", 0],
  ],
  /** A verification code: no agent, and no steps that are pushed. */
  verify: () => [],
} as const satisfies Record<string, (outcome: CallOutcome) => readonly (readonly [Step, number])[]>;

/** A call to be made. */
export interface Plan {
  readonly course: keyof typeof courses;
  readonly agent: Agent | undefined;
  /** The customer's number. */
  readonly number: string;
  /** The account's number: caller of an outbound call, callee of an inbound one. */
  readonly trunk: string;
  /** serviceType of the catalogue. */
  readonly service: string;
  readonly cause: Cause;
  /** The dialling task that it belongs to, and its creation in whole seconds since 1970. */
  readonly task?: { readonly id: string; readonly name: string; readonly createdAt: number };
  /** Parts of its outcome that are fixed in advance. */
  readonly outcome?: Partial<CallOutcome>;
  readonly onEnd?: (entry: Entry) => void;
}

/** A call in progress. */
export interface CallState {
  readonly agent: string;
  readonly number: string;
  readonly inbound: boolean;
  readonly state: "dialing" | "ringing" | "answered";
}

interface Call extends CallState {
  readonly plan: Plan;
  readonly outcome: CallOutcome;
  readonly queue: string;
  /** Unique for each call; used by faults. */
  readonly id: string;
  /** Simulated time in ms. */
  readonly startedAt: number;
  rangAt: number | undefined;
  answeredAt: number | undefined;
  state: CallState["state"];
  callOff: () => void;
}

const dialledOf = ({ number, plan }: Call): Dialled => ({ number, taskID: plan.task?.id ?? "" });

export class Calls {
  readonly #active = new Set<Call>();
  /** Number of calls without an agent; names their random streams. */
  #unattended = 0;

  constructor(
    private readonly world: {
      readonly seed: number;
      readonly clock: Clock;
      readonly agents: Agents;
      readonly ledger: Ledger;
      readonly outcomes: CallOutcomes;
      readonly dialect: Dialect;
      readonly sendPush: SendPush;
    },
  ) {}

  /** The calls in progress, the oldest first. */
  active(): readonly CallState[] {
    return [...this.#active];
  }

  get count(): number {
    return this.#active.size;
  }

  /** Starts a call. Its agent, if any, must not be on another call. */
  begin(plan: Plan): void {
    const { seed, clock, agents } = this.world;
    const { agent, number } = plan;
    if (agent !== undefined) agents.take(agent);
    else this.#unattended += 1;
    const ordinal = agent?.calls ?? this.#unattended;
    const random = randomOf(seed, "call", agent?.staffNo ?? "", ordinal, number);
    const call: Call = {
      plan,
      outcome: { ...this.world.outcomes.of(number, random), ...plan.outcome },
      agent: agent?.staffNo ?? "",
      number,
      inbound: plan.course === "inbound",
      // Pushes of an agent are sent in order, across all its calls.
      queue: agent?.staffNo ?? `unattended ${ordinal}`,
      id: `${agent?.staffNo ?? ""}/${ordinal}`,
      startedAt: clock.now(),
      rangAt: undefined,
      answeredAt: undefined,
      state: "dialing",
      callOff: () => {},
    };
    this.#active.add(call);
    this.#walk(call, courses[plan.course](call.outcome));
  }

  /** Ends an agent's call. Returns whether there was one. */
  hangUp(staffNo: string): boolean {
    const call = [...this.#active].find(({ agent }) => agent === staffNo);
    if (call === undefined) return false;
    this.#end(call);
    return true;
  }

  /** The outbound calls in progress, with their numbers and tasks. */
  dialling(): readonly Dialled[] {
    return [...this.#active].filter(({ inbound }) => !inbound).map(dialledOf);
  }

  /** Drops the calls in progress without pushes; outbound ones are recorded as lost. */
  lose(): void {
    this.world.ledger.lost.push(...this.dialling());
    this.#forget();
  }

  /** Drops the calls in progress without pushes. */
  reset(): void {
    this.#forget();
    this.#unattended = 0;
  }

  #forget(): void {
    for (const call of this.#active) call.callOff();
    this.#active.clear();
  }

  #walk(call: Call, steps: readonly (readonly [Step, number])[]): void {
    const [next, ...rest] = steps;
    if (next === undefined) {
      this.#ring(call);
      return;
    }
    const [step, seconds] = next;
    call.callOff = this.world.clock.after(seconds, () => {
      if (step === "callin") this.#serve(call, "RINGING");
      if (step === "screenpop") this.#startRinging(call);
      this.#push(call, step);
      this.#walk(call, rest);
    });
  }

  #ring(call: Call): void {
    const { plan, outcome } = call;
    this.#startRinging(call);
    // If the customer is called first, the customer's ringing is over already, and the agent picks up now.
    const seconds = plan.course === "customerFirst" && outcome.answered ? outcome.pickUp : outcome.ring;
    call.callOff = this.world.clock.after(seconds, () => (outcome.answered ? this.#answer(call) : this.#end(call)));
  }

  #startRinging(call: Call): void {
    call.rangAt ??= this.world.clock.now();
    call.state = "ringing";
  }

  #answer(call: Call): void {
    call.answeredAt = this.world.clock.now();
    call.state = "answered";
    this.#serve(call, call.inbound ? "CALL_IN" : "CALL_OUT");
    this.#push(call, "callstart");
    call.callOff = this.world.clock.after(call.outcome.talk, () => this.#end(call));
  }

  #end(call: Call): void {
    const { agents, clock, sendPush } = this.world;
    const { plan, outcome } = call;
    call.callOff();
    this.#active.delete(call);
    this.#push(call, "callend");
    const entry = this.#book(call);
    sendPush(call.queue, "billing", { ...this.#about(call), ...billingOf(entry, this.world.dialect), ...plan.cause });
    plan.onEnd?.(entry);
    const { agent, cause } = plan;
    if (agent === undefined) return;
    const { calls } = agent;
    agents.release(agent, cause);
    clock.after(outcome.wrapUp, () => {
      // If the agent has a new call, the after-call work of this one is over already.
      if (agent.calls === calls) agents.finish(agent, cause);
    });
  }

  /**
   * Records the call. Its times are computed backwards from its end, so that they never lie in the future, at any speed of the clock. On a fast
   * clock, a call takes less time than its duration. The first calls of a task are then shortened, so that none is dated before its task.
   */
  #book(call: Call): Entry {
    const { clock, ledger } = this.world;
    const { plan, outcome } = call;
    const byeAt = clock.date();
    const ago = (instant: number) => Math.max(plan.task?.createdAt ?? 0, clock.date(instant));
    // An answered call that is hung up at once still lasts one second.
    const answerAt = call.answeredAt === undefined ? 0 : Math.min(ago(call.answeredAt), byeAt - 1);
    const wasCancelled = call.answeredAt === undefined && outcome.answered;
    const { releaseCause, result } = wasCancelled ? cancelled : outcome;
    const [caller, callee] = call.inbound ? [call.number, plan.trunk] : [plan.trunk, call.number];
    return ledger.add({
      agent: call.agent,
      service: plan.service,
      inbound: call.inbound,
      caller,
      callee,
      taskID: plan.task?.id ?? "",
      taskName: plan.task?.name ?? "",
      startAt: Math.min(ago(call.startedAt), answerAt || byeAt),
      ringAt: call.rangAt === undefined ? 0 : Math.min(ago(call.rangAt), answerAt || byeAt),
      answerAt,
      byeAt,
      releaseCause,
      result,
    });
  }

  #serve(call: Call, serverStatus: "RINGING" | "CALL_IN" | "CALL_OUT"): void {
    const { agent, cause } = call.plan;
    if (agent !== undefined) this.world.agents.serve(agent, serverStatus, cause);
  }

  /** Pushes a step. A call without an agent only has a bill: the other pushes need an agent. */
  #push(call: Call, step: Step): void {
    if (call.plan.agent === undefined) return;
    this.world.sendPush(call.queue, step, { ...this.#about(call), ...call.plan.cause });
  }

  /** The values for every push of a call; each push uses those that it has fields for. */
  #about({ agent, number, inbound, id, plan }: Call) {
    const { value: call_type } = callTypeOf[inbound ? "inbound" : "outbound"];
    return { agent, number, call_type, call: id, taskID: plan.task?.id };
  }
}
