// getAgentInfo (§七): Reads the list of all agents.
import { userData } from "../fields";
import type { Command } from "../types";

export const getAgentInfo: Command = {
  api: "getAgentInfo",
  node: "sccc-get-agent-info",
  section: "七",
  order: 4,
  group: "agent",
  versions: [6],
  resend: "read",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [userData],
  answer: [],
  list: {
    name: "data",
    items: [
      { name: "id", text: { en: "the agent's ID", zh: "坐席 ID" } },
      { name: "name", text: { en: "the agent's name", zh: "坐席名称" } },
      { name: "staffNo", text: { en: "the staff number", zh: "坐席工号" } },
    ],
  },
  label: { en: "get agents", zh: "获取坐席信息" },
  summary: { en: "Reads the list of all agents.", zh: "获取所有坐席的工号和名称。" },
  notes: [{ en: "Only platforms of version 2.0.6 have this command.", zh: "仅 2.0.6 版本的平台提供此命令。" }],
};
