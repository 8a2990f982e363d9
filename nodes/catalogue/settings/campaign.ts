// The settings of sccc-campaign.
import { taskMode } from "../enumerations";
import { agent, callees } from "../fields";
import type { Field, Setting, Text } from "../types";
import { seconds } from "./setting";

const minutes: Text = { en: "min", zh: "分钟" };

/** Typed inputs, by default from the message. */
export const campaignFields: { readonly agents: Field; readonly numbers: Field; readonly doNotCall: Field } = {
  agents: {
    ...agent,
    name: "agents",
    rule: { kind: "list", of: { kind: "digits", min: 1, max: 8 }, max: 1000 },
    example: '["1000"]',
    label: { en: "Agents", zh: "坐席工号" },
    hint: {
      en: "Staff numbers: the numbers are distributed to these agents, and each agent gets a separate task.",
      zh: "坐席工号：号码平均分配给这些坐席，每个坐席各有一个任务。",
    },
  },
  numbers: {
    ...callees,
    name: "numbers",
    rule: { kind: "list", of: { kind: "phone", max: 32 } },
    label: { en: "Numbers", zh: "号码" },
    hint: {
      en: "The numbers to dial: an array of numbers or of rows, or text with numbers. Every entry gets a result.",
      zh: "要呼叫的号码：号码或行的数组，或包含号码的文本。每一项都会得到一个结果。",
    },
  },
  doNotCall: {
    ...callees,
    name: "doNotCall",
    required: false,
    rule: { kind: "list", of: { kind: "phone", max: 32 } },
    label: { en: "Do not call", zh: "禁呼名单" },
    hint: {
      en: "Numbers, or rows with numbers, that are never dialled. Read when a campaign begins.",
      zh: "永不呼叫的号码或行。在活动开始时读取。",
    },
  },
};

/** `sccc-campaign`, in addition to its name, account and typed inputs. */
export const campaignSettings: readonly Setting[] = [
  {
    name: "numberField",
    kind: "text",
    default: "number",
    required: true,
    label: { en: "Number's column", zh: "号码列" },
    hint: {
      en: "If entries are rows: the property with the number.",
      zh: "当各项是行时：保存号码的属性名。",
    },
  },
  {
    name: "hours",
    kind: "hours",
    label: { en: "Calling hours", zh: "呼叫时段" },
    hint: {
      en: "Numbers are dialled only within these hours, in the account's time zone. No hours: always. 22:00 to 06:00 ends the next morning.",
      zh: "只在这些时段内呼叫，按账户的时区计算。没有时段：任何时间都可呼叫。22:00 至 06:00 表示到次日早上结束。",
    },
  },
  {
    name: "attempts",
    kind: "number",
    default: 1,
    min: 1,
    max: 10,
    integer: true,
    label: { en: "Attempts", zh: "呼叫次数" },
    hint: {
      en: "The most attempts for a number that nobody answers. Vacant numbers are not dialled again.",
      zh: "无人接听时每个号码最多呼叫几次。空号不再呼叫。",
    },
  },
  {
    name: "retryAfter",
    kind: "number",
    default: 60,
    min: 0.001,
    max: 100_000,
    integer: false,
    unit: minutes,
    label: { en: "Again after", zh: "再次呼叫间隔" },
    hint: {
      en: "The time between the end of an attempt and the next one.",
      zh: "一次呼叫结束到下一次呼叫之间的时间。",
    },
  },
  {
    name: "maxPerDay",
    kind: "number",
    default: 0,
    min: 0,
    max: 1000,
    integer: true,
    section: "limits",
    label: { en: "Most per day", zh: "每日上限" },
    hint: {
      en: "How often one number is dialled in 24 hours by all campaigns of the account. 0: no limit.",
      zh: "同一号码在 24 小时内被该账户所有活动呼叫的次数上限；0 表示不限。",
    },
  },
  {
    name: "mode",
    kind: "choice",
    default: "5",
    choices: taskMode,
    others: "integers",
    section: "more",
    label: { en: "Mode", zh: "呼叫模式" },
    hint: { en: "Who is called first.", zh: "任务先呼叫谁。" },
  },
  {
    name: "multiplier",
    kind: "number",
    default: 1,
    min: 1,
    max: 4.99,
    integer: false,
    section: "more",
    label: { en: "Multiplier", zh: "呼叫倍率" },
    hint: { en: "Calls per free agent, from 1 to less than 5.", zh: "呼叫倍率，大于等于 1 且小于 5。" },
  },
  {
    name: "callers",
    kind: "text",
    default: "",
    example: "02112345678",
    onlyIf: { setting: "mode", is: "2" },
    section: "more",
    label: { en: "Callers", zh: "主叫号码" },
    hint: {
      en: "The account's own numbers to call from, separated by commas. Empty: the platform chooses.",
      zh: "外呼使用的本客户主叫号码，以逗号分隔。不填时由平台选择。",
    },
  },
  {
    name: "taskName",
    kind: "text",
    default: "",
    section: "more",
    label: { en: "Task name", zh: "任务名称" },
    hint: { en: "The name of the tasks on the platform.", zh: "任务在平台上的名称。" },
  },
  {
    name: "resultWait",
    kind: "number",
    default: 120,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    section: "more",
    label: { en: "Wait for results", zh: "等待结果" },
    hint: {
      en: "How long to wait for bills after the end of a task. After that, the CDRs are read.",
      zh: "任务结束后等待话单的时间。超时后查询话单列表。",
    },
  },
  {
    name: "reconcile",
    kind: "boolean",
    default: true,
    section: "more",
    label: { en: "Ask the CDRs", zh: "查询话单列表" },
    hint: {
      en: "Looks up numbers whose bill did not come. If off, their outcome is unknown.",
      zh: "查询未收到话单的号码。否则其结果为 unknown。",
    },
  },
];
