// The agents and their states.
import type { Json } from "./narrow";

export type WorkStatus = "OFFLINE" | "ONLINE" | "BUSY" | "AWAY";
export type ServerStatus = "IDLE" | "CALL_OUT" | "CALL_IN" | "RINGING" | "PROCESS";

/** The cause of a push: the push contains the command's seq and userData. */
export interface Cause {
  readonly seq: string;
  readonly userData: string;
}

/** An agent and its states. */
export interface AgentState {
  /** The platform's ID, "1" for the first agent. */
  readonly id: string;
  readonly name: string;
  readonly staffNo: string;
  readonly workStatus: WorkStatus;
  readonly serverStatus: ServerStatus;
}

/** An agent. Only this module changes its state. */
export interface Agent extends AgentState {
  /** Whether a call is being set up for the agent, is ringing, or is in progress. */
  readonly onCall: boolean;
  /** The number of calls so far. */
  readonly calls: number;
}

type Changeable = { -readonly [Key in keyof Agent]: Agent[Key] };

/** Sends a push after all earlier pushes of the same queue. */
export type SendPush = (queue: string, event: string, values: Json) => void;

export class Agents {
  readonly #byStaffNo = new Map<string, Changeable>();
  /** Called when an agent becomes free for a call. */
  onFree: (agent: Agent) => void = () => {};

  constructor(
    private readonly staffNos: readonly string[],
    private readonly sendPush: SendPush,
  ) {
    this.reset();
  }

  /** Sets every agent offline. */
  reset(): void {
    this.#byStaffNo.clear();
    for (const [index, staffNo] of this.staffNos.entries()) {
      this.#byStaffNo.set(staffNo, {
        id: String(index + 1),
        name: `Agent ${staffNo}`,
        staffNo,
        workStatus: "OFFLINE",
        serverStatus: "IDLE",
        onCall: false,
        calls: 0,
      });
    }
  }

  /** Every agent, in the order of the options. */
  all(): readonly Agent[] {
    return [...this.#byStaffNo.values()];
  }

  find(staffNo: string): Agent | undefined {
    return this.#byStaffNo.get(staffNo);
  }

  /** Whether an agent can take a call. */
  isFree(agent: Agent): boolean {
    return agent.workStatus === "ONLINE" && agent.serverStatus === "IDLE" && !agent.onCall;
  }

  /** Sets the agent's working state, and pushes it. A call in progress continues; after-call work ends. */
  work(agent: Agent, workStatus: WorkStatus, cause: Cause): void {
    this.#change(agent, agent.onCall ? { workStatus } : { workStatus, serverStatus: "IDLE" }, cause);
  }

  /** Assigns a call to the agent; it does not ring yet. */
  take(agent: Agent): void {
    this.#set(agent, { onCall: true, calls: agent.calls + 1 });
  }

  /** Sets what the agent is doing in the call, and pushes it. */
  serve(agent: Agent, serverStatus: "RINGING" | "CALL_IN" | "CALL_OUT", cause: Cause): void {
    this.#change(agent, { serverStatus }, cause);
  }

  /** Ends the agent's call. After-call work begins, unless the agent went offline or the call never reached the agent. */
  release(agent: Agent, cause: Cause): void {
    const wrapsUp = agent.workStatus !== "OFFLINE" && agent.serverStatus !== "IDLE";
    const serverStatus = wrapsUp ? "PROCESS" : "IDLE";
    this.#change(agent, { onCall: false, serverStatus }, cause);
  }

  /** Ends the after-call work. */
  finish(agent: Agent, cause: Cause): void {
    if (agent.serverStatus === "PROCESS") this.#change(agent, { serverStatus: "IDLE" }, cause);
  }

  /** Pushes the agent's current state. */
  report(agent: Agent, cause: Cause): void {
    const { staffNo, workStatus, serverStatus } = agent;
    this.sendPush(staffNo, "agentstatus", { agent: staffNo, workStatus, serverStatus, ...cause });
  }

  #change(agent: Agent, changes: Partial<Changeable>, cause: Cause): void {
    this.#set(agent, changes);
    this.report(agent, cause);
    if (this.isFree(agent)) this.onFree(agent);
  }

  #set(agent: Agent, changes: Partial<Changeable>): void {
    const changeable = this.#byStaffNo.get(agent.staffNo);
    if (changeable !== undefined) Object.assign(changeable, changes);
  }
}
