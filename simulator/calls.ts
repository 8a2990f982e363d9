// The calls: each walks through its steps, pushes what happens, and ends in the books.
import { callTypeOf } from "../nodes/catalogue";
import type { Agent, Agents, Cause, Tell } from "./agents";
import type { Clock } from "./clock";
import type { Dialect } from "./dialects";
import { cancelled, type Fate, type Fates } from "./fates";
import { billingOf, type Dialled, type Entry, type Ledger } from "./ledger";
import { randomOf } from "./random";

/** The account's own numbers: what it calls from, and what customers call. */
export const trunks = ["02112345678", "02112345679"] as const;

type Step = "callin" | "callout" | "screenpop" | "callstart" | "callend";

/** How a call is set up: the steps up to the moment when it is answered (or is not), and how many seconds each takes to come. */
const courses = {
  /** Click to call: the agent, then the customer. */
  agentFirst: (fate: Fate) => [
    ["callin", 1],
    ["callout", fate.pickUp],
    ["screenpop", 1],
  ],
  /** A dialling task of mode 2: the customer, then the agent. */
  customerFirst: (fate: Fate) => [["screenpop", 1], ...(fate.answered ? ([["callin", fate.ring]] as const) : [])],
  inbound: () => [
    ["callin", 1],
    ["screenpop", 0],
  ],
  /** A verification code: no agent, no steps that anybody hears of. */
  verify: () => [],
} as const satisfies Record<string, (fate: Fate) => readonly (readonly [Step, number])[]>;

/** A call to be made. */
export interface Plan {
  readonly course: keyof typeof courses;
  readonly agent: Agent | undefined;
  /** The customer's number. */
  readonly number: string;
  /** The account's number that it goes out from, or came in to. */
  readonly trunk: string;
  /** serviceType of the catalogue. */
  readonly service: string;
  readonly cause: Cause;
  /** The dialling task that it is of. */
  readonly task?: { readonly id: string; readonly name: string };
  /** What is settled beforehand of how it goes. */
  readonly fate?: Partial<Fate>;
  readonly onEnd?: (entry: Entry) => void;
}

/** A call under way, as others may see it. */
export interface CallState {
  readonly agent: string;
  readonly number: string;
  readonly inbound: boolean;
  readonly state: "dialing" | "ringing" | "answered";
}

interface Call extends CallState {
  readonly plan: Plan;
  readonly fate: Fate;
  readonly lane: string;
  /** Tells it from every other call, for faults. */
  readonly id: string;
  /** Instants of the simulated clock in ms. */
  readonly startedAt: number;
  rangAt: number | undefined;
  answeredAt: number | undefined;
  state: CallState["state"];
  callOff: () => void;
}

const dialledOf = ({ number, plan }: Call): Dialled => ({ number, taskID: plan.task?.id ?? "" });

export class Calls {
  readonly #active = new Set<Call>();
  /** Calls without an agent, for their random streams. */
  #unattended = 0;

  constructor(
    private readonly world: {
      readonly seed: number;
      readonly clock: Clock;
      readonly agents: Agents;
      readonly ledger: Ledger;
      readonly fates: Fates;
      readonly dialect: Dialect;
      readonly tell: Tell;
    },
  ) {}

  /** The calls under way, the oldest first. */
  active(): readonly CallState[] {
    return [...this.#active];
  }

  get count(): number {
    return this.#active.size;
  }

  /** Starts a call. The agent, if there is one, must not be on another. */
  begin(plan: Plan): void {
    const { seed, clock, agents } = this.world;
    const { agent, number } = plan;
    if (agent !== undefined) agents.take(agent);
    else this.#unattended += 1;
    const ordinal = agent?.calls ?? this.#unattended;
    const random = randomOf(seed, "call", agent?.staffNo ?? "", ordinal, number);
    const call: Call = {
      plan,
      fate: { ...this.world.fates.of(number, random), ...plan.fate },
      agent: agent?.staffNo ?? "",
      number,
      inbound: plan.course === "inbound",
      // The pushes of an agent come in order, whatever call they are of.
      lane: agent?.staffNo ?? `unattended ${ordinal}`,
      id: `${agent?.staffNo ?? ""}/${ordinal}`,
      startedAt: clock.now(),
      rangAt: undefined,
      answeredAt: undefined,
      state: "dialing",
      callOff: () => {},
    };
    this.#active.add(call);
    this.#walk(call, courses[plan.course](call.fate));
  }

  /** Ends an agent's call. Returns whether there was one. */
  hangUp(staffNo: string): boolean {
    const call = [...this.#active].find(({ agent }) => agent === staffNo);
    if (call === undefined) return false;
    this.#end(call);
    return true;
  }

  /** The calls under way that were made, with their numbers and tasks. */
  dialling(): readonly Dialled[] {
    return [...this.#active].filter(({ inbound }) => !inbound).map(dialledOf);
  }

  /** Forgets the calls under way, without a word but for a note in the books of those that were made. */
  lose(): void {
    this.world.ledger.lost.push(...this.dialling());
    this.#forget();
  }

  /** Forgets the calls under way, without a word. */
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
    const { plan, fate } = call;
    this.#startRinging(call);
    // With the customer first, it has been the customer's turn to ring already; now the agent picks up.
    const seconds = plan.course === "customerFirst" && fate.answered ? fate.pickUp : fate.ring;
    call.callOff = this.world.clock.after(seconds, () => (fate.answered ? this.#answer(call) : this.#end(call)));
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
    call.callOff = this.world.clock.after(call.fate.talk, () => this.#end(call));
  }

  #end(call: Call): void {
    const { agents, clock, tell } = this.world;
    const { plan, fate } = call;
    call.callOff();
    this.#active.delete(call);
    this.#push(call, "callend");
    const entry = this.#book(call);
    tell(call.lane, "billing", { ...this.#about(call), ...billingOf(entry, this.world.dialect), ...plan.cause });
    plan.onEnd?.(entry);
    const { agent, cause } = plan;
    if (agent === undefined) return;
    const { calls } = agent;
    agents.release(agent, cause);
    clock.after(fate.wrapUp, () => {
      // Once there is a new call, this one's after-call work is long over.
      if (agent.calls === calls) agents.finish(agent, cause);
    });
  }

  /** Books the call. Its times are counted back from its end, so that they never lie in the future, however fast the clock runs. */
  #book(call: Call): Entry {
    const { clock, ledger } = this.world;
    const { plan, fate } = call;
    const byeAt = clock.date();
    const ago = (instant: number) => byeAt - Math.round((clock.now() - instant) / 1000);
    // Hung up before its time, an answered call still lasts a second.
    const answerAt = call.answeredAt === undefined ? 0 : Math.min(ago(call.answeredAt), byeAt - 1);
    const wasCancelled = call.answeredAt === undefined && fate.answered;
    const { releaseCause, result } = wasCancelled ? cancelled : fate;
    const [caller, callee] = call.inbound ? [call.number, plan.trunk] : [plan.trunk, call.number];
    return ledger.book({
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

  /** Pushes a step. A call without an agent has none that the vendor's fields could tell of; it is only billed. */
  #push(call: Call, step: Step): void {
    if (call.plan.agent === undefined) return;
    this.world.tell(call.lane, step, { ...this.#about(call), ...call.plan.cause });
  }

  /** What every push of a call is about; which of it a push says is up to its fields. */
  #about({ agent, number, inbound, id, plan }: Call) {
    const { value: call_type } = callTypeOf[inbound ? "inbound" : "outbound"];
    return { agent, number, call_type, call: id, taskID: plan.task?.id };
  }
}
