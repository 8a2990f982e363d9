// Long lists: a list never fills its own queue, and other commands are sent in between.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientOptions } from "../../nodes/protocol/client";
import type { Exchanged } from "../../nodes/protocol/exchange";
import { callOf, clientOf } from "../../tools/platform";

interface Asked {
  /** The number of commands in a request; 0 if it is not a list. */
  readonly size: number;
  readonly answer: () => void;
}

const never = () => ({ signal: new AbortController().signal });
const codes = (exchanged: readonly Exchanged[]) =>
  exchanged.flatMap(({ outcomes }) => outcomes.map((outcome) => (outcome.ok ? "ok" : outcome.failure.code)));

describe("a list", () => {
  let server: Server;
  let url: string;
  let asked: Asked[];
  let open: number;
  let most: number;
  /** Whether requests are answered at once. */
  let willing: boolean;
  beforeEach(async () => {
    asked = [];
    open = 0;
    most = 0;
    willing = true;
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => take(JSON.parse(String(Buffer.concat(pieces))), response));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  function take(body: { requests?: readonly { seq: unknown }[] }, response: ServerResponse): void {
    open += 1;
    most = Math.max(most, open);
    const answer = (): void => {
      open -= 1;
      const responses = (body.requests ?? []).map(({ seq }) => ({ seq, result: { error: 0 } }));
      response.end(JSON.stringify({ result: { error: 0 }, data: body.requests ? { responses } : {} }));
    };
    asked.push({ size: body.requests?.length ?? 0, answer });
    server.emit("asked");
    if (willing) answer();
  }

  const arrived = async (count: number): Promise<void> => {
    while (asked.length < count) await once(server, "asked");
  };
  const callsOf = (client: ReturnType<typeof clientOf>, count: number) =>
    Array.from({ length: count }, () => callOf(client, "getAgentStatus"));

  const limits: readonly (readonly [count: number, options: Partial<ClientOptions>])[] = [
    [1, { maxConcurrent: 1, maxQueue: 0 }],
    [100, { maxConcurrent: 1, maxQueue: 0 }],
    [101, { maxConcurrent: 1, maxQueue: 0 }],
    [999, { maxConcurrent: 3, maxQueue: 1 }],
    [5000, { maxConcurrent: 1, maxQueue: 0 }],
    [5000, { maxConcurrent: 8, maxQueue: 2 }],
    [20_000, { maxConcurrent: 8, maxQueue: 10 }],
  ];
  for (const [count, options] of limits) {
    it(`of ${count} commands does not fill the queue by itself with ${JSON.stringify(options)}`, async () => {
      const client = clientOf(url, { retries: 0, ...options });
      const got = codes(await client.sendList(callsOf(client, count), never()));
      client.close();
      assert.deepEqual([got.length, new Set(got)], [count, new Set(["ok"])]);
      assert.equal(asked.length, Math.ceil(count / 100), "a request for each hundred");
      assert.ok(
        asked.every(
          ({ size }, index) =>
            size === 100 || (index === asked.length - 1 && size === (count % 100 || 100)) || size === count % 100,
        ),
      );
      assert.ok(most <= (options.maxConcurrent ?? 8));
    });
  }

  it("lets other commands run between its requests, also with a queue of one", async () => {
    willing = false;
    const client = clientOf(url, { retries: 0, maxConcurrent: 1, maxQueue: 1 });
    const list = client.sendList(callsOf(client, 1000), never());
    await arrived(1);
    const other = client.send(callOf(client, "getAgentStatus"), never());
    willing = true;
    asked[0]?.answer();
    assert.deepEqual(codes([await other]), ["ok"]);
    assert.deepEqual(new Set(codes(await list)), new Set(["ok"]));
    client.close();
    assert.ok(asked.findIndex(({ size }) => size === 0) <= 2, "the other one had to wait for the list");
  });

  it("is refused as a whole if others fill the queue, and none of its commands is sent", async () => {
    willing = false;
    const client = clientOf(url, { retries: 0, maxConcurrent: 1, maxQueue: 1 });
    const others = [1, 2].map(() => client.send(callOf(client, "getAgentStatus"), never()));
    await arrived(1);
    const got = codes(await client.sendList(callsOf(client, 250), never()));
    assert.deepEqual([got.length, new Set(got)], [250, new Set(["SCCC_BUSY"])]);
    willing = true;
    asked[0]?.answer();
    assert.deepEqual(codes(await Promise.all(others)), ["ok", "ok"]);
    assert.ok(asked.every(({ size }) => size === 0));
    client.close();
  });

  it("continues after it was accepted, also if others fill the queue", async () => {
    willing = false;
    const client = clientOf(url, { retries: 0, maxConcurrent: 1, maxQueue: 1 });
    const list = client.sendList(callsOf(client, 300), never());
    await arrived(1);
    const others = [1, 2].map(() => client.send(callOf(client, "getAgentStatus"), never()));
    assert.deepEqual(codes([await (others[1] ?? assert.fail())]), ["SCCC_BUSY"]);
    willing = true;
    asked[0]?.answer();
    assert.deepEqual(new Set(codes(await list)), new Set(["ok"]));
    client.close();
  });

  it("ends when the account closes, with an outcome for each element", async () => {
    willing = false;
    const client = clientOf(url, { retries: 0, maxConcurrent: 2 });
    const list = client.sendList(callsOf(client, 5000), never());
    await arrived(2);
    client.close();
    const got = codes(await list);
    assert.deepEqual([got.length, new Set(got), asked.length], [5000, new Set(["SCCC_CLOSED"]), 2]);
  });
});
