// CallTaskControl (§15): Starts or stops a dialling task.
import { taskAction } from "../enumerations";
import { agent, optional, taskID, taskIDAnswer, userData } from "../fields";
import type { Command } from "../types";

export const callTaskControl: Command = {
  api: "CallTaskControl",
  node: "sccc-call-task-control",
  section: "15",
  order: 13,
  group: "task",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "taskID",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [
    taskID,
    {
      name: "action",
      rule: { kind: "choice", choices: taskAction, wire: "string" },
      required: true,
      unset: "omit",
      preset: "start",
      example: "start",
      label: { en: "Action", zh: "控制选项" },
      hint: { en: "Start or stop the task.", zh: "开始或停止任务。" },
    },
    optional(agent),
    userData,
  ],
  answer: [taskIDAnswer],
  label: { en: "control dialling task", zh: "控制外呼任务" },
  does: { en: "__action__ task __taskID__", zh: "任务 __taskID__：__action__" },
  summary: { en: "Starts or stops a dialling task.", zh: "开始或停止外呼任务。" },
  notes: [],
};
