// sccc-get-recording: where the recording goes.
import type { Choice, Setting } from "../types";
import { seconds } from "./setting";

const targets: readonly Choice[] = [
  { value: "buffer", text: { en: "a Buffer", zh: "Buffer 数据" } },
  { value: "file", text: { en: "a file", zh: "文件" } },
];

const existings: readonly Choice[] = [
  { value: "fail", text: { en: "fails", zh: "报错" } },
  { value: "skip", text: { en: "is kept, nothing is fetched", zh: "保留原文件，不再下载" } },
  { value: "replace", text: { en: "is replaced", zh: "替换" } },
];

const missings: readonly Choice[] = [
  { value: "error", text: { en: "is an error", zh: "报错" } },
  { value: "pass", text: { en: "passes through, unchanged", zh: "原样通过" } },
];

/** `sccc-get-recording`, in addition to its name, its account and the recording's name. */
export const recordingSettings: readonly Setting[] = [
  {
    name: "to",
    kind: "choice",
    default: "buffer",
    choices: targets,
    label: { en: "To", zh: "保存为" },
    hint: {
      en: "A file is written in chunks, so that long recordings do not fill the memory.",
      zh: "写入文件时分块进行，较长的录音不会占满内存。",
    },
  },
  {
    name: "folder",
    kind: "text",
    default: "",
    example: "recordings",
    onlyIf: { setting: "to", is: "file" },
    label: { en: "Folder", zh: "文件夹" },
    hint: {
      en: "Created if it is missing. A relative path is below Node-RED's user folder.",
      zh: "不存在时自动创建。相对路径以 Node-RED 用户目录为准。",
    },
  },
  {
    name: "fileName",
    kind: "text",
    default: "{name}",
    example: "{agent}-{callee}-{name}",
    onlyIf: { setting: "to", is: "file" },
    label: { en: "File name", zh: "文件名" },
    hint: {
      en: "{field} stands for a field of msg.payload, {name} for the recording's own name, which is made unique if a file may be kept or replaced. The file is always within the folder.",
      zh: "{字段} 代表 msg.payload 的字段，{name} 代表录音自身的文件名；保留或替换同名文件时会加以区分。绝不会指向文件夹之外。",
    },
  },
  {
    name: "exists",
    kind: "choice",
    default: "fail",
    choices: existings,
    onlyIf: { setting: "to", is: "file" },
    label: { en: "A file that is there", zh: "文件已存在时" },
    hint: { en: "What to do with an existing file of the same name.", zh: "同名文件如何处理。" },
  },
  {
    name: "maxMegabytes",
    kind: "number",
    default: 200,
    min: 0.001,
    max: 1_000_000,
    integer: false,
    unit: { en: "MB", zh: "兆字节" },
    label: { en: "Largest", zh: "大小上限" },
    hint: { en: "A larger recording is not fetched.", zh: "超过上限时放弃下载。" },
  },
  {
    name: "output",
    kind: "text",
    default: "payload",
    format: "property",
    example: "payload",
    label: { en: "Result in msg.", zh: "结果放入 msg." },
    hint: {
      en: "The property of the message that gets the Buffer or the path; the rest of the message stays as it is.",
      zh: "消息中存放 Buffer 或路径的属性；消息的其余部分保持不变。",
    },
  },
  {
    name: "missing",
    kind: "choice",
    default: "error",
    choices: missings,
    label: { en: "No recording", zh: "没有录音时" },
    hint: {
      en: "What to do with a message without a filename, for example of an unanswered call.",
      zh: "消息没有文件名时（例如未接来电）如何处理。",
    },
  },
  {
    name: "waitFor",
    kind: "number",
    default: 0,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    label: { en: "Wait for it", zh: "等待文件" },
    hint: {
      en: "How long to repeat the request while the platform does not have the recording yet, for example just after a call. 0: no repeat.",
      zh: "平台尚无该文件时（例如通话刚结束），在此时间内反复重试。0 表示不重试。",
    },
  },
];
