// A full disk for a real Node-RED: for a time, its process may not extend any file. Linux only, because of prlimit.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Simulator } from "../../simulator";
import { freePort, type NodeRed, startNodeRed, temporaryFolder } from "../../tools/node-red";
import { account, startPlatform } from "../../tools/platform";
import {
  assertOnce,
  collector,
  confirmNode,
  Emissions,
  listening,
  marksOf,
  notifyNode,
  processOf,
} from "../receive/flow";
import { newMark, pushOf } from "../receive/push";
import { Sender } from "../receive/wire";
import { Books, driven, settings } from "./flow";

/** Without prlimit, test/delivery/spool.test.ts still tests failing disks. */
const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;

(hasPrlimit ? describe : () => undefined)("a disk that is full", function (this: Mocha.Suite) {
  this.timeout(60_000);
  const userDir = temporaryFolder();
  const recordings = join(userDir, "recordings");
  let platform: Simulator;
  let nodeRed: NodeRed;
  let port: number;
  let pid: number;
  let books: Books;
  let sender: Sender;
  let emissions: Emissions;

  before(async () => {
    platform = await startPlatform();
    await platform.instruct({ do: "seed", records: 1200, every: 0 });
    port = await freePort();
    const receiving = { pushPort: String(port), pushHost: "127.0.0.1", pushPath: "/push", pushAnswer: "stored" };
    nodeRed = await startNodeRed({
      version: 4,
      userDir,
      settings,
      flows: [
        ...collector,
        ...driven(platform.url, receiving, {
          recording: { type: "sccc-get-recording", to: "file", folder: recordings },
          feed: {
            type: "sccc-feed",
            feed: "full",
            source: "records",
            start: "beginning",
            interval: "0",
            wires: [["page"], ["out"]],
          },
        } as Readonly<Record<string, { readonly type: string }>>),
        notifyNode("main", { account: "account", wires: [["collect", "confirm"]] }),
        confirmNode(),
        {
          id: "page",
          type: "function",
          z: "flow",
          func: `const keys = global.get("keys") ?? []; keys.push(msg.payload.map(({ key }) => key)); global.set("keys", keys);`,
          outputs: 0,
          wires: [],
        },
        { id: "keys-in", type: "http in", z: "flow", url: "/keys", method: "get", wires: [["keys"]] },
        {
          id: "keys",
          type: "function",
          z: "flow",
          func: `msg.payload = global.get("keys") ?? []; return msg;`,
          outputs: 1,
          wires: [["answer"]],
        },
      ],
    });
    await listening(port);
    ({ pid } = await processOf(nodeRed));
    books = new Books(nodeRed);
    sender = new Sender(port, "/push", 1);
    emissions = new Emissions(nodeRed);
  });
  after(async () => {
    sender?.close();
    await nodeRed?.stop();
    await platform?.close();
  });

  /** Limits the size of Node-RED's files. */
  function limit(bytes: number | "unlimited"): void {
    const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  }

  it("stored pushes are answered 503 and accepted when they are sent again, and only acknowledged ones reach the flow", async () => {
    const marks = [newMark(), newMark(), newMark()];
    const [first, second, third] = marks.map((mark) => pushOf(account, mark));
    const status = async (body = "") => (await sender.post(body))?.status;
    assert.equal(await status(first), 200);
    limit(0);
    assert.deepEqual([await status(second), await status(second), await status(third)], [503, 503, 503]);
    // The first error is logged at once, further ones together after a minute.
    const told = await nodeRed.log(({ text }) => text.includes("EFBIG"));
    assert.match(told.text, /^Pushes can't be stored in .*spool.*: EFBIG/);
    limit("unlimited");
    assert.deepEqual([await status(third), await status(second), await status(third)], [200, 200, 200]);
    const emitted = await emissions.until("all three come out", () => true, 3);
    assertOnce(marksOf(emitted), marks);
    assert.deepEqual(marksOf(emitted), [marks[0], marks[2], marks[1]]);
  });

  it("recordings end with SCCC_FILE, leave no file behind, and are fetched when there is room", async () => {
    const filename = platform.state.records[0]?.filename;
    const get = async () => books.through("recording", [{ mark: newMark(), payload: { filename } }]);
    limit(1000);
    assert.deepEqual(await get(), ["SCCC_FILE"]);
    assert.deepEqual(readdirSync(recordings), []);
    limit("unlimited");
    assert.deepEqual(await get(), ["ok"]);
    assert.equal(readdirSync(recordings).length, 1);
  });

  it("a feed ends with SCCC_FILE and continues when there is room: a page may be given twice, none is skipped", async () => {
    const run = () => books.through("feed", [{ mark: newMark(), payload: {} }]);
    const keys = () => platform.state.records.map(({ key }) => key);
    assert.deepEqual(await run(), ["ok"]);
    await platform.instruct({ do: "seed", records: 600, every: 0 });
    limit(0);
    assert.deepEqual(await run(), ["SCCC_FILE"]);
    limit("unlimited");
    assert.deepEqual(await run(), ["ok"]);
    const pages = (await nodeRed.admin("GET", "/keys")) as readonly (readonly number[])[];
    const [first, second, third, refused, again, last, ...more] = pages;
    assert.deepEqual([refused, more], [again, []]);
    assert.deepEqual([first, second, third, again, last].flat().map(Number), keys());
  });
});
