// `npm run fuzz`: sends mutated pushes and the hostile cases to a receiver in a real Node-RED, for SECONDS. Each gets one answer within
// limits, with a documented code; nothing unsigned is accepted; the process survives. A failure is printed with its seed and number, which
// repeat it.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import MD5 from "crypto-js/md5";
import { manyPieces, smallPiece } from "../../nodes/receive/body";
import { isObject, parseJson } from "../../nodes/util/json";
import { type Random, randomOf } from "../../simulator/random";
import { type FlowNode, freePort, type NodeRed, startNodeRed } from "../../tools/node-red";
import { accountOf, collector, listening, notifyNode, type Process, processOf } from "../receive/flow";
import { cases, check, type Expected, type Target } from "../receive/hostile-cases";
import { authenticationOf, type Json, newMark, notifyOf, pushOf, type Signer } from "../receive/push";
import { type Answer, answersIn, bytesOf, type Request, talk, type Write } from "../receive/wire";

const path = "/sccc/notify";
const main: Signer = { customer: "C2", password: "the password of C2" };
const neighbour: Signer = { customer: "C3", password: "the password of C3" };

/** Answers of an own port: HTTP status and `result.error`. */
const documented = new Set(["200/0", "401/1", "400/8", "404/11", "405/8", "408/8", "413/8", "415/8", "431/8"]);

/**
 * Maximum growth of memory: 100,000 remembered blocks for each of the two accounts and 200,000 tokens. Measured: 215 MB for one account,
 * after 200,000 pushes and after 450,000.
 */
const mostGrowth = 320e6;

const hostile = Object.values(cases).flat();

/** Cases that take seconds. */
const heavy = /60 MB|1 GB|over Node-RED's limit/;

/** A request that was sent. */
interface Sent {
  readonly what: string;
  readonly write: Buffer | Write;
  readonly method: string;
  /** The expected answer of a hostile case. */
  readonly expected?: Expected;
  /** There may be several answers: the bytes may be several requests. */
  readonly raw?: boolean;
  /** Whether it may be accepted. */
  readonly signed: boolean;
}

const pick = <T>(random: Random, list: readonly T[]): T => {
  const item = list[random.integer(0, list.length - 1)];
  assert.ok(item !== undefined);
  return item;
};

const chance = (random: Random, probability: number): boolean => random.next() < probability;

/** Values that may cause errors. */
const values: readonly ((random: Random) => unknown)[] = [
  () => null,
  () => true,
  () => "",
  () => 0,
  () => -1,
  () => 1e308,
  () => 2 ** 53,
  () => 0.1,
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => "\u0000",
  () => "\ud800",
  () => "\u202e\u2028\r\n\u001b[31m",
  () => "__proto__",
  () => "constructor",
  () => "../../../../etc/passwd",
  () => "<script>alert(1)</script>",
  () => "' OR 1=1 --",
  () => "${PATH}",
  () => "%s%n%x",
  () => "１３８００１３８０００",
  () => ({ length: 1e9, toString: null, valueOf: null }),
  () => ({ toJSON: "x", get: "y" }),
  (random) => "x".repeat(random.integer(1, 20_000)),
  (random) => "9".repeat(random.integer(1, 400)),
  (random) => Array.from({ length: random.integer(1, 300) }, (_, index) => index),
  (random) => random.integer(-(2 ** 31), 2 ** 32),
  (random) => JSON.parse("[".repeat(70) + random.integer(0, 9) + "]".repeat(70)) as unknown,
];

/** Seqs that are signed unchanged. */
const seqs = [
  "",
  "0",
  "-1",
  1.5,
  1e20,
  "1e3",
  " 7",
  "7\n",
  "９",
  2 ** 53,
  "9".repeat(20),
  "9".repeat(21),
  null,
  true,
  "a@b",
];

const keys = [
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "then", "toJSON", ""],
  ...["type", "seq", "customer", "agent", "number", "session", "startTime", "answerTime", "timeLength", "service"],
  ...["workStatus", "data", "recordFile", "event", "eventId", "call_type", "status", "userData", "digest", "timestamp"],
];

const types = ["callin", "callout", "callstart", "callend", "billing", "taskinfo", "clientmark", "", "__proto__"];

/** Changes a part of a JSON value. */
function mutate(random: Random, value: unknown, depth = 0): unknown {
  if (!isObject(value) || chance(random, 0.15) || depth > 4) return pick(random, values)(random);
  const names = Object.keys(value);
  const name = names.length === 0 ? "" : pick(random, names);
  const copy = new Map(Object.entries(value));
  switch (random.integer(0, 5)) {
    case 0:
      copy.delete(name);
      break;
    case 1:
      copy.set(pick(random, keys), pick(random, values)(random));
      break;
    case 2:
      copy.set(pick(random, keys), copy.get(name));
      copy.delete(name);
      break;
    case 3:
      // Converts a number to a string or back.
      copy.set(name, typeof copy.get(name) === "string" ? Number(copy.get(name)) : JSON.stringify(copy.get(name)));
      break;
    default:
      copy.set(name, mutate(random, copy.get(name), depth + 1));
  }
  return Object.fromEntries(copy);
}

/** Changes some bytes. */
function mangle(random: Random, bytes: Buffer): Buffer {
  let result = bytes;
  for (let times = random.integer(1, 4); times > 0; times -= 1) {
    const at = random.integer(0, Math.max(0, result.length - 1));
    const length = random.integer(1, 16);
    const before = result.subarray(0, at);
    const made = Buffer.from(Array.from({ length }, () => random.integer(0, 255)));
    result = pick(random, [
      () => Buffer.concat([before, made, result.subarray(at + length)]),
      () => Buffer.concat([before, made, result.subarray(at)]),
      () => Buffer.concat([before, result.subarray(at + length)]),
      () => before,
      () => Buffer.concat([before, result.subarray(at, at + length), result.subarray(at)]),
      () =>
        Buffer.concat([
          before,
          Buffer.from(pick(random, ['"', "{", "[", "\\", "1e999", ",", "null"])),
          result.subarray(at),
        ]),
    ])();
  }
  return result;
}

const contentTypes = [
  ...["application/json", "application/json; charset=utf-8", "application/JSON;charset=UTF-8;x=y", "text/plain", ""],
  ...["application/json; charset=utf-16", "application/vnd.sccc+json", "application/json, text/html", ";", "*/*"],
];

/** Changes the headers and the encoding of a body. */
function dress(random: Random, body: Buffer): Request & { readonly shredded: boolean } {
  let shredded = false;
  const headers: Record<string, string | undefined> = {};
  let content = body;
  if (chance(random, 0.3)) headers["Content-Type"] = pick(random, contentTypes);
  if (chance(random, 0.1)) headers["X-Forwarded-For"] = pick(random, ["::1", "10.0.0.1, x", "'", ",,,"]);
  if (chance(random, 0.1)) headers[`X-${random.integer(0, 1e9)}`] = "y".repeat(random.integer(0, 18_000));
  if (chance(random, 0.1)) {
    headers["Content-Encoding"] = pick(random, ["gzip", "identity", "deflate", "br", "x"]);
    if (headers["Content-Encoding"] === "gzip" && chance(random, 0.5)) content = gzipSync(body);
  }
  if (chance(random, 0.2)) {
    headers["Content-Length"] = undefined;
    headers["Transfer-Encoding"] = "chunked";
    const size = random.integer(1, 4000);
    const chunks: Buffer[] = [];
    // Such a body may be broken off without an answer.
    shredded = size < smallPiece && content.length / size > manyPieces;
    for (let at = 0; at < content.length; at += size) {
      const part = content.subarray(at, at + size);
      chunks.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
    }
    content = Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
  }
  return {
    method: chance(random, 0.05) ? pick(random, ["GET", "PUT", "PATCH", "DELETE"]) : "POST",
    path: chance(random, 0.05) ? mangledPath(random) : path,
    headers,
    body: content,
    shredded,
  };
}

const mangledPath = (random: Random): string =>
  pick(random, [`${path}/`, `/${path}`, `${path}?${"a=%&".repeat(random.integer(1, 500))}`, "/%2e%2e/x", "/sccc", "*"]);

/** Whether the block in a body is signed by the account, determined with an independent parser. */
function isSigned(body: Buffer): boolean {
  for (const parse of [parseJson, JSON.parse]) {
    try {
      const value: unknown = parse(body.toString("utf8").replace(/^\ufeff/, ""));
      const block = isObject(value) ? value.authentication : undefined;
      if (!isObject(block) || block.customer !== main.customer || typeof block.digest !== "string") continue;
      const right = MD5(
        `${block.customer}@${String(block.timestamp)}@${String(block.seq)}@${main.password}`,
      ).toString();
      if (block.digest.toLowerCase() === right) return true;
    } catch {
      // Not JSON, or a value without a text.
    }
  }
  return false;
}

/** The case with a number: always the same for the same seed, except for times and marks. */
function caseOf(random: Random, target: Target, atOwn: boolean, used: readonly Json[], withHeavy: boolean): Sent {
  if (chance(random, 0.1)) {
    const { name, write, own, shared = own, method = "POST" } = pick(random, hostile);
    if (withHeavy || !heavy.test(name)) {
      const expected = atOwn ? own : shared;
      return { what: name, write: write(target, newMark()), method, expected, signed: true };
    }
  }
  const notify = notifyOf(newMark(), { type: pick(random, types) });
  if (chance(random, 0.05) && atOwn && used.length > 0) {
    const body = JSON.stringify({ authentication: pick(random, used), notify });
    return { what: "a block with another body", write: bytesOf({ path, body }), method: "POST", signed: false };
  }
  const changed = chance(random, 0.7) ? mutate(random, notify) : notify;
  const signer = chance(random, 0.2)
    ? pick(random, [
        { ...main, password: "wrong" },
        { ...neighbour, customer: "C2" },
      ])
    : main;
  const signed = authenticationOf(signer, chance(random, 0.1) ? { seq: pick(random, seqs) } : {});
  const authentication = chance(random, 0.3) ? mutate(random, signed) : signed;
  const whole = chance(random, 0.1)
    ? mutate(random, { authentication, notify: changed })
    : { authentication, notify: changed };
  const text = Buffer.from(JSON.stringify(whole) ?? "", chance(random, 0.02) ? "utf16le" : "utf8");
  const body = chance(random, 0.3) ? mangle(random, text) : text;
  const request = dress(random, body);
  const bytes = bytesOf(request);
  if (chance(random, 0.1)) {
    const raw = mangle(random, bytes);
    // The changed bytes can be a valid push only if the original was one: a digest cannot be found by chance.
    return { what: "bytes", write: (socket) => socket.end(raw), method: "POST", raw: true, signed: isSigned(body) };
  }
  const { method = "POST", shredded: raw } = request;
  return { what: "a push", write: bytes, method, raw, signed: isSigned(body) };
}

const resultOf = ({ body }: Answer): unknown => {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) && isObject(value.result) ? value.result.error : undefined;
  } catch {
    return undefined;
  }
};

/** Checks the answers to a request; returns the relevant code. */
function judge(sent: Sent, bytes: Buffer, own: boolean): string {
  const answers = answersIn(bytes, sent.method);
  if (sent.expected !== undefined) {
    check(sent.expected, bytes, sent.method);
    const [first] = answers;
    return first === undefined ? "broken off" : `${first.status}/${String(resultOf(first))}`;
  }
  assert.ok(answers.length === 1 || sent.raw, `${answers.length} answers`);
  assert.ok(answers.length <= 2, `${answers.length} answers`);
  const codes = answers.map((answer) => `${answer.status}/${String(resultOf(answer))}`);
  for (const [index, code] of codes.entries()) {
    assert.ok((answers[index]?.size ?? 0) < 16_384, "a large answer");
    assert.ok(sent.signed || code !== "200/0", "taken, and nobody has signed it");
    if (own) assert.ok(documented.has(code), `the answer ${code}`);
    else assert.ok((answers[index]?.status ?? 0) < 500, `the answer ${code}`);
  }
  return codes.join(" ") || "broken off";
}

/** Counts output messages instead of storing them, and checks whether Object.prototype was changed. */
const counting = `const [seen] = global.get("emitted") ?? [{ count: 0, polluted: false }];
seen.count += 1;
seen.polluted ||= Object.keys(Object.prototype).length > 0 || ({}).polluted !== undefined;
global.set("emitted", [seen]);`;

const flowAt = (port: number): readonly FlowNode[] => [
  ...collector.map((node) => (node.id === "collect" ? { ...node, func: counting } : node)),
  ...["own", "shared"].flatMap((place) => [
    accountOf(`${place}-main`, main, {
      pushPath: path,
      ...(place === "own" ? { pushPort: String(port), pushHost: "127.0.0.1" } : {}),
    }),
    notifyNode(`${place}-main`),
  ]),
];

/** The results of a run. */
export interface Fuzzed {
  readonly seed: number;
  readonly cases: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly emitted: number;
  readonly before: Process;
  readonly after: Process;
}

/** Options of a run: duration, seed, whether to include the slow cases; `only` runs a single case. */
export interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly heavy: boolean;
  readonly only?: number;
}

const inBase64 = (write: Buffer | Write): string =>
  typeof write === "function" ? "(a connection)" : write.subarray(0, 6000).toString("base64");

/** Runs for a while; rejects with the first failed case. */
export async function fuzz({ seconds, seed, heavy: withHeavy, only }: Options): Promise<Fuzzed> {
  const port = await freePort();
  const nodeRed: NodeRed = await startNodeRed({ version: 4, flows: flowAt(port) });
  try {
    const ports = { own: port, shared: Number(new URL(nodeRed.url).port) };
    await listening(port);
    const before = await processOf(nodeRed);
    const answers = new Map<string, number>();
    const used: Json[] = [];
    let number = only ?? 0;
    // A sender that ends early does not see its answer; its push may have been accepted.
    let taken = 0;
    const until = Date.now() + seconds * 1000;
    const work = async (): Promise<void> => {
      while (only === undefined ? Date.now() < until : number === only) {
        const index = number;
        number += 1;
        const random = randomOf(seed, "case", index);
        const place = chance(random, 0.7) ? "own" : "shared";
        const target = { port: ports[place], path, signer: main, neighbour };
        const sent = caseOf(random, target, place === "own", used, withHeavy);
        try {
          const { write } = sent;
          const bytes = await talk(
            target.port,
            typeof write === "function" ? write : (socket) => void socket.write(write),
          );
          const code = judge(sent, bytes, place === "own");
          answers.set(code, (answers.get(code) ?? 0) + 1);
          if (code.includes("200/0") || (code === "broken off" && sent.signed)) taken += 1;
          // A block that was certainly accepted, to be reused by other cases.
          if (index % 50 === 0 && place === "own") used.push(await takenBlock(target));
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          throw new Error(
            `${why}\n  SEED=${seed} CASE=${index}: ${sent.what}, at the ${place} port\n  base64: ${inBase64(sent.write)}\n` +
              nodeRed.logs
                .slice(-5)
                .map(({ text }) => text)
                .join("\n"),
          );
        }
      }
    };
    await Promise.all(Array.from({ length: only === undefined ? 16 : 1 }, work));
    for (const target of Object.values(ports)) await takenBlock({ port: target, path, signer: main, neighbour });
    const [seen] = (await nodeRed.admin("GET", "/emitted?from=0")) as readonly { count: number; polluted: boolean }[];
    const after = await processOf(nodeRed);
    const more = used.length + 2;
    assert.equal(after.pid, before.pid, "the process is another one");
    assert.equal(seen?.polluted, false, "Object.prototype has been changed");
    assert.ok(seen.count <= taken + more, `${seen.count} emitted, ${taken + more} taken`);
    assert.ok(after.used - before.used < mostGrowth, `memory in use: ${before.used} → ${after.used}`);
    const bad = nodeRed.logs.filter(({ level, text }) => level === "fatal" || /uncaught|unhandled/i.test(text));
    assert.deepEqual(bad, []);
    return { seed, cases: number, answers, emitted: seen.count, before, after };
  } finally {
    await nodeRed.stop();
  }
}

/** Sends a valid push; returns its authentication block. */
async function takenBlock({ port }: Target): Promise<Json> {
  const body = pushOf(main, newMark());
  const [answer] = answersIn(await talk(port, (socket) => void socket.write(bytesOf({ path, body }))));
  assert.equal(`${answer?.status}/${answer && resultOf(answer)}`, "200/0", "a good push is not taken any more");
  return (JSON.parse(body) as { readonly authentication: Json }).authentication;
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

async function run(): Promise<void> {
  const { SECONDS = "120", SEED, CASE } = process.env;
  const seed = SEED === undefined ? Date.now() % 2 ** 31 : Number(SEED);
  console.log(`SEED=${seed}, ${CASE === undefined ? `${SECONDS} s` : `case ${CASE}`}`);
  const { answers, ...fuzzed } = await fuzz({
    seconds: Number(SECONDS),
    seed,
    heavy: true,
    ...(CASE === undefined ? {} : { only: Number(CASE) }),
  });
  console.table(
    Object.fromEntries(
      [...answers].sort(([, one], [, other]) => other - one).map(([code, count]) => [code, { count }]),
    ),
  );
  const { before, after } = fuzzed;
  console.log(
    `${fuzzed.cases} cases, ${fuzzed.emitted} emitted; in use ${megabytes(before.used)} → ${megabytes(after.used)}, resident ${megabytes(
      before.rss,
    )} → ${megabytes(after.rss)}`,
  );
}

if (require.main === module) {
  run().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );
}
