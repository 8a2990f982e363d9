// Commands of a real Node-RED over a faulty network: the result of each kind, how often the platform receives it, and recovery.
import assert from "node:assert/strict";
import type { ReceivedRequest, Simulator } from "../../simulator";
import { type NodeRed, startNodeRed } from "../../tools/node-red";
import { startPlatform } from "../../tools/platform";
import { type Direction, TcpProxy, type Toxic, toxics } from "../../tools/tcp-proxy";
import { assertDialledOnce, Books, driven, type Kind, kindNames } from "./flow";

const lost = "SCCC_NETWORK";
const late = "SCCC_TIMEOUT";

/** A faulty network: the result of a repeatable command, the result of a call, and how often the call was dialled. */
interface Case {
  readonly name: string;
  readonly poison: readonly (readonly [Direction, Toxic])[];
  readonly repeatable: string;
  readonly call: string;
  readonly dialled: 0 | 1;
}

const once = { times: 1 };

const cases: readonly Case[] = [
  {
    name: "latency",
    poison: [
      ["request", toxics.latency],
      ["answer", toxics.latency],
    ],
    repeatable: "ok",
    call: "ok",
    dialled: 1,
  },
  {
    name: "bytes in small pieces",
    poison: [
      ["request", toxics.slicer],
      ["answer", toxics.slicer],
    ],
    repeatable: "ok",
    call: "ok",
    dialled: 1,
  },
  {
    name: "connections that close late",
    poison: [["answer", toxics.slowClose]],
    repeatable: "ok",
    call: "ok",
    dialled: 1,
  },
  ...(["cut", "cutMidway", "reset", "resetMidway"] as const).flatMap((toxic): readonly Case[] => [
    {
      name: `requests ${toxic}`,
      poison: [["request", toxics[toxic]]],
      repeatable: lost,
      call: lost,
      dialled: 0,
    },
    {
      name: `answers ${toxic}`,
      poison: [["answer", toxics[toxic]]],
      repeatable: lost,
      call: lost,
      dialled: 1,
    },
    {
      name: `one answer ${toxic}`,
      poison: [["answer", { ...toxics[toxic], ...once }]],
      repeatable: "ok",
      call: lost,
      dialled: 1,
    },
  ]),
  {
    name: "requests that are swallowed",
    poison: [["request", toxics.timeout]],
    repeatable: late,
    call: late,
    dialled: 0,
  },
  {
    name: "answers that never come",
    poison: [["answer", toxics.timeout]],
    repeatable: late,
    call: late,
    dialled: 1,
  },
  {
    name: "answers that stop midway",
    poison: [["answer", toxics.timeoutMidway]],
    repeatable: late,
    call: late,
    dialled: 1,
  },
  {
    name: "one answer that never comes",
    poison: [["answer", { ...toxics.timeout, ...once }]],
    repeatable: "ok",
    call: late,
    dialled: 1,
  },
];

const agents = Array.from({ length: 400 }, (_, index) => String(1000 + index));

describe("commands over a bad network", function () {
  this.timeout(60_000);
  let platform: Simulator;
  let proxy: TcpProxy;
  let nodeRed: NodeRed;
  let books: Books;
  let next = 0;

  before(async () => {
    platform = await startPlatform({ agents: "1000-1399" });
    for (const agent of agents) await platform.instruct({ do: "agent", agent, workStatus: "ONLINE" });
    proxy = await TcpProxy.start(platform.port);
    nodeRed = await startNodeRed({
      version: 4,
      flows: [{ id: "flow", type: "tab", label: "Flow" }, ...driven(proxy.url)],
    });
    books = new Books(nodeRed);
  });
  after(async () => {
    await nodeRed?.stop();
    await proxy?.close();
    await platform?.close();
  });

  /** Sends a message of a kind; returns its result, and how often the platform received it. */
  async function send(kind: Kind): Promise<{ readonly end: string | undefined; readonly reached: number }> {
    const agent = agents[next++ % agents.length] ?? "";
    const orders = Books.orders(kind, agent);
    const before = platform.requests.length;
    const [end] = await books.through(kind, orders);
    const mark = orders[0]?.mark ?? "";
    const own = ({ url, body }: ReceivedRequest) =>
      kind === "records" ? url.endsWith("/getRecordsList") : body.includes(mark);
    const seen = platform.requests.slice(before).filter(own);
    return { end, reached: seen.length };
  }

  /** Asserts that every kind succeeds at the first try. */
  async function assertWell(): Promise<void> {
    for (const kind of kindNames) {
      assert.deepEqual([kind, await send(kind)], [kind, { end: "ok", reached: 1 }]);
    }
  }

  for (const { name, poison, repeatable, call, dialled } of cases) {
    it(`have the expected end, calls are dialled at most once, and service resumes: ${name}`, async () => {
      const check = async (kind: Kind) => {
        for (const [direction, toxic] of poison) proxy.poison(direction, toxic);
        const { end, reached } = await send(kind);
        assert.deepEqual([kind, end], [kind, kind === "call" ? call : repeatable]);
        if (kind === "call") assert.equal(reached, dialled, "how often the call was dialled");
      };
      // A fault of a single connection affects one kind after another.
      if (poison.some(([, { times }]) => times !== undefined)) for (const kind of kindNames) await check(kind);
      else await Promise.all(kindNames.map(check));
      proxy.heal();
      await assertWell();
    });
  }

  it("have the expected end, calls are dialled at most once, and service resumes: nobody listens", async () => {
    await proxy.down();
    for (const kind of kindNames) {
      assert.deepEqual([kind, await send(kind)], [kind, { end: lost, reached: 0 }]);
    }
    await proxy.up();
    await assertWell();
  });

  it("end exactly once each when all faults occur together, and no call is dialled twice", async () => {
    await books.assertBalanced();
    assertDialledOnce(platform);
  });
});
