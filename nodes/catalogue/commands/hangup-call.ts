// HangupCall (§12): Ends an agent's call.
import { agent, userData } from "../fields";
import type { Command } from "../types";

export const hangupCall: Command = {
  api: "HangupCall",
  node: "sccc-hangup-call",
  section: "12",
  order: 10,
  group: "call",
  versions: [1, 2, 3, 4, 6],
  resend: "once",
  subject: "agent",
  agentInAuthentication: false,
  batch: true,
  seq: "number",
  fields: [agent, { ...userData, unset: "empty" }],
  answer: [],
  label: { en: "hang up", zh: "挂断呼叫" },
  does: { en: "hang up __agent__", zh: "挂断 __agent__ 的呼叫" },
  summary: { en: "Ends an agent's call.", zh: "挂断坐席的当前呼叫。" },
  notes: [{ en: "The answer contains no user data.", zh: "响应中不含用户数据。" }],
};
