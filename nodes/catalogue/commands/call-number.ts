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
      en: "Waiting for more than the platform's answer, the node has two outputs: the first when the call is answered, has ended or is billed, the second when it will not be answered or the time is up. msg.payload is then the call as the call tracker has it, and msg.sccc.call says whether it got there (reached) and why not (reason: notAnswered or timeout).",
      zh: "等待平台受理之外的阶段时，节点有两个输出：通话接通、结束或出话单时从第一个输出送出；不会接通或超时时从第二个输出送出。此时 msg.payload 是通话（格式与通话跟踪节点相同），msg.sccc.call 说明是否达到（reached）及原因（reason：notAnswered 或 timeout）。",
    },
    {
      en: "To wait, the node listens at the account's push address itself, whatever receiving nodes there are: the platform's pushes must reach this Node-RED. It can't wait for the calls of a list.",
      zh: "等待时，节点自行在账户的推送地址接收，与流程中有无接收节点无关：平台的推送必须能到达此 Node-RED。以列表方式发送时不能等待。",
    },
    {
      en: "A context comes back as payload.context in the messages of the call (from sccc-calls and sccc-call-tracker of the same account, and from this node where it waits) wherever it is sure that they belong to this command: the platform's events repeat its seq, or no other call of the agent with the number was begun at that time. Otherwise the field is absent.",
      zh: "上下文会作为 payload.context 随该通话的消息返回（由同一账户的 sccc-calls 和 sccc-call-tracker 给出，等待时由本节点给出），前提是能确定这些消息属于此命令：平台事件带有相同的 seq，或者该坐席当时没有与该号码的其他通话。否则没有此字段。",
    },
    {
      en: "The repeat guard refuses the same agent and number again with SCCC_NOT_ALLOWED, unless the platform has refused the first call. A list is refused as a whole.",
      zh: "重复保护会以 SCCC_NOT_ALLOWED 拒绝再次以同一坐席呼叫同一号码，除非平台拒绝了第一次呼叫。列表会被整体拒绝。",
    },
    {
      en: "A call is never sent a second time by itself: where an answer got lost, the message is an error and the flow decides.",
      zh: "呼叫命令绝不会自动重发：如果响应丢失，消息会以错误结束，由流程决定如何处理。",
    },
  ],
};
