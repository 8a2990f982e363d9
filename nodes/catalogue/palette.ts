// The palette: the order of the node types in their category, and the search words for each. The order follows the
// steps of a typical flow.
import { all } from "./commands";
import type { Group, Text } from "./types";

/** A node type in the palette. `keywords` are words for the palette's filter, besides the label and the type. */
export interface PaletteEntry {
  readonly type: string;
  readonly keywords: Text;
}

const entry = (type: string, en: string, zh: string): PaletteEntry => ({ type, keywords: { en, zh } });

const listed: readonly PaletteEntry[] = [
  entry(
    "sccc-calls",
    "incoming inbound outgoing outbound call phone ringing missed recording CRM screen pop",
    "来电 去电 通话 振铃 未接 录音 弹屏 客户",
  ),
  entry("sccc-campaign", "campaign outbound dialler dialer task phone call list", "外呼 群呼 任务 名单 通话"),
  entry(
    "sccc-notify",
    "incoming inbound outgoing outbound call phone event push webhook screen pop CRM billing",
    "来电 去电 弹屏 推送 事件 通话 话单 客户",
  ),
  entry("sccc-call-number", "click to call dial outgoing outbound phone CRM", "点击呼叫 拨号 去电 外呼 打电话 通话"),
  entry("sccc-hangup-call", "end call phone", "挂机 结束通话"),
  entry("sccc-voice-verify", "verification code one-time password OTP phone call", "验证码 语音 电话"),
  entry("sccc-agent-login", "agent sign in login", "坐席 签入 上线"),
  entry("sccc-agent-logout", "agent sign out logoff", "坐席 签出 下线"),
  entry("sccc-agent-set-busy", "agent busy pause break not ready", "坐席 示忙 小休"),
  entry("sccc-agent-set-idle", "agent idle ready available", "坐席 示闲 就绪"),
  entry("sccc-get-agent-status", "agent state busy idle", "坐席 状态 忙 闲"),
  entry("sccc-agent-query-status", "agent state push event", "坐席 状态 推送"),
  entry("sccc-get-agent-info", "agent list staff number", "坐席 列表 工号"),
  entry("sccc-call-task-create", "campaign outbound dialling dialer task list", "外呼 任务 群呼 名单"),
  entry("sccc-call-task-add-numbers", "campaign outbound dialling task list", "外呼 任务 追加 名单"),
  entry("sccc-call-task-control", "campaign outbound start stop pause task", "外呼 任务 启动 停止 暂停"),
  entry("sccc-call-task-query", "campaign outbound task progress", "外呼 任务 进度"),
  entry("sccc-get-cdr-list", "call detail record history report", "话单 通话记录 报表"),
  entry("sccc-get-records-list", "recording list audio", "录音 列表"),
  entry("sccc-get-recording", "recording audio download file wav mp3", "录音 下载 音频 文件"),
  entry("sccc-feed", "recording call detail record CDR archive export database sync", "录音 话单 同步 归档 数据库"),
  entry("sccc-confirm", "acknowledge delivered token", "确认 应答 投递"),
  entry("sccc-call-tracker", "call phone join state", "通话 跟踪 合并"),
  entry("sccc-command", "API custom raw", "接口 自定义 命令"),
  entry("sccc-simulator", "test demo try phone", "模拟平台 测试 演示 试用"),
];

const groupOf = (type: string): Group | undefined => all.find(({ node }) => node === type)?.group;

/** Every node type in the palette, in its order. A command that is not listed follows the last one of its group. */
export const palette: readonly PaletteEntry[] = all.reduce((entries, { node, group, label }) => {
  if (entries.some(({ type }) => type === node)) return entries;
  const behind = entries.map(({ type }) => groupOf(type)).lastIndexOf(group) + 1;
  return [...entries.slice(0, behind), { type: node, keywords: label }, ...entries.slice(behind)];
}, listed);
