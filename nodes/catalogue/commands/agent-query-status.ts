// AgentQueryStatus (§五): Asks for an agent's state, which the platform then pushes.
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const agentQueryStatus: Command = {
  api: "AgentQueryStatus",
  node: "sccc-agent-query-status",
  section: "五",
  order: 2,
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [],
  label: { en: "query agent status", zh: "查询坐席状态" },
  does: { en: "query status of __agent__", zh: "查询 __agent__ 的状态" },
  summary: {
    en: "Asks for an agent's state, which the platform then pushes.",
    zh: "查询坐席状态，状态由平台异步推送。",
  },
  notes: [
    {
      en: "The answer does not contain the state. The platform pushes it later. To get the state at once, use get agent status.",
      zh: "响应中不含状态，状态由平台随后推送。需要立即得到状态时，请使用“获取坐席状态”。",
    },
  ],
};
