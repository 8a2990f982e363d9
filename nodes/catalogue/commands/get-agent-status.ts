// getAgentStatus (§六): Reads an agent's state.
import { serverStatus, workStatus } from "../enumerations";
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const getAgentStatus: Command = {
  api: "getAgentStatus",
  node: "sccc-get-agent-status",
  section: "六",
  order: 3,
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "read",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [
    { name: "workStatus", text: { en: "the agent's working state", zh: "工作状态" }, choices: workStatus },
    { name: "serverStatus", text: { en: "what the agent is doing", zh: "业务状态" }, choices: serverStatus },
  ],
  label: { en: "get agent status", zh: "获取坐席状态" },
  does: { en: "get status of __agent__", zh: "获取 __agent__ 的状态" },
  summary: { en: "Reads an agent's state; the answer contains it.", zh: "读取坐席状态；响应中即有状态。" },
  notes: [],
};
