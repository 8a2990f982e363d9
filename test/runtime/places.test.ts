// The places where pushes come in, without Node-RED: TLS, contradictions, a taken port, redeploys, shutting down.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { narrowReceiving } from "../../nodes/runtime/receive/config";
import { maxBodyBytes } from "../../nodes/runtime/receive/http";
import { Places } from "../../nodes/runtime/receive/places";
import { pastOf, Receiver } from "../../nodes/runtime/receive/receiver";
import { signPush } from "../../simulator/signing";
import { freePort } from "../../tools/node-red";
import { isFree } from "../../tools/ports";
import { eventually, listening } from "../receive/flow";
import { answersIn, bytesOf, talk } from "../receive/wire";

const pem = (name: string) => readFileSync(join(__dirname, "../../tools/tls", name), "utf8");
const password = "E416D0F85DC0CB67C85E070A32D9F0123AFF4762";
const context = { customer: "C2", baseUrl: "", timezone: "Asia/Shanghai", region: "CN", areaCode: "" };
/** A tls-config node that adds these options. */
const tlsNode = (added: Record<string, unknown>) => ({
  addTLSOptions: (options: Record<string, unknown>) => Object.assign(options, added),
});
const good = { key: pem("key.pem"), cert: pem("cert.pem") };

let accounts = 0;

/** An account at a place of its own port; `heard` has the events that came. */
function tenant(port: number, config: Record<string, unknown> = {}, tls: Record<string, unknown> = good) {
  accounts += 1;
  const narrowed = narrowReceiving(
    { customer: "C2", pushPort: port, pushHost: "127.0.0.1", ...config },
    { password },
    (text) => text,
    (id) => (id === "tls" ? tlsNode(tls) : undefined),
  );
  assert.ok(narrowed.ok, JSON.stringify(narrowed));
  const receiver = new Receiver(
    narrowed.value,
    context,
    pastOf(`place${accounts}`, narrowed.value),
    undefined,
    () => undefined,
  );
  const heard: string[] = [];
  receiver.attach({
    id: `n${accounts}`,
    wants: () => true,
    hand: ({ topic }) => heard.push(topic),
    dead: () => undefined,
    counted: () => undefined,
  });
  const problems: (string | undefined)[] = [];
  const settings: (string | undefined)[] = [];
  let told = (): void => undefined;
  return {
    heard,
    problems,
    settings,
    tenant: {
      place: narrowed.value.place,
      receiver,
      problem: (problem: { setting: string; reason: string } | undefined) => {
        problems.push(problem?.reason);
        settings.push(problem?.setting);
        told();
      },
    },
    told: async (reason: string) => {
      while (problems.at(-1) !== reason) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
  };
}

/** Posts a push, again as long as nobody listens yet, within bounds; the status. */
async function post(url: string, options: https.RequestOptions = {}): Promise<number> {
  const body = JSON.stringify(signPush({ customer: "C2", password, notify: { type: "callin", number: "10086" } }));
  const until = Date.now() + 5000;
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

/** The servers that are created meanwhile. */
function created(module: typeof http | typeof https, act: () => void): readonly http.Server[] {
  const servers: http.Server[] = [];
  const host = module as { createServer: (...args: unknown[]) => http.Server };
  const create = host.createServer;
  host.createServer = (...args) => {
    const server = create(...args);
    servers.push(server);
    return server;
  };
  try {
    act();
  } finally {
    host.createServer = create;
  }
  return servers;
}

/** A connection that writes, and never closes its own side. */
async function held(port: number, text: string) {
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "connect");
  if (text !== "") socket.write(text, "latin1");
  return { socket, heard: () => Buffer.concat(chunks) };
}

const connectionsOf = (server: Server | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    server?.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });

describe("places", () => {
  let places: Places;
  let leave: (() => void)[];
  const add = (one: ReturnType<typeof tenant>) => leave.push(places.add(one.tenant));
  beforeEach(() => {
    places = new Places();
    leave = [];
  });
  afterEach(() => {
    for (const one of leave) one();
    places.settle();
  });

  it("receive with TLS on a port of their own", async () => {
    const port = await freePort();
    const one = tenant(port, { pushTls: "tls" });
    add(one);
    places.settle();
    assert.equal(await post(`https://127.0.0.1:${port}/sccc/notify`, { ca: pem("cert.pem") }), 200);
    assert.deepEqual(one.heard, ["callin"]);
  });

  it("serve several paths and accounts of one port, and nobody else", async () => {
    const port = await freePort();
    const [one, other] = [tenant(port), tenant(port, { pushPath: "/other" })];
    add(one);
    add(other);
    places.settle();
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify?from=a`), 200);
    assert.equal(await post(`http://127.0.0.1:${port}/other`), 200);
    assert.equal(await post(`http://127.0.0.1:${port}/nobody`), 404);
    assert.deepEqual([one.heard.length, other.heard.length], [1, 1]);
  });

  it("refuse what is too large by its length alone, and without one as soon as it is", async () => {
    const port = await freePort();
    add(tenant(port));
    places.settle();
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
    // The first one ends after a byte: to wait for more would be in vain.
    const answers = [
      await talk(port, (socket) => socket.end(head)),
      await talk(port, (socket) => socket.write(chunked)),
    ];
    assert.deepEqual(
      answers.map((bytes) => answersIn(bytes)[0]?.status),
      [413, 413],
    );
  });

  it("tell both of two accounts that contradict each other, until they don't", async () => {
    const port = await freePort();
    const [plain, secure] = [tenant(port), tenant(port, { pushTls: "tls" })];
    add(plain);
    add(secure);
    places.settle();
    assert.deepEqual([plain.problems.at(-1), secure.problems.at(-1)], ["conflict", "conflict"]);
    leave.pop()?.();
    places.settle();
    assert.equal(plain.problems.at(-1), undefined);
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
  });

  it("tell of a port that can't be had", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const one = tenant((server.address() as AddressInfo).port);
    add(one);
    places.settle();
    await one.told("port");
    server.close();
    await once(server, "close");
    places.settle();
    assert.equal(
      await post(`http://127.0.0.1:${one.tenant.place.own?.port}/sccc/notify`),
      200,
      "the next deploy tries again",
    );
  });

  it("survive what goes wrong with connections, again and again", async () => {
    const port = await freePort();
    const one = tenant(port);
    add(one);
    const servers = created(http, () => places.settle());
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
    for (let times = 0; times < 3; times += 1)
      servers[0]?.emit("error", Object.assign(new Error("accept"), { code: "EMFILE" }));
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
    assert.equal(one.problems.at(-1), undefined);
  });

  /** What a tls-config node adds of keys and certificates that can't be used. */
  const otherKey = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;
  const half = (text: string) => text.slice(0, text.length / 2);
  const unusable: Readonly<Record<string, Record<string, unknown>>> = {
    "garbage for both": { key: "garbage", cert: "garbage" },
    "garbage as the key": { ...good, key: "garbage" },
    "garbage as the certificate": { ...good, cert: Buffer.from("garbage") },
    "a key that does not fit the certificate": { ...good, key: otherKey },
    "a key that was cut off": { ...good, key: half(good.key) },
    "a certificate that was cut off": { ...good, cert: half(good.cert) },
    "a chain that was cut off": { ...good, cert: good.cert + half(good.cert) },
    "the key in the certificate's file": { ...good, cert: good.key },
    "the certificate in the key's file": { ...good, key: good.cert },
    "empty files": { key: Buffer.alloc(0), cert: Buffer.alloc(0) },
    "files that are missing": { rejectUnauthorized: true },
    "a key without a certificate": { key: good.key },
    "a certificate without a key": { cert: good.cert },
    "a protocol's name that is too long": { ...good, ALPNProtocols: ["x".repeat(300)] },
  };
  for (const [what, tls] of Object.entries(unusable)) {
    it(`say that pushTls can't be used, and serve other ports, with ${what}`, async () => {
      const [bad, sound] = [await freePort(), await freePort()];
      const one = tenant(bad, { pushTls: "tls" }, tls);
      const other = tenant(sound);
      add(one);
      add(other);
      places.settle();
      assert.deepEqual([one.settings, one.problems], [["pushTls"], ["tls"]]);
      assert.equal(other.problems.at(-1), undefined);
      assert.equal(await post(`http://127.0.0.1:${sound}/sccc/notify`), 200);
      leave.shift()?.();
      add(tenant(bad, { pushTls: "tls" }));
      places.settle();
      const ca = pem("cert.pem");
      assert.equal(await post(`https://127.0.0.1:${bad}/sccc/notify`, { ca }), 200, "the next deploy has good files");
    });
  }

  it("close connections that never finish a TLS handshake, and go on to answer", async () => {
    places = new Places(5000, 50);
    const port = await freePort();
    add(tenant(port, { pushTls: "tls" }));
    const servers = created(https, () => places.settle());
    await listening(port);
    const silent = ["", "", ""];
    const garbage = ["garbage\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01"];
    const sockets = await Promise.all([...silent, ...garbage].map((text) => held(port, text)));
    await eventually("no connection is left", async () => (await connectionsOf(servers[0])) === 0 || undefined);
    assert.equal(await post(`https://127.0.0.1:${port}/sccc/notify`, { ca: pem("cert.pem") }), 200);
    for (const { socket } of sockets) socket.destroy();
  });

  it("close connections that were refused, even if the sender keeps them open", async () => {
    const port = await freePort();
    add(tenant(port));
    const servers = created(http, () => places.settle());
    await listening(port);
    const { socket, heard } = await held(port, "garbage\r\n\r\n");
    await eventually("no connection is left", async () => (await connectionsOf(servers[0])) === 0 || undefined);
    assert.equal(answersIn(heard())[0]?.status, 400);
    socket.destroy();
  });

  it("refuse an address outside pushAllow before its body is read", async () => {
    const port = await freePort();
    const one = tenant(port, { pushAllow: "203.0.113.7" });
    const proxied = tenant(port, { pushPath: "/proxied", pushAllow: "203.0.113.7", trustProxy: true });
    add(one);
    add(proxied);
    places.settle();
    await listening(port);
    for (const [path, headers, status] of [
      ["/sccc/notify", {}, 401],
      ["/sccc/notify", { "X-Forwarded-For": "203.0.113.7" }, 401],
      ["/proxied", { "X-Forwarded-For": "203.0.113.7, 203.0.113.8" }, 401],
      // Whoever may send is asked for the body: it has to be one.
      ["/proxied", { "X-Forwarded-For": "203.0.113.7" }, 400],
    ] as const) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      const head = bytesOf({ path, headers: { ...headers, "Content-Length": "100" } });
      // No byte of the body comes before the answer.
      socket.write(head);
      if (status === 400) socket.write(" ".repeat(100));
      const [answered] = (await once(socket, "data")) as [Buffer];
      assert.match(answered.toString(), new RegExp(`^HTTP/1.1 ${status} `), path);
      socket.destroy();
    }
    assert.deepEqual([one.heard, proxied.heard], [[], []]);
  });

  it("don't read on and on from an address outside pushAllow", async () => {
    const port = await freePort();
    add(tenant(port, { pushAllow: "203.0.113.7" }));
    places.settle();
    await listening(port);
    let sent = 0;
    const answers = await talk(port, (socket) => {
      socket.write(
        bytesOf({ path: "/sccc/notify", headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" } }),
      );
      const piece = `10000\r\n${" ".repeat(0x10000)}\r\n`;
      const pump = (): void => {
        sent += 0x10000;
        if (sent < 64 * maxBodyBytes && socket.writable) socket.write(piece, pump);
      };
      pump();
    });
    assert.ok(answers.length === 0 || answersIn(answers)[0]?.status === 401);
    assert.ok(sent < 64 * maxBodyBytes, `${sent} bytes were taken`);
  });

  it("hold pushes back while nodes come and go", async () => {
    const port = await freePort();
    const one = tenant(port);
    add(one);
    places.settle();
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
    places.hold();
    leave.pop()?.();
    const waiting = post(`http://127.0.0.1:${port}/sccc/notify`);
    const next = tenant(port);
    add(next);
    // What is no HTTP is answered at once: by then the push has come in, and waits.
    const [refused] = answersIn(await talk(port, (socket) => socket.write("nonsense\r\n\r\n")));
    assert.deepEqual([refused?.status, next.heard], [400, []]);
    places.settle();
    assert.equal(await waiting, 200);
    assert.deepEqual([one.heard.length, next.heard.length], [1, 1]);
  });

  it("tell whoever waits too long to come again, and stay as they are", async () => {
    places = new Places(20);
    const port = await freePort();
    const one = tenant(port);
    add(one);
    places.settle();
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
    places.hold();
    leave.pop()?.();
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 503);
    add(one);
    places.settle();
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
    assert.equal(one.heard.length, 2);
  });

  it("close their ports when flows have stopped for good, and not in a redeploy", async () => {
    places = new Places(20);
    const port = await freePort();
    const one = tenant(port);
    add(one);
    places.settle();
    const url = `http://127.0.0.1:${port}/sccc/notify`;
    assert.equal(await post(url), 200);
    places.hold();
    leave.pop()?.();
    places.stopped();
    places.starting();
    assert.equal(await post(url), 503, "a redeploy that takes long");
    places.stopped();
    await eventually("the port is closed", async () => ((await isFree(port, "127.0.0.1")) ? true : undefined));
    add(one);
    places.settle();
    assert.equal(await post(url), 200, "flows start again");
  });

  it("tell whoever waits to come again when the process is about to end", async () => {
    const port = await freePort();
    const one = tenant(port);
    add(one);
    places.settle();
    assert.equal(await post(`http://127.0.0.1:${port}/sccc/notify`), 200);
    places.hold();
    const waiting = post(`http://127.0.0.1:${port}/sccc/notify`);
    places.shutDown();
    assert.deepEqual([await waiting, await post(`http://127.0.0.1:${port}/sccc/notify`)], [503, 503]);
    assert.equal(one.heard.length, 1);
  });
});
