// AgentQueryStatus (§五): Asks for an agent's state, which the platform then pushes.
import { agentCommand } from "../agent-commands";
import type { Command } from "../types";

export const agentQueryStatus: Command = {
  ...agentCommand,
  api: "AgentQueryStatus",
  node: "sccc-agent-query-status",
  section: "五",
  order: 2,
  label: { en: "request agent status event", zh: "请求推送坐席状态" },
  does: { en: "request status event of __agent__", zh: "请求推送 __agent__ 的状态" },
  summary: {
    en: "Asks the platform to push an agent's state, as an event for receive pushes.",
    zh: "请求平台推送坐席状态；状态以事件形式由“接收推送”节点收到。",
  },
  notes: [
    {
      en: "The answer does not contain the state. The platform pushes it later. To get the state at once, use get agent status.",
      zh: "响应中不含状态，状态由平台随后推送。需要立即得到状态时，请使用“获取坐席状态”。",
    },
  ],
};
