// The palette: the order of the node types in their category, which is the order of the work, and what people type to find them.
import type { Text } from "./types";

/** A node type's place in the palette. `keywords` are words for the palette's filter, beside the label and the type. */
export interface Place {
  readonly type: string;
  readonly keywords: Text;
}

const place = (type: string, en: string, zh: string): Place => ({ type, keywords: { en, zh } });

/** Every node type that has a place in the palette, in its order. */
export const palette: readonly Place[] = [
  place(
    "sccc-calls",
    "incoming inbound outgoing outbound call phone ringing missed recording CRM screen pop",
    "来电 去电 通话 振铃 未接 录音 弹屏 客户",
  ),
  place("sccc-campaign", "campaign outbound dialler dialer task phone call list", "外呼 群呼 任务 名单 通话"),
  place(
    "sccc-notify",
    "incoming inbound outgoing outbound call phone event push webhook screen pop CRM billing",
    "来电 去电 弹屏 推送 事件 通话 话单 客户",
  ),
  place("sccc-call-number", "click to call dial outgoing outbound phone CRM", "点击呼叫 拨号 去电 外呼 打电话 通话"),
  place("sccc-hangup-call", "end call phone", "挂机 结束通话"),
  place("sccc-voice-verify", "verification code one-time password OTP phone call", "验证码 语音 电话"),
  place("sccc-agent-login", "agent sign in login", "坐席 签入 上线"),
  place("sccc-agent-logout", "agent sign out logoff", "坐席 签出 下线"),
  place("sccc-agent-set-busy", "agent busy pause break not ready", "坐席 示忙 小休"),
  place("sccc-agent-set-idle", "agent idle ready available", "坐席 示闲 就绪"),
  place("sccc-get-agent-status", "agent state busy idle", "坐席 状态 忙 闲"),
  place("sccc-agent-query-status", "agent state push event", "坐席 状态 推送"),
  place("sccc-get-agent-info", "agent list staff number", "坐席 列表 工号"),
  place("sccc-call-task-create", "campaign outbound dialling dialer task list", "外呼 任务 群呼 名单"),
  place("sccc-call-task-add-numbers", "campaign outbound dialling task list", "外呼 任务 追加 名单"),
  place("sccc-call-task-control", "campaign outbound start stop pause task", "外呼 任务 启动 停止 暂停"),
  place("sccc-call-task-query", "campaign outbound task progress", "外呼 任务 进度"),
  place("sccc-get-cdr-list", "call detail record history report", "话单 通话记录 报表"),
  place("sccc-get-records-list", "recording list audio", "录音 列表"),
  place("sccc-get-recording", "recording audio download file wav mp3", "录音 下载 音频 文件"),
  place("sccc-feed", "recording call detail record CDR archive export database sync", "录音 话单 同步 归档 数据库"),
  place("sccc-confirm", "acknowledge delivered token", "确认 应答 投递"),
  place("sccc-call-tracker", "call phone join state", "通话 跟踪 合并"),
  place("sccc-command", "API custom raw", "接口 自定义 命令"),
  place("sccc-simulator", "test demo try phone", "模拟平台 测试 演示 试用"),
];
