// The icon in front of a property's label.
import type { Rule, Setting } from "../../nodes/catalogue";

const icons: Readonly<Record<Rule["kind"] | Setting["kind"], string>> = {
  digits: "hashtag",
  phone: "phone",
  integer: "sort-numeric-asc",
  decimal: "sliders",
  choice: "list-ul",
  text: "pencil",
  time: "clock-o",
  list: "list-ol",
  object: "code",
  number: "sort-numeric-asc",
  boolean: "check-square-o",
  secret: "lock",
  node: "cog",
  typed: "code",
};

/** Icons by name, where the kind is not specific enough. */
const iconOf: Readonly<Record<string, string>> = {
  name: "tag",
  account: "building-o",
  agent: "user",
  agents: "users",
  userData: "bookmark-o",
  baseUrl: "globe",
  recordingUrl: "file-audio-o",
  pushUrl: "globe",
  customer: "building-o",
  pushUser: "user",
  pushPath: "link",
  pushPort: "plug",
  pushHost: "server",
  pushAllow: "shield",
  redeliverAfter: "repeat",
  seq: "barcode",
  extra: "plus-square-o",
};

/** The Font Awesome name of a property's icon. */
export const iconFor = (name: string, kind: Rule["kind"] | Setting["kind"]): string => iconOf[name] ?? icons[kind];
