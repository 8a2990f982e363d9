// The agents: who there is, and what state each is in.
import type { Json } from "./narrow";

export type WorkStatus = "OFFLINE" | "ONLINE" | "BUSY" | "AWAY";
export type ServerStatus = "IDLE" | "CALL_OUT" | "CALL_IN" | "RINGING" | "PROCESS";

/** What caused a push: the command's seq and userData come back in it. */
export interface Cause {
  readonly seq: string;
  readonly userData: string;
}

/** An agent as others may see it. */
export interface AgentState {
  /** The platform's own ID, "1" for the first one. */
  readonly id: string;
  readonly name: string;
  readonly staffNo: string;
  readonly workStatus: WorkStatus;
  readonly serverStatus: ServerStatus;
}

/** An agent. Only this module changes its state. */
export interface Agent extends AgentState {
  /** Whether a call is being set up for it, rings, or is under way. */
  readonly onCall: boolean;
  /** How many calls it has had. */
  readonly calls: number;
}

type Changeable = { -readonly [Key in keyof Agent]: Agent[Key] };

/** Sends a push: to be sent after those of the same lane that came before. */
export type Tell = (lane: string, event: string, values: Json) => void;

export class Agents {
  readonly #byStaffNo = new Map<string, Changeable>();
  /** Called when an agent has become free for a call. */
  onFree: (agent: Agent) => void = () => {};

  constructor(
    private readonly staffNos: readonly string[],
    private readonly tell: Tell,
  ) {
    this.reset();
  }

  /** Everybody is offline again. */
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

  /** Whether an agent can be given a call. */
  isFree(agent: Agent): boolean {
    return agent.workStatus === "ONLINE" && agent.serverStatus === "IDLE" && !agent.onCall;
  }

  /** Sets what the agent wants to do, and pushes the state. A call under way goes on; after-call work is over. */
  work(agent: Agent, workStatus: WorkStatus, cause: Cause): void {
    this.#change(agent, agent.onCall ? { workStatus } : { workStatus, serverStatus: "IDLE" }, cause);
  }

  /** Gives the agent a call, which has yet to ring. */
  take(agent: Agent): void {
    this.#set(agent, { onCall: true, calls: agent.calls + 1 });
  }

  /** Sets what the agent is doing in its call, and pushes the state. */
  serve(agent: Agent, serverStatus: "RINGING" | "CALL_IN" | "CALL_OUT", cause: Cause): void {
    this.#change(agent, { serverStatus }, cause);
  }

  /** The agent's call is over: after-call work begins, except for one who has gone offline or whom the call never reached. */
  release(agent: Agent, cause: Cause): void {
    const wrapsUp = agent.workStatus !== "OFFLINE" && agent.serverStatus !== "IDLE";
    const serverStatus = wrapsUp ? "PROCESS" : "IDLE";
    this.#change(agent, { onCall: false, serverStatus }, cause);
  }

  /** After-call work is over. */
  finish(agent: Agent, cause: Cause): void {
    if (agent.serverStatus === "PROCESS") this.#change(agent, { serverStatus: "IDLE" }, cause);
  }

  /** Pushes the agent's state as it is. */
  report(agent: Agent, cause: Cause): void {
    const { staffNo, workStatus, serverStatus } = agent;
    this.tell(staffNo, "agentstatus", { agent: staffNo, workStatus, serverStatus, ...cause });
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
