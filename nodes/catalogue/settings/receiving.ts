// sccc-account: how pushes are received.
import type { Choice, Setting } from "../types";
import { seconds } from "./setting";

const pushAnswers: readonly Choice[] = [
  { value: "received", text: { en: "received: once the flow has it", zh: "received：流程收到后" } },
  { value: "stored", text: { en: "stored: once it is safe on disk", zh: "stored：安全写入磁盘后" } },
];

const pushReplays: readonly Choice[] = [
  { value: "refuse", text: { en: "refuse", zh: "拒绝" } },
  { value: "allow", text: { en: "allow", zh: "允许" } },
];

/** `sccc-account`: how pushes are received. */
export const receivingSettings: readonly Setting[] = [
  {
    name: "pushUser",
    kind: "text",
    default: "",
    format: "customer",
    section: "receiving",
    label: { en: "Push user", zh: "推送用户名" },
    hint: {
      en: "Signs the pushes together with the push password; the customer and its password if either is empty.",
      zh: "与推送密码一起为推送签名；任一为空时使用客户名称和密码。",
    },
  },
  {
    name: "pushPassword",
    kind: "secret",
    section: "receiving",
    onlyIf: { setting: "pushUser" },
    label: { en: "Push password", zh: "推送密码" },
    hint: { en: "The push user's password.", zh: "推送用户的密码。" },
  },
  {
    name: "previousPassword",
    kind: "secret",
    section: "receiving",
    label: { en: "Previous password", zh: "旧密码" },
    hint: {
      en: "Pushes signed with it are taken too, while a password is being changed.",
      zh: "更换密码期间，同时接受用旧密码签名的推送。",
    },
  },
  {
    name: "previousPushPassword",
    kind: "secret",
    section: "receiving",
    onlyIf: { setting: "pushUser" },
    label: { en: "Previous push password", zh: "旧推送密码" },
    hint: {
      en: "Pushes signed with it are taken too, while the push password is being changed.",
      zh: "更换推送密码期间，同时接受用旧推送密码签名的推送。",
    },
  },
  {
    name: "pushPath",
    kind: "text",
    default: "/sccc/notify",
    required: true,
    format: "path",
    example: "/sccc/notify",
    section: "receiving",
    label: { en: "Path", zh: "路径" },
    hint: { en: "Where the platform posts its pushes.", zh: "平台推送到的路径。" },
  },
  {
    name: "pushPort",
    kind: "number",
    default: null,
    min: 1,
    max: 65535,
    integer: true,
    section: "receiving",
    label: { en: "Own port", zh: "独立端口" },
    hint: {
      en: "Lets the platform reach the pushes without reaching the editor. Empty: Node-RED's own server.",
      zh: "平台只能访问推送而不能访问编辑器。留空则使用 Node-RED 自身的服务器。",
    },
  },
  {
    name: "pushHost",
    kind: "text",
    default: "",
    example: "0.0.0.0",
    section: "receiving",
    onlyIf: { setting: "pushPort" },
    label: { en: "Own port's address", zh: "独立端口地址" },
    hint: {
      en: "The address that the own port listens on. Empty: every one.",
      zh: "独立端口监听的地址。留空则监听所有地址。",
    },
  },
  {
    name: "pushTls",
    kind: "node",
    type: "tls-config",
    section: "receiving",
    onlyIf: { setting: "pushPort" },
    label: { en: "Own port's TLS", zh: "独立端口 TLS" },
    hint: { en: "The certificate of the own port. Empty: plain http.", zh: "独立端口的证书。留空则使用 http。" },
  },
  {
    name: "pushAllow",
    kind: "text",
    default: "",
    format: "addresses",
    example: "203.0.113.10, 198.51.100.0/24",
    section: "receiving",
    label: { en: "Senders", zh: "允许的来源" },
    hint: {
      en: "Addresses or CIDR blocks that pushes may come from, between commas. Empty: any.",
      zh: "允许推送的来源地址或 CIDR 网段，以逗号分隔。留空不限制。",
    },
  },
  {
    name: "trustProxy",
    kind: "boolean",
    default: false,
    section: "receiving",
    label: { en: "Behind a proxy", zh: "位于代理之后" },
    hint: {
      en: "Take the sender from X-Forwarded-For, as the nearest proxy wrote it.",
      zh: "从最近一级代理写入的 X-Forwarded-For 中取来源地址。",
    },
  },
  {
    name: "pushTolerance",
    kind: "number",
    default: 300,
    min: 0,
    max: 86_400,
    integer: false,
    unit: seconds,
    section: "receiving",
    label: { en: "Tolerance", zh: "时间容差" },
    hint: {
      en: "How far a push's time may be from this machine's clock; 0 accepts any.",
      zh: "推送时间与本机时钟允许的偏差；0 不检查。",
    },
  },
  {
    name: "pushReplay",
    kind: "choice",
    default: "refuse",
    choices: pushReplays,
    section: "receiving",
    label: { en: "Reused signatures", zh: "重复使用的签名" },
    hint: {
      en: "What to do with an authentication block that was used before with another body.",
      zh: "同一签名用于不同内容时如何处理。",
    },
  },
  {
    name: "pushAnswer",
    kind: "choice",
    default: "received",
    choices: pushAnswers,
    section: "receiving",
    label: { en: "Answer", zh: "应答时机" },
    hint: {
      en: "When the platform is told that a push was taken. Stored pushes are delivered again until sccc-confirm confirms them.",
      zh: "何时告知平台推送已收到。stored 模式会重复投递，直到 sccc-confirm 确认。",
    },
  },
  {
    name: "redeliverAfter",
    kind: "number",
    default: 30,
    min: 0.1,
    max: 86_400,
    integer: false,
    unit: seconds,
    section: "receiving",
    onlyIf: { setting: "pushAnswer", is: "stored" },
    label: { en: "Deliver again after", zh: "重新投递间隔" },
    hint: { en: "For stored pushes that are not confirmed.", zh: "用于未确认的 stored 推送。" },
  },
  {
    name: "maxDeliveries",
    kind: "number",
    default: 5,
    min: 1,
    max: 1000,
    integer: true,
    section: "receiving",
    onlyIf: { setting: "pushAnswer", is: "stored" },
    label: { en: "Deliveries", zh: "最多投递次数" },
    hint: { en: "Then the push goes to a dead-letter file and to Catch.", zh: "超过后写入死信文件并交给 Catch。" },
  },
];
