// AgentSetIdle (§10): Sets an agent idle: ready for calls.
import { agentCommand, stateNotPushed } from "../agent-commands";
import type { Command } from "../types";

export const agentSetIdle: Command = {
  ...agentCommand,
  api: "AgentSetIdle",
  node: "sccc-agent-set-idle",
  section: "10",
  order: 8,
  label: { en: "set agent idle", zh: "坐席置闲" },
  does: { en: "set __agent__ idle", zh: "将 __agent__ 置闲" },
  summary: { en: "Sets an agent idle: ready for calls.", zh: "坐席置闲，可以接受呼叫。" },
  notes: [stateNotPushed],
};
