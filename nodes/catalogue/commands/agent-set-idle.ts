// AgentSetIdle (§10): Sets an agent idle: ready for calls.
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const agentSetIdle: Command = {
  api: "AgentSetIdle",
  node: "sccc-agent-set-idle",
  section: "10",
  order: 8,
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [],
  label: { en: "set agent idle", zh: "坐席置闲" },
  does: { en: "set __agent__ idle", zh: "将 __agent__ 置闲" },
  summary: { en: "Sets an agent idle: ready for calls.", zh: "坐席置闲，可以接受呼叫。" },
  notes: [
    {
      en: "Success means that the platform has accepted the command. To see the new state, use get agent status.",
      zh: "成功只表示平台已受理命令。要查看新的状态，请使用“获取坐席状态”。",
    },
  ],
};
