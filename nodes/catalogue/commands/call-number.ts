// CallNumber (§11): Click to call: rings the agent first, then the callee.
import { agent, callee, userData } from "../fields";
import { seenOfCallNumber } from "../seen-commands";
import { callNumberSettings } from "../settings";
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
  seen: seenOfCallNumber,
  settings: callNumberSettings,
  waits: true,
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
      en: "To wait for more, the platform's pushes must reach this Node-RED. msg.payload is then the call. The second output gets calls that were not answered in time; msg.sccc.call.reason says why. A list can't wait.",
      zh: "要等待后续阶段，平台的推送必须能到达此 Node-RED。此时 msg.payload 为通话。未能及时接通的通话从第二个输出送出，msg.sccc.call.reason 说明原因。列表不能等待。",
    },
    {
      en: "The context comes back as payload.context in the messages of the call, if they certainly belong to this command.",
      zh: "能确定消息属于此命令时，上下文作为 payload.context 随该通话的消息返回。",
    },
    {
      en: "The repeat guard refuses the same agent and number again with SCCC_NOT_ALLOWED, because buttons may fire twice.",
      zh: "按钮可能触发两次：重复保护会以 SCCC_NOT_ALLOWED 拒绝再次以同一坐席呼叫同一号码。",
    },
    {
      en: "A call is never sent a second time automatically: if the answer was lost, the message ends with an error, and the flow decides.",
      zh: "呼叫命令绝不会自动重发：如果响应丢失，消息会以错误结束，由流程决定如何处理。",
    },
  ],
};
