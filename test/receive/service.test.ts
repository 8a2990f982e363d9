// The ports that receive pushes, without threads: TLS, conflicting settings, recovery, redeploys, deadlines, small floods.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { maxBodyBytes } from "../../nodes/receive/body";
import type {
  AccountSpec,
  DeliveryTuple,
  FromWorker,
  ReceivingProblem,
  TlsSettings,
} from "../../nodes/receive/messages";
import type { PushServerDeps } from "../../nodes/receive/push-server";
import { ReceiveService } from "../../nodes/receive/service";
import { narrowReceiving } from "../../nodes/runtime/receive/config";
import { signPush } from "../../simulator/signing";
import { freePort } from "../../tools/node-red";
import { eventually, listening } from "./flow";
import { answersIn, bytesOf, talk } from "./wire";

const pem = (name: string) => readFileSync(join(__dirname, "../../tools/tls", name), "utf8");
const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
const context = { customer: "C2", baseUrl: "", timezone: "Asia/Shanghai", region: "CN", areaCode: "" };
const tlsNode = {
  addTLSOptions: (options: Record<string, unknown>) =>
    Object.assign(options, { key: pem("key.pem"), cert: pem("cert.pem") }),
};

/** Posts a push, and retries for a limited time until somebody listens; returns the status. */
async function post(url: string, options: https.RequestOptions = {}): Promise<number> {
  const body = JSON.stringify(signPush({ customer: "C2", password, notify: { type: "callin", number: "10086" } }));
  const until = Date.now() + 25_000;
  for (;;) {
    try {
      if (url.startsWith("http:")) {
        const headers = { "content-type": "application/json" };
        return (await fetch(url, { method: "POST", headers, body })).status;
      }
      const request = https.request(url, {
        method: "POST",
        agent: false,
        headers: { "content-type": "application/json" },
        ...options,
      });
      request.end(body);
      const [response] = await once(request, "response");
      response.resume();
      return response.statusCode;
    } catch (error) {
      const code =
        (error as { code?: string; cause?: { code?: string } }).code ??
        (error as { cause?: { code?: string } }).cause?.code;
      if (code !== "ECONNREFUSED" || Date.now() > until) throw error;
    }
  }
}

const bodyOf = (notify: object = { type: "callin", number: "10086" }): string =>
  JSON.stringify(signPush({ customer: "C2", password, notify: { ...notify } }));

/** A service whose messages a test reads. */
class World {
  readonly heard: DeliveryTuple[] = [];
  readonly problems = new Map<string, ReceivingProblem | undefined>();
  readonly warnings: string[] = [];
  readonly answers: (readonly [number, string])[] = [];
  readonly service: ReceiveService;
  readonly #folder = mkdtempSync(join(tmpdir(), "sccc-service-"));

  constructor(server: Partial<PushServerDeps> = {}, holdMs?: number) {
    this.service = new ReceiveService({
      owner: "test",
      post: (message) => this.#hear(message),
      server,
      ...(holdMs === undefined ? {} : { holdMs }),
    });
  }

  #hear(message: FromWorker): void {
    if (message.kind === "problem") this.problems.set(message.account, message.problem);
    if (message.kind === "warning") this.warnings.push(message.key);
    if (message.kind === "answers") this.answers.push(...message.answers);
    if (message.kind !== "deliveries") return;
    const tuples = JSON.parse(message.text) as readonly DeliveryTuple[];
    this.heard.push(...tuples);
    this.service.handle({ kind: "handed", handed: tuples.map(([number]) => number), lost: [] });
  }

  /** The events that an account received. */
  eventsOf(account: string): readonly string[] {
    return this.heard.filter(([, id]) => id === account).map(([, , , , , , kept]) => (kept as { topic: string }).topic);
  }

  accountOf(id: string, port: number, config: Record<string, unknown> = {}, files?: TlsSettings["files"]): AccountSpec {
    const narrowed = narrowReceiving(
      { customer: "C2", ...(port === 0 ? {} : { pushPort: port, pushHost: "127.0.0.1" }), ...config },
      { password },
      (text) => text,
      (node) => (node === "tls" ? tlsNode : node === "bare" ? { addTLSOptions: () => undefined } : undefined),
      context,
      () => files,
    );
    assert.ok(narrowed.ok, JSON.stringify(narrowed));
    const listeners = [{ id: `n-${id}`, transient: false, events: [], others: true }];
    return { id, config: narrowed.value, folder: join(this.#folder, id), tokenPrefix: "", listeners };
  }

  apply(...accounts: readonly AccountSpec[]): void {
    this.service.handle({ kind: "apply", accounts });
  }

  problem(account: string, reason: string | undefined): Promise<true> {
    return eventually(`${account}: ${reason}`, () =>
      this.problems.has(account) && this.problems.get(account)?.reason === reason ? true : undefined,
    );
  }

  close(): void {
    this.service.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A socket that sends nothing; resolves when it is connected. */
async function silent(port: number, sockets: Socket[], from = "127.0.0.1"): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  sockets.push(socket);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

describe("the receiving service", () => {
  let world: World;
  let port: number;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    world = new World();
    port = await freePort();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    world.close();
  });
  const url = (path = "/sccc/notify") => `http://127.0.0.1:${port}${path}`;

  it("receives with TLS on a port of its own", async () => {
    world.apply(world.accountOf("a", port, { pushTls: "tls" }));
    assert.equal(await post(`https://127.0.0.1:${port}/sccc/notify`, { ca: pem("cert.pem") }), 200);
    assert.deepEqual(world.eventsOf("a"), ["callin"]);
  });

  it("serves several paths and accounts of one port, and no other path", async () => {
    world.apply(world.accountOf("a", port), world.accountOf("b", port, { pushPath: "/other" }));
    assert.equal(await post(`${url()}?from=a`), 200);
    assert.equal(await post(url("/other")), 200);
    assert.equal(await post(url("/nobody")), 404);
    assert.deepEqual([world.eventsOf("a").length, world.eventsOf("b").length], [1, 1]);
  });

  it("counts a push as refused only for the accounts that it was meant for", async () => {
    const other = world.accountOf("other", port);
    const signer = { customer: "C2", passwords: ["another password"] };
    world.apply(world.accountOf("one", port), { ...other, config: { ...other.config, signer } });
    const refusals = () => ["one", "other"].map((id) => [...(world.service.inboxOf(id)?.counts.refused ?? [])]);
    assert.equal(await post(url()), 200);
    assert.deepEqual([world.eventsOf("one"), world.eventsOf("other"), refusals()], [["callin"], [], [[], []]]);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(signPush({ customer: "C2", password: "of nobody", notify: { type: "callin" } }));
    assert.equal((await fetch(url(), { method: "POST", headers, body })).status, 401);
    assert.deepEqual(refusals(), [[["digest", 1]], [["digest", 1]]]);
  });

  it("counts a push of a customer that is written as a number only for the account of that customer", async () => {
    const of = (id: string, customer: string) => {
      const account = world.accountOf(id, port);
      return { ...account, config: { ...account.config, customer, signer: { customer, passwords: ["a password"] } } };
    };
    world.apply(of("one", "1001"), of("other", "1002"));
    await listening(port);
    const signed = signPush({ customer: "1001", password: "a password", notify: { type: "callin" } });
    const body = JSON.stringify(signed).replace('"customer":"1001"', '"customer":1001');
    assert.ok(body.includes('"customer":1001'));
    const headers = { "content-type": "application/json" };
    assert.equal((await fetch(url(), { method: "POST", headers, body })).status, 200);
    const refusals = ["one", "other"].map((id) => [...(world.service.inboxOf(id)?.counts.refused ?? [])]);
    assert.deepEqual([world.eventsOf("one"), refusals], [["callin"], [[], []]]);
  });

  it("takes a path by its encoded form, a target of absolute form, and every value of a repeated key", async () => {
    world.apply(world.accountOf("a", port, { pushPath: "/推送" }));
    await listening(port);
    const targets = ["/%E6%8E%A8%E9%80%81", `http://proxy.example:1/%e6%8e%a8%e9%80%81?a=1?2&b=x&b=y`];
    for (const path of targets) {
      const [answer] = answersIn(await talk(port, (socket) => void socket.write(bytesOf({ path, body: bodyOf() }))));
      assert.equal(answer?.status, 200, path);
    }
    const query = (world.heard.at(-1)?.[6] as { push?: { http: unknown } } | undefined)?.push?.http;
    assert.deepEqual(query, { path: "/推送", query: { a: "1?2", b: ["x", "y"] }, ip: "127.0.0.1" });
  });

  it("refuses a body that is too large by its Content-Length, or as soon as it exceeds the limit", async () => {
    world.apply(world.accountOf("a", port));
    await listening(port);
    const headers = { "Content-Length": String(maxBodyBytes + 1) };
    const [head = Buffer.alloc(0), chunked = Buffer.alloc(0)] = [
      bytesOf({ path: "/sccc/notify", headers, body: "{" }),
      bytesOf({
        path: "/sccc/notify",
        headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" },
        body: `${(maxBodyBytes + 1).toString(16)}\r\n${" ".repeat(maxBodyBytes + 1)}\r\n0\r\n\r\n`,
      }),
    ];
    // The first one ends after one byte, so that waiting for more would be useless.
    const answers = [
      await talk(port, (socket) => socket.end(head)),
      await talk(port, (socket) => socket.write(chunked)),
    ];
    assert.deepEqual(
      answers.map((bytes) => answersIn(bytes)[0]?.status),
      [413, 413],
    );
  });

  it("refuses a sender that is not allowed before its body: when it connects, or by what a proxy says", async () => {
    const other = await freePort();
    world.apply(
      world.accountOf("a", port, { pushAllow: "10.0.0.0/8" }),
      world.accountOf("b", other, { pushAllow: "10.0.0.0/8", trustProxy: true }),
      world.accountOf("c", other, { pushPath: "/open" }),
    );
    await listening(other);
    assert.equal((await talk(port, (socket) => void socket.write("POST / HTTP/1.1\r\n"))).length, 0);
    const part = bytesOf({
      path: "/sccc/notify",
      headers: { "X-Forwarded-For": "6.6.6.6:1", Expect: "100-continue" },
      body: "{}",
    });
    const refused = await talk(other, (socket) => socket.end(part.subarray(0, -2)));
    assert.deepEqual([answersIn(refused)[0]?.status, refused.includes("100 Continue")], [401, false]);
    const whole = bytesOf({
      path: "/sccc/notify",
      headers: { "X-Forwarded-For": "[::ffff:10.0.0.1]:443" },
      body: bodyOf(),
    });
    assert.equal(answersIn(await talk(other, (socket) => void socket.write(whole)))[0]?.status, 200);
    for (const account of ["a", "b"]) {
      assert.ok(Number(world.service.inboxOf(account)?.counts.refused.get("sender")) >= 1, account);
    }
    assert.equal(world.service.inboxOf("c")?.counts.refused.size, 0, "it was not meant for this one");
  });

  it("reports a contradiction to both accounts until it is gone", async () => {
    const plain = world.accountOf("a", port);
    world.apply(plain, world.accountOf("b", port, { pushTls: "tls" }));
    assert.deepEqual([world.problems.get("a")?.reason, world.problems.get("b")?.reason], ["conflict", "conflict"]);
    world.apply(plain);
    assert.equal(await post(url()), 200);
    await world.problem("a", undefined);
  });

  it("reports a port that is taken, and opens it when it is free", async () => {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    world.apply(world.accountOf("a", port));
    await world.problem("a", "port");
    const problem = world.problems.get("a");
    assert.match(problem?.detail ?? "", /EADDRINUSE/);
    assert.ok(Number(problem?.retryAt) > Date.now() - 5000);
    server.close();
    await once(server, "close");
    await world.problem("a", undefined);
    assert.equal(await post(url()), 200);
  });

  it("reports the current port of an account, also if another account had it before", async () => {
    const other = await freePort();
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    world.apply(world.accountOf("a", port), world.accountOf("b", other));
    await world.problem("a", "port");
    // Account b moves to a port that is open, and another account comes to the port that is taken.
    world.apply(world.accountOf("a", other), world.accountOf("b", other), world.accountOf("c", port));
    const now = [...world.problems].map(([id, problem]) => [id, problem?.reason]);
    server.close();
    assert.deepEqual(now, [
      ["a", undefined],
      ["b", undefined],
      ["c", "port"],
    ]);
  });

  it("reports an address that does not exist, and tries again", async () => {
    world.apply(world.accountOf("a", port, { pushHost: "192.0.2.1" }));
    await world.problem("a", "host");
    const first = world.problems.get("a")?.retryAt;
    await eventually("it is tried again", () => (world.problems.get("a")?.retryAt !== first ? true : undefined));
  });

  it("reports a key that does not load, and uses it when it loads and when it is renewed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sccc-tls-"));
    const files = { key: join(folder, "key.pem"), cert: join(folder, "cert.pem") };
    writeFileSync(files.key, "not a key");
    writeFileSync(files.cert, pem("cert.pem"));
    world.close();
    world = new World({ renewEveryMs: 20 });
    world.apply(world.accountOf("a", port, { pushTls: "tls" }, files));
    await world.problem("a", "certificate");
    writeFileSync(files.key, pem("key.pem"));
    await world.problem("a", undefined);
    const secure = `https://127.0.0.1:${port}/sccc/notify`;
    assert.equal(await post(secure, { ca: pem("cert.pem") }), 200);
    // A renewed certificate that cannot be loaded is reported; the previous one stays in use.
    writeFileSync(files.cert, "not a certificate");
    await eventually("a warning", () => (world.warnings.includes("badCertificate") ? true : undefined));
    assert.equal(await post(secure, { ca: pem("cert.pem") }), 200);
    rmSync(folder, { recursive: true });
  });

  it("reports a TLS port without a certificate, and opens it when it has one", async () => {
    world.apply(world.accountOf("a", port, { pushTls: "bare" }));
    await world.problem("a", "certificate");
    assert.match(String(world.problems.get("a")?.detail), /no key and certificate/);
    world.apply(world.accountOf("a", port, { pushTls: "tls" }));
    await world.problem("a", undefined);
    assert.equal(await post(`https://127.0.0.1:${port}/sccc/notify`, { ca: pem("cert.pem") }), 200);
  });

  it("closes a connection that does not speak TLS on a port that does, without an answer in the clear", async () => {
    world.apply(world.accountOf("a", port, { pushTls: "tls" }));
    await listening(port);
    for (const words of ["GET /sccc/notify HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\0\0\0\0\0\0"]) {
      const socket = await silent(port, sockets);
      const heard: Buffer[] = [];
      socket.on("data", (bytes: Buffer) => heard.push(bytes));
      const closed = once(socket, "close");
      socket.write(Buffer.from(words, "latin1"));
      await closed;
      assert.doesNotMatch(Buffer.concat(heard).toString("latin1"), /HTTP|error/);
    }
    await eventually("all are gone", () => (world.service.serverAt(port)?.connections === 0 ? true : undefined));
    assert.equal(await post(`https://127.0.0.1:${port}/sccc/notify`, { ca: pem("cert.pem") }), 200);
  });

  it("survives repeated errors of connections", async () => {
    const create = http.createServer;
    const servers: http.Server[] = [];
    http.createServer = ((...args: Parameters<typeof create>) => {
      const server = create(...args);
      servers.push(server);
      return server;
    }) as typeof create;
    world.apply(world.accountOf("a", port));
    http.createServer = create;
    assert.equal(await post(url()), 200);
    for (let times = 0; times < 3; times += 1)
      servers[0]?.emit("error", Object.assign(new Error("accept"), { code: "EMFILE" }));
    assert.equal(await post(url()), 200);
    assert.equal(world.problems.get("a"), undefined);
  });

  it("holds pushes back while nodes are replaced", async () => {
    world.apply(world.accountOf("a", port));
    assert.equal(await post(url()), 200);
    world.service.handle({ kind: "hold" });
    const waiting = post(url());
    // Bytes that are not HTTP are answered at once; by then the push has arrived and is waiting.
    const [refused] = answersIn(await talk(port, (socket) => socket.write("nonsense\r\n\r\n")));
    assert.deepEqual([refused?.status, world.eventsOf("b")], [400, []]);
    world.apply(world.accountOf("b", port));
    assert.equal(await waiting, 200);
    assert.deepEqual([world.eventsOf("a").length, world.eventsOf("b").length], [1, 1]);
  });

  it("ends a connection that fills the memory with requests while pushes are held back", async () => {
    world.apply(world.accountOf("a", port));
    assert.equal(await post(url()), 200);
    world.service.handle({ kind: "hold" });
    const requests = (count: number): Buffer =>
      Buffer.concat(
        Array.from({ length: count }, (_, index) => {
          const Connection = index === count - 1 ? "close" : "keep-alive";
          return bytesOf({ path: "/sccc/notify", body: bodyOf(), headers: { Connection } });
        }),
      );
    const few = talk(port, (socket) => socket.write(requests(16)));
    const many = await talk(port, (socket) => socket.write(requests(1000)));
    world.apply(world.accountOf("a", port));
    assert.deepEqual(
      answersIn(await few).map(({ status }) => status),
      Array(16).fill(200),
    );
    assert.equal(many.length, 0);
  });

  it("does not parse what waits for a redeploy: parsed, unsigned bodies would fill the memory", async () => {
    world.apply(world.accountOf("a", port));
    assert.equal(await post(url()), 200);
    const bytes = bytesOf({ path: "/sccc/notify", body: "no JSON" });
    const socket = connect(port, "127.0.0.1");
    const came: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => came.push(chunk));
    socket.write(bytes.subarray(0, -1));
    await eventually("its head is there", () => (world.service.serverAt(port)?.connections ? true : undefined));
    const nonsense = () => talk(port, (other) => other.write("nonsense\r\n\r\n"));
    await nonsense();
    world.service.handle({ kind: "hold" });
    socket.write(bytes.subarray(-1));
    // Bytes that are not HTTP are answered at once; by then the body has arrived too.
    await nonsense();
    assert.equal(Buffer.concat(came).toString(), "");
    world.apply(world.accountOf("a", port));
    await once(socket, "close");
    assert.match(Buffer.concat(came).toString(), /^HTTP\/1.1 400 /);
  });

  it("answers 503 when a push has waited too long, and keeps its accounts", async () => {
    world.close();
    world = new World({}, 20);
    world.apply(world.accountOf("a", port));
    assert.equal(await post(url()), 200);
    world.service.handle({ kind: "hold" });
    assert.equal(await post(url()), 503);
    world.apply(world.accountOf("a", port));
    assert.equal(await post(url()), 200);
    assert.equal(world.heard.length, 2);
  });

  it("answers 503 to waiting pushes when the process is about to end", async () => {
    world.apply(world.accountOf("a", port));
    assert.equal(await post(url()), 200);
    world.service.handle({ kind: "hold" });
    const waiting = post(url());
    world.service.handle({ kind: "down" });
    assert.deepEqual([await waiting, await post(url())], [503, 503]);
    assert.equal(world.heard.length, 1);
  });

  it("answers requests to Node-RED's own server, raw or parsed", async () => {
    world.apply(world.accountOf("a", 0));
    const common = { path: "/sccc/notify", query: "a=1&a=2", peer: "10.0.0.1", forwarded: "" };
    const long = bodyOf().replace('"10086"', "12345678901234567890");
    const bodies = [new Uint8Array(Buffer.from(long)), bodyOf(), "{}", new Uint8Array([0xff])];
    const requests = bodies.map((body, number) => ({ ...common, number, body }));
    world.service.handle({ kind: "requests", requests });
    await eventually("all answers", () => (world.answers.length === 4 ? true : undefined));
    assert.deepEqual(
      [...world.answers].sort(([one], [other]) => one - other),
      [
        [0, "taken"],
        [1, "taken"],
        [2, "malformed"],
        [3, "malformed"],
      ],
    );
    const kept = world.heard.map(
      ([, , , , , , one]) => one as { payload: { number: unknown }; push: { http: unknown } },
    );
    assert.ok(
      kept.some(({ payload }) => payload.number === "12345678901234567890"),
      "the digits are kept",
    );
    assert.deepEqual(kept[0]?.push.http, { path: "/sccc/notify", query: { a: ["1", "2"] }, ip: "10.0.0.1" });
  });

  it("limits connections, and accepts the listed platform", async () => {
    world.close();
    world = new World({ connections: { total: 20, perAddress: 8 } });
    world.apply(
      world.accountOf("a", port, { pushAllow: "127.0.0.1" }),
      world.accountOf("b", port, { pushPath: "/open" }),
    );
    await listening(port);
    for (let count = 0; count < 30; count += 1) await silent(port, sockets, "127.0.0.7");
    const server = world.service.serverAt(port);
    await eventually("one address has its bound", () => (server?.connections === 8 ? true : undefined));
    for (let count = 0; count < 40; count += 1) await silent(port, sockets, `127.0.1.${count + 1}`);
    await eventually("all have theirs", () => (server?.connections === 20 ? true : undefined));
    assert.equal(await post(url()), 200);
    for (const socket of sockets.splice(0)) socket.destroy();
    await eventually("all are gone", () => (Number(server?.connections) <= 1 ? true : undefined));
  });

  it("closes a TLS connection that sends nothing, and one that ends during the handshake", async () => {
    world.close();
    world = new World({ handshakeTimeoutMs: 100 });
    world.apply(world.accountOf("a", port, { pushTls: "tls" }));
    await listening(port);
    const quiet = await silent(port, sockets);
    const half = await silent(port, sockets);
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
    await Promise.all([quiet, half].map((socket) => (socket.closed ? undefined : once(socket.resume(), "close"))));
    const server = world.service.serverAt(port);
    await eventually("both are gone", () => (server?.connections === 0 ? true : undefined));
    const good = tls.connect({ port, host: "127.0.0.1", ca: pem("cert.pem"), rejectUnauthorized: false });
    sockets.push(good);
    await once(good, "secureConnect");
  });

  it("closes a connection that sends one-byte chunks, and takes other pushes meanwhile", async () => {
    world.apply(world.accountOf("a", port));
    await listening(port);
    const head = bytesOf({
      path: "/sccc/notify",
      headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" },
    });
    const shredded = await silent(port, sockets);
    const closed = new Promise((resolve) => shredded.resume().on("close", resolve));
    shredded.write(head);
    shredded.write("1\r\nx\r\n".repeat(20_000));
    const whole = bytesOf({ path: "/sccc/notify", body: bodyOf() });
    assert.equal(answersIn(await talk(port, (socket) => void socket.write(whole)))[0]?.status, 200);
    await closed;
  });
});
