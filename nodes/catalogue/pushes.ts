// The pushes: events that the platform sends (docs/protocol.md, "Pushes").
import { callType, serverStatus, serviceType, taskPurpose, taskStatus, workStatus } from "./enumerations";
import type { AnswerField, Push } from "./types";

const seq: AnswerField = { name: "seq", text: { en: "the command seq that caused it", zh: "引起推送的命令序列号" } };
const userData: AnswerField = {
  name: "userData",
  text: { en: "the user data of the command that caused it", zh: "命令携带的用户数据" },
  optional: true,
};
const customer: AnswerField = { name: "customer", text: { en: "the customer", zh: "客户" } };
const agent: AnswerField = { name: "agent", text: { en: "the agent's staff number", zh: "坐席工号" } };
const number: AnswerField = { name: "number", text: { en: "the customer's number", zh: "客户号码" } };
const direction: AnswerField = { name: "call_type", text: { en: "the direction", zh: "呼叫类型" }, choices: callType };
const callFields: readonly AnswerField[] = [seq, userData, customer, agent, number, direction];

/** Fields in the bills of installed platforms that the document does not have (docs/protocol.md, "Seen in the field"). */
const billSeen: readonly AnswerField[] = (
  [
    ["staffNo", { en: "the agent's staff number", zh: "坐席工号" }],
    ["taskID", { en: "the ID of the task that called", zh: "发起呼叫的任务 ID" }],
    ["taskName", { en: "its name", zh: "任务名称" }],
    ["area", { en: "the customer's province", zh: "客户所在省份" }],
    ["city", { en: "the customer's city", zh: "客户所在城市" }],
    ["trunkIndex", { en: "the trunk's number", zh: "中继序号" }],
    ["trunkType", { en: "its type", zh: "中继类型" }],
    ["trunkName", { en: "its name", zh: "中继名称" }],
    ["trunkPeerIP", { en: "its other end", zh: "中继对端地址" }],
    ["trunkUsername", { en: "its user", zh: "中继用户名" }],
    ["releaseCause", { en: "why the call ended, a SIP code", zh: "挂断原因（SIP 代码）" }],
  ] as const
).map(([name, text]) => ({ name, text, optional: true, seen: true }));

/** The pushes of the vendor's document and those seen in the field. The editor and the help use this order. */
export const pushes: readonly Push[] = [
  {
    event: "callin",
    type: "callin",
    section: "21",
    fields: callFields,
    label: { en: "agent's phone rings", zh: "坐席话机振铃" },
    summary: {
      en: "With an incoming call, or before an outgoing call is dialled.",
      zh: "有来电，或去电前先呼叫坐席。",
    },
  },
  {
    event: "callout",
    type: "callout",
    section: "22",
    fields: callFields,
    label: { en: "outgoing call begins", zh: "去电开始" },
    summary: { en: "The customer is dialled.", zh: "正在呼叫客户。" },
  },
  {
    event: "screenpop",
    section: "19",
    fields: [customer, { ...agent, optional: true }, number, direction, seq],
    label: { en: "incoming call rings (screen pop)", zh: "来电振铃（弹屏）" },
    summary: {
      en: "For showing the customer to the agent; with an outgoing call, the customer's phone rings.",
      zh: "用于向坐席显示客户资料；去电时为客户话机振铃。",
    },
  },
  {
    event: "callstart",
    type: "callstart",
    section: "17",
    fields: callFields,
    label: { en: "call answered", zh: "通话接通" },
    summary: { en: "Both sides can talk.", zh: "双方可以通话。" },
  },
  {
    event: "callend",
    type: "callend",
    section: "18",
    fields: callFields,
    label: { en: "call ended", zh: "通话结束" },
    summary: { en: "Answered or not.", zh: "无论是否接通。" },
  },
  {
    event: "billing",
    type: "billing",
    section: "23",
    fields: [
      seq,
      userData,
      { name: "startTime", text: { en: "when the call began", zh: "呼叫开始时间" } },
      { name: "ringTime", text: { en: "when it began to ring", zh: "振铃开始时间" } },
      { name: "answerTime", text: { en: "when it was answered", zh: "呼叫接通时间" } },
      { name: "byeTime", text: { en: "when it ended", zh: "呼叫结束时间" } },
      { name: "callee", text: { en: "the callee", zh: "被叫号码" } },
      { name: "caller", text: { en: "the caller", zh: "主叫号码" } },
      { name: "recordFile", text: { en: "the recording's path", zh: "录音文件" } },
      { name: "service", text: { en: "the kind of service", zh: "业务类型" }, choices: serviceType },
      { name: "session", text: { en: "the call's identity", zh: "通话标识" } },
      { name: "timeLength", text: { en: "its length in seconds", zh: "通话时长（秒）" }, optional: true },
      ...billSeen,
    ],
    label: { en: "call's bill", zh: "通话话单" },
    summary: { en: "The call's times, parties and recording.", zh: "通话的时间、双方号码和录音。" },
  },
  {
    event: "taskinfo",
    type: "taskinfo",
    section: "25",
    fields: [
      seq,
      userData,
      { name: "taskID", text: { en: "the task's ID", zh: "任务 ID" } },
      { name: "taskName", text: { en: "its name", zh: "任务名称" } },
      { name: "calleeAmount", text: { en: "how many numbers it has", zh: "任务号码总数" } },
      { name: "remainAmount", text: { en: "how many are left", zh: "任务剩余号码数" } },
      { name: "status", text: { en: "its state", zh: "任务状态" }, choices: taskStatus },
      { name: "purpose", text: { en: "whose it is", zh: "对象类型" }, choices: taskPurpose, optional: true },
      { name: "group", text: { en: "the group", zh: "班组" }, optional: true },
      { name: "staffNo", text: { en: "the staff number", zh: "坐席工号" }, optional: true },
    ],
    label: { en: "dialling task's progress", zh: "外呼任务进度" },
    summary: { en: "Its state and how many numbers are left.", zh: "任务状态和剩余号码数。" },
  },
  {
    event: "agentstatus",
    section: "五",
    fields: [
      { ...customer, optional: true },
      { ...agent, optional: true },
      {
        name: "workStatus",
        text: { en: "the agent's working state", zh: "工作状态" },
        choices: workStatus,
        optional: true,
      },
      {
        name: "serverStatus",
        text: { en: "what the agent is doing", zh: "业务状态" },
        choices: serverStatus,
        optional: true,
      },
      { ...seq, optional: true },
      userData,
    ],
    label: { en: "agent's state", zh: "坐席状态" },
    summary: { en: "Such as idle, busy or talking.", zh: "例如空闲、忙碌或通话中。" },
  },
  {
    event: "clientmark",
    type: "clientMark",
    section: "–",
    fields: [
      {
        name: "data",
        text: { en: "{userName, number, type, clientName}", zh: "{userName, number, type, clientName}" },
      },
      { name: "field", text: { en: "the form's fields: [{name, value}]", zh: "表单字段：[{name, value}]" } },
    ],
    label: { en: "customer form saved", zh: "客户资料保存" },
    summary: { en: "An agent has saved a customer's form.", zh: "坐席保存了客户资料表单。" },
  },
];
