// Pushes to a real Node-RED over a faulty network, and with wrong clocks.
import assert from "node:assert/strict";
import { type PushOutcome, type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { type Direction, TcpProxy, type Toxic, toxics } from "../../tools/tcp-proxy";
import {
  accountOf,
  assertOnce,
  collector,
  confirmNode,
  type Emission,
  Emissions,
  eventually,
  listening,
  marksOf,
  notifyNode,
} from "../receive/flow";
import { authenticationOf, newMark, notifyOf } from "../receive/push";
import { Sender } from "../receive/wire";

const modes = ["received", "stored"] as const;

const pathOf = (mode: string) => `/${mode}`;

const flowAt = (port: number): readonly FlowNode[] => [
  ...collector,
  ...modes.flatMap((mode) => [
    accountOf(mode, account, {
      pushPath: pathOf(mode),
      pushPort: String(port),
      pushHost: "127.0.0.1",
      pushAnswer: mode,
    }),
    notifyNode(mode, { wires: [["collect", "confirm"]] }),
  ]),
  confirmNode(),
  { id: "status", type: "status", z: "flow", scope: ["notify-received"], wires: [["keep"]] },
  { id: "keep", type: "function", z: "flow", func: `global.set("status", msg.status.text);`, outputs: 0, wires: [] },
  { id: "status-in", type: "http in", z: "flow", url: "/status", method: "get", wires: [["status-read"]] },
  {
    id: "status-read",
    type: "function",
    z: "flow",
    func: `msg.payload = { text: global.get("status") }; return msg;`,
    outputs: 1,
    wires: [["emitted-out"]],
  },
];

/** Network faults, temporary or for one connection. */
const cases: readonly (readonly [name: string, Direction, Toxic])[] = [
  ["latency", "request", toxics.latency],
  ["bytes in small pieces", "request", toxics.slicer],
  ["an answer in small pieces", "answer", toxics.slicer],
  ...(["cut", "cutMidway", "reset", "resetMidway"] as const).flatMap((toxic) =>
    (["request", "answer"] as const).map((direction): readonly [string, Direction, Toxic] => [
      `${direction} ${toxic}`,
      direction,
      { ...toxics[toxic], times: 1 },
    ]),
  ),
];

describe("pushes", function () {
  this.timeout(120_000);
  const userDir = temporaryFolder();
  let port: number;
  let nodeRed: NodeRed;
  let emissions: Emissions;
  const emitted: Emission[] = [];
  const acknowledged: string[] = [];

  before(async () => {
    port = await freePort();
    nodeRed = await startNodeRed({ version: 4, userDir, flows: flowAt(port) });
    await listening(port);
    emissions = new Emissions(nodeRed);
  });
  after(() => nodeRed?.stop());

  /** Asserts that every acknowledged push was output once, and nothing else was. */
  const assertAllOut = async (): Promise<void> => {
    await eventually("all that was acknowledged comes out", async () => {
      emitted.push(...(await emissions.more()));
      const marks = new Set(marksOf(emitted));
      return acknowledged.every((mark) => marks.has(mark)) ? true : undefined;
    });
    assertOnce(marksOf(emitted), acknowledged);
  };

  describe("over a bad network", () => {
    /** A platform that pushes through its own proxy, and the results of its attempts. */
    async function through(mode: string, work: (proxy: TcpProxy, platform: Simulator) => Promise<void>) {
      const tries: PushOutcome[] = [];
      const proxy = await TcpProxy.start(port);
      const pushUrl = proxy.url + pathOf(mode);
      const platform = await startSimulator({ ...account, pushUrl, speed: 100, onPush: (one) => tries.push(one) });
      try {
        await work(proxy, platform);
        return tries;
      } finally {
        await platform.close();
        await proxy.close();
      }
    }

    /** Sends a push, and asserts that it was finally taken. */
    async function push(platform: Simulator): Promise<void> {
      const mark = newMark();
      const outcome = await platform.instruct({ do: "push", event: "callstart", notify: { userData: mark } });
      assert.equal(outcome.ok, true, JSON.stringify(outcome));
      acknowledged.push(mark);
    }

    for (const mode of modes) {
      for (const [name, direction, toxic] of cases) {
        it(`are accepted and reach the flow once, although they are sent several times: ${mode}, ${name}`, async () => {
          const tries = await through(mode, async (proxy, platform) => {
            proxy.poison(direction, toxic);
            await push(platform);
            await push(platform);
          });
          assert.equal(tries.length, toxic.times === undefined ? 2 : 3);
          await assertAllOut();
        });
      }
    }

    // All at the same time, because the simulator waits ten seconds for an answer before it tries again.
    it("are accepted and reach the flow once, although they are sent several times: lost on the way there or back", async () => {
      await Promise.all(
        modes.map(async (mode) => {
          const tries = await through(mode, async (proxy, platform) => {
            const pushes: Promise<void>[] = [];
            for (const direction of ["request", "answer"] as const) {
              proxy.poison(direction, { ...toxics.timeout, times: 1 });
              pushes.push(push(platform));
              await eventually("it is swallowed", () => (proxy.broken === 1 ? true : undefined));
            }
            await Promise.all(pushes);
          });
          assert.equal(tries.length, 4);
        }),
      );
      await assertAllOut();
    });

    it("arrive when the network works again", async () => {
      await through("stored", async (proxy, platform) => {
        await proxy.down();
        const refused = await platform.instruct({ do: "push", event: "callstart" });
        assert.equal(refused.ok, false);
        await proxy.up();
        await push(platform);
      });
      await assertAllOut();
    });
  });

  /** Sends a push signed at a given time; returns the answer's status. */
  async function send(mode: string, mark: string, timestamp = Date.now()): Promise<number | undefined> {
    const sender = new Sender(port, pathOf(mode), 1);
    const authentication = authenticationOf(account, { timestamp: String(timestamp) });
    const answer = await sender.post(JSON.stringify({ authentication, notify: notifyOf(mark) }));
    sender.close();
    return answer?.status;
  }

  it("from a clock ten minutes off are refused, and the status counts them", async () => {
    const minutes = 60_000;
    for (const off of [-10, 10]) assert.equal(await send("received", newMark(), Date.now() + off * minutes), 401);
    await eventually("the status counts them", async () =>
      ((await nodeRed.admin("GET", "/status")) as { text?: string }).text?.endsWith("2 refused: clocks differ")
        ? true
        : undefined,
    );
    // Within the tolerance of five minutes.
    const mark = newMark();
    assert.equal(await send("received", mark, Date.now() - 4 * minutes), 200);
    acknowledged.push(mark);
    await assertAllOut();
  });
});
