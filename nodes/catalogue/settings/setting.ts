// Properties that several nodes share.
import type { Setting, Text } from "../types";
/** Every node has a name. */
export const name: Setting = {
  name: "name",
  kind: "text",
  default: "",
  label: { en: "Name", zh: "名称" },
  hint: { en: "Your own name for it.", zh: "自定义名称。" },
};

/** The unit of most durations. */
export const seconds: Text = { en: "s", zh: "秒" };
