// AgentLogout (§8): Logs an agent out.
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const agentLogout: Command = {
  api: "AgentLogout",
  node: "sccc-agent-logout",
  section: "8",
  order: 6,
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [],
  label: { en: "log agent out", zh: "坐席退出登录" },
  does: { en: "log __agent__ out", zh: "__agent__ 退出登录" },
  summary: { en: "Logs an agent out.", zh: "坐席退出登录。" },
  notes: [
    {
      en: "Success means that the platform has accepted the command. To see the new state, use get agent status.",
      zh: "成功只表示平台已受理命令。要查看新的状态，请使用“获取坐席状态”。",
    },
  ],
};
