// AgentLogin (§7): Logs an agent in.
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const agentLogin: Command = {
  api: "AgentLogin",
  node: "sccc-agent-login",
  section: "7",
  order: 5,
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [],
  label: { en: "log agent in", zh: "坐席登录" },
  does: { en: "log __agent__ in", zh: "__agent__ 登录" },
  summary: { en: "Logs an agent in.", zh: "坐席登录。" },
  notes: [
    {
      en: "Success means that the platform has accepted the command. The platform pushes the new state later.",
      zh: "成功只表示平台已受理命令。新的状态由平台随后推送。",
    },
  ],
};
