// AgentSetBusy (§9): Sets an agent busy: no calls for now.
import { agentCommand, stateNotPushed } from "../agent-commands";
import type { Command } from "../types";

export const agentSetBusy: Command = {
  ...agentCommand,
  api: "AgentSetBusy",
  node: "sccc-agent-set-busy",
  section: "9",
  order: 7,
  label: { en: "set agent busy", zh: "坐席置忙" },
  does: { en: "set __agent__ busy", zh: "将 __agent__ 置忙" },
  summary: { en: "Sets an agent busy: no calls for now.", zh: "坐席置忙，暂时不接受呼叫。" },
  notes: [stateNotPushed],
};
