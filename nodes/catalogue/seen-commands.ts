// Commands and fields of requests that public clients send and that are not in the vendor's document (docs/protocol.md, "Commands seen in
// the field").
import { callees } from "./fields";
import type { SeenCommand, SeenField, Text } from "./types";

interface SeenText {
  readonly text: Text;
  readonly example: string;
  readonly required?: true;
}

const text = (name: string, { text: meaning, example, required }: SeenText): SeenField => ({
  name,
  rule: { kind: "text", overlong: "refuse" },
  required: required === true,
  example,
  text: meaning,
});

const integer = (name: string, max: number, example: string, meaning: Text): SeenField => ({
  name,
  rule: { kind: "integer", min: 0, max, wire: "number" },
  required: false,
  example,
  text: meaning,
});

const voiceFileID = { en: "the voice file on the platform that is played", zh: "平台上要播放的语音文件" };

const numbers: SeenField = {
  name: "callees",
  rule: callees.rule,
  required: true,
  example: '["13800138000","13900139000"]',
  text: { en: "the numbers to call", zh: "要呼叫的号码" },
};

const cyclePlayTimes = integer("cyclePlayTimes", 100, "1", {
  en: "how often the file is played",
  zh: "语音文件的播放次数",
});

/** Fields that clients send with CallNumber in addition to the vendor's. */
export const seenOfCallNumber: readonly SeenField[] = [
  {
    name: "caller",
    rule: { kind: "phone", max: 32 },
    required: false,
    example: "02161234567",
    text: { en: "the number that the callee is shown", zh: "向被叫显示的主叫号码" },
  },
  text("lineMode", { text: { en: 'the line mode; "0" was seen', zh: "线路模式；见过的值为 “0”" }, example: "0" }),
  integer("noUseBlApi", 1_000_000, "0", { en: "0 was seen", zh: "见过的值为 0" }),
];

/** The commands, in the order of the editor's suggestions. */
export const seenCommands: readonly SeenCommand[] = [
  {
    api: "VoiceNotifaction",
    fields: [text("voiceFileID", { text: voiceFileID, example: "1", required: true }), numbers, cyclePlayTimes],
    text: {
      en: "calls a list of numbers and plays a voice file to each (the platform spells it so)",
      zh: "语音通知：呼叫一组号码，并向每个号码播放语音文件（平台的拼写如此）",
    },
  },
  {
    api: "CallMultiNumbers",
    fields: [],
    text: { en: "calls several numbers; no client shows its fields", zh: "呼叫多个号码；未见其字段" },
  },
  {
    api: "callTaskCreateByVoiceTransferAgent",
    fields: [
      text("taskName", { text: { en: "the task's name", zh: "任务名称" }, example: "spring" }),
      {
        name: "multiplier",
        rule: { kind: "decimal", min: 1, below: 5 },
        required: false,
        example: "1",
        text: { en: "how many numbers are called for each free agent", zh: "外呼倍数" },
      },
      text("agentGroup", { text: { en: "the group that takes the calls", zh: "接听的坐席班组" }, example: "group1" }),
      text("CIDGroup", { text: { en: "the group of numbers to call from", zh: "主叫号码组" }, example: "cid1" }),
      numbers,
      integer("maxConcurrence", 1_000_000, "1", { en: "calls at a time", zh: "最大并发数" }),
      cyclePlayTimes,
      text("voiceFileID", { text: voiceFileID, example: "1" }),
      text("concurrenceMode", { text: { en: "how the concurrency is counted", zh: "并发模式" }, example: "0" }),
      {
        name: "weekday1",
        rule: { kind: "list", of: { kind: "digits", min: 1, max: 1 } },
        required: false,
        example: '["1","2","3","4","5"]',
        text: { en: "the days of the week on which it dials", zh: "拨打的星期" },
      },
      text("startTime1", { text: { en: "the start time on these days", zh: "每日开始时间" }, example: "09:00:00" }),
      text("endTime1", { text: { en: "until when", zh: "每日结束时间" }, example: "18:00:00" }),
    ],
    text: {
      en: "creates a task that plays a voice file and then connects an agent",
      zh: "创建外呼任务：先播放语音，再转接坐席",
    },
  },
  {
    api: "login",
    version: "2.1.2",
    fields: [
      text("customerName", { text: { en: "the customer", zh: "客户" }, example: "C2", required: true }),
      text("userName", { text: { en: "the user", zh: "用户" }, example: "admin", required: true }),
    ],
    text: {
      en: "logs a user in and answers with a token (version 2.1.2)",
      zh: "用户登录，返回 token（版本 2.1.2）",
    },
  },
];

/** A field's example in the form of a request. */
function exampleOf({ rule, example }: SeenField): unknown {
  if (rule.kind === "list") return JSON.parse(example);
  return rule.kind === "decimal" || (rule.kind === "integer" && rule.wire === "number") ? Number(example) : example;
}

/** A request with an example for each field. */
export const templateOf = ({ fields }: SeenCommand): Readonly<Record<string, unknown>> =>
  Object.fromEntries(fields.map((field) => [field.name, exampleOf(field)]));
