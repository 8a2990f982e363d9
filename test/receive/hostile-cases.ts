// Requests of hostile or broken senders. Apart from the fault in its name, each is a push that would be accepted.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { authenticationOf, digestOf, type Json, notifyOf, type Signer } from "./push";
import { answersIn, bytesOf, type Write } from "./wire";

/** A server under test. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly signer: Signer;
  /** Another account at the same address. */
  readonly neighbour: Signer;
}

/**
 * HTTP status and `result.error` of the only answer, in the vendor's format. Or "taken"; "4xx": one answer with Node-RED's own text;
 * "Node-RED's": one answer with any content; "broken off": at most one answer, a 4xx, because the sender may have disconnected.
 */
export type Expected = readonly [status: number, error: number] | "taken" | "4xx" | "Node-RED's" | "broken off";

export interface Case {
  readonly name: string;
  readonly write: (target: Target, mark: string) => Write | Buffer;
  readonly own: Expected;
  /** Expected on Node-RED's own server; by default the same as on an own port. */
  readonly shared?: Expected;
  readonly method?: string;
}

/** Checks the answer. */
export function check(expected: Expected, bytes: Buffer, method: string): void {
  const answers = answersIn(bytes, method);
  const statuses = answers.map(({ status }) => status);
  if (expected === "broken off") {
    assert.ok(answers.length <= 1, `answers: ${statuses}`);
    assert.ok(
      statuses.every((status) => status >= 400 && status < 500),
      `answers: ${statuses}`,
    );
    return;
  }
  assert.equal(answers.length, 1, `answers: ${statuses}`);
  const [{ status, size, body, headers }] = answers as [(typeof answers)[number]];
  assert.ok(size < 16_384, `${size} bytes`);
  if (expected === "Node-RED's") return;
  if (expected === "4xx") {
    assert.ok(status >= 400 && status < 500, `${status}`);
    return;
  }
  const [code, error] = expected === "taken" ? [200, 0] : expected;
  assert.equal(status, code, body);
  assert.equal(headers["content-type"], "application/json; charset=utf-8");
  if (method === "HEAD") return;
  const { result, ...rest } = JSON.parse(body) as { result: { error: number; msg: string } };
  assert.deepEqual([result.error, typeof result.msg, rest], [error, "string", {}]);
}

const kib = 1024;

/** The largest push that is accepted. */
const maxBytes = 256 * kib;

interface Push {
  readonly authentication: Json;
  readonly notify: Json;
}

const textOf = ({ authentication, notify }: Push): string => JSON.stringify({ authentication, notify });

/** A push's text with an addition to its notify, as JSON that JSON.stringify would not produce. */
const withField = (push: Push, json: string): string => textOf(push).replace(/}}$/, `,"extra":${json}}}`);

/** Pads a push to a size in bytes. */
const padded = (push: Push, bytes: number): string => {
  const extra = bytes - withField(push, '""').length;
  return withField(push, JSON.stringify("x".repeat(extra)));
};

/** Replaces a placeholder by bytes. */
function withBytes(text: string, placeholder: string, bytes: readonly number[]): Buffer {
  const [before = "", after = ""] = text.split(placeholder);
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

const nested = (depth: number, leaf = "1"): string => "[".repeat(depth) + leaf + "]".repeat(depth);

/** Bodies, by their fault. A separate expectation for Node-RED's parser where it is more lenient. */
const bodies: readonly [
  name: string,
  body: (push: Push, mark: string) => string | Buffer,
  own: Expected,
  shared?: Expected,
][] = [
  ["empty", () => "", [400, 8]],
  ["null", () => "null", [400, 8]],
  ["a number", () => "12", [400, 8]],
  ["a string", () => '"text"', [400, 8]],
  ["true", () => "true", [400, 8]],
  ["an empty array", () => "[]", [400, 8]],
  ["an array of pushes", (push) => `[${textOf(push)}]`, [400, 8]],
  ["an empty object", () => "{}", [400, 8]],
  ["cut off", (push) => textOf(push).slice(0, -1), [400, 8]],
  ["cut off in a string", (push) => textOf(push).slice(0, -3), [400, 8]],
  ["trailing bytes", (push) => `${textOf(push)}x`, [400, 8]],
  ["two pushes", (push) => textOf(push).repeat(2), [400, 8]],
  ["trailing blanks", (push) => `\r\n${textOf(push)} \n`, "taken"],
  ["a BOM", (push) => `\ufeff${textOf(push)}`, [400, 8], "taken"],
  ["invalid UTF-8", (push) => withBytes(withField(push, '"@"'), "@", [0xc3, 0x28]), [400, 8], "taken"],
  [
    "a lone surrogate in UTF-8",
    (push) => withBytes(withField(push, '"@"'), "@", [0xed, 0xa0, 0x80]),
    [400, 8],
    "taken",
  ],
  ["a lone surrogate, escaped", (push) => withField(push, '"\\ud800"'), "taken"],
  ["UTF-16", (push) => Buffer.from(textOf(push), "utf16le"), [400, 8]],
  ["a NUL", (push) => withField(push, '"\0"'), [400, 8]],
  ["a NUL, escaped", (push) => withField(push, '"\\u0000"'), "taken"],
  ["NULs after it", (push) => `${textOf(push)}\0\0`, [400, 8]],
  [
    "a second authentication, unsigned",
    (push) => textOf(push).replace(/}$/, `,"authentication":${JSON.stringify({ ...push.authentication, seq: "1" })}}`),
    [401, 1],
  ],
  ["a second notify, a string", (push) => textOf(push).replace(/}$/, ',"notify":"x"}'), [400, 8]],
  ["everything in __proto__", (push) => `{"__proto__":${textOf(push)}}`, [400, 8]],
  [
    "the authentication's fields in __proto__",
    ({ authentication, notify }) =>
      `{"authentication":{"__proto__":${JSON.stringify(authentication)}},"notify":${JSON.stringify(notify)}}`,
    [401, 1],
  ],
  [
    "everything in constructor.prototype",
    (push) => `{"constructor":{"prototype":${textOf(push)}},"prototype":${textOf(push)}}`,
    [400, 8],
  ],
  [
    "__proto__ and constructor.prototype in the notify",
    (push) => withField(push, '1,"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'),
    "taken",
  ],
  ["depth 64", (push) => withField(push, nested(62)), "taken"],
  ["depth 65", (push) => withField(push, nested(63)), [400, 8]],
  ["depth 65, the innermost empty", (push) => withField(push, nested(63, "")), [400, 8]],
  ["depth 65, of objects", (push) => withField(push, '{"a":'.repeat(63) + 1 + "}".repeat(63)), [400, 8]],
  ["depth 65, beside the push", (push) => textOf(push).replace(/}$/, `,"param":${nested(64)}}`), [400, 8]],
  ["depth 10,000", (push) => withField(push, nested(10_000)), [400, 8]],
  ["depth 100,000", (push) => withField(push, nested(100_000)), [400, 8]],
  ["depth 200,000", (push) => withField(push, nested(200_000)), [413, 8]],
  ["depth 200,000, never closed", () => "[".repeat(200_000), [400, 8]],
  [
    "10,000 keys",
    (push) => withField(push, `{${Array.from({ length: 10_000 }, (_, index) => `"k${index}":1`).join()}}`),
    "taken",
  ],
  [
    "100,000 keys",
    (push) => withField(push, `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join()}}`),
    [413, 8],
  ],
  ["1e400", (push) => withField(push, "1e400"), [400, 8]],
  ["-1e400, deep within", (push) => withField(push, nested(5, "-1e400")), [400, 8]],
  ["an integer of 20 digits", (push) => withField(push, "12345678901234567890"), "taken"],
  ["a number of 200,000 digits with a fraction", (push) => withField(push, `${"1".repeat(200_000)}.5`), [400, 8]],
  [
    "a string that never ends, of quotes, beside a long integer",
    (push) => withField(push, `1234567890123456789,"more":"${'\\"'.repeat(100_000)}`),
    [400, 8],
  ],
  ["as large as may be", (push) => padded(push, maxBytes), "taken"],
  ["just over the limit", (push) => padded(push, maxBytes + 1), [413, 8]],
  ["over Node-RED's limit", (push) => padded(push, 6_000 * kib), [413, 8]],
  ["no authentication", ({ notify }) => JSON.stringify({ notify }), [400, 8]],
  ["no notify", ({ authentication }) => JSON.stringify({ authentication }), [400, 8]],
  ...(["a string", ["an array"], null, 1, true] as const).map((notify): (typeof bodies)[number] => [
    `${JSON.stringify(notify)} as notify`,
    ({ authentication }) => JSON.stringify({ authentication, notify }),
    [400, 8],
  ]),
];

/** Requests, by their fault in HTTP. */
const requests: readonly {
  readonly name: string;
  readonly method?: string;
  readonly path?: (path: string) => string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: (push: string) => string | Buffer;
  readonly own: Expected;
  readonly shared?: Expected;
}[] = [
  ...[
    undefined,
    "",
    ";;;",
    "text/plain",
    "text/json",
    "application/jsonp",
    "application/json; charset=GBK",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
  ].map((type) => ({
    name: `content type ${type}`,
    headers: { "Content-Type": type },
    own: [415, 8] as const,
    shared: "4xx" as const,
  })),
  ...[
    "application/json; charset=UTF-8",
    'application/json;charset="utf-8"',
    "APPLICATION/JSON",
    "application/json;",
  ].map((type) => ({ name: `content type ${type}`, headers: { "Content-Type": type }, own: "taken" as const })),
  {
    // Node-RED's parser knows this charset by its other name only (docs/receiving.md).
    name: "content type application/json; charset=utf8",
    headers: { "Content-Type": "application/json; charset=utf8" },
    own: "taken",
    shared: "4xx",
  },
  {
    name: "a form",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: (push) => `authentication=${encodeURIComponent(push)}&notify[type]=callin`,
    own: [415, 8],
  },
  {
    name: "60 MB of text/plain",
    headers: { "Content-Type": "text/plain" },
    body: () => Buffer.alloc(60e6, "x"),
    own: [415, 8],
  },
  { name: "60 MB of JSON", body: () => Buffer.alloc(60e6, "1"), own: [413, 8], shared: "4xx" },
  {
    name: "a gzip bomb of 1 GB",
    headers: { "Content-Encoding": "gzip" },
    body: () => bomb(),
    own: [415, 8],
    shared: "4xx",
  },
  {
    name: "gzip",
    headers: { "Content-Encoding": "gzip" },
    body: (push) => gzipSync(push),
    own: [415, 8],
    shared: "taken",
  },
  { name: "plain labelled gzip", headers: { "Content-Encoding": "gzip" }, own: [415, 8], shared: "4xx" },
  { name: "an unknown encoding", headers: { "Content-Encoding": "x-own" }, own: [415, 8], shared: "4xx" },
  { name: "encoding identity", headers: { "Content-Encoding": "identity" }, own: "taken" },
  ...["GET", "PUT", "PATCH", "DELETE", "HEAD"].map((method) => ({ name: method, method, own: [405, 8] as const })),
  // Node-RED answers it for its whole server.
  { name: "OPTIONS", method: "OPTIONS", own: [405, 8], shared: "Node-RED's" },
  { name: "GET without a body", method: "GET", body: () => "", own: [405, 8] },
  { name: "an unknown method", method: "BREW", own: [400, 8], shared: "4xx" },
  { name: "?callback=", path: (path) => `${path}?callback=alert(1)&jsonp=x`, own: "taken" },
  { name: "X-HTTP-Method-Override", headers: { "X-HTTP-Method-Override": "GET" }, own: "taken" },
  ...[
    (path: string) => `/${path}`,
    (path: string) => `${path}/`,
    (path: string) => `${path}//`,
    (path: string) => path.replace(/\/(?=[^/]*$)/, "/%2e/"),
    (path: string) => path.replace(/\/(?=[^/]*$)/, "/./"),
    (path: string) => path.replace(/\/(?=[^/]*$)/, "/x/../"),
    (path: string) => path.replace(/\/(?=[^/]*$)/, "%2f"),
    (path: string) => path.toUpperCase(),
    (path: string) => `${path}%00`,
    (path: string) => `${path};x=1`,
    () => "/",
    () => "/__proto__",
  ].map((path) => ({
    name: `the path ${path("/sccc/notify")}`,
    path,
    own: [404, 11] as const,
    shared: "4xx" as const,
  })),
  { name: "a path that can't be decoded", path: () => "/%ff%", own: [404, 11], shared: "4xx" },
  { name: "the query %ff%", path: (path) => `${path}?%ff%&a=%`, own: "taken" },
  {
    name: "the query __proto__[polluted]=1",
    path: (path) => `${path}?__proto__[polluted]=1&__proto__=1`,
    own: "taken",
  },
  { name: "Expect: 100-continue", headers: { Expect: "100-continue" }, own: "taken" },
  { name: "Expect: something else", headers: { Expect: "200-ok" }, own: [400, 8], shared: "4xx" },
  { name: "no Host", headers: { Host: undefined }, own: "taken", shared: "4xx" },
  {
    name: "an upgrade",
    headers: { Connection: "close, Upgrade", Upgrade: "websocket" },
    own: "taken",
    // Node-RED's own WebSockets have another path: it closes the connection.
    shared: "broken off",
  },
  { name: "a header of 20 KB", headers: { "X-Long": "x".repeat(20_000) }, own: [431, 8], shared: "4xx" },
  {
    name: "3,000 headers",
    headers: Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`x${index}`, "value"])),
    own: [431, 8],
    shared: "4xx",
  },
  { name: "a NUL in a header", headers: { "X-Own": "a\0b" }, own: [400, 8], shared: "4xx" },
  { name: "a negative length", headers: { "Content-Length": "-1" }, own: [400, 8], shared: "4xx" },
  { name: "a length that is no number", headers: { "Content-Length": "0x10" }, own: [400, 8], shared: "4xx" },
  {
    name: "a length and chunks",
    headers: { "Transfer-Encoding": "chunked" },
    body: (push) => chunked(push),
    own: [400, 8],
    shared: "4xx",
  },
  {
    name: "chunks",
    headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" },
    body: (push) => chunked(push),
    own: "taken",
  },
  {
    name: "too many chunks",
    headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" },
    body: () => chunked("1".repeat(400 * kib)),
    own: [413, 8],
    shared: "4xx",
  },
  {
    name: "a chunk whose length is no number",
    headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" },
    body: (push) => `zz\r\n${push}\r\n0\r\n\r\n`,
    own: "broken off",
  },
  { name: "a forged X-Forwarded-For", headers: { "X-Forwarded-For": "10.0.0.1', <b>, ::1" }, own: "taken" },
];

let bombed: Buffer | undefined;
/** 1 GB of zeros is one megabyte of gzip; gzip members may be concatenated. */
function bomb(): Buffer {
  bombed ??= Buffer.concat(Array<Buffer>(16).fill(gzipSync(Buffer.alloc(64 * 1024 * kib))));
  return bombed;
}

const chunked = (text: string): string => {
  const parts = text.match(/[\s\S]{1,1000}/g) ?? [];
  return [...parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`), "0\r\n\r\n"].join("");
};

/** Connections, by their fault. */
const connections: readonly Case[] = [
  {
    name: "not HTTP",
    write: () => Buffer.from("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 hello, is this TLS?\r\n\r\n", "latin1"),
    own: [400, 8],
    shared: "4xx",
  },
  {
    name: "a Content-Length larger than the body, and the end",
    write: (target, mark) => (socket) => socket.end(cut(target, mark, 1)),
    own: "broken off",
  },
  {
    name: "a Content-Length smaller than the body",
    write: (target, mark) => cut(target, mark, -5),
    own: [400, 8],
    shared: "4xx",
  },
  {
    name: "a reset amid the body",
    write: (target, mark) => (socket) => {
      const bytes = whole(target, mark);
      socket.write(bytes.subarray(0, bytes.length - 40), () => socket.resetAndDestroy());
    },
    own: "broken off",
  },
  {
    name: "a reset amid the headers",
    write: (target, mark) => (socket) => {
      socket.write(whole(target, mark).subarray(0, 40), () => socket.resetAndDestroy());
    },
    own: "broken off",
  },
  { name: "nothing at all, and the end", write: () => (socket) => socket.end(), own: "broken off" },
];

const whole = (target: Target, mark: string): Buffer => bytesOf({ path: target.path, body: text(target, mark) });

/** A push whose announced length is too large by `more` bytes. */
function cut(target: Target, mark: string, more: number): Buffer {
  const body = text(target, mark);
  return bytesOf({
    path: target.path,
    body,
    headers: { "Content-Length": String(Buffer.byteLength(body) + more) },
  });
}

const text = ({ signer }: Target, mark: string): string =>
  textOf({ authentication: authenticationOf(signer), notify: notifyOf(mark) });

/** Authentication blocks, by their fault; created when they are sent because they contain times. */
const blocks: readonly [name: string, block: (target: Target) => unknown, own: Expected][] = [
  ...([null, [], {}, "text", 1, true] as const).map((block): (typeof blocks)[number] => [
    `${JSON.stringify(block)} as authentication`,
    () => block,
    typeof block === "object" && block !== null && !Array.isArray(block) ? [401, 1] : [400, 8],
  ]),
  ...["customer", "timestamp", "seq", "digest"].flatMap((field) => [
    forged(`no ${field}`, () => ({ [field]: undefined })),
    ...[null, [], {}, ["x"], { x: 1 }, true].map((value) =>
      forged(`${JSON.stringify(value)} as ${field}`, () => ({ [field]: value })),
    ),
    // An array with the right value has the same text as the value itself.
    forged(`the right ${field} in an array`, (block) => ({ [field]: [block[field]] })),
  ]),
  signed("an unknown customer", () => ({ customer: "nobody" })),
  signed("an empty customer", () => ({ customer: "" })),
  signed("a customer with a blank", ({ signer }) => ({ customer: `${signer.customer} ` })),
  [
    "another account's customer",
    ({ signer, neighbour }) => authenticationOf({ ...signer, customer: neighbour.customer }),
    [401, 1],
  ],
  [
    "another account's password",
    ({ signer, neighbour }) => authenticationOf({ ...neighbour, customer: signer.customer }),
    [401, 1],
  ],
  ["an empty password", ({ signer }) => authenticationOf({ ...signer, password: "" }), [401, 1]],
  ["the password undefined", ({ signer }) => authenticationOf({ ...signer, password: "undefined" }), [401, 1]],
  [
    "the digest of no password and no separator",
    ({ signer }) => authenticationOf(signer, {}, { digest: digestOf(signer.customer, Date.now(), 1, "").slice(0, 32) }),
    [401, 1],
  ],
  // Three blocks that give the digest the same text.
  signed("an @ in the customer", ({ signer }) => ({
    customer: `${signer.customer}@${Date.now()}`,
    timestamp: "1",
    seq: "7",
  })),
  signed("an @ in the timestamp", () => ({ timestamp: `${Date.now()}@1`, seq: "7" })),
  signed("an @ in the seq", () => ({ seq: "1@7" })),
  ...Object.entries<() => unknown>({
    "with two fractions": () => `${Date.now()}.0.0`,
    "with a point and no fraction": () => `${Date.now()}.`,
    '"1e12"': () => "1e12",
    "padded with blanks": () => ` ${Date.now()} `,
    "with a newline": () => `${Date.now()}\n`,
    "in hex": () => `0x${Date.now().toString(16)}`,
    "in full-width digits": () =>
      String(Date.now()).replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
    "with a sign": () => `+${Date.now()}`,
    negative: () => -Date.now(),
    "negative, a string": () => `-${Date.now()}`,
    empty: () => "",
    zero: () => 0,
    Infinity: () => "Infinity",
    NaN: () => "NaN",
    "a date": () => new Date().toISOString(),
    "of 10,000 digits": () => "1".repeat(10_000),
    "of 20 digits": () => "9".repeat(20),
    "5 s too old": () => String(Date.now() - 305_000),
    "5 s too early": () => String(Date.now() + 305_000),
    "too old, in seconds": () => String(Math.floor(Date.now() / 1000) - 305),
    "in microseconds": () => String(Date.now() * 1000),
  }).map(([name, timestamp]) => signed(`a timestamp ${name}`, () => ({ timestamp: timestamp() }))),
  ...Object.entries({
    empty: "",
    "of 10 KB": "9".repeat(10_240),
    "with a newline": "12\n",
    "with a blank": " 12",
    negative: "-1",
    "a number with a fraction": 1.5,
    "a number above 2^53": 1e20,
    "no number": "abc",
  }).map(([name, seq]) => signed(`a seq ${name}`, () => ({ seq }))),
  ...Object.entries({
    empty: () => "",
    "of 31 characters": (digest: string) => digest.slice(1),
    "of 33 characters": (digest: string) => `${digest}0`,
    "with a newline": (digest: string) => `${digest}\n`,
    "with a blank before it": (digest: string) => ` ${digest}`,
    "not hex": (digest: string) => `g${digest.slice(1)}`,
    "of full-width digits": () => "\uff10".repeat(32),
    "of 32 bytes that are not 32 characters": () => "é".repeat(16),
    "of zeros": () => "0".repeat(32),
    "with one digit changed": (digest: string) => (digest.startsWith("0") ? "1" : "0") + digest.slice(1),
    "of 100 KB": () => "a".repeat(100_000),
    "an object that looks like a string": (digest: string) => ({ length: 32, toString: digest, 0: digest }),
  }).map(([name, digest]) => forged(`a digest ${name}`, (block) => ({ digest: digest(String(block.digest)) }))),
];

/** A block whose changes are signed. */
function signed(name: string, changes: (target: Target) => Json): (typeof blocks)[number] {
  return [name, (target) => authenticationOf(target.signer, changes(target)), [401, 1]];
}

/** A block that is changed after signing. */
function forged(name: string, changes: (block: Json) => Json): (typeof blocks)[number] {
  return [
    name,
    ({ signer }) => {
      const block = authenticationOf(signer);
      return { ...block, ...changes(block) };
    },
    [401, 1],
  ];
}

/** Unusual blocks that are valid. */
const liberal: readonly [name: string, block: (target: Target) => Json][] = [
  ["a timestamp with a fraction", ({ signer }) => authenticationOf(signer, { timestamp: Date.now() + 0.5 })],
  [
    "a timestamp that is a string with a fraction",
    ({ signer }) => authenticationOf(signer, { timestamp: `${Date.now()}.0` }),
  ],
  [
    "5 s younger than the oldest",
    ({ signer }) => authenticationOf(signer, { timestamp: String(Date.now() - 295_000) }),
  ],
  [
    "5 s older than the youngest",
    ({ signer }) => authenticationOf(signer, { timestamp: String(Date.now() + 295_000) }),
  ],
  ["in seconds", ({ signer }) => authenticationOf(signer, { timestamp: String(Math.floor(Date.now() / 1000)) })],
  ["of numbers", ({ signer }) => authenticationOf(signer, { timestamp: Date.now(), seq: 71 })],
  [
    "with an upper-case digest",
    ({ signer }) => {
      const block = authenticationOf(signer);
      return { ...block, digest: String(block.digest).toUpperCase() };
    },
  ],
  ["with further fields", ({ signer }) => ({ ...authenticationOf(signer), agent: "1000", __proto: {} })],
];

const post = (target: Target, body: string | Buffer): Buffer => bytesOf({ path: target.path, body });

/** All cases. */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  Body: bodies.map(([name, body, own, shared]) => ({
    name,
    write: (target, mark) =>
      post(target, body({ authentication: authenticationOf(target.signer), notify: notifyOf(mark) }, mark)),
    own,
    shared: shared ?? (own === "taken" ? "taken" : "4xx"),
  })),
  HTTP: [
    ...requests.map(
      ({ name, method = "POST", path, headers, body, own, shared }): Case => ({
        name,
        method,
        write: (target, mark) =>
          bytesOf({
            method,
            path: path?.(target.path) ?? target.path,
            body: body?.(text(target, mark)) ?? text(target, mark),
            ...(headers === undefined ? {} : { headers }),
          }),
        own,
        ...(shared === undefined ? {} : { shared }),
      }),
    ),
    ...connections,
  ],
  Authentication: [
    ...blocks.map(
      ([name, block, own]): Case => ({
        name,
        write: (target, mark) =>
          post(target, JSON.stringify({ authentication: block(target), notify: notifyOf(mark) })),
        own,
      }),
    ),
    ...liberal.map(
      ([name, block]): Case => ({
        name: `a block ${name}`,
        write: (target, mark) =>
          post(target, JSON.stringify({ authentication: block(target), notify: notifyOf(mark) })),
        own: "taken",
      }),
    ),
  ],
};
