// Lists of any length do not block Node-RED: between parsing and the message, other tasks run.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { sliceLength } from "../../nodes/util/slices";
import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, unload } from "../../tools/nodes";

const helper = require("node-red-node-test-helper") as { settings(settings: object): void };

const count = 20_000;

const cdr = (index: number) => ({
  key: String(count - index),
  agent: "1000",
  serviceType: "1",
  answerTime: "2026-03-01 10:00:00",
  caller: "02161234567",
  callee: `138${String(index * 991).padStart(8, "0")}`,
  timeLength: "7",
  fee: 0.06,
  releaseCause: "200",
  result: "1",
  filename: `/record/${index}.wav`,
});

const list = Array.from({ length: count }, (_, index) => cdr(index));

/** Counts turns of the event loop. */
class Turns {
  count = 0;
  #over = false;

  constructor() {
    const turn = (): void => {
      this.count += 1;
      if (!this.#over) setImmediate(turn);
    };
    setImmediate(turn);
  }

  end(): void {
    this.#over = true;
  }
}

describe("long lists", function () {
  this.timeout(60_000);
  let server: Server;
  let answer: (requests: readonly { readonly seq: unknown }[] | undefined) => object = () => ({});
  before(initHelper);
  beforeEach(async () => {
    helper.settings({ userDir: temporaryFolder() });
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { requests } = JSON.parse(Buffer.concat(chunks).toString()) as { requests?: { seq: unknown }[] };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ result: { error: 0, msg: "" }, data: answer(requests) }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await unload();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    helper.settings({});
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** The number of turns after the last long text was parsed. */
  async function turnsAfterParsing(work: () => Promise<unknown>): Promise<number> {
    const turns = new Turns();
    const { parse } = JSON;
    let before = 0;
    JSON.parse = (text: string, ...rest: []) => {
      const value: unknown = parse(text, ...rest);
      if (text.length > 100_000) before = turns.count;
      return value;
    };
    try {
      await work();
    } finally {
      JSON.parse = parse;
      turns.end();
    }
    assert.ok(before > 0, "a long text was parsed");
    return turns.count - before;
  }

  for (const [type, data, length] of [
    ["sccc-get-cdr-list", { response: { total: String(count), cdr: list } }, count],
    ["sccc-get-records-list", { response: {}, record: list }, count],
  ] as const) {
    it(`${type} with ${count} items yields to the event loop after each slice`, async () => {
      answer = () => data;
      const flow = await load({ url: url() }, { type }, { timeout: "30" });
      let payload: readonly Record<string, unknown>[] = [];
      const turns = await turnsAfterParsing(async () => {
        const { msg, error } = await flow.send({ payload: { startKey: "0" } });
        assert.equal(error, undefined);
        payload = msg.payload;
      });
      assert.equal(payload.length, length);
      assert.equal(payload.at(-1)?.recordUrl, `${url()}/record/${count - 1}.wav`);
      assert.ok(turns >= count / sliceLength - 2, `${turns} turns`);
    });
  }

  it("a list of commands yields while it is prepared, and while its answers are collected", async () => {
    const commands = 2000;
    const turns = new Turns();
    let before: number | undefined;
    answer = (requests) => {
      before ??= turns.count;
      return { responses: (requests ?? []).map(({ seq }) => ({ seq, result: { error: 0 }, workStatus: "ONLINE" })) };
    };
    const flow = await load({ url: url() }, { type: "sccc-get-agent-status", input: "list" }, { timeout: "30" });
    const start = turns.count;
    const { msg, error } = await flow.send({ payload: Array.from({ length: commands }, () => ({ agent: "1000" })) });
    turns.end();
    assert.equal(error, undefined);
    assert.equal(msg.payload.length, commands);
    assert.ok((before ?? 0) - start >= 30, `${(before ?? 0) - start} turns before the first request`);
  });

  it("a page of a feed goes out in slices, item by item", async () => {
    const most = 4000;
    let asked = 0;
    answer = () => {
      asked += 1;
      // Only the first span has entries.
      return { response: asked === 1 ? { total: String(most), cdr: list.slice(0, most) } : { total: "0", cdr: [] } };
    };
    const config = { type: "sccc-feed", source: "cdrs", feed: "long", interval: "0", start: "key" };
    const startKey = new Date().toISOString();
    const flow = await load(
      { url: url() },
      { ...config, startKey, emit: "item", wires: [[], ["out"]] },
      { timeout: "30" },
    );
    let [sent, atOnce, largest, over] = [0, 0, 0, false];
    const turn = (): void => {
      atOnce = 0;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    const send = flow.node.send.bind(flow.node) as (msg: unknown) => void;
    flow.node.send = (msg: readonly unknown[]) => {
      if (msg[0] !== null) {
        sent += 1;
        atOnce += 1;
        largest = Math.max(largest, atOnce);
      }
      send(msg);
    };
    const { msg, error } = await flow.send({});
    over = true;
    assert.equal(error, undefined);
    assert.equal(msg.payload.items, most);
    assert.equal(sent, most);
    assert.ok(largest <= sliceLength, `${largest} at once`);
  });
});
