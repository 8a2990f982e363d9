// The vendor's enumerated values, as written on the wire.
import { callTypeOf } from "./directions";
import type { CallResult, CallType, Choice, ServiceType } from "./types";

/** An agent's working state (§六.6). */
export const workStatus: readonly Choice[] = [
  { value: "OFFLINE", text: { en: "offline", zh: "离线" } },
  { value: "ONLINE", text: { en: "online", zh: "在线" } },
  { value: "BUSY", text: { en: "busy", zh: "忙" } },
  { value: "AWAY", text: { en: "away", zh: "离开" } },
];

/** What an agent is doing (§六.6). */
export const serverStatus: readonly Choice[] = [
  { value: "IDLE", text: { en: "idle", zh: "空闲" } },
  { value: "CALL_OUT", text: { en: "on an outbound call", zh: "去电通话中" } },
  { value: "CALL_IN", text: { en: "on an inbound call", zh: "来电通话中" } },
  { value: "RINGING", text: { en: "ringing", zh: "振铃" } },
  { value: "PROCESS", text: { en: "after-call work", zh: "整理中" } },
];

/** Who is called first in a dialling task (§13.4). */
export const taskMode: readonly Choice[] = [
  { value: "2", text: { en: "2: the customer first, then the agent", zh: "2：先呼叫客户，再呼叫坐席" } },
  { value: "5", text: { en: "5: the agent first, then the customer", zh: "5：先呼叫坐席，再呼叫客户" } },
];

/** What to do with a dialling task (§15.4). */
export const taskAction: readonly Choice[] = [
  { value: "start", text: { en: "start", zh: "开始任务" } },
  { value: "stop", text: { en: "stop", zh: "停止任务" } },
];

/** The kind of service of a CDR or a billing push (§24.3). */
export const serviceType: readonly ServiceType[] = [
  { value: "1", direction: "outbound", text: { en: "outbound call", zh: "出局呼叫" } },
  { value: "2", direction: "inbound", text: { en: "inbound call", zh: "入局呼叫" } },
  { value: "3", text: { en: "internal call", zh: "内部呼叫" } },
  { value: "4", direction: "outbound", text: { en: "automatic outbound call", zh: "自动外呼" } },
  { value: "5", direction: "outbound", text: { en: "preview outbound call", zh: "预览外呼" } },
  { value: "7", noCall: true, text: { en: "recording", zh: "录音业务" } },
  { value: "9", text: { en: "transfer", zh: "转接业务" } },
  { value: "17", noCall: true, text: { en: "rent", zh: "租金业务" } },
  { value: "18", noCall: true, text: { en: "settlement", zh: "结算业务" } },
  {
    value: "19",
    direction: "outbound",
    verification: true,
    text: { en: "voice verification code", zh: "语音验证码业务" },
  },
];

/** How a call ended (§24.5). */
export const callResult: readonly CallResult[] = [
  { value: "1", name: "connected", text: { en: "connected", zh: "接通" } },
  { value: "2", name: "notConnected", text: { en: "not connected", zh: "未接通" } },
  { value: "3", name: "vacant", text: { en: "vacant number", zh: "空号" } },
];

/** A push's direction of call (§17.4) and a record's (§20.6; other values occur there). */
export const callType: readonly CallType[] = [callTypeOf.inbound, callTypeOf.outbound];

/** A dialling task's state (§25.4). */
export const taskStatus: readonly Choice[] = [
  { value: "0", text: { en: "running", zh: "进行中" } },
  { value: "1", text: { en: "paused", zh: "暂停" } },
  { value: "2", text: { en: "finished", zh: "结束" } },
];

/** Whether a dialling task belongs to a group or to an agent (§25.4). */
export const taskPurpose: readonly Choice[] = [
  { value: "0", text: { en: "a group's task", zh: "给班组的任务" } },
  { value: "1", text: { en: "an agent's task", zh: "给坐席的任务" } },
];

/** The language of the platform's own texts (§三.3). */
export const lang: readonly Choice[] = [
  { value: "zh_CN", text: { en: "Chinese", zh: "中文" } },
  { value: "en_US", text: { en: "English", zh: "英文" } },
];
