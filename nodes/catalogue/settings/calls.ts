// The settings of sccc-calls.
import type { Choice, Setting } from "../types";
import { recordingSettings } from "./recording";
import { seconds } from "./setting";
import { trackerSettings } from "./tracker";

const directions: readonly Choice[] = [
  { value: "both", text: { en: "inbound and outbound", zh: "来电和去电" } },
  { value: "inbound", text: { en: "inbound", zh: "来电" } },
  { value: "outbound", text: { en: "outbound", zh: "去电" } },
];

const recordings: readonly Choice[] = [
  { value: "url", text: { en: "its address", zh: "录音地址" } },
  { value: "buffer", text: { en: "a Buffer", zh: "Buffer 数据" } },
  { value: "file", text: { en: "a file", zh: "文件" } },
];

/** The settings for files, as in sccc-get-recording. */
const file: readonly Setting[] = recordingSettings
  .filter(({ name }) => ["folder", "fileName", "exists"].includes(name))
  .map((setting): Setting => ({ ...setting, onlyIf: { setting: "recording", is: "file" } }));

/** `sccc-calls`, in addition to its name, account, events and the layout of its outputs. */
export const callsSettings: readonly Setting[] = [
  {
    name: "direction",
    kind: "choice",
    default: "both",
    choices: directions,
    label: { en: "Calls", zh: "通话" },
    hint: {
      en: "The calls that lead to messages. A call of unknown direction is included only with inbound and outbound.",
      zh: "输出哪些通话的消息。方向未知的通话仅在选择“来电和去电”时输出。",
    },
  },
  {
    name: "agents",
    kind: "text",
    default: "",
    example: "1000, 20*",
    label: { en: "Agents", zh: "坐席" },
    hint: {
      en: "Staff numbers, separated by commas or spaces; * stands for any characters, ? for one. Empty: all.",
      zh: "工号，以逗号或空格分隔；* 代表任意字符，? 代表一个字符。留空表示全部。",
    },
  },
  {
    name: "recording",
    kind: "choice",
    default: "url",
    choices: recordings,
    label: { en: "Recording", zh: "录音" },
    hint: {
      en: "The content of payload.recording in messages of the event recording.",
      zh: "“录音”事件的消息中 payload.recording 的内容。",
    },
  },
  ...file,
  {
    name: "recordingWait",
    kind: "number",
    default: 120,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    section: "limits",
    label: { en: "Wait for recording", zh: "等待录音" },
    hint: {
      en: "How long to wait for the recording after the end of a call. After that, payload.recording is null, and payload.recordingError has the reason.",
      zh: "通话结束后等待录音的时间。超时后 payload.recording 为 null，payload.recordingError 说明原因。",
    },
  },
  ...trackerSettings.map((setting): Setting => ({ ...setting, section: "limits" })),
];
