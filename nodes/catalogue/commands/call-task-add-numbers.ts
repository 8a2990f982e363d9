// CallTaskAddNumbers (§16): Adds numbers to a dialling task.
import { agent, callees, listAnswers, reportAnswer, taskID, taskIDAnswer, userData } from "../fields";
import type { Command } from "../types";

export const callTaskAddNumbers: Command = {
  api: "CallTaskAddNumbers",
  node: "sccc-call-task-add-numbers",
  section: "16",
  order: 14,
  group: "task",
  versions: [1, 2, 3, 4, 6],
  resend: "once",
  subject: "taskID",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [taskID, agent, callees, userData],
  chunks: { field: "callees", size: 1000, by: "CallTaskAddNumbers" },
  answer: [taskIDAnswer, reportAnswer],
  derived: listAnswers,
  label: { en: "add numbers to task", zh: "追加外呼号码" },
  does: { en: "add numbers to task __taskID__", zh: "向任务 __taskID__ 追加号码" },
  summary: { en: "Adds numbers to a dialling task.", zh: "为外呼任务追加号码。" },
  notes: [],
};
