// Several installations with one account: their sequence numbers, and the load that they share.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { errorOfName } from "../../nodes/catalogue";
import type { Client, ClientOptions } from "../../nodes/protocol/client";
import { Sequence } from "../../nodes/protocol/sequence";
import type { Simulator } from "../../simulator";
import { amount } from "../../tools/amount";
import { callOf, clientOf, startPlatform } from "../../tools/platform";

/** A client with its own sequences, as in a separate process. */
const installation = (url: string, options: Partial<ClientOptions> = {}): Client =>
  clientOf(url, {
    requestSequence: new Sequence(),
    commandSequence: new Sequence(),
    maxQueue: 10_000,
    timeoutMs: 60_000,
    ...options,
  });

const send = async (client: Client): Promise<string> => {
  const sent = await client.send(callOf(client, "getAgentStatus"), { signal: new AbortController().signal });
  const [outcome] = sent.outcomes;
  return outcome?.ok ? "ok" : (outcome?.failure.code ?? "nothing");
};

/** The numbers of each installation's results. */
async function load(clients: readonly Client[], each: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  const outcomes = await Promise.all(clients.flatMap((client) => Array.from({ length: each }, () => send(client))));
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/**
 * A server in front of the platform: refuses requests as too frequent while too many are in progress, and delays each by one or two turns
 * of the event loop.
 */
async function strict(platform: Simulator, limit: number) {
  const state = { underWay: 0, most: 0, refused: 0 };
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    state.underWay += 1;
    state.most = Math.max(state.most, state.underWay);
    if (state.underWay > limit) {
      state.refused += 1;
      response.end(JSON.stringify({ result: { error: errorOfName("E_G_API_TO_FREQUENTLY")?.value, msg: "" } }));
    } else {
      const { url } = request;
      const answer = await fetch(platform.url + url, { method: "POST", body: Buffer.concat(chunks) });
      response.end(await answer.text());
    }
    state.underWay -= 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, state, close: () => server.close() };
}

describe("several installations with one account", function () {
  this.timeout(60_000);
  let platform: Simulator;
  const clients: Client[] = [];
  const client = (url: string, options?: Partial<ClientOptions>): Client => {
    const made = installation(url, options);
    clients.push(made);
    return made;
  };
  beforeEach(async () => {
    platform = await startPlatform();
  });
  afterEach(async () => {
    for (const one of clients.splice(0)) one.close();
    await platform.close();
  });

  it("send all their commands, and none is refused because of its seq", async () => {
    const each = amount(100, 500);
    // Two ranges of 500 overlap with a probability of 1,000 / 2^31, about one in two million.
    assert.deepEqual(await load([client(platform.url), client(platform.url)], each), { ok: 2 * each });
  });

  it("lose at most one request if their sequence numbers collide", async () => {
    const [first, second] = [1, 2].map(() => client(platform.url, { requestSequence: new Sequence(1000) }));
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(await load([first], 50), { ok: 50 });
    assert.equal(await send(second), "E_S_AUTH_FAIL");
    assert.deepEqual(await load([second], 50), { ok: 50 });
  });

  it("stay within the platform's limit of requests if each has a share of it", async () => {
    const door = await strict(platform, 4);
    const shares = { maxConcurrent: 2 };
    assert.deepEqual(await load([client(door.url, shares), client(door.url, shares)], 60), { ok: 120 });
    assert.deepEqual([door.state.refused, door.state.most <= 4], [0, true]);
    door.close();
  });

  it("complete all commands beyond the limit, because those that were too frequent are sent again", async () => {
    const door = await strict(platform, 4);
    const greedy = { maxConcurrent: 8, retries: 100, backoff: { first: 2, firstTooFrequent: 5, longest: 50 } };
    assert.deepEqual(await load([client(door.url, greedy), client(door.url, greedy)], 100), { ok: 200 });
    assert.ok(door.state.refused > 0);
    door.close();
  });
});
