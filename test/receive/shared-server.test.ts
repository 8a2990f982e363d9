// Node-RED's own server: the dispatcher in front of the user's flows, with a plain server instead of Express.
import assert from "node:assert/strict";
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { NodeAPI } from "node-red";
import type { AnswerName } from "../../nodes/receive/answers";
import { ByteBudget, maxBodyBytes } from "../../nodes/receive/body";
import type { SharedRequest } from "../../nodes/receive/messages";
import { mountDispatcher, type SharedDeps } from "../../nodes/runtime/receive/shared-server";
import { eventually } from "./flow";
import { answersIn, bytesOf, type Request, talk } from "./wire";

type Next = (error?: unknown) => void;
type Handler = (
  request: IncomingMessage & { path?: string; body?: unknown },
  response: ServerResponse,
  next: Next,
) => unknown;

const path = "/sccc/notify";
const push = JSON.stringify({ authentication: {}, notify: {} });

describe("the dispatcher on Node-RED's own server", () => {
  const servers: http.Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  /** A server with the dispatcher. `before` stands for Node-RED's handlers, which get a request first. */
  async function serve(deps: Partial<SharedDeps> = {}, middleware: unknown = [], before: Handler = () => undefined) {
    const taken: Omit<SharedRequest, "number">[] = [];
    const passed: unknown[] = [];
    const logs: string[] = [];
    let handler: Handler = () => undefined;
    const httpNode = Object.assign(() => undefined, {
      use: (given: Handler) => {
        handler = given;
      },
    });
    const RED = {
      settings: { httpNodeMiddleware: middleware },
      httpNode,
      nodes: { eachNode: () => undefined },
      log: { error: (text: string) => logs.push(text) },
    } as unknown as NodeAPI;
    mountDispatcher(RED, new WeakSet(), {
      isEndpoint: (where) => where === path,
      isElsewhere: (method) => method === "GET",
      admits: ({ forwarded }) => forwarded !== "6.6.6.6",
      take: (request) => {
        taken.push(request);
        return Promise.resolve<AnswerName>("taken");
      },
      ...deps,
    });
    const server = http.createServer(async (request, response) => {
      await before(request, response, () => undefined);
      Object.assign(request, { path: request.url?.split("?")[0] });
      handler(request, response, (error) => {
        passed.push(error);
        response.writeHead(error ? 500 : 299).end();
      });
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const status = async (request: Partial<Request> = {}) =>
      answersIn(await talk(port, (socket) => void socket.write(bytesOf({ path, body: push, ...request }))))[0]?.status;
    return { port, taken, passed, logs, status };
  }

  /** Reads and parses a body as Node-RED does. */
  const parse: Handler = async (request) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    request.body = JSON.parse(Buffer.concat(chunks).toString());
  };

  it("checks the head of a request as a port of its own does", async () => {
    const { status, taken } = await serve();
    const large = { "Content-Length": String(maxBodyBytes + 1) };
    assert.deepEqual(
      [
        await status({ path: "/elsewhere" }),
        await status({ method: "GET" }),
        await status({ method: "PUT" }),
        await status({ headers: { "Content-Type": "text/plain" } }),
        await status({ headers: { "Content-Encoding": "gzip" } }),
        await status({ headers: large, body: "x".repeat(maxBodyBytes + 1) }),
        await status({ headers: { "X-Forwarded-For": "6.6.6.6" } }),
      ],
      [299, 299, 405, 415, 415, 413, 401],
    );
    assert.equal(taken.length, 0);
    assert.equal(await status({ path: `http://proxy.example${path}?a=1?2` }), 200);
    assert.deepEqual([taken[0]?.path, taken[0]?.query, taken[0]?.peer], [path, "a=1?2", "127.0.0.1"]);
  });

  it("hears of every body that is no push, and of no other", async () => {
    const heard: string[] = [];
    const deps: Partial<SharedDeps> = { unreadable: ({ path: where, peer }) => heard.push(`${where} ${peer}`) };
    const { status } = await serve(deps);
    await status();
    await status({ method: "PUT" });
    await status({ headers: { "X-Forwarded-For": "6.6.6.6" } });
    assert.deepEqual(heard, []);
    const long = "x".repeat(maxBodyBytes + 1);
    const chunked = { "Content-Length": undefined, "Transfer-Encoding": "chunked" };
    const inOneChunk = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    assert.deepEqual(
      [
        await status({ headers: { "Content-Type": "text/plain" } }),
        await status({ headers: { "Content-Length": String(long.length) }, body: long }),
        await status({ headers: chunked, body: inOneChunk(long) }),
      ],
      [415, 413, 413],
    );
    const parsing = await serve(deps, [], parse);
    const large = JSON.stringify({ authentication: {}, notify: { text: long } });
    assert.equal(await parsing.status({ headers: chunked, body: inOneChunk(large) }), 413);
    assert.equal(await parsing.status({ body: "[]" }), 400);
    assert.deepEqual(
      heard,
      Array.from({ length: 5 }, () => `${path} 127.0.0.1`),
    );
  });

  it("passes on the bytes of a body that Node-RED has not parsed: `charset=utf8`, and every digit", async () => {
    const { status, taken } = await serve();
    const body = '{"authentication":{},"notify":{"id":12345678901234567890}}';
    assert.equal(await status({ body, headers: { "Content-Type": "application/json; charset=utf8" } }), 200);
    assert.equal(Buffer.from(taken[0]?.body as Uint8Array).toString(), body);
  });

  it("refuses a compressed body, or one without a length, if it is too large after parsing", async () => {
    const { status, taken } = await serve({}, [], parse);
    const body = JSON.stringify({ authentication: {}, notify: { text: "x".repeat(maxBodyBytes) } });
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    assert.equal(
      await status({ headers: { "Content-Length": undefined, "Transfer-Encoding": "chunked" }, body: chunked }),
      413,
    );
    // The unpacked body is larger than the one that was sent.
    const unpacking: Handler = (request) => {
      request.body = JSON.parse(body);
      Object.assign(request, { _body: true });
    };
    const other = await serve({}, [], unpacking);
    assert.equal(await other.status({ headers: { "Content-Encoding": "deflate" }, body: "x".repeat(100) }), 413);
    assert.deepEqual([taken.length, other.taken.length], [0, 0]);
  });

  describe("with the user's middleware", () => {
    const goOn: Handler = (_request, _response, next) => next();

    it("takes a push once, also if a middleware calls next twice, or with null", async () => {
      const twice: Handler = (_request, _response, next) => {
        next(null);
        next();
      };
      const { status, taken, passed } = await serve({}, [twice, goOn]);
      assert.equal(await status(), 200);
      assert.deepEqual([taken.length, passed], [1, []]);
    });

    for (const [name, bad] of Object.entries<Handler>({
      throws: () => {
        throw new Error("bad");
      },
      rejects: async () => {
        await Promise.resolve();
        throw new Error("bad");
      },
      "rejects with nothing": () => Promise.reject(),
      "gives an error": (_request, _response, next) => next(new Error("bad")),
    })) {
      it(`gives the error of one that ${name} to Express`, async () => {
        const { status, taken, passed } = await serve({}, [goOn, bad]);
        assert.equal(await status(), 500);
        assert.deepEqual([taken.length, passed.length], [0, 1]);
      });
    }

    it("logs a rejection of a middleware that has called next", async () => {
      const late: Handler = async (_request, _response, next) => {
        next();
        await Promise.resolve();
        throw new Error("too late");
      };
      const { status, logs } = await serve({}, late);
      assert.equal(await status(), 200);
      assert.match(logs.join(), /too late/);
    });
  });

  describe("limits waiting requests:", () => {
    it("slow senders", async () => {
      const budget = new ByteBudget(64 * 1024);
      const { port, status } = await serve({ budget });
      const bytes = bytesOf({ path, body: push });
      const sockets: Socket[] = [];
      const slow = Array.from({ length: 4 }, () =>
        talk(port, (socket) => {
          sockets.push(socket);
          socket.write(bytes.subarray(0, -push.length));
        }),
      );
      await eventually("all of them are read", () => (budget.used === budget.limit ? true : undefined));
      assert.equal(await status(), 503);
      for (const socket of sockets) socket.write(bytes.subarray(-push.length));
      // There is no room for the last chunks either, so all but their heads may be refused.
      for (const answer of await Promise.all(slow))
        assert.ok([200, 503].includes(Number(answersIn(answer)[0]?.status)));
      assert.deepEqual([await status(), budget.used], [200, 0]);
    });

    it("the time of a sender: it closes the connection", async () => {
      const { port, status } = await serve({ bodyTimeoutMs: 20 });
      const head = bytesOf({ path, headers: { "Content-Length": "10" } });
      assert.equal((await talk(port, (socket) => void socket.write(head))).length, 0);
      assert.equal(await status(), 200);
    });

    it("bodies that Node-RED has parsed and that wait for their answer", async () => {
      const budget = new ByteBudget(64 * 1024);
      let answer: (name: AnswerName) => void = () => undefined;
      const waiting = new Promise<AnswerName>((resolve) => {
        answer = resolve;
      });
      const { status } = await serve({ budget, take: () => waiting }, [], parse);
      const body = JSON.stringify({ authentication: {}, notify: { text: "x".repeat(40 * 1024) } });
      const first = status({ body });
      await eventually("it waits", () => (budget.used > 40 * 1024 ? true : undefined));
      assert.equal(await status({ body }), 503);
      answer("taken");
      assert.deepEqual([await first, budget.used], [200, 0]);
    });
  });
});
