// The dialling tasks (§13 to §16): each dials down its list, a call at a time, whenever its agent is free.
import type { Agent, Agents, Cause, Tell } from "./agents";
import { type Calls, trunks } from "./calls";
import { isNumber } from "./checks";

type Status = "running" | "paused" | "finished";

/** taskStatus of the catalogue. */
const wireStatus: Readonly<Record<Status, string>> = { running: "0", paused: "1", finished: "2" };

/** How a task's numbers came in: counts. */
export interface Report {
  readonly total: string;
  readonly error: string;
  readonly repeat: string;
}

/** A task as others may see it. */
export interface TaskState {
  readonly id: string;
  readonly name: string;
  readonly agent: string;
  readonly mode: string;
  readonly status: Status;
  /** How many numbers it has, and how many of them are yet to be dialled. */
  readonly calleeAmount: number;
  readonly remainAmount: number;
}

interface Task extends TaskState {
  readonly owner: Agent;
  readonly callers: readonly string[];
  readonly cause: Cause;
  readonly numbers: Set<string>;
  /** The numbers yet to be dialled. */
  readonly queue: string[];
  status: Status;
  /** Whether a call of it is under way. */
  calling: boolean;
}

/** The IDs begin after this one: 1001 is the first. */
const idsAfter = 1000;

export class Tasks {
  readonly #byId = new Map<string, Task>();

  constructor(private readonly world: { readonly agents: Agents; readonly calls: Calls; readonly tell: Tell }) {
    world.agents.onFree = (agent) => this.#dial(agent);
  }

  /** Every task, the oldest first. */
  all(): readonly TaskState[] {
    return [...this.#byId.values()];
  }

  get running(): number {
    return [...this.#byId.values()].filter(({ status }) => status === "running").length;
  }

  find(id: string): TaskState | undefined {
    return this.#byId.get(id);
  }

  /** The newest task of an agent that is not finished. */
  of(staffNo: string): TaskState | undefined {
    return [...this.#byId.values()].findLast(({ agent, status }) => agent === staffNo && status !== "finished");
  }

  /** Makes a task and lets it run. */
  create(plan: {
    agent: Agent;
    name: string;
    mode: string;
    callers: readonly string[];
    callees: readonly string[];
    cause: Cause;
  }): { id: string; report: Report } {
    const id = String(idsAfter + 1 + this.#byId.size);
    const numbers = new Set<string>();
    const queue: string[] = [];
    const task: Task = {
      id,
      name: plan.name === "" ? `task-${id}` : plan.name,
      agent: plan.agent.staffNo,
      owner: plan.agent,
      mode: plan.mode,
      callers: plan.callers.length === 0 ? trunks : plan.callers,
      cause: plan.cause,
      numbers,
      queue,
      status: "running",
      calling: false,
      get calleeAmount() {
        return numbers.size;
      },
      get remainAmount() {
        return queue.length;
      },
    };
    this.#byId.set(id, task);
    const report = this.#import(task, plan.callees);
    this.#report(task, plan.cause);
    this.#proceed(task);
    return { id, report };
  }

  /** Adds numbers to a task; a finished one runs again. Undefined if there is no such task. */
  add(id: string, callees: readonly string[], cause: Cause): Report | undefined {
    const task = this.#byId.get(id);
    if (task === undefined) return undefined;
    const report = this.#import(task, callees);
    if (task.status === "finished" && task.queue.length > 0) this.#become(task, "running", cause);
    return report;
  }

  /** Starts or stops a task; the call under way goes on. Returns whether there is such a task. */
  control(id: string, action: "start" | "stop", cause: Cause): boolean {
    const task = this.#byId.get(id);
    if (task === undefined) return false;
    if (task.status !== "finished") this.#become(task, action === "start" ? "running" : "paused", cause);
    return true;
  }

  reset(): void {
    this.#byId.clear();
  }

  #import(task: Task, callees: readonly string[]): Report {
    const legal = callees.filter((number) => isNumber(number));
    const fresh = [...new Set(legal)].filter((number) => !task.numbers.has(number));
    for (const number of fresh) {
      task.numbers.add(number);
      task.queue.push(number);
    }
    return {
      total: String(callees.length),
      error: String(callees.length - legal.length),
      repeat: String(legal.length - fresh.length),
    };
  }

  #become(task: Task, status: Status, cause: Cause): void {
    if (task.status === status) return;
    task.status = status;
    this.#report(task, cause);
    this.#proceed(task);
  }

  /** Dials if the agent is free, and finishes a running task whose numbers have all been dialled. */
  #proceed(task: Task): void {
    if (this.world.agents.isFree(task.owner)) this.#dial(task.owner);
    const done = task.queue.length === 0 && !task.calling;
    if (task.status === "running" && done) this.#become(task, "finished", task.cause);
  }

  /** Lets the agent's oldest running task make its next call. */
  #dial(agent: Agent): void {
    const task = [...this.#byId.values()].find(
      (candidate) => candidate.owner === agent && candidate.status === "running" && candidate.queue.length > 0,
    );
    const number = task?.queue.shift();
    if (task === undefined || number === undefined) return;
    task.calling = true;
    const dialled = task.numbers.size - task.queue.length;
    const customerFirst = task.mode === "2";
    this.world.calls.begin({
      course: customerFirst ? "customerFirst" : "agentFirst",
      agent,
      number,
      trunk: task.callers[(dialled - 1) % task.callers.length] ?? trunks[0],
      service: customerFirst ? "4" : "5",
      cause: task.cause,
      onEnd: () => {
        task.calling = false;
        this.#proceed(task);
      },
    });
  }

  #report(task: Task, cause: Cause): void {
    this.world.tell(`task ${task.id}`, "taskinfo", {
      taskID: task.id,
      taskName: task.name,
      calleeAmount: String(task.calleeAmount),
      remainAmount: String(task.remainAmount),
      status: wireStatus[task.status],
      purpose: "1",
      staffNo: task.agent,
      ...cause,
    });
  }
}
