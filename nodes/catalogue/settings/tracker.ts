// sccc-call-tracker: how calls are tracked.

import type { Setting } from "../types";
import { seconds } from "./setting";

/** `sccc-call-tracker`, in addition to its name and account. */
export const trackerSettings: readonly Setting[] = [
  {
    name: "window",
    kind: "number",
    default: 3600,
    min: 1,
    max: 604_800,
    integer: false,
    unit: seconds,
    label: { en: "Silence", zh: "静默时限" },
    hint: {
      en: "A call without an event for this time counts as over. A finished call is remembered for the same time, so that late events find it.",
      zh: "超过此时间没有任何事件的通话视为已结束；已完成的通话也保留这么久，以接收迟到的事件。",
    },
  },
  {
    name: "waitForBilling",
    kind: "number",
    default: 60,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    label: { en: "Wait for billing", zh: "等待话单" },
    hint: {
      en: "How long an ended call waits for its bill. After that it is finished without one. 0: no waiting.",
      zh: "通话结束后等待话单的时间，超时则不再等待而直接完成；0 表示不等待。",
    },
  },
  {
    name: "maxOpen",
    kind: "number",
    default: 100_000,
    min: 1,
    max: 1_000_000,
    integer: true,
    label: { en: "Most calls", zh: "最多通话数" },
    hint: {
      en: "How many calls are followed at once. Beyond that, the oldest are dropped.",
      zh: "同时跟踪的通话数量；超过时放弃最早的通话。",
    },
  },
];
