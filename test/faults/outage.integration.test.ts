// A platform that is down for a long time, in every possible way: nothing accumulates, and everything works again when
// the platform does. OUTAGE_SECONDS makes the outage longer (`npm run prove`).
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Simulator } from "../../simulator";
import { type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account, startPlatform } from "../../tools/platform";
import { TcpProxy, toxics } from "../../tools/tcp-proxy";
import { feedFlow, pagesIn } from "../feed/flow";
import { collector, eventually, processOf } from "../receive/flow";
import { assertDialledOnce, Books, driven, kindNames, settings } from "./flow";

const seconds = Number(process.env.OUTAGE_SECONDS ?? 5);

const [maxConcurrent, maxQueue, batch] = [2, 6, 50];

/** Allowance for data about past requests, and for garbage. */
const flatWithin = 20e6;

/** The kinds of outages, and the resulting code of a command. */
const ways: readonly (readonly [(proxy: TcpProxy) => Promise<void> | void, string])[] = [
  [(proxy) => proxy.poison("request", toxics.timeout), "SCCC_TIMEOUT"],
  [(proxy) => proxy.down(), "SCCC_NETWORK"],
  [(proxy) => proxy.poison("request", toxics.reset), "SCCC_NETWORK"],
  [(proxy) => proxy.poison("answer", toxics.cut), "SCCC_NETWORK"],
];

describe("a platform that is down", function () {
  this.timeout(120_000 + seconds * 1000);
  let platform: Simulator;
  let proxy: TcpProxy;
  let nodeRed: NodeRed;
  let books: Books;
  const file = join(temporaryFolder(), "pages.txt");

  const restore = async () => {
    await proxy.up();
    proxy.heal();
  };

  before(async () => {
    platform = await startPlatform({ agents: "1000-1099" });
    await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
    proxy = await TcpProxy.start(platform.port);
    const config = { source: "records", feed: "outage", start: "beginning", advance: "confirmed", interval: "1" };
    nodeRed = await startNodeRed({
      version: 4,
      settings,
      flows: [
        ...collector,
        ...driven(proxy.url, { timeout: "0.5", maxConcurrent: String(maxConcurrent), maxQueue: String(maxQueue) }),
        // With its own account, so that only the test's messages are counted.
        ...feedFlow({ url: proxy.url, ...account, file, config })
          .filter(({ id }) => !["flow", "go", "went", "over"].includes(id))
          .map((node) => (node.id === "account" ? { ...node, id: "feeding", timeout: "0.5" } : node))
          .map((node) => (node.id === "feed" ? { ...node, account: "feeding", wires: [["write"], []] } : node)),
      ],
    });
    books = new Books(nodeRed);
  });
  after(async () => {
    await nodeRed?.stop();
    await proxy?.close();
    await platform?.close();
  });

  it("does not accumulate messages: those beyond the queue get SCCC_BUSY at once, the others their error", async () => {
    for (const [down, end] of ways) {
      await down(proxy);
      const from = books.ends.length;
      await books.through("read", Books.orders("read", "1000", batch));
      const ends = books.ends.slice(from).map(([, word]) => word);
      const busy = batch - maxConcurrent - maxQueue;
      // The SCCC_BUSY errors are reported before any other message has failed.
      assert.deepEqual(ends.slice(0, busy), Array(busy).fill("SCCC_BUSY"));
      assert.deepEqual(ends.slice(busy), Array(maxConcurrent + maxQueue).fill(end));
      await restore();
      assert.deepEqual(await books.through("read", Books.orders("read", "1000")), ["ok"], "service has returned");
    }
  });

  it(`does not increase memory, and after ${seconds} s commands work again and a feed has no gap`, async function () {
    await platform.instruct({ do: "seed", records: 1200, every: 0 });
    await eventually("the feed has begun", () =>
      pagesIn(file).flatMap(({ keys }) => keys).length === 1200 ? true : undefined,
    );
    const before = await processOf(nodeRed);
    const until = Date.now() + seconds * 1000;
    let sent = 0;
    for (let round = 0; Date.now() < until; round += 1) {
      const [down] = ways[round % ways.length]!;
      await restore();
      await down(proxy);
      const kind = kindNames[round % kindNames.length]!;
      const ends = await books.through(kind, Books.orders(kind, "1000", batch));
      assert.ok(!ends.includes("ok"), "nothing gets through");
      sent += batch;
    }
    await platform.instruct({ do: "seed", records: 1200, every: 0 });
    await proxy.down();
    const after = await processOf(nodeRed);
    this.test!.title += ` (${sent} messages, ${((after.used - before.used) / 1e6).toFixed(1)} MB more)`;
    assert.ok(after.used < before.used + flatWithin, `${before.used} bytes before, ${after.used} after`);
    await restore();
    await platform.instruct({ do: "agent", agent: "1000", workStatus: "ONLINE" });
    for (const kind of kindNames) {
      assert.deepEqual(await books.through(kind, Books.orders(kind, "1000")), ["ok"]);
    }
    const keysOf = () => pagesIn(file).flatMap(({ keys }) => keys.map(Number));
    await eventually("the feed has caught up", () =>
      keysOf().length >= platform.state.records.length ? true : undefined,
    );
    assert.deepEqual(
      keysOf(),
      platform.state.records.map(({ key }) => key),
    );
    await books.assertBalanced();
    assertDialledOnce(platform);
  });
});
