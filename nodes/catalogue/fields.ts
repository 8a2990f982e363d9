// Fields that several commands share.
import type { AnswerField, Field } from "./types";

/** §五.4: Number, 1 to 8 digits. */
export const agent: Field = {
  name: "agent",
  rule: { kind: "digits", min: 1, max: 8 },
  required: true,
  unset: "omit",
  picks: "agents",
  example: "1000",
  label: { en: "Agent", zh: "坐席工号" },
  hint: { en: "The agent's staff number, 1 to 8 digits.", zh: "坐席的工号，1 至 8 位数字。" },
};

/** §五.4: String(30). Returned in the answer and in the pushes that the command causes. */
export const userData: Field = {
  name: "userData",
  rule: { kind: "text", max: 30, overlong: "refuse" },
  required: false,
  unset: "omit",
  example: "order-42",
  label: { en: "User data", zh: "用户数据" },
  hint: {
    en: "Comes back in the answer and in the pushes that the command causes; at most 30 characters.",
    zh: "会在响应以及该命令引起的推送中原样返回；最多 30 个字符。",
  },
};

/** §11.4 says Number, §四.4 a legal phone string. The check is loose; the platform decides. */
export const callee: Field = {
  name: "callee",
  rule: { kind: "phone", max: 32 },
  required: true,
  unset: "omit",
  dials: true,
  example: "13800138000",
  label: { en: "Callee", zh: "被叫号码" },
  hint: {
    en: "The number to call: digits, * and #, optionally a leading +; at most 32 characters.",
    zh: "要呼叫的号码：数字、* 和 #，可以以 + 开头；最多 32 个字符。",
  },
};

/** §13.4: an array of at most 1000. */
export const callees: Field = {
  name: "callees",
  rule: { kind: "list", of: { kind: "phone", max: 32 }, max: 1000 },
  required: true,
  unset: "omit",
  dials: true,
  example: '["13800138000","13900139000"]',
  label: { en: "Callees", zh: "被叫号码列表" },
  hint: {
    en: "The numbers to call: an array, or text with a number per line or between commas; any number of them, sent 1000 at a time.",
    zh: "要呼叫的号码：数组，或以换行、逗号分隔的文本；数量不限，每次发送 1000 个。",
  },
};

/** §15.4: Number; handled as digits, so that a long one loses no digits. */
export const taskID: Field = {
  name: "taskID",
  rule: { kind: "digits", min: 1, max: 32 },
  required: true,
  unset: "omit",
  example: "1001",
  label: { en: "Task ID", zh: "任务 ID" },
  hint: { en: "The task's ID, from the answer to its creation.", zh: "创建任务时返回的任务 ID。" },
};

/** §13.6 */
export const taskIDAnswer: AnswerField = {
  name: "taskID",
  text: { en: "the task's ID", zh: "任务 ID" },
};

/** §13.6. Its table names the last field `report` by mistake: both names are accepted. */
export const reportAnswer: AnswerField = {
  name: "report",
  text: {
    en: "the platform's counts for the numbers: {total, error, repeat}",
    zh: "号码导入结果汇报：{total 总数, error 错误数, repeat 重复数}",
  },
};

/** Fields that the package adds to the answer if it has cleaned a list and sent it in parts. */
export const listAnswers: readonly AnswerField[] = [
  {
    name: "reports",
    text: { en: "the reports of all requests, if there were several", zh: "分多次请求时的全部汇报" },
    optional: true,
  },
  {
    name: "totals",
    text: { en: "the sums of the reports: {total, error, repeat}", zh: "汇报的合计：{total, error, repeat}" },
  },
  {
    name: "cleaned",
    text: {
      en: "what was not sent: {duplicates: [number], illegal: [{number, reason}]}; the reasons are listed below",
      zh: "未发送的号码：{duplicates: [号码], illegal: [{number, reason}]}；原因见下文",
    },
  },
];

/** The name of a field in msg.payload, which is also the node's property that configures the field's source. */
export const propertyOf = ({ name, property }: Pick<Field, "name" | "property">): string => property ?? name;

/** The source of a field in a new node, a typed input: the field's preset, or `msg.payload.<property>`. */
export const standardInput = (
  field: Pick<Field, "name" | "property" | "preset">,
): { readonly value: string; readonly type: "msg" | "str" } =>
  field.preset === undefined
    ? { value: `payload.${propertyOf(field)}`, type: "msg" }
    : { value: field.preset, type: "str" };

/** An optional variant of a field that other commands require. */
export const optional = (field: Field): Field => ({ ...field, required: false });

const seq = (wire: "number" | "string"): Field => ({
  name: "seq",
  rule: { kind: "integer", min: 0, wire },
  required: false,
  unset: "omit",
  example: "1",
  label: { en: "Sequence number", zh: "命令序列号" },
  hint: {
    en: "Digits. Comes back in the answer and in the pushes that the command causes. Empty: a new one is generated.",
    zh: "数字，会在响应以及该命令引起的推送中返回。留空则自动生成。",
  },
});

// Marked as pure so that the editor's bundle omits them.
const seqs = { number: /* @__PURE__ */ seq("number"), string: /* @__PURE__ */ seq("string") } as const;

/** §三.3: the command seq; a string in §20.4. Empty: a new one is generated. */
export const seqOf = (wire: "number" | "string"): Field => seqs[wire];

/** The fields of a request's envelope: none of these is a command's field (§三.3). */
const envelope = ["authentication", "param", "request", "requests"];

/**
 * Fields for platforms that accept more than the vendor's document describes. A name of the request's envelope is not allowed. Neither is a
 * name that would set the prototype of an object into which a flow copies the fields.
 */
export const extra: Field = {
  name: "extra",
  rule: { kind: "object", reserved: [...envelope, "__proto__"] },
  required: false,
  unset: "omit",
  example: '{"lineMode":"0"}',
  label: { en: "Further fields", zh: "附加字段" },
  hint: {
    en: "A JSON object with further fields of the request, for platforms that accept more. If a name is also a field above, that field wins.",
    zh: "JSON 对象，为接受更多字段的平台附加请求字段。与上方字段同名时，以上方字段为准。",
  },
};
