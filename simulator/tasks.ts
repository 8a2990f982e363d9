// The dialling tasks (§13 to §16): each dials the numbers of its list, one call at a time, whenever its agent is free.
import type { Agent, Agents, Cause, SendPush } from "./agents";
import { type Calls, trunks } from "./calls";
import { isNumber } from "./checks";
import type { Clock } from "./clock";

export type TaskStatus = "running" | "paused" | "finished";

/** taskStatus of the catalogue. */
const wireStatus: Readonly<Record<TaskStatus, string>> = { running: "0", paused: "1", finished: "2" };

/** Counts of the numbers that were given to a task. */
export interface Report {
  readonly total: string;
  readonly error: string;
  readonly repeat: string;
}

/** A dialling task. */
export interface TaskState {
  readonly id: string;
  readonly name: string;
  /** The agent's staff number; "" for a group's task. */
  readonly agent: string;
  readonly mode: string;
  readonly status: TaskStatus;
  /** The number of its numbers, and how many of them are not yet dialled. */
  readonly calleeAmount: number;
  readonly remainAmount: number;
}

interface Task extends TaskState {
  /** The task's agent; undefined for a group's task, which any agent serves. */
  readonly owner: Agent | undefined;
  readonly group: string;
  /** Maximum number of its simultaneous calls. */
  readonly atOnce: number;
  readonly callers: readonly string[];
  readonly cause: Cause;
  /** In whole seconds since 1970. */
  readonly createdAt: number;
  readonly numbers: Set<string>;
  /** All numbers in order, and how many of them have been dialled. */
  readonly list: string[];
  dialled: number;
  status: TaskStatus;
  /** The number of its calls in progress. */
  calling: number;
}

/** IDs start after this one: 1001 is the first. */
const idsAfter = 1000;

export class Tasks {
  readonly #byId = new Map<string, Task>();
  #lastId = idsAfter;

  constructor(
    private readonly world: {
      readonly agents: Agents;
      readonly calls: Calls;
      readonly clock: Clock;
      readonly sendPush: SendPush;
      /** Whether no further calls should be made for now. */
      readonly isCongested: () => boolean;
    },
  ) {
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

  /** Creates and starts a task. */
  create(plan: {
    /** The task's agent; a group's task is served by any agent. */
    of: Agent | { readonly group: string; readonly atOnce: number };
    name: string;
    mode: string;
    callers: readonly string[];
    callees: readonly string[];
    cause: Cause;
  }): { id: string; report: Report } {
    this.#lastId += 1;
    const id = String(this.#lastId);
    const numbers = new Set<string>();
    const list: string[] = [];
    const owner = "staffNo" in plan.of ? plan.of : undefined;
    const { group, atOnce } = "staffNo" in plan.of ? { group: "", atOnce: 1 } : plan.of;
    const task: Task = {
      id,
      name: plan.name === "" ? `task-${id}` : plan.name,
      agent: owner?.staffNo ?? "",
      owner,
      group,
      atOnce,
      mode: plan.mode,
      callers: plan.callers.length === 0 ? trunks : plan.callers,
      cause: plan.cause,
      createdAt: this.world.clock.date(),
      numbers,
      list,
      dialled: 0,
      status: "running",
      calling: 0,
      get calleeAmount() {
        return numbers.size;
      },
      get remainAmount() {
        return list.length - task.dialled;
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
    if (task.status === "finished" && task.remainAmount > 0) this.#become(task, "running", cause);
    return report;
  }

  /** Starts or stops a task; a call in progress continues. Returns whether the task exists. */
  control(id: string, action: "start" | "stop", cause: Cause): boolean {
    const task = this.#byId.get(id);
    if (task === undefined) return false;
    if (task.status !== "finished") this.#become(task, action === "start" ? "running" : "paused", cause);
    return true;
  }

  /** Continues tasks that waited for pushes to be sent. */
  resume(): void {
    for (const agent of this.world.agents.all()) if (this.world.agents.isFree(agent)) this.#dial(agent);
  }

  /** Removes the tasks; their IDs are not used again. */
  lose(): void {
    this.#byId.clear();
  }

  reset(): void {
    this.lose();
    this.#lastId = idsAfter;
  }

  #import(task: Task, callees: readonly string[]): Report {
    const legal = callees.filter((number) => isNumber(number));
    const fresh = [...new Set(legal)].filter((number) => !task.numbers.has(number));
    for (const number of fresh) {
      task.numbers.add(number);
      task.list.push(number);
    }
    return {
      total: String(callees.length),
      error: String(callees.length - legal.length),
      repeat: String(legal.length - fresh.length),
    };
  }

  #become(task: Task, status: TaskStatus, cause: Cause): void {
    if (task.status === status) return;
    task.status = status;
    this.#report(task, cause);
    this.#proceed(task);
  }

  /** Dials if the agent is free, and finishes a running task whose numbers have all been dialled. */
  #proceed(task: Task): void {
    if (task.status === "running" && task.remainAmount > 0) {
      const { agents } = this.world;
      const all = task.owner === undefined ? agents.all() : [task.owner];
      for (const agent of all) if (agents.isFree(agent)) this.#dial(agent);
    }
    const done = task.remainAmount === 0 && task.calling === 0;
    if (task.status === "running" && done) this.#become(task, "finished", task.cause);
  }

  /** Makes the next call of the agent's oldest running task. */
  #dial(agent: Agent): void {
    if (this.world.isCongested()) return;
    const task = this.#next(agent);
    const number = task?.list[task.dialled];
    if (task === undefined || number === undefined) return;
    const trunk = task.callers[task.dialled % task.callers.length] ?? trunks[0];
    task.dialled += 1;
    task.calling += 1;
    const customerFirst = task.mode !== "5";
    this.world.calls.begin({
      course: customerFirst ? "customerFirst" : "agentFirst",
      agent,
      number,
      trunk,
      service: customerFirst ? "4" : "5",
      cause: task.cause,
      task,
      onEnd: () => {
        task.calling -= 1;
        this.#proceed(task);
      },
    });
  }

  /** The oldest running task that an agent may make a call for. */
  #next(agent: Agent): Task | undefined {
    for (const task of this.#byId.values()) {
      const serves = task.owner === undefined || task.owner === agent;
      if (serves && task.status === "running" && task.remainAmount > 0 && task.calling < task.atOnce) return task;
    }
    return undefined;
  }

  #report(task: Task, cause: Cause): void {
    this.world.sendPush(`task ${task.id}`, "taskinfo", {
      taskID: task.id,
      taskName: task.name,
      calleeAmount: String(task.calleeAmount),
      remainAmount: String(task.remainAmount),
      status: wireStatus[task.status],
      ...(task.owner === undefined ? { purpose: "0", group: task.group } : { purpose: "1", staffNo: task.agent }),
      ...cause,
    });
  }
}
