// Slow downloads end, and do not delay other requests.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Client } from "../../nodes/protocol/client";
import { maxDownloads, maxLongDownloads } from "../../nodes/protocol/transport";
import { clientOf } from "../../tools/platform";
import { fetched, type RawServer, serve, wavOf } from "./raw";

describe("a slow download", function () {
  this.timeout(30_000);
  let server: RawServer | undefined;
  let client: Client | undefined;
  const timers = new Set<NodeJS.Timeout>();
  afterEach(() => {
    for (const timer of timers) clearInterval(timer);
    timers.clear();
    client?.close();
    server?.close();
  });

  /** Sends `bytes` at a time, every `everyMs`. */
  const drip = (response: ServerResponse, bytes: number, everyMs: number): void => {
    response.writeHead(200, { "Content-Type": "audio/wav" });
    const timer = setInterval(() => response.write(wavOf(bytes).subarray(44)), everyMs);
    timers.add(timer);
    response.on("close", () => clearInterval(timer));
  };

  it("of a few bytes at a time never ended, because it was never silent", async () => {
    server = await serve((_, response) => drip(response, 1, 20));
    client = clientOf(server.url, { timeoutMs: 400 });
    const { outcome } = await fetched(client, `${server.url}/x.wav`);
    assert.equal(!outcome.ok && outcome.failure.code, "SCCC_TIMEOUT");
  });

  it("may take longer than the timeout if it is fast enough", async () => {
    const piece = wavOf(1000);
    let sent = 0;
    server = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": "audio/wav" });
      const timer = setInterval(() => {
        sent += 1;
        response.write(piece);
        if (sent === 40) {
          clearInterval(timer);
          response.end();
        }
      }, 20);
      timers.add(timer);
    });
    // 50 kB/s, for 0.8 s.
    client = clientOf(server.url, { timeoutMs: 500 });
    const { outcome } = await fetched(client, `${server.url}/x.wav`);
    assert.ok(outcome.ok && outcome.bytes === 40 * piece.length, JSON.stringify(outcome));
  });

  it("held up every further one, when there were four of them", async () => {
    const ended: ServerResponse[] = [];
    server = await serve((request, response) => {
      if (request.url === "/fast.wav") response.end(wavOf(1000));
      else {
        ended.push(response);
        response.writeHead(200, { "Content-Type": "audio/wav" }).write(wavOf(1000));
      }
    });
    // The timeout is far longer than the test: only the end of their turn lets the fast one begin.
    client = clientOf(server.url, { timeoutMs: 60_000, downloadTurnMs: 50 });
    const { url } = server;
    const one = client;
    const slow = Array.from({ length: maxDownloads }, () => fetched(one, `${url}/slow.wav`));
    const { outcome } = await fetched(one, `${url}/fast.wav`);
    assert.ok(outcome.ok);
    for (const response of ended) response.end();
    for (const { outcome: late } of await Promise.all(slow)) assert.ok(late.ok);
  });

  it("is one of a limited number at once", async () => {
    const open = new Set<ServerResponse>();
    let most = 0;
    const arrived = new EventTarget();
    server = await serve((request, response) => {
      if (request.url === "/ping") return void response.end();
      open.add(response);
      most = Math.max(most, open.size);
      response.on("close", () => open.delete(response));
      response.writeHead(200, { "Content-Type": "audio/wav" }).write(wavOf(1000));
      arrived.dispatchEvent(new Event("request"));
    });
    client = clientOf(server.url, { timeoutMs: 60_000, downloadTurnMs: 1 });
    const { url } = server;
    const one = client;
    const limit = maxDownloads + maxLongDownloads;
    const all = Array.from({ length: 2 * limit }, () => fetched(one, `${url}/x.wav`));
    for (let over = 0; over < all.length; ) {
      while (open.size < Math.min(limit, all.length - over))
        await once(arrived as unknown as NodeJS.EventEmitter, "request");
      // Enough time for one more download to begin, which must not happen.
      for (let pings = 0; pings < 20; pings += 1) await (await globalThis.fetch(`${url}/ping`)).text();
      for (const response of [...open]) {
        response.end();
        over += 1;
      }
      await Promise.all([...open].map((response) => response.closed || once(response, "close")));
    }
    for (const { outcome } of await Promise.all(all)) assert.ok(outcome.ok);
    assert.equal(most, limit);
  });

  it("ends when its account closes, and so do waiting ones", async () => {
    server = await serve((_, response) => void response.writeHead(200).write(wavOf(1000)));
    client = clientOf(server.url, { timeoutMs: 60_000, downloadTurnMs: 1 });
    const { url } = server;
    const one = client;
    const all = Array.from({ length: 30 }, () => fetched(one, `${url}/x.wav`));
    while (server.asked.length < maxDownloads + maxLongDownloads) await new Promise(setImmediate);
    client.close();
    for (const { outcome } of await Promise.all(all)) assert.equal(!outcome.ok && outcome.failure.code, "SCCC_CLOSED");
  });
});
