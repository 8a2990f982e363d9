// Starts and stops tasks at the edges of the calling hours, at a pause and at a cancel. A command is repeated until the platform has answered it.
import type { Core } from "./core";
import { notThere } from "./sending";
import type { Task } from "./state";
import type { CommandAnswer } from "./types";

const firstPause = 1000;
const longestPause = 60_000;

export class Controls {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** @param live the tasks that are not settled */
  advance(live: Iterable<Task>): void {
    const core = this.#core;
    const wanted = core.isRunning ? "start" : "stop";
    for (const task of live) {
      const { watch } = task;
      if (task.taskID === undefined || task.endedAt !== undefined || watch.isControlling) continue;
      if (task.action === wanted && task.isAnswered) continue;
      if (core.now < watch.controlAt && task.action === wanted) core.wake(watch.controlAt);
      else this.#send(task, task.taskID, wanted);
    }
  }

  #send(task: Task, taskID: string, action: "start" | "stop"): void {
    const core = this.#core;
    if (task.action !== action) task.watch.controlPause = firstPause;
    if (task.action !== action || task.isAnswered) core.record({ k: "control", task: task.number, action });
    task.watch.isControlling = true;
    const request = { taskID, action, agent: task.agent, userData: task.tag, seq: core.deps.nextSeq() };
    core.send("CallTaskControl", request, (answer) => this.#hear(task, action, answer), action === "start");
  }

  #hear(task: Task, action: "start" | "stop", answer: CommandAnswer): void {
    const core = this.#core;
    const { watch } = task;
    watch.isControlling = false;
    if (answer.kind === "ok") {
      watch.controlPause = firstPause;
      watch.signAt = core.now;
      if (task.action === action) core.record({ k: "controlled", task: task.number, at: core.now });
      return;
    }
    if (answer.kind === "refused" && answer.code === notThere) {
      if (task.endedAt === undefined) core.record({ k: "ended", task: task.number, at: core.now });
      return;
    }
    watch.controlAt = core.now + watch.controlPause;
    watch.controlPause = Math.min(longestPause, watch.controlPause * 2);
  }
}
