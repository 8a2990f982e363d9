// CallTaskCreate (§13): Creates a dialling task for an agent.
import { taskMode } from "../enumerations";
import { agent, callees, listAnswers, reportAnswer, taskIDAnswer, userData } from "../fields";
import type { Command } from "../types";

export const callTaskCreate: Command = {
  api: "CallTaskCreate",
  node: "sccc-call-task-create",
  section: "13",
  order: 11,
  group: "task",
  versions: [1, 2, 3, 4, 6],
  resend: "once",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [
    agent,
    {
      name: "taskName",
      rule: { kind: "text", overlong: "refuse" },
      required: false,
      unset: "omit",
      example: "spring-campaign",
      label: { en: "Task name", zh: "任务名称" },
      hint: { en: "If it is empty, the platform generates a name.", zh: "不填时平台会自动生成。" },
    },
    callees,
    {
      name: "callers",
      rule: { kind: "list", of: { kind: "phone", max: 32 }, max: 100 },
      required: false,
      unset: "omit",
      onlyIf: { field: "mode", is: "2" },
      example: '["02112345678"]',
      label: { en: "Callers", zh: "主叫号码列表" },
      hint: {
        en: "The numbers to call from, at most 100; they must be the account's own. Mode 5 ignores them. Empty: the platform chooses by its settings.",
        zh: "主叫号码，最多 100 个，必须是本客户的号码。模式 5 不处理此字段。不填时平台按已有的主叫设定选择。",
      },
    },
    {
      name: "mode",
      rule: { kind: "choice", choices: taskMode, wire: "number", others: "integers" },
      required: true,
      unset: "omit",
      preset: "5",
      example: "2",
      label: { en: "Mode", zh: "呼叫模式" },
      hint: { en: "Who is called first.", zh: "任务先呼叫谁。" },
    },
    {
      name: "multiplier",
      rule: { kind: "decimal", min: 1, below: 5 },
      required: false,
      unset: "omit",
      omitAt: "1",
      example: "1.5",
      label: { en: "Multiplier", zh: "呼叫倍率" },
      hint: {
        en: "Calls per free agent, from 1 to less than 5; 1 by default.",
        zh: "呼叫倍率，大于等于 1 且小于 5；默认为 1。",
      },
    },
    userData,
  ],
  chunks: { field: "callees", size: 1000, by: "CallTaskAddNumbers" },
  answer: [taskIDAnswer, reportAnswer],
  derived: listAnswers,
  label: { en: "create dialling task", zh: "创建外呼任务" },
  does: { en: "create task for __agent__", zh: "为 __agent__ 创建外呼任务" },
  summary: { en: "Creates a dialling task for an agent.", zh: "给指定坐席创建外呼任务。" },
  notes: [
    { en: "A task may start to dial as soon as it is created.", zh: "任务创建后可能立即开始呼叫。" },
    {
      en: "A caller that does not belong to the account, or is unavailable, makes the whole command fail. If callers is empty, the platform uses its caller setting for the agent; without such a setting it uses any group of numbers. The command fails only if there is neither.",
      zh: "主叫号码不属于本客户或不可用时，整个命令会失败。不填主叫时，平台使用坐席的主叫设定；没有主叫设定时，平台任选一个号码组。只有两者都没有时，命令才会失败。",
    },
  ],
};
