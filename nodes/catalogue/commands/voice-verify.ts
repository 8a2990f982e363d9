// VoiceVerify (§四): Calls a number and reads out a verification code.
import { callee, userData } from "../fields";
import type { Command } from "../types";

export const voiceVerify: Command = {
  api: "VoiceVerify",
  node: "sccc-voice-verify",
  section: "四",
  order: 1,
  group: "call",
  versions: [1, 2, 3, 4, 6],
  resend: "once",
  agentInAuthentication: false,
  batch: true,
  seq: "number",
  fields: [
    callee,
    {
      name: "verifyCode",
      rule: { kind: "digits", min: 3, max: 8 },
      required: true,
      unset: "omit",
      example: "0427",
      label: { en: "Verification code", zh: "验证码" },
      hint: { en: "The code that is read out, 3 to 8 digits.", zh: "要播报的验证码，3 至 8 位数字。" },
    },
    {
      name: "playTimes",
      rule: { kind: "integer", min: 1, max: 5, wire: "number" },
      required: false,
      unset: "omit",
      example: "3",
      label: { en: "Play times", zh: "播放次数" },
      hint: {
        en: "How often the code is read out, 1 to 5; the platform reads it 3 times by default.",
        zh: "播放次数，1 至 5；平台默认播放 3 次。",
      },
    },
    {
      ...userData,
      rule: { kind: "text", max: 100, overlong: "cut" },
      hint: {
        en: "Comes back in the answer and in the pushes that the command causes; longer than 100 characters is cut off.",
        zh: "会在响应以及该命令引起的推送中原样返回；超过 100 个字符的部分会被截断。",
      },
    },
  ],
  answer: [],
  label: { en: "voice verify", zh: "语音验证码" },
  does: { en: "read __verifyCode__ to __callee__", zh: "向 __callee__ 播报 __verifyCode__" },
  summary: { en: "Calls a number and reads out a verification code.", zh: "呼叫一个号码并播报验证码。" },
  notes: [
    {
      en: "Success means that the platform has accepted the command and is about to call.",
      zh: "成功只表示平台已收到请求并准备开始呼叫。",
    },
  ],
};
