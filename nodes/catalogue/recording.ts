// The download of a recording (§20.7): GET http://HOST:PORT/<filename>, without authentication.
import type { Download } from "./types";

export const recording: Download = {
  node: "sccc-get-recording",
  section: "20.7",
  order: 17,
  group: "record",
  resend: "read",
  fields: [
    {
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
    },
  ],
  label: { en: "get recording", zh: "获取录音文件" },
  summary: { en: "Downloads the recording of a call.", zh: "下载通话录音。" },
  notes: [],
};
