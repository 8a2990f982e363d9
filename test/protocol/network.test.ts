// Connections to a platform: TLS, and proxies of the account or the environment, in absolute form and through a tunnel.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import type { ClientOptions } from "../../nodes/protocol/client";
import type { Simulator } from "../../simulator";
import { callOf, clientOf, startPlatform } from "../../tools/platform";
import { listenWithSockets } from "./sockets";

const pem = (name: string) => readFileSync(join(__dirname, "../../tools/tls", name), "utf8");
const tls = { key: pem("key.pem"), cert: pem("cert.pem") };

/** A proxy that records and carries out its requests. With `user`, it requires these credentials. */
async function startProxy(options: { user?: string; refuse?: boolean; silent?: boolean } = {}) {
  const asked: string[] = [];
  const allowed = (headers: http.IncomingHttpHeaders) =>
    options.user === undefined ||
    headers["proxy-authorization"] === `Basic ${Buffer.from(options.user).toString("base64")}`;
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!allowed(request.headers)) return void response.writeHead(407).end("no");
    const { hostname, port, pathname } = new URL(request.url ?? "");
    const { "proxy-authorization": _secret, ...headers } = request.headers;
    const onward = http.request({ hostname, port, path: pathname, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
    asked.push(`CONNECT ${request.url}`);
    // A server's sockets stay half open after a CONNECT request.
    if (options.silent) return void socket.resume().on("end", () => socket.end());
    if (options.refuse || !allowed(request.headers)) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const [host, port] = (request.url ?? "").split(":");
    const onward = net.connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  return {
    ...(await listenWithSockets(server)),
    asked,
    asksForTunnel: async () => {
      while (asked.length === 0) await once(server, "connect");
    },
  };
}

describe("network", () => {
  let plain: Simulator;
  let secure: Simulator;
  before(async () => {
    plain = await startPlatform();
    secure = await startPlatform({ tls });
  });
  after(async () => {
    await plain.close();
    await secure.close();
  });

  async function login(url: string, options: Partial<ClientOptions>, api = "AgentLogin"): Promise<string> {
    const client = clientOf(url, { retries: 0, ...options });
    const { outcomes } = await client.send(callOf(client, api), { signal: new AbortController().signal });
    client.close();
    const [outcome] = outcomes;
    assert.ok(outcome !== undefined);
    if (outcome.ok) return "ok";
    return outcome.failure.kind === "network"
      ? `${outcome.failure.code} ${outcome.failure.systemCode}`
      : outcome.failure.code;
  }

  it("a TLS platform is reached with its certificate, and not without it", async () => {
    assert.equal(await login(secure.url, { tls: { ca: tls.cert } }), "ok");
    assert.equal(await login(secure.url, { tls: { rejectUnauthorized: false } }), "ok");
    assert.equal(await login(secure.url, {}), "SCCC_NETWORK DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  for (const api of ["AgentLogin", "VoiceVerify"]) {
    it(`a plain platform is reached through a proxy, with the absolute URL in the request: ${api}`, async () => {
      const proxy = await startProxy();
      assert.equal(await login(plain.url, { proxy: { url: proxy.url, noProxy: [] } }, api), "ok");
      assert.deepEqual(proxy.asked, [`POST ${plain.url}/openapi/V2.0.6/${api}`]);
      await proxy.close();
    });

    it(`a TLS platform is reached through a tunnel of the proxy: ${api}`, async () => {
      const proxy = await startProxy();
      assert.equal(
        await login(secure.url, { tls: { ca: tls.cert }, proxy: { url: proxy.url, noProxy: [] } }, api),
        "ok",
      );
      assert.deepEqual(proxy.asked, [`CONNECT ${new URL(secure.url).host}`]);
      await proxy.close();
    });
  }

  it("the proxy gets its credentials", async () => {
    const proxy = await startProxy({ user: "sccc:p@ss" });
    const withUser = proxy.url.replace("http://", "http://sccc:p%40ss@");
    assert.equal(await login(plain.url, { proxy: { url: withUser, noProxy: [] } }), "ok");
    assert.equal(await login(secure.url, { tls: { ca: tls.cert }, proxy: { url: withUser, noProxy: [] } }), "ok");
    assert.equal(await login(plain.url, { proxy: { url: proxy.url, noProxy: [] } }), "SCCC_HTTP_407");
    assert.match(
      await login(secure.url, { tls: { ca: tls.cert }, proxy: { url: proxy.url, noProxy: [] } }),
      /^SCCC_NETWORK/,
    );
    await proxy.close();
  });

  it("the proxy is not used for hosts that its node excludes", async () => {
    const proxy = await startProxy();
    const { host } = new URL(plain.url);
    for (const noProxy of [["127.0.0.1"], [host], ["*"], ["example.com", " .0.0.1"]]) {
      assert.equal(await login(plain.url, { proxy: { url: proxy.url, noProxy } }), "ok");
    }
    assert.deepEqual(proxy.asked, []);
    assert.equal(await login(plain.url, { proxy: { url: proxy.url, noProxy: ["27.0.0.1", "", "example.com"] } }), "ok");
    assert.equal(proxy.asked.length, 1);
    await proxy.close();
  });

  it("the environment's proxies are used if the account has none", async () => {
    const proxy = await startProxy();
    const before = { ...process.env };
    try {
      Object.assign(process.env, { http_proxy: proxy.url, https_proxy: proxy.url, no_proxy: "" });
      assert.equal(await login(plain.url, {}), "ok");
      assert.equal(await login(secure.url, { tls: { ca: tls.cert } }), "ok");
      assert.deepEqual(
        proxy.asked.map((line) => line.split(" ")[0]),
        ["POST", "CONNECT"],
      );
      process.env.no_proxy = "127.0.0.1";
      assert.equal(await login(plain.url, {}), "ok");
      assert.equal(proxy.asked.length, 2);
    } finally {
      process.env = before;
      await proxy.close();
    }
  });

  it("closing ends a tunnel that the proxy never answers", async () => {
    const proxy = await startProxy({ silent: true });
    const client = clientOf(secure.url, { tls: { ca: tls.cert }, proxy: { url: proxy.url, noProxy: [] } });
    const sending = client.send(callOf(client, "AgentLogin"), { signal: new AbortController().signal });
    await proxy.asksForTunnel();
    client.close();
    const { outcomes } = await sending;
    assert.equal(outcomes[0]?.ok === false && outcomes[0].failure.code, "SCCC_CLOSED");
    await proxy.disconnected();
    await proxy.close();
  });
});
