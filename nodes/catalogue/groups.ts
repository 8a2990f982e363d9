// The groups that determine a node's colour and icon. The colours are light: Node-RED keeps node labels dark in its dark theme.
import type { Group, Text } from "./types";

/** Colour (CSS), icon (a file of icons/) and name of each group. */
export const groups: Readonly<Record<Group, { readonly color: string; readonly icon: string; readonly text: Text }>> = {
  agent: { color: "#A9D6E5", icon: "sccc-agent.svg", text: { en: "Agents", zh: "坐席" } },
  call: { color: "#B5E2C4", icon: "sccc-call.svg", text: { en: "Calls", zh: "呼叫" } },
  task: { color: "#F6D6A8", icon: "sccc-task.svg", text: { en: "Dialling tasks", zh: "外呼任务" } },
  record: { color: "#D9C9EC", icon: "sccc-record.svg", text: { en: "Records", zh: "记录与话单" } },
  event: { color: "#F7C6C0", icon: "sccc-event.svg", text: { en: "Events", zh: "事件" } },
  tools: { color: "#D5DBE1", icon: "sccc-tools.svg", text: { en: "Tools", zh: "工具" } },
};
