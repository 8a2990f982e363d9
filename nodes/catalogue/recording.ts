// The download of a recording (§20.7): GET http://HOST:PORT/<filename>, without authentication.
import type { Download, Field } from "./types";

/** The path of the recording on the platform. */
export const recordingName: Field = {
  name: "filename",
  rule: { kind: "text", overlong: "refuse" },
  required: true,
  unset: "omit",
  example: "/record/2026/11/23/1000-13800138000.wav",
  label: { en: "File", zh: "录音文件" },
  hint: {
    en: "The filename of a record or CDR, or the recordFile of a billing event.",
    zh: "录音记录或话单的 filename，或话单推送的 recordFile。",
  },
};

export const recording: Download = {
  node: "sccc-get-recording",
  section: "20.7",
  group: "record",
  fields: [recordingName],
  label: { en: "get recording", zh: "获取录音文件" },
  summary: {
    en: "Fetches the recording of a call, to a Buffer or to a file.",
    zh: "获取通话录音，保存为 Buffer 或文件。",
  },
  notes: [
    {
      en: "The file is fetched only from the account's own platform or its recording address, whatever its name is.",
      zh: "无论文件名如何，都只从账户自身的平台或其录音地址获取。",
    },
    {
      en: "A recording may take a moment after the call: wait for it, or fetch it when the billing event comes.",
      zh: "通话结束后录音可能稍后才可用：可设置等待，或在收到话单事件后再获取。",
    },
  ],
};
