// The events of a call that sccc-calls has messages for, in the order in which a call has them.
import type { Push } from "./types";

/** These are not pushes: each may stand for several. */
export const callEvents: readonly Push[] = [
  {
    event: "ringing",
    section: "–",
    fields: [],
    label: { en: "ringing", zh: "来电振铃" },
    summary: {
      en: "An inbound call rings, once for each call, although the platform pushes two events.",
      zh: "平台推送两个事件，但每个通话只有一条消息。",
    },
  },
  {
    event: "dialing",
    section: "–",
    fields: [],
    label: { en: "dialing", zh: "去电开始" },
    summary: { en: "An outbound call begins.", zh: "坐席或任务开始呼叫客户。" },
  },
  {
    event: "answered",
    section: "–",
    fields: [],
    label: { en: "answered", zh: "接通" },
    summary: { en: "Both sides can talk.", zh: "双方可以通话。" },
  },
  {
    event: "finished",
    section: "–",
    fields: [],
    label: { en: "finished", zh: "完成" },
    summary: {
      en: "The call is over, answered or not, with its bill; once for each call.",
      zh: "通话已结束（无论是否接通），附带话单；每个通话一条消息。",
    },
  },
  {
    event: "recording",
    section: "–",
    fields: [],
    label: { en: "recording", zh: "录音" },
    summary: {
      en: "The recording of an answered call is available, or did not come in time.",
      zh: "已接通通话的录音已可用，或未能及时取得。",
    },
  },
];

/** The default events. */
export const defaultCallEvents: readonly string[] = ["ringing", "finished"];
