// A feed in a real Node-RED that is killed at any moment: no record is lost, a page comes at most twice, and memory
// stays constant. KILLS and RECORDS make it longer (`npm run prove`).
import { strict as assert } from "node:assert";
import { join } from "node:path";
import { type Simulator, startSimulator } from "../../simulator";
import { type FlowNode, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account } from "../../tools/platform";
import { eventually } from "../receive/flow";
import { feedFlow, pagesIn } from "./flow";

const kills = Number(process.env.KILLS ?? 2);
const records = Number(process.env.RECORDS ?? 100_000);

/** A pause between two requests in ms, so that a kill can hit a run. */
const minInterval = "40";

const settings = { functionExternalModules: true };

const numbers = (keys: readonly string[]) => keys.map(Number).sort((one, other) => one - other);

describe("a feed in Node-RED", function () {
  this.timeout(1_200_000);
  let platform: Simulator;
  beforeEach(async () => {
    platform = await startSimulator({ ...account });
  });
  afterEach(() => platform?.close());

  /** Waits for the end of a run. */
  async function complete(nodeRed: NodeRed): Promise<void> {
    const sidebar = await nodeRed.sidebar();
    await nodeRed.fetch("/go");
    await sidebar.next("over");
    await sidebar.close();
  }

  for (const [source, advance, startKey] of [
    ["records", "handed", "0"],
    ["records", "confirmed", "0"],
    // Starts shortly before the first of them: through a time without CDRs, the spans would grow until all CDRs come at
    // once.
    ["cdrs", "confirmed", new Date(Date.now() - 7.2 * 86_400_000).toISOString()],
  ] as const) {
    it(`misses nothing when it is killed ${kills} times: ${source}, ${advance}`, async () => {
      // Several in the same second. Every answer is small enough to need pages.
      await platform.instruct({ do: "seed", records: 20_000, cdrs: 20_000, every: source === "cdrs" ? 30 : 0 });
      const userDir = temporaryFolder();
      const file = join(userDir, "pages.txt");
      const config = { source, advance, feed: "kills", start: "key", startKey };
      const flows = feedFlow({ url: platform.url, ...account, file, config, minInterval });
      for (let died = 0; died < kills; died += 1) {
        const nodeRed = await startNodeRed({ version: 4, userDir, settings, ...(died === 0 ? { flows } : {}) });
        const before = pagesIn(file).length;
        await nodeRed.fetch("/go");
        await eventually("some pages have come", async () =>
          pagesIn(file).length >= before + 1 + (died % 3) ? true : undefined,
        );
        await nodeRed.kill();
      }
      const nodeRed = await startNodeRed({ version: 4, userDir, settings, ...(kills === 0 ? { flows } : {}) });
      await complete(nodeRed);
      await nodeRed.stop();
      const pages = pagesIn(file);
      const once = new Set(pages.flatMap(({ keys }) => keys));
      const expected = platform.state[source].map(({ key }) => key);
      assert.deepEqual(numbers([...once]), expected);
      const repeated = pages.length - new Set(pages.map(({ keys }) => keys.join())).size;
      assert.ok(repeated <= kills, `${repeated} pages came again after ${kills} kills`);
      assert.ok(pages.length > 2 * kills, "there was something to be killed in");
    });
  }

  it(`reads ${records} records in order, once, in flat memory`, async function () {
    await platform.instruct({ do: "seed", records, every: 0 });
    const userDir = temporaryFolder();
    const file = join(userDir, "pages.txt");
    const config = { source: "records", advance: "handed", feed: "many", start: "beginning" };
    const flows = feedFlow({ url: platform.url, ...account, file, config });
    const nodeRed = await startNodeRed({ version: 4, userDir, settings, flows });
    await complete(nodeRed);
    await nodeRed.stop();
    const pages = pagesIn(file);
    assert.deepEqual(
      pages.flatMap(({ keys }) => keys.map(Number)),
      platform.state.records.map(({ key }) => key),
    );
    const marks = [10_000, 100_000, 1_000_000].filter((mark) => mark <= records);
    const megabytes = marks.map((mark) => Math.round((pages[mark / 500 - 1]?.resident ?? 0) / 1e6));
    this.test!.title += ` (${megabytes.join(", ")} MB resident after ${marks.join(", ")})`;
    assert.ok((megabytes.at(-1) ?? 0) < (megabytes[0] ?? 0) + 150, megabytes.join());
  });

  it("can be joined from items to pages again, and gives no second page before a slow flow has confirmed", async () => {
    await platform.instruct({ do: "seed", records: 1200, every: 0 });
    const z = "flow";
    const flows: readonly FlowNode[] = [
      { id: z, type: "tab", label: "Flow" },
      {
        id: "account",
        type: "sccc-account",
        baseUrl: platform.url,
        customer: account.customer,
        credentials: { password: account.password },
      },
      { id: "go", type: "http in", z, url: "/go", method: "get", wires: [["items", "pages", "went"]] },
      { id: "went", type: "http response", z, wires: [] },
      {
        id: "items",
        type: "sccc-feed",
        z,
        account: "account",
        source: "records",
        feed: "items",
        interval: "0",
        start: "beginning",
        emit: "item",
        wires: [["join"], []],
      },
      { id: "join", type: "join", z, mode: "auto", wires: [["sizes"]] },
      {
        id: "sizes",
        type: "debug",
        z,
        active: true,
        tosidebar: true,
        complete: "payload.length",
        targetType: "msg",
        wires: [],
      },
      {
        id: "pages",
        type: "sccc-feed",
        z,
        account: "account",
        source: "records",
        feed: "pages",
        interval: "0",
        start: "beginning",
        emit: "page",
        advance: "confirmed",
        wires: [["count"], ["over"]],
      },
      {
        id: "count",
        type: "function",
        z,
        func: `const open = (flow.get("open") ?? 0) + 1; flow.set("open", open); flow.set("most", Math.max(open, flow.get("most") ?? 0)); return msg;`,
        outputs: 1,
        wires: [["slow"]],
      },
      {
        id: "slow",
        type: "delay",
        z,
        pauseType: "delay",
        timeout: "50",
        timeoutUnits: "milliseconds",
        wires: [["uncount"]],
      },
      {
        id: "uncount",
        type: "function",
        z,
        func: `flow.set("open", flow.get("open") - 1); return msg;`,
        outputs: 1,
        wires: [["confirm"]],
      },
      { id: "confirm", type: "sccc-confirm", z, outcome: "auto", token: "sccc.token", tokenType: "msg", wires: [[]] },
      {
        id: "over",
        type: "function",
        z,
        func: `msg.payload = { ...msg.payload, most: flow.get("most") }; return msg;`,
        outputs: 1,
        wires: [["told"]],
      },
      {
        id: "told",
        type: "debug",
        z,
        active: true,
        tosidebar: true,
        complete: "payload",
        targetType: "msg",
        wires: [],
      },
    ];
    const nodeRed = await startNodeRed({ version: 4, flows });
    const sidebar = await nodeRed.sidebar();
    await nodeRed.fetch("/go");
    const sizes = [await sidebar.next("sizes"), await sidebar.next("sizes"), await sidebar.next("sizes")];
    assert.deepEqual(sizes.map(Number), [500, 500, 200]);
    const { items, pages, most } = (await sidebar.next("told")) as Record<string, number>;
    assert.deepEqual({ items, pages, most }, { items: 1200, pages: 3, most: 1 });
    await sidebar.close();
    await nodeRed.stop();
  });
});
