// What the commands that only take an agent have in common: they set or request its state.
import { agent, userData } from "./fields";
import type { Command, Text } from "./types";

export const agentCommand = {
  group: "agent",
  versions: [1, 2, 3, 4, 6],
  resend: "state",
  subject: "agent",
  agentInAuthentication: true,
  batch: true,
  seq: "number",
  fields: [agent, userData],
  answer: [],
} as const satisfies Partial<Command>;

/** The note of commands after which the platform sends no push (docs/protocol.md, "Commands"). */
export const stateNotPushed: Text = {
  en: "Success means that the platform has accepted the command. To see the new state, use get agent status.",
  zh: "成功只表示平台已受理命令。要查看新的状态，请使用“获取坐席状态”。",
};
