// getRecordsList (§20): Reads one page of the list of recordings.
import { callType } from "../enumerations";
import type { Command } from "../types";

export const getRecordsList: Command = {
  api: "getRecordsList",
  node: "sccc-get-records-list",
  section: "20",
  order: 15,
  group: "record",
  versions: [4, 6],
  resend: "read",
  agentInAuthentication: false,
  batch: false,
  seq: "string",
  fields: [
    {
      name: "startKey",
      rule: { kind: "integer", min: 0, wire: "number" },
      required: true,
      unset: "omit",
      example: "0",
      label: { en: "Start key", zh: "起始 ID" },
      hint: {
        en: "Returns records with a greater key, at most 500; 0 starts at the beginning.",
        zh: "返回 ID 大于此值的记录，最多 500 条；0 表示从头开始。",
      },
    },
  ],
  answer: [],
  list: {
    name: "record",
    kind: "records",
    derived: [
      {
        name: "startAt",
        text: {
          en: "startTime as ISO 8601 with the account's offset, or null",
          zh: "startTime 的 ISO 8601 形式（含账户时区偏移），没有则为 null",
        },
      },
      {
        name: "durationSeconds",
        text: { en: "duration as a number, or null", zh: "数字形式的 duration，没有则为 null" },
      },
      {
        name: "direction",
        text: { en: "inbound or outbound, if type tells", zh: "由 type 得出：inbound（来电）或 outbound（去电）" },
        optional: true,
      },
      {
        name: "numberE164",
        text: { en: "the customer's number with its country code", zh: "带国家代码的客户号码" },
        optional: true,
      },
      { name: "recordUrl", text: { en: "where the recording can be fetched", zh: "录音的下载地址" }, optional: true },
    ],
    items: [
      { name: "key", text: { en: "the recording's ID", zh: "录音 ID" } },
      { name: "agent", text: { en: "the staff number, may be empty", zh: "坐席工号，可能为空" } },
      { name: "caller", text: { en: "the caller", zh: "主叫号码" } },
      { name: "callee", text: { en: "the callee", zh: "被叫号码" } },
      {
        name: "type",
        text: { en: "the direction; other values occur", zh: "呼叫方向，也会出现其他值" },
        choices: callType,
      },
      { name: "startTime", text: { en: "when the call began, in seconds since 1970", zh: "呼叫开始时间（Unix 秒）" } },
      { name: "duration", text: { en: "its length in seconds", zh: "通话时长（秒）" } },
      { name: "filename", text: { en: "the recording's path, may be empty", zh: "录音文件路径，可能为空" } },
    ],
  },
  label: { en: "get records", zh: "获取录音列表" },
  does: { en: "get records after __startKey__", zh: "获取 __startKey__ 之后的录音" },
  summary: { en: "Reads one page of the list of recordings.", zh: "获取一页录音列表。" },
  notes: [
    {
      en: "A page has at most 500 records. The next page starts at the greatest key seen.",
      zh: "每页最多 500 条。以已见的最大 key 作为下一页的起始 ID。",
    },
    {
      en: "Only platforms of versions 2.0.4 and 2.0.6 have this command.",
      zh: "仅 2.0.4 和 2.0.6 版本的平台提供此命令。",
    },
  ],
};
