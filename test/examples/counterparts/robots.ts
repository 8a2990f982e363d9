// The group robots of WeCom, DingTalk and Feishu, written from their public documentation: addresses, signatures, limits and errors.
// WeCom: developer.work.weixin.qq.com/document/path/91770. DingTalk: "Custom bot security settings" and "Send group chat messages with a
// custom bot" of open.dingtalk.com. Feishu: "Custom bot usage guide" of open.feishu.cn.
import { createHmac } from "node:crypto";
import type { Received, Reply } from "./server";

/** A robot's answer in the body. The HTTP status is always 200. */
interface Verdict {
  readonly code: number;
  readonly message: string;
}

/** A robot's rules. */
interface Rules {
  /** The part of the address after the server's. */
  readonly path: string;
  /** Whether a request is addressed to this robot and signed as documented. */
  readonly authentic: (received: Received, body: Body, now: number) => Verdict | undefined;
  /** The text of a message; undefined if it does not have the documented form. */
  readonly textOf: (body: Body) => string | undefined;
  readonly tooLong: (received: Received, body: Body) => Verdict | undefined;
  readonly malformed: Verdict;
  /** Limits: at most this many messages in this many ms. */
  readonly limits: readonly { readonly messages: number; readonly ms: number }[];
  readonly tooMany: Verdict;
  /** How long a robot refuses everything after too many messages, in ms. */
  readonly banMs: number;
  readonly answer: (verdict: Verdict) => object;
}

type Body = Readonly<Record<string, unknown>>;

const minute = 60_000;
const hour = 60 * minute;

const objectOf = (value: unknown): Body =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Body) : {};

const textIn = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

/** The secrets in the tests. */
export const secrets = {
  wecom: "693a91f6-7xxx",
  dingtalk: "SEC-a secret of the tests",
  feishu: "a secret of the tests",
};

export const rules = {
  wecom: {
    path: `/cgi-bin/webhook/send?key=${secrets.wecom}`,
    authentic: ({ url }) =>
      url.searchParams.get("key") === secrets.wecom ? undefined : { code: 93000, message: "invalid webhook url" },
    textOf: ({ msgtype, text, markdown }) =>
      textIn(
        msgtype === "text" ? objectOf(text).content : msgtype === "markdown" ? objectOf(markdown).content : undefined,
      ),
    tooLong: (_, { msgtype, text, markdown }) => {
      const most = msgtype === "text" ? 2048 : 4096;
      const content = textIn(objectOf(text).content) ?? textIn(objectOf(markdown).content) ?? "";
      return bytes(content) > most
        ? { code: 40058, message: `${String(msgtype)}.content exceed max length ${most}. invalid Request Parameter` }
        : undefined;
    },
    malformed: { code: 40008, message: "invalid message type" },
    limits: [{ messages: 20, ms: minute }],
    tooMany: { code: 45009, message: "api freq out of limit" },
    banMs: 0,
    answer: ({ code, message }) => ({ errcode: code, errmsg: message }),
  },
  dingtalk: {
    path: "/robot/send?access_token=a-token-of-the-tests",
    authentic: ({ url, headers }, _, now) => {
      const timestamp = url.searchParams.get("timestamp") ?? "";
      // URLSearchParams decodes the sign, which must have been encoded: a bare "+" would be a space here.
      const sign = createHmac("sha256", secrets.dingtalk).update(`${timestamp}\n${secrets.dingtalk}`).digest("base64");
      if (url.searchParams.get("access_token") !== "a-token-of-the-tests")
        return { code: 300001, message: "token is not exist" };
      if (!headers["content-type"]?.startsWith("application/json"))
        return { code: 43004, message: "the Content-Type of the header is wrong" };
      if (!/^\d{13}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > hour)
        return { code: 310000, message: "invalid timestamp" };
      return url.searchParams.get("sign") === sign ? undefined : { code: 310000, message: "sign not match" };
    },
    textOf: ({ msgtype, text }) => textIn(msgtype === "text" ? objectOf(text).content : undefined),
    tooLong: ({ body }) =>
      bytes(body) > 20_000 ? { code: 460101, message: "message too long, exceed 20000 bytes" } : undefined,
    malformed: { code: 400105, message: "unsupported msgtype" },
    limits: [{ messages: 20, ms: minute }],
    tooMany: { code: 130101, message: "send too fast, exceed 20 times per minute" },
    banMs: 10 * minute,
    answer: ({ code, message }) => ({ errcode: code, errmsg: message }),
  },
  feishu: {
    path: "/open-apis/bot/v2/hook/a-token-of-the-tests",
    authentic: ({ url }, { timestamp, sign }, now) => {
      if (!url.pathname.endsWith("/a-token-of-the-tests"))
        return { code: 19001, message: "param invalid: incoming webhook access token invalid" };
      const wanted = createHmac("sha256", `${String(timestamp)}\n${secrets.feishu}`)
        .update("")
        .digest("base64");
      const inTime = /^\d{10}$/.test(String(timestamp)) && Math.abs(now - Number(timestamp) * 1000) <= hour;
      return inTime && sign === wanted
        ? undefined
        : { code: 19021, message: "sign match fail or timestamp is not within one hour from current time" };
    },
    textOf: ({ msg_type, content }) => textIn(msg_type === "text" ? objectOf(content).text : undefined),
    tooLong: ({ body }) => (bytes(body) > 20 * 1024 ? { code: 9499, message: "Bad Request" } : undefined),
    malformed: { code: 9499, message: "Bad Request" },
    limits: [
      { messages: 5, ms: 1000 },
      { messages: 100, ms: minute },
    ],
    tooMany: { code: 11232, message: "frequency limited" },
    banMs: 0,
    answer: ({ code, message }) => ({ code, msg: message, data: {} }),
  },
} as const satisfies Readonly<Record<string, Rules>>;

export type RobotName = keyof typeof rules;

export const robotNames = Object.keys(rules) as readonly RobotName[];

/** A robot. It stores the messages to its group, and the refused ones. */
export class Robot {
  readonly texts: string[] = [];
  readonly refused: Verdict[] = [];
  /** If set, the answer to every message. */
  failure: Verdict | undefined;
  readonly #rules: Rules;
  #taken: number[] = [];
  #bannedUntil = 0;

  constructor(
    name: RobotName,
    private readonly now: () => number = Date.now,
  ) {
    this.#rules = rules[name];
  }

  receive(received: Received): Reply {
    const verdict = this.#judge(received);
    if (verdict.code !== 0) this.refused.push(verdict);
    return { status: 200, body: this.#rules.answer(verdict) };
  }

  #judge(received: Received): Verdict {
    const { authentic, textOf, tooLong, malformed, tooMany, limits, banMs } = this.#rules;
    const now = this.now();
    let body: Body;
    try {
      body = objectOf(JSON.parse(received.body));
    } catch {
      return malformed;
    }
    const text = textOf(body);
    const faulty =
      this.failure ??
      authentic(received, body, now) ??
      (received.method !== "POST" || text === undefined ? malformed : undefined) ??
      tooLong(received, body) ??
      (now < this.#bannedUntil ? tooMany : undefined);
    if (faulty !== undefined || text === undefined) return faulty ?? malformed;
    this.#taken = this.#taken.filter((at) => now - at < minute);
    if (limits.some(({ messages, ms }) => this.#taken.filter((at) => now - at < ms).length >= messages)) {
      this.#bannedUntil = now + banMs;
      return tooMany;
    }
    this.#taken.push(now);
    this.texts.push(text);
    return { code: 0, message: "ok" };
  }
}
