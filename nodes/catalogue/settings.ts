// The properties of the nodes that are not commands, as data: the runtime narrows a configuration by it, the editor draws its forms from it.
import { lang } from "./enumerations";
import type { Choice, Text } from "./types";
import { defaultApiVersion } from "./versions";

/** A property of a node. A number's `min` and `max` are inclusive; `unit` is for people. */
export type Setting = {
  readonly name: string;
  readonly label: Text;
  readonly hint: Text;
  /** The folded section of the form that it stands in; absent: always in view. */
  readonly section?: "limits" | "network" | "safety" | "receiving";
} & (
  | { readonly kind: "text"; readonly default: string; readonly required?: true; readonly example?: string }
  | {
      readonly kind: "number";
      /** null: it may be left empty, and is then unset. */
      readonly default: number | null;
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
      readonly unit?: Text;
    }
  | { readonly kind: "boolean"; readonly default: boolean }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly Choice[] }
  | { readonly kind: "secret"; readonly required?: true }
  | { readonly kind: "node"; readonly type: "tls-config" | "http proxy" }
);

const name: Setting = {
  name: "name",
  kind: "text",
  default: "",
  label: { en: "Name", zh: "名称" },
  hint: { en: "Your own name for it.", zh: "自定义名称。" },
};

const seconds: Text = { en: "s", zh: "秒" };

/** `sccc-account`: the platform and how to send to it. What is about receiving stands with the receiving side. */
export const accountSettings: readonly Setting[] = [
  name,
  {
    name: "baseUrl",
    kind: "text",
    default: "",
    required: true,
    example: "http://203.0.113.10:8080",
    label: { en: "Platform", zh: "平台地址" },
    hint: {
      en: "http:// or https://, host and port of the SCCC platform, without a path.",
      zh: "SCCC 平台的 http:// 或 https:// 地址和端口，不含路径。",
    },
  },
  {
    name: "apiVersion",
    kind: "text",
    default: defaultApiVersion,
    required: true,
    example: defaultApiVersion,
    label: { en: "API version", zh: "API 版本" },
    hint: { en: "2.0.1, 2.0.2, 2.0.3, 2.0.4 or 2.0.6.", zh: "2.0.1、2.0.2、2.0.3、2.0.4 或 2.0.6。" },
  },
  {
    name: "customer",
    kind: "text",
    default: "",
    required: true,
    example: "C2",
    label: { en: "Customer", zh: "客户名称" },
    hint: {
      en: "The account's name: letters, digits, - and _.",
      zh: "申请 API 时分配的客户名称：字母、数字、- 和 _。",
    },
  },
  {
    name: "password",
    kind: "secret",
    required: true,
    label: { en: "Password", zh: "密码" },
    hint: {
      en: "Only signs requests; it is never sent and never exported with a flow.",
      zh: "仅用于签名，不会被发送，也不会随流程导出。",
    },
  },
  {
    name: "lang",
    kind: "choice",
    default: "zh_CN",
    choices: lang,
    label: { en: "Language", zh: "语言" },
    hint: { en: "The language of the platform's own texts.", zh: "平台返回文字的语种。" },
  },
  {
    name: "timezone",
    kind: "text",
    default: "Asia/Shanghai",
    required: true,
    example: "Asia/Shanghai",
    section: "limits",
    label: { en: "Time zone", zh: "时区" },
    hint: { en: "The platform's local time, an IANA name.", zh: "平台的当地时区（IANA 名称）。" },
  },
  {
    name: "region",
    kind: "text",
    default: "CN",
    required: true,
    example: "CN",
    section: "limits",
    label: { en: "Region", zh: "国家或地区" },
    hint: {
      en: "The country that local numbers are read in, two letters.",
      zh: "解析本地号码所用的国家或地区，两个字母。",
    },
  },
  {
    name: "areaCode",
    kind: "text",
    default: "",
    example: "021",
    section: "limits",
    label: { en: "Area code", zh: "区号" },
    hint: { en: "For local numbers that come without one.", zh: "用于不带区号的本地号码。" },
  },
  {
    name: "debug",
    kind: "boolean",
    default: false,
    section: "limits",
    label: { en: "Debug", zh: "调试" },
    hint: {
      en: "Ask the platform for its logs, and put the whole answer into msg.sccc.command.",
      zh: "请求平台返回日志，并把完整响应放入 msg.sccc.command。",
    },
  },
  {
    name: "dialOnly",
    kind: "text",
    default: "",
    example: "10086, 138*",
    section: "safety",
    label: { en: "Dial only", zh: "仅允许呼叫" },
    hint: {
      en: "Numbers that may be dialled, between commas; * stands for any characters, ? for one. Empty: any. So that building a flow rings nobody.",
      zh: "允许呼叫的号码，以逗号分隔；* 代表任意字符，? 代表一个字符。留空不限制。可避免调试流程时误拨。",
    },
  },
  {
    name: "timeout",
    kind: "number",
    default: 15,
    min: 0.1,
    max: 600,
    integer: false,
    unit: seconds,
    section: "limits",
    label: { en: "Timeout", zh: "超时" },
    hint: { en: "Per try, from connecting to the answer's last byte.", zh: "每次尝试从连接到收完响应的时间。" },
  },
  {
    name: "retries",
    kind: "number",
    default: 2,
    min: 0,
    max: 10,
    integer: true,
    section: "limits",
    label: { en: "Retries", zh: "重试次数" },
    hint: {
      en: "Further tries where a repeat does no harm. A call is never dialled twice.",
      zh: "仅在重发无害时重试；绝不会重复拨号。",
    },
  },
  {
    name: "maxConcurrent",
    kind: "number",
    default: 8,
    min: 1,
    max: 1000,
    integer: true,
    section: "limits",
    label: { en: "At once", zh: "并发数" },
    hint: { en: "Requests under way at the same time.", zh: "同时进行的请求数。" },
  },
  {
    name: "minInterval",
    kind: "number",
    default: 0,
    min: 0,
    max: 3_600_000,
    integer: true,
    unit: { en: "ms", zh: "毫秒" },
    section: "limits",
    label: { en: "Interval", zh: "最小间隔" },
    hint: { en: "The least time between the starts of two requests.", zh: "两个请求开始之间的最短时间。" },
  },
  {
    name: "maxQueue",
    kind: "number",
    default: 1000,
    min: 0,
    max: 1_000_000,
    integer: true,
    section: "limits",
    label: { en: "Queue", zh: "队列长度" },
    hint: {
      en: "Requests that may wait; further ones are refused at once with SCCC_BUSY.",
      zh: "可排队等待的请求数，超出时立即以 SCCC_BUSY 拒绝。",
    },
  },
  {
    name: "tls",
    kind: "node",
    type: "tls-config",
    section: "network",
    label: { en: "TLS", zh: "TLS" },
    hint: { en: "Certificates for an https platform.", zh: "https 平台的证书配置。" },
  },
  {
    name: "proxy",
    kind: "node",
    type: "http proxy",
    section: "network",
    label: { en: "Proxy", zh: "代理" },
    hint: {
      en: "Empty: as the environment says (http_proxy, https_proxy, no_proxy).",
      zh: "留空时按环境变量 http_proxy、https_proxy、no_proxy。",
    },
  },
];

const pushAnswers: readonly Choice[] = [
  { value: "received", text: { en: "received: once the flow has it", zh: "received：流程收到后" } },
  { value: "stored", text: { en: "stored: once it is safe on disk", zh: "stored：安全写入磁盘后" } },
];

const pushReplays: readonly Choice[] = [
  { value: "refuse", text: { en: "refuse", zh: "拒绝" } },
  { value: "allow", text: { en: "allow", zh: "允许" } },
];

/** `sccc-account`: how pushes are received (design.md section 4). */
export const receivingSettings: readonly Setting[] = [
  {
    name: "pushUser",
    kind: "text",
    default: "",
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
    label: { en: "Own port's TLS", zh: "独立端口 TLS" },
    hint: { en: "The certificate of the own port. Empty: plain http.", zh: "独立端口的证书。留空则使用 http。" },
  },
  {
    name: "pushAllow",
    kind: "text",
    default: "",
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
      zh: "认证域曾与其他内容一起使用过时如何处理。",
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
      en: "When the platform is told that a push was taken. Stored pushes are handed over again until sccc-confirm has them.",
      zh: "何时告知平台推送已收到。stored 模式会重复交付，直到 sccc-confirm 确认。",
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
    label: { en: "Hand over again after", zh: "重新交付间隔" },
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
    label: { en: "Deliveries", zh: "最多交付次数" },
    hint: { en: "Then the push goes to a dead-letter file and to Catch.", zh: "超过后写入死信文件并交给 Catch。" },
  },
];

/** `sccc-simulator`. A simulator on port 0 takes a free port. */
export const simulatorSettings: readonly Setting[] = [
  name,
  {
    name: "port",
    kind: "number",
    default: 8088,
    min: 0,
    max: 65535,
    integer: true,
    label: { en: "Port", zh: "端口" },
    hint: { en: "Where the simulated platform listens.", zh: "模拟平台监听的端口。" },
  },
  {
    name: "host",
    kind: "text",
    default: "127.0.0.1",
    required: true,
    example: "127.0.0.1",
    label: { en: "Host", zh: "主机" },
    hint: { en: "The address it listens on.", zh: "监听地址。" },
  },
  {
    name: "customer",
    kind: "text",
    default: "C2",
    required: true,
    example: "C2",
    label: { en: "Customer", zh: "客户名称" },
    hint: { en: "The account that it knows.", zh: "模拟平台中的客户名称。" },
  },
  {
    name: "password",
    kind: "secret",
    required: true,
    label: { en: "Password", zh: "密码" },
    hint: { en: "That account's password.", zh: "该客户的密码。" },
  },
  {
    name: "pushUrl",
    kind: "text",
    default: "",
    example: "http://127.0.0.1:1880/sccc/notify",
    label: { en: "Push to", zh: "推送地址" },
    hint: { en: "Where it sends its events. Empty: nowhere.", zh: "事件推送到的地址。留空则不推送。" },
  },
  {
    name: "pushUser",
    kind: "text",
    default: "",
    label: { en: "Push user", zh: "推送用户名" },
    hint: {
      en: "Signs the pushes, with the push password; the customer and its password if either is empty.",
      zh: "与推送密码一起为推送签名；任一为空时使用客户名称和密码。",
    },
  },
  {
    name: "pushPassword",
    kind: "secret",
    label: { en: "Push password", zh: "推送密码" },
    hint: { en: "The push user's password.", zh: "推送用户的密码。" },
  },
  {
    name: "agents",
    kind: "text",
    default: "1000-1019",
    required: true,
    example: "1000-1019",
    label: { en: "Agents", zh: "坐席" },
    hint: { en: "Staff numbers, ranges and single ones between commas.", zh: "工号，可用范围和逗号分隔。" },
  },
  {
    name: "speed",
    kind: "number",
    default: 1,
    min: 0.01,
    max: 100_000,
    integer: false,
    label: { en: "Speed", zh: "速度" },
    hint: { en: "50: a call of a minute takes about a second.", zh: "50 表示一分钟的通话约需一秒。" },
  },
  {
    name: "seed",
    kind: "number",
    default: 1,
    min: 0,
    max: 4_294_967_295,
    integer: true,
    label: { en: "Seed", zh: "随机种子" },
    hint: { en: "The same seed gives the same calls.", zh: "相同的种子产生相同的通话。" },
  },
];
