// sccc-simulator: the simulated platform.

import type { Setting } from "../types";
import { name } from "./setting";

/** `sccc-simulator`. Port 0 uses a free port. */
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
    hint: {
      en: "The port of the simulated platform. If you change it, the accounts on it are changed too.",
      zh: "模拟平台监听的端口。更改后，使用它的账户会随之更改。",
    },
  },
  {
    name: "host",
    kind: "text",
    default: "127.0.0.1",
    required: true,
    example: "127.0.0.1",
    label: { en: "Host", zh: "主机" },
    hint: { en: "The address on which it listens.", zh: "监听地址。" },
  },
  {
    name: "customer",
    kind: "text",
    default: "C2",
    required: true,
    example: "C2",
    label: { en: "Customer", zh: "客户名称" },
    hint: {
      en: "The customer name that it accepts; enter the same in the account.",
      zh: "模拟平台接受的客户名称，账户中须相同。",
    },
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
    hint: {
      en: "The address to which it pushes. Empty: this Node-RED, at /sccc/notify.",
      zh: "接收推送的地址。留空：本 Node-RED 的 /sccc/notify。",
    },
  },
  {
    name: "pushUser",
    kind: "text",
    default: "",
    label: { en: "Push user", zh: "推送用户名" },
    hint: {
      en: "The user whose name and password sign the pushes. Empty: the customer and its password sign them.",
      zh: "用此用户名及其密码为推送签名。留空：用客户名称及其密码签名。",
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
    hint: { en: "Staff numbers: ranges and single numbers, separated by commas.", zh: "工号，可用范围和逗号分隔。" },
  },
  {
    name: "speed",
    kind: "number",
    default: 1,
    min: 0.01,
    max: 100_000,
    integer: false,
    label: { en: "Speed", zh: "速度" },
    hint: {
      en: "How much faster than real time. At 50, a call of one minute takes about one second.",
      zh: "比真实时间快多少倍。50 表示一分钟的通话约需一秒。",
    },
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
  {
    name: "dialect",
    kind: "choice",
    default: "document",
    choices: [
      {
        value: "document",
        text: { en: "document: exactly the vendor's document", zh: "document：严格按照厂商文档" },
      },
      { value: "field", text: { en: "field: as installed platforms behave", zh: "field：与已部署的平台一致" } },
    ],
    label: { en: "Dialect", zh: "方言" },
    hint: {
      en: "field: bills with epoch seconds, the staff number, the task, area and trunk; empty command seqs and used request seqs are accepted; a push counts as accepted with any HTTP 2xx answer; recordings also at /recordFile/listen; V2.1.2 and commands that the document does not have.",
      zh: "field：话单使用纪元秒，并带有工号、任务、归属地和中继字段；接受空的命令序列号和重复的请求序列号；响应为任意 HTTP 2xx 即视为推送已接收；录音还可从 /recordFile/listen 获取；支持 V2.1.2 和文档之外的命令。",
    },
  },
];
