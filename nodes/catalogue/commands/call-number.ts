// CallNumber (§11): Click to call: rings the agent first, then the callee.
import { agent, callee, userData } from "../fields";
import type { Command } from "../types";

export const callNumber: Command = {
  api: "CallNumber",
  node: "sccc-call-number",
  section: "11",
  order: 9,
  group: "call",
  versions: [1, 2, 3, 4, 6],
  resend: "once",
  subject: "agent",
  agentInAuthentication: false,
  batch: true,
  seq: "number",
  fields: [agent, callee, userData],
  answer: [],
  label: { en: "call number", zh: "点击呼叫" },
  does: { en: "call __callee__ as __agent__", zh: "以 __agent__ 呼叫 __callee__" },
  summary: {
    en: "Click to call: rings the agent first, then the callee.",
    zh: "点击呼叫：先呼叫坐席，再呼叫被叫号码。",
  },
  notes: [
    {
      en: "Success means that the platform has accepted the command and is about to call, not that anybody has answered.",
      zh: "成功只表示平台已收到请求并准备开始呼叫，并不表示已经接通。",
    },
    {
      en: "A call is never sent a second time by itself: where an answer got lost, the message is an error and the flow decides.",
      zh: "呼叫命令绝不会自动重发：如果响应丢失，消息会以错误结束，由流程决定如何处理。",
    },
  ],
};
