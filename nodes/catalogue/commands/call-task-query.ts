// CallTaskQuery (§14): Asks whether an agent has a dialling task.
import { agent, taskIDAnswer, userData } from "../fields";
import type { Command } from "../types";

export const callTaskQuery: Command = {
  api: "CallTaskQuery",
  node: "sccc-call-task-query",
  section: "14",
  order: 12,
  group: "task",
  versions: [1, 2, 3, 4, 6],
  resend: "read",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [taskIDAnswer],
  label: { en: "query dialling task", zh: "查询外呼任务" },
  does: { en: "query task of __agent__", zh: "查询 __agent__ 的外呼任务" },
  summary: { en: "Asks whether an agent has a dialling task.", zh: "查询坐席是否有对应的外呼任务。" },
  notes: [
    {
      en: "An agent without a task: an empty or missing taskID, or the error E_G_RES_NOT_EXIST.",
      zh: "坐席没有任务时：taskID 为空或不存在，或返回错误 E_G_RES_NOT_EXIST。",
    },
  ],
};
