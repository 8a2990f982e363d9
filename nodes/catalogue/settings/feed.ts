// sccc-feed: what it reads and when.
import type { Choice, Setting } from "../types";
import { seconds } from "./setting";

const sources: readonly Choice[] = [
  { value: "records", text: { en: "recordings (getRecordsList)", zh: "录音记录（getRecordsList）" } },
  { value: "cdrs", text: { en: "CDRs (getCdrList)", zh: "话单（getCdrList）" } },
];

const starts: readonly Choice[] = [
  { value: "now", text: { en: "with new items from now on", zh: "从现在开始" } },
  { value: "beginning", text: { en: "at the beginning", zh: "从头开始" } },
  { value: "key", text: { en: "at a key or a time", zh: "从指定的 key 或时间开始" } },
];

const emits: readonly Choice[] = [
  { value: "page", text: { en: "a message for each page", zh: "每页一条消息" } },
  { value: "item", text: { en: "a message for each item", zh: "每条记录一条消息" } },
];

const advances: readonly Choice[] = [
  { value: "handed", text: { en: "once the flow has the page", zh: "流程收到该页后" } },
  { value: "confirmed", text: { en: "once a confirm node has its token", zh: "确认节点收到令牌后" } },
];

/** `sccc-feed`, in addition to its name and account. */
export const feedSettings: readonly Setting[] = [
  {
    name: "source",
    kind: "choice",
    default: "records",
    choices: sources,
    label: { en: "Reads", zh: "数据来源" },
    hint: {
      en: "The list that is read. Reading continues from the last position.",
      zh: "从上次的位置继续读取的数据。",
    },
  },
  {
    name: "feed",
    kind: "text",
    default: "",
    required: true,
    example: "archive",
    label: { en: "Feed", zh: "数据流名称" },
    hint: {
      en: "The name under which the position is stored; two nodes can't have the same name.",
      zh: "保存读取位置所用的名称，两个节点不能相同。",
    },
  },
  {
    name: "interval",
    kind: "number",
    default: 60,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    label: { en: "Every", zh: "间隔" },
    hint: {
      en: "The pause between two runs. 0: only when a message comes in.",
      zh: "两次读取之间的间隔；0 表示仅在收到消息时读取。",
    },
  },
  {
    name: "start",
    kind: "choice",
    default: "now",
    choices: starts,
    label: { en: "Starts", zh: "起点" },
    hint: { en: "Where the first run begins.", zh: "首次读取从何处开始。" },
  },
  {
    name: "startKey",
    kind: "text",
    default: "",
    example: "184467",
    onlyIf: { setting: "start", is: "key" },
    label: { en: "Start key", zh: "起始位置" },
    hint: {
      en: "Recordings: the key after which to begin. CDRs: a time, such as 2026-11-01 00:00:00.",
      zh: "录音记录：从该 key 之后开始。话单：时间，例如 2026-11-01 00:00:00。",
    },
  },
  {
    name: "emit",
    kind: "choice",
    default: "page",
    choices: emits,
    label: { en: "Gives", zh: "输出方式" },
    hint: {
      en: "Items have msg.parts, so that a join node can rebuild the page.",
      zh: "单条消息带有 msg.parts，可用 join 节点重新组成一页。",
    },
  },
  {
    name: "advance",
    kind: "choice",
    default: "handed",
    choices: advances,
    label: { en: "Advances", zh: "位置前移" },
    hint: {
      en: "When the position moves. With confirmation, the next page is read only then, and a failed page comes again.",
      zh: "何时移动读取位置。需确认时，确认后才读取下一页，失败的页会再次输出。",
    },
  },
  {
    name: "overlap",
    kind: "number",
    default: 3600,
    min: 0,
    max: 604_800,
    integer: false,
    unit: seconds,
    onlyIf: { setting: "source", is: "cdrs" },
    label: { en: "Overlap", zh: "往回重读的时长" },
    hint: {
      en: "How far back to read again for CDRs that appear late; it must be longer than the longest call. No CDR is output twice.",
      zh: "每次从上次位置往回重读这么久，以便找到迟到的话单。此时长应长于最长的通话。同一话单不会重复输出。",
    },
  },
];
