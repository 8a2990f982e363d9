// AgentLogout (§8): Logs an agent out.
import { agentCommand, stateNotPushed } from "../agent-commands";
import type { Command } from "../types";

export const agentLogout: Command = {
  ...agentCommand,
  api: "AgentLogout",
  node: "sccc-agent-logout",
  section: "8",
  order: 6,
  label: { en: "log agent out", zh: "坐席退出登录" },
  does: { en: "log __agent__ out", zh: "__agent__ 退出登录" },
  summary: { en: "Logs an agent out.", zh: "坐席退出登录。" },
  notes: [stateNotPushed],
};
