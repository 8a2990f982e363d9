// Every way in which a request can end gives its command or download the right code: with a raw TCP server, directly and through proxies.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { ClientOptions } from "../../nodes/protocol/client";
import type { Failure } from "../../nodes/protocol/failure";
import { postPush } from "../../nodes/protocol/post-push";
import { callOf, clientOf } from "../../tools/platform";

const json = '{"result":{"error":0}}';
const wave = "RIFF----WAVEfmt ";
const length = (text: string | Buffer) => `Content-Length: ${text.length}\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** What a server does with a request. `body` is the correct answer. */
type Act = (socket: Socket, body: string) => void;

const says =
  (answer: (body: string) => string | Buffer): Act =>
  (socket, body) =>
    socket.end(answer(body));
const head = (status: string, ...headers: readonly string[]) => `HTTP/1.1 ${status}\r\n${headers.join("")}\r\n`;
const whole = (body: string) => `${head("200 OK", length(body))}${body}`;

/** How a command and a download end; with "hang" in the name, only the time-out ends it. */
interface Ending {
  readonly name: string;
  readonly act: Act;
  readonly command: string;
  readonly file: string;
}

const network = "SCCC_NETWORK ECONNRESET";
const ending = (name: string, act: Act, command: string, file = command): Ending => ({ name, act, command, file });

const endings: readonly Ending[] = [
  ending("a whole answer", says(whole), "ok"),
  ending("a whole answer, and the connection kept", (socket, body) => socket.write(whole(body)), "ok"),
  ending(
    "a whole answer, and a reset",
    (socket, body) => socket.write(whole(body), () => socket.resetAndDestroy()),
    "ok",
  ),
  ending(
    "chunks",
    says((body) => `${head("200 OK", "Transfer-Encoding: chunked\r\n")}${chunk(body)}0\r\n\r\n`),
    "ok",
  ),
  ending(
    "no length, ended by the connection",
    says((body) => `${head("200 OK")}${body}`),
    "ok",
  ),
  ending(
    "HTTP/1.0 without a length",
    says((body) => `HTTP/1.0 200 OK\r\n\r\n${body}`),
    "ok",
  ),
  ending("one byte at a time", (socket, body) => void trickle(socket, whole(body)), "ok"),
  ending(
    "100 Continue before it",
    says((body) => `${head("100 Continue")}${whole(body)}`),
    "ok",
  ),
  ending(
    "102 Processing before it",
    says((body) => `${head("102 Processing")}${whole(body)}`),
    "ok",
  ),
  ending(
    "103 Early Hints before it",
    says((body) => `${head("103 Early Hints", "Link: x\r\n")}${whole(body)}`),
    "ok",
  ),
  ending(
    "a hundred 102s before it",
    says((body) => `${head("102 Processing").repeat(100)}${whole(body)}`),
    "ok",
  ),
  ending(
    "103 and no answer",
    says(() => head("103 Early Hints")),
    network,
  ),
  ending("100 and silence (hang)", (socket) => socket.write(head("100 Continue")), "SCCC_TIMEOUT"),
  ending("an upgrade to a WebSocket", upgrade("websocket"), "SCCC_HTTP_101"),
  ending("an upgrade to HTTP/2", upgrade("h2c"), "SCCC_HTTP_101"),
  ending(
    "an upgrade, and a close",
    says(() => head("101 X", "Connection: Upgrade\r\n", "Upgrade: x\r\n")),
    "SCCC_HTTP_101",
  ),
  ending(
    "an upgrade, and bytes",
    says(() => `${head("101 X", "Connection: Upgrade\r\n", "Upgrade: x\r\n")}hello`),
    "SCCC_HTTP_101",
  ),
  ending("101 without Upgrade", (socket) => socket.write(head("101 Switching Protocols")), "SCCC_HTTP_101"),
  ending(
    "an upgrade offered with the answer",
    says((body) => `${head("200 OK", "Connection: Upgrade\r\n", "Upgrade: h2c\r\n", length(body))}${body}`),
    "ok",
  ),
  ending(
    "an answer like one to CONNECT",
    says(() => "HTTP/1.1 200 Connection established\r\n\r\n"),
    "SCCC_PROTOCOL empty",
    "SCCC_PROTOCOL emptyFile",
  ),
  ending("a close without a word", (socket) => socket.end(), network),
  ending("a destroyed connection", (socket) => socket.destroy(), network),
  ending("a reset", (socket) => socket.resetAndDestroy(), network),
  ending("silence (hang)", () => undefined, "SCCC_TIMEOUT"),
  ending(
    "half a status line",
    says(() => "HTTP/1.1 200 O"),
    network,
  ),
  ending(
    "half a head",
    says(() => "HTTP/1.1 200 OK\r\nContent-Le"),
    network,
  ),
  ending("half a head (hang)", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Le"), "SCCC_TIMEOUT"),
  ending(
    "a body that is too short",
    says((body) => `${head("200 OK", `Content-Length: ${body.length + 9}\r\n`)}${body}`),
    network,
  ),
  ending(
    "a body that stops (hang)",
    (socket, body) => socket.write(`${head("200 OK", `Content-Length: ${body.length + 9}\r\n`)}${body}`),
    "SCCC_TIMEOUT",
  ),
  ending(
    "a reset within the body",
    (socket, body) =>
      socket.write(`${head("200 OK", `Content-Length: ${body.length + 9}\r\n`)}${body}`, () =>
        socket.resetAndDestroy(),
      ),
    network,
  ),
  ending(
    "chunks without an end",
    says((body) => `${head("200 OK", "Transfer-Encoding: chunked\r\n")}${chunk(body)}`),
    network,
  ),
  ending(
    "a chunk of no length",
    says((body) => `${head("200 OK", "Transfer-Encoding: chunked\r\n")}${chunk(body)}zz\r\n`),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "garbage after it",
    says((body) => `${whole(body)}garbage`),
    "ok",
  ),
  ending(
    "another answer after it",
    says((body) => `${whole(body)}${whole("no")}`),
    "ok",
  ),
  ending(
    "both a length and chunks",
    says((body) => `${head("200 OK", length(body), "Transfer-Encoding: chunked\r\n")}${chunk(body)}0\r\n\r\n`),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "two lengths",
    says((body) => `${head("200 OK", length(body), "Content-Length: 1\r\n")}${body}`),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "a negative length",
    says((body) => `${head("200 OK", "Content-Length: -1\r\n")}${body}`),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "204 with a body",
    says((body) => `${head("204 No Content", length(body))}${body}`),
    "SCCC_PROTOCOL empty",
    "SCCC_PROTOCOL notFile",
  ),
  ending(
    "205 with a body",
    says((body) => `${head("205 Reset Content", length(body))}${body}`),
    "ok",
    "SCCC_PROTOCOL notFile",
  ),
  ending(
    "304 with a body",
    says((body) => `${head("304 Not Modified", length(body))}${body}`),
    "SCCC_HTTP_304",
  ),
  ending(
    "a status of 600",
    says((body) => `${head("600 X", length(body))}${body}`),
    "SCCC_HTTP_600",
  ),
  ending(
    "a status of 99",
    says((body) => `${head("099 X", length(body))}${body}`),
    "SCCC_HTTP_99",
  ),
  ending(
    "an error that closes before the request was read",
    says(() => head("413 Too Large", "Connection: close\r\n", length(""))),
    "SCCC_HTTP_413",
  ),
  ending(
    "a head that is too long",
    says(() => head("200 OK", `X: ${"x".repeat(100_000)}\r\n`)),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "another protocol",
    says(() => "SSH-2.0-OpenSSH_9.6\r\n"),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "bytes of zero",
    says(() => Buffer.alloc(100)),
    "SCCC_PROTOCOL notHttp",
  ),
  ending(
    "half a gzip",
    says((body) => packed(body, (bytes) => bytes.subarray(0, bytes.length - 9))),
    "SCCC_PROTOCOL encoding",
  ),
  ending(
    "garbage for gzip",
    says((body) => packed(body, () => Buffer.from("not gzip"))),
    "SCCC_PROTOCOL encoding",
  ),
  ending(
    "a gzip that is cut by the connection",
    says((body) => packed(body, (bytes) => bytes, 9)),
    network,
  ),
  ending(
    "a whole gzip",
    says((body) => packed(body, (bytes) => bytes)),
    "ok",
  ),
];

function upgrade(to: string): (socket: Socket) => void {
  return (socket) => socket.write(head("101 Switching Protocols", "Connection: Upgrade\r\n", `Upgrade: ${to}\r\n`));
}

function packed(body: string, change: (bytes: Buffer) => Buffer, missing = 0): Buffer {
  const bytes = change(gzipSync(body));
  const announced = `Content-Length: ${bytes.length + missing}\r\n`;
  return Buffer.concat([Buffer.from(head("200 OK", "Content-Encoding: gzip\r\n", announced)), bytes]);
}

async function trickle(socket: Socket, text: string): Promise<void> {
  for (const byte of text) await new Promise((resolve) => socket.write(byte, resolve));
  socket.end();
}

/** A server that runs `act` once it has received a complete head. */
async function rawServer(act: (socket: Socket, request: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => sockets.delete(socket));
    let request = "";
    socket.on("data", (bytes) => {
      const begun = request.includes("\r\n\r\n");
      request += bytes;
      if (!begun && request.includes("\r\n\r\n")) act(socket, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function word(failure: Failure | undefined): string {
  if (failure === undefined) return "ok";
  if (failure.kind === "network") return `${failure.code} ${failure.systemCode}`;
  return failure.kind === "protocol" ? `${failure.code} ${failure.reason}` : failure.code;
}

const signal = () => new AbortController().signal;

async function command(
  url: string,
  options: Partial<ClientOptions>,
  api = "getAgentStatus",
): Promise<Failure | undefined> {
  const client = clientOf(url, { retries: 0, ...options });
  const { outcomes } = await client.send(callOf(client, api), { signal: signal() });
  const waiting = client.waiting;
  client.close();
  assert.equal(waiting, 0);
  assert.ok(outcomes[0] !== undefined);
  return outcomes[0].ok ? undefined : outcomes[0].failure;
}

async function download(url: string, options: Partial<ClientOptions>): Promise<Failure | undefined> {
  const client = clientOf(url, options);
  const pieces: Buffer[] = [];
  const fetched = await client.fetch({
    url: `${url}/recording.wav`,
    maxBytes: 1e6,
    signal: signal(),
    write: async (piece) => void pieces.push(piece),
    progress: () => undefined,
  });
  client.close();
  if (fetched.ok) assert.equal(Buffer.concat(pieces).toString("latin1"), wave);
  return fetched.ok ? undefined : fetched.failure;
}

describe("an exchange that ends with", () => {
  const act = (what: Ending) => (socket: Socket, request: string) =>
    what.act(socket, request.startsWith("GET") ? wave : json);
  for (const what of endings) {
    const timeoutMs = what.name.includes("(hang)") ? 150 : 5000;
    it(`${what.name}: ${what.command}`, async () => {
      const server = await rawServer(act(what));
      const proxied = { timeoutMs, proxy: { url: server.url, noProxy: [] } };
      // A proxy in absolute form is used like the platform, and can fail in the same ways.
      const got = await Promise.all([
        command(server.url, { timeoutMs }),
        command(server.url, { timeoutMs }, "CallNumber"),
        command("http://platform.invalid", proxied),
        download(server.url, { timeoutMs }),
        download("http://platform.invalid", proxied),
      ]);
      await server.close();
      assert.deepEqual(got.map(word), [what.command, what.command, what.command, what.file, what.file]);
      for (const failure of got)
        assert.ok(failure?.kind !== "network" || !failure.neverLeft, "it may have been carried out");
    });
  }

  it("an upgrade frees its slot for the next command and leaves no socket open", async () => {
    const server = await rawServer(upgrade("websocket"));
    const client = clientOf(server.url, { maxConcurrent: 1, maxQueue: 3, retries: 0 });
    const sends = Array.from({ length: 4 }, () => client.send(callOf(client, "getAgentStatus"), { signal: signal() }));
    const codes = (await Promise.all(sends)).map(({ outcomes: [one] }) => one?.ok === false && one.failure.code);
    assert.deepEqual(
      codes,
      Array.from({ length: 4 }, () => "SCCC_HTTP_101"),
    );
    client.close();
    await server.close();
  });

  for (const when of ["before the connection", "amid the head", "amid the body", "before the answer"] as const) {
    it(`the account's closing ${when}: SCCC_CLOSED, and later events of the socket have no effect`, async () => {
      let reached = (_socket: Socket): void => undefined;
      const asked = new Promise<Socket>((resolve) => {
        reached = resolve;
      });
      const parts = { "amid the head": "HTTP/1.1 200 O", "amid the body": `${head("200 OK", length(json))}{"re` };
      const server = await rawServer((socket) => {
        const part = when === "amid the head" || when === "amid the body" ? parts[when] : undefined;
        if (part === undefined) reached(socket);
        else socket.write(part, () => reached(socket));
      });
      const client = clientOf(server.url, { retries: 0 });
      const sending = client.send(callOf(client, "getAgentStatus"), { signal: signal() });
      const fetching = download(server.url, {});
      if (when === "before the connection") client.close();
      const socket = await asked;
      client.close();
      socket.write("K\r\n\r\ngarbage");
      const { outcomes } = await sending;
      assert.equal(word(outcomes[0]?.ok === false ? outcomes[0].failure : undefined), "SCCC_CLOSED");
      await server.close();
      await fetching;
    });
  }
});

it("a sample push that is answered with an upgrade ends", async () => {
  const server = await rawServer(upgrade("websocket"));
  assert.deepEqual(await postPush(server.url, {}), { ok: true, status: 101, msg: "" });
  await server.close();
});

describe("a tunnel whose proxy answers CONNECT with", () => {
  const answers: readonly (readonly [name: string, act: (socket: Socket) => void])[] = [
    ["403", (socket) => socket.end(head("403 Forbidden", length("")))],
    ["407", (socket) => socket.end(head("407 Who are you", length("")))],
    ["502 and a body", (socket) => socket.end(`${head("502 Bad", length("no"))}no`)],
    ["301", (socket) => socket.end(head("301 X", "Location: http://127.0.0.1:1/\r\n"))],
    ["101", upgrade("websocket")],
    ["100", (socket) => socket.end(head("100 Continue"))],
    ["204", (socket) => socket.end(head("204 X"))],
    ["a close", (socket) => socket.end()],
    ["a reset", (socket) => socket.resetAndDestroy()],
    ["half a head", (socket) => socket.end("HTTP/1.1 200")],
    ["another protocol", (socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n")],
    ["200 and a close", (socket) => socket.end(head("200 OK"))],
    ["200 and a reset", (socket) => socket.write(head("200 OK"), () => socket.resetAndDestroy())],
    ["200 and garbage", (socket) => socket.end(`${head("200 OK")}garbage`)],
    [
      "200 and what is no TLS",
      (socket) => socket.write(head("200 OK"), () => setImmediate(() => socket.end("no TLS"))),
    ],
  ];
  for (const [name, act] of answers) {
    it(`${name}: the failure says so, and that nothing was sent`, async () => {
      const proxy = await rawServer(act);
      const options = { timeoutMs: 5000, proxy: { url: proxy.url, noProxy: [] } };
      const got = await Promise.all([
        command("https://platform.invalid", options),
        command("https://platform.invalid", options, "CallNumber"),
        download("https://platform.invalid", options),
      ]);
      await proxy.close();
      for (const failure of got) {
        if (name === "another protocol") assert.equal(word(failure), "SCCC_PROTOCOL notHttp");
        else assert.ok(failure?.kind === "network" && failure.neverLeft, `surely not carried out: ${word(failure)}`);
      }
    });
  }

  for (const [name, act] of [
    ["silence", () => undefined],
    ["half a head and silence", (socket: Socket) => socket.write("HTTP/1.1 200")],
    ["200 and silence", (socket: Socket) => socket.write(head("200 OK"))],
  ] as const) {
    it(`${name}: SCCC_TIMEOUT`, async () => {
      const proxy = await rawServer(act);
      const options = { timeoutMs: 150, proxy: { url: proxy.url, noProxy: [] } };
      const got = await Promise.all([
        command("https://platform.invalid", options),
        download("https://platform.invalid", options),
      ]);
      await proxy.close();
      assert.deepEqual(got.map(word), ["SCCC_TIMEOUT", "SCCC_TIMEOUT"]);
    });
  }
});
