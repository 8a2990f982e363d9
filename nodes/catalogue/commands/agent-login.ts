// AgentLogin (§7): Logs an agent in.
import { agentCommand } from "../agent-commands";
import type { Command } from "../types";

export const agentLogin: Command = {
  ...agentCommand,
  api: "AgentLogin",
  node: "sccc-agent-login",
  section: "7",
  order: 5,
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
