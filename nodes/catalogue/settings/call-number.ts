// sccc-call-number: what comes back with its calls, what it waits for before it answers, and how it guards against double clicks.
import type { Choice, Setting } from "../types";
import { seconds } from "./setting";

const waits: readonly Choice[] = [
  { value: "accepted", text: { en: "the platform's answer", zh: "平台受理" } },
  { value: "answered", text: { en: "the call to be answered", zh: "通话接通" } },
  { value: "ended", text: { en: "the call to end", zh: "通话结束" } },
  { value: "billed", text: { en: "the call to be billed", zh: "通话话单" } },
];

/** `sccc-call-number`, in addition to the command's fields. */
export const callNumberSettings: readonly Setting[] = [
  {
    name: "context",
    kind: "typed",
    default: "",
    defaultType: "json",
    types: ["json", "msg", "flow", "global", "jsonata", "env"],
    example: '{"order":42}',
    label: { en: "Context", zh: "上下文" },
    hint: {
      en: "Any JSON, up to 16 KiB, that comes back as payload.context in every message of this call, from the calls nodes of this account.",
      zh: "任意 JSON（最多 16 KiB），会作为 payload.context 随该通话的每条消息返回，由同一账户的通话节点给出。",
    },
  },
  {
    name: "waitFor",
    kind: "choice",
    default: "accepted",
    choices: waits,
    onlyIf: { setting: "input", is: "one" },
    label: { en: "Wait for", zh: "等待" },
    hint: {
      en: "Every choice except the platform's answer adds a second output, for calls that do not reach that state. The platform's pushes must reach this Node-RED.",
      zh: "除“平台受理”外，会增加第二个输出，用于未能达到该状态的通话。平台的推送必须能到达此 Node-RED。",
    },
  },
  {
    name: "waitTimeout",
    kind: "number",
    default: 120,
    min: 1,
    max: 86_400,
    integer: false,
    unit: seconds,
    onlyIf: { setting: "waitFor", isNot: "accepted" },
    label: { en: "At most", zh: "最长等待" },
    hint: {
      en: "After this time, the call goes to the second output in its current state.",
      zh: "超时后，通话以当前状态从第二个输出送出。",
    },
  },
  {
    name: "repeatGuard",
    kind: "number",
    default: 3,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    section: "safety",
    label: { en: "Repeat guard", zh: "重复保护" },
    hint: {
      en: "The same agent and number again within this time is refused, because buttons and webhooks may fire twice. 0: off.",
      zh: "在此时间内再次以同一坐席呼叫同一号码会被拒绝，因为按钮和 Webhook 可能重复触发。0 表示关闭。",
    },
  },
];
