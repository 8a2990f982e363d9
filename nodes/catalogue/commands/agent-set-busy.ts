// AgentSetBusy (§9): Sets an agent busy: no calls for now.
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const agentSetBusy: Command = {
  api: "AgentSetBusy",
  node: "sccc-agent-set-busy",
  section: "9",
  order: 7,
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [],
  label: { en: "set agent busy", zh: "坐席置忙" },
  does: { en: "set __agent__ busy", zh: "将 __agent__ 置忙" },
  summary: { en: "Sets an agent busy: no calls for now.", zh: "坐席置忙，暂时不接受呼叫。" },
  notes: [
    {
      en: "Success means that the platform has accepted the command. To see the new state, use get agent status.",
      zh: "成功只表示平台已受理命令。要查看新的状态，请使用“获取坐席状态”。",
    },
  ],
};
