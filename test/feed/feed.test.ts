// sccc-feed in the test helper's Node-RED, with the simulator and positions on a real disk.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { FolderLock } from "../../nodes/delivery/folder-lock";
import { handUntilTaken } from "../../nodes/runtime/feed/handing";
import { PositionFile } from "../../nodes/runtime/feed/position";
import { Tokens } from "../../nodes/runtime/receive/tokens";
import type { Simulator } from "../../simulator";
import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, logged, stateOf, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";
import { eventually } from "../receive/flow";

// biome-ignore lint/suspicious/noExplicitAny: messages and the helper's nodes are what assertions look into.
type Loose = any;

const helper: Loose = require("node-red-node-test-helper");

const place = { z: "tab", x: 0, y: 0 };

describe("sccc-feed", function () {
  this.timeout(60_000);
  let platform: Simulator;
  let userDir: string;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform();
    userDir = temporaryFolder();
    helper.settings({ userDir });
  });
  afterEach(async () => {
    await unload();
    loaded = false;
    await platform.close();
    helper.settings({});
  });

  let loaded = false;
  const pages: Loose[] = [];
  const errors: Loose[] = [];
  /** Called at the end of a run. */
  let ended: (msg: Loose) => void = () => undefined;

  /** Loads a feed that runs on messages only, and a node that acknowledges its pages, unless `confirming` is another node. */
  async function start(
    config: Record<string, unknown>,
    others: readonly Record<string, unknown>[] = [],
  ): Promise<void> {
    if (loaded) await unload();
    loaded = true;
    pages.length = 0;
    errors.length = 0;
    await load(
      platform,
      {
        type: "sccc-feed",
        feed: "test",
        interval: "0",
        start: "beginning",
        ...config,
        wires: [["items"], ["finished"]],
      },
      {},
      [{ id: "items", ...place, type: "helper" }, { id: "finished", ...place, type: "helper" }, ...others],
    );
    helper.getNode("items").on("input", (msg: Loose) => pages.push(msg));
    helper.getNode("caught").on("input", (msg: Loose) => errors.push(msg));
    for (const id of ["caught", "finished"]) helper.getNode(id).on("input", (msg: Loose) => ended(msg));
  }

  const finished = async (): Promise<Loose> => {
    const [msg] = await once(helper.getNode("finished"), "input");
    return msg;
  };

  /** Runs once; returns the message of output 2. */
  const run = async (msg: object = {}): Promise<Loose> => {
    const over = finished();
    helper.getNode("n").receive(msg);
    return (await over).payload;
  };

  const failure = async (): Promise<Loose> => {
    const msg = await new Promise<Loose>((resolve) => {
      ended = resolve;
      helper.getNode("n").receive({});
    });
    return msg.error ?? { code: "it finished" };
  };

  const keys = () =>
    pages.flatMap(({ payload }) => (Array.isArray(payload) ? payload : [payload])).map(({ key }) => Number(key));
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const seed = (instruction: object) => platform.instruct({ do: "seed", every: 1, ...instruction });
  const feeds = () => join(userDir, "sccc/feeds");
  const positions = () => readdirSync(feeds()).filter((name) => name.endsWith(".json"));

  it("gives all records in order, once, a page of 500 at a time, with derived fields, and continues at its position", async () => {
    await seed({ records: 1234 });
    await start({});
    const told = await run({ topic: "trigger" });
    assert.deepEqual(
      { ...told, durationMs: 0 },
      { feed: "test", items: 1234, pages: 3, lastKey: "1234", durationMs: 0 },
    );
    assert.deepEqual(keys(), upTo(1234));
    assert.deepEqual(pages[0].sccc.page, { feed: "test", firstKey: "1", lastKey: "500", nextKey: "500", size: 500 });
    assert.equal(pages[0].topic, "test");
    const [record] = pages[0].payload;
    assert.equal(record.direction, "outbound");
    assert.match(record.startAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
    assert.ok(record.recordUrl.startsWith(`${platform.url}/record/`));
    assert.match(record.numberE164 ?? "+86", /^\+86/);
    assert.deepEqual([(await run()).items, pages.length], [0, 3], "an empty run finishes too");
    await seed({ records: 2 });
    await start({});
    assert.equal((await run()).items, 2);
    assert.deepEqual(keys(), [1235, 1236]);
  });

  it("starts now without giving existing records and CDRs", async () => {
    await seed({ records: 700, cdrs: 700 });
    for (const source of ["records", "cdrs"]) {
      await start({ source, start: "now", feed: source });
      assert.equal((await run()).items, 0, source);
    }
    await seed({ records: 3, cdrs: 3 });
    for (const source of ["records", "cdrs"]) {
      await start({ source, start: "now", feed: source });
      assert.equal((await run()).items, 3, source);
      assert.deepEqual(keys(), [701, 702, 703]);
    }
    assert.equal(positions().length, 2);
  });

  it("starts after a key, and CDRs at a time", async () => {
    await seed({ records: 20, cdrs: 20 });
    await start({ start: "key", startKey: "15" });
    await run();
    assert.deepEqual(keys(), [16, 17, 18, 19, 20]);
    await start({ source: "cdrs", start: "key", startKey: "2020-01-01 00:00:00" });
    const { items } = await run();
    assert.equal(items, 20);
    const [cdr] = pages[0].payload;
    assert.deepEqual(
      [cdr.resultName, cdr.causeText, cdr.serviceName],
      ["connected", "normal clearing", "outbound call"],
    );
  });

  it("gives items that a join node can combine to the page again", async () => {
    await seed({ records: 3 });
    await start({ emit: "item" });
    await run();
    assert.deepEqual(
      pages.map(({ parts }) => [parts.index, parts.count, parts.type]),
      [
        [0, undefined, "array"],
        [1, undefined, "array"],
        [2, 3, "array"],
      ],
    );
    assert.equal(new Set(pages.map(({ parts }) => parts.id)).size, 1);
    assert.equal(new Set(pages.map(({ sccc }) => sccc.token)).size, 3);
  });

  it("waits for each page's confirmation, and gives it again if it was refused", async () => {
    await seed({ records: 1100 });
    const confirm = { id: "confirm", ...place, type: "sccc-confirm", wires: [[]] };
    await start({ advance: "confirmed" }, [confirm]);
    let open = 0;
    let most = 0;
    let refusals = 1;
    helper.getNode("items").on("input", (msg: Loose) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        const refuse = refusals > 0;
        refusals -= 1;
        helper
          .getNode("confirm")
          .receive({ ...msg, ...(refuse ? { error: { message: "the database is away" } } : {}) });
      });
    });
    const told = await run();
    assert.equal(told.items, 1100);
    assert.equal(most, 1);
    assert.deepEqual(keys().slice(0, 1000), [...upTo(500), ...upTo(500)], "the refused page came again");
    assert.deepEqual(keys().slice(500), upTo(1100));
  });

  it("gives a page again after a redeploy that came before its confirmation", async () => {
    await seed({ records: 600 });
    await start({ advance: "confirmed" });
    helper.getNode("n").receive({});
    await once(helper.getNode("items"), "input");
    await start({ advance: "confirmed" });
    helper.getNode("n").receive({});
    await once(helper.getNode("items"), "input");
    assert.equal(keys()[0], 1);
  });

  it("gives records that had not reached the next node when it was closed after the redeploy", async () => {
    await seed({ records: 40 });
    await start({ emit: "item" });
    const third = new Promise<void>((resolve) => {
      helper.getNode("items").on("input", () => void (pages.length === 3 && resolve()));
    });
    helper.getNode("n").receive({});
    await third;
    await unload();
    loaded = false;
    const before = keys();
    await start({ emit: "item" });
    await run();
    assert.deepEqual([...new Set([...before, ...keys()])], upTo(40));
  });

  for (const advance of ["handed", "confirmed"]) {
    it(`continues when the flow cannot take a record, and does not read its page again (${advance})`, async () => {
      await seed({ records: 1100 });
      await start({ emit: "item", advance });
      const node = helper.getNode("n");
      const { send } = node;
      node.send = (outputs: Loose) => {
        if (Number(outputs[0]?.payload.key) % 100 === 7) throw new Error("cannot be copied");
        send.call(node, outputs);
      };
      helper.getNode("items").on("input", ({ sccc }: Loose) => stateOf().tokens.acknowledge(sccc.token, "taken"));
      assert.equal((await run()).items, 1100);
      assert.deepEqual(
        keys(),
        upTo(1100).filter((key) => key % 100 !== 7),
      );
    });
  }

  it("ignores a trigger during a run, and runs by itself with an interval", async () => {
    await seed({ records: 600 });
    await start({});
    const over = finished();
    for (let times = 0; times < 5; times += 1) helper.getNode("n").receive({});
    await over;
    assert.deepEqual(keys(), upTo(600));
    await start({ feed: "by itself", interval: "0.05" });
    await finished();
    await seed({ records: 1 });
    while (keys().length < 601) await finished();
    assert.deepEqual(keys(), upTo(601));
  });

  it("refuses a name that another feed has, and incomplete settings", async () => {
    const other = {
      id: "other",
      ...place,
      type: "sccc-feed",
      account: "a",
      feed: "test",
      interval: "0",
      start: "beginning",
      wires: [[], []],
    };
    await start({}, [other]);
    assert.match(JSON.stringify(logged()), /errors\.config\.feedTaken/);
    assert.equal((await run()).items, 0, "the first one works");
    await start({ feed: "" });
    assert.equal((await failure()).code, "SCCC_CONFIG");
    await start({ start: "key", startKey: "yesterday" });
    assert.equal((await failure()).code, "SCCC_CONFIG");
  });

  it("continues in a new node when the old one could not end in time, and the old one writes nothing more", async () => {
    helper.settings({ userDir, nodeCloseTimeout: 50 });
    const { path } = new PositionFile(join(userDir, "sccc", "feeds"), "test", "records");
    mkdirSync(dirname(path), { recursive: true });
    execFileSync("mkfifo", [path]);
    // Held open, so that reading it starts and never ends.
    const held = openSync(path, "r+");
    await start({});
    const old = helper.getNode("n");
    old.receive({});
    await start({});
    const stuck = helper.getNode("n");
    assert.notEqual(stuck, old);
    rmSync(path);
    const over = finished();
    stuck.receive({});
    assert.equal((await over).payload?.feed, "test");
    const position = readFileSync(path, "utf8");
    writeSync(held, '{"source":"records","key":"0"}');
    closeSync(held);
    await unload();
    loaded = false;
    assert.equal(readFileSync(path, "utf8"), position);
  });

  it("ends with an error if the platform fails or the position can't be read, and skips nothing", async () => {
    await seed({ records: 600 });
    await platform.instruct({ do: "fault", kind: "error", error: "E_G_QUERY_FAIL", times: 1 });
    await start({});
    assert.equal((await failure()).code, "E_G_QUERY_FAIL");
    assert.equal((await run()).items, 600);
    const [name] = positions();
    const path = join(userDir, "sccc/feeds", name ?? "");
    assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), { source: "records", key: "600" });
    for (const text of [
      "{}",
      '{"source":"records","key":"5","since":1}',
      '{"source":"cdrs","until":1,"seen":{},"key":""}',
    ]) {
      writeFileSync(path, text);
      assert.equal((await failure()).code, "SCCC_FILE");
      assert.equal(readFileSync(path, "utf8"), text, "what another version wrote is left as it is");
    }
  });

  for (const interval of ["0", "3600"]) {
    it(`is SCCC_CONFIG while another Node-RED reads the feeds of the user folder, and then takes over: interval ${interval}`, async () => {
      await seed({ records: 3 });
      mkdirSync(feeds(), { recursive: true });
      const other = await FolderLock.acquire(
        { folder: feeds(), owner: "another Node-RED", beat: { everyMs: 50, staleMs: 5000 } },
        new AbortController().signal,
        () => undefined,
      );
      await start({ interval });
      if (interval === "0") {
        const { code, message } = await failure();
        assert.deepEqual([code, /feedHeld/.test(message)], ["SCCC_CONFIG", true]);
        other?.release();
        await eventually("the lock is here", () => (stateOf().feedLock(feeds()).isHeld() ? true : undefined));
        assert.equal((await run()).items, 3);
      } else {
        await eventually("it is told", () => (errors.length > 0 ? true : undefined));
        assert.equal(errors[0].error.code, "SCCC_CONFIG");
        const over = finished();
        other?.release();
        // Long before its interval is over.
        assert.equal((await over).payload.items, 3);
      }
    });
  }

  it("gives no page and writes no position when another Node-RED has taken over during a page", async () => {
    await seed({ records: 600 });
    await start({ advance: "confirmed" });
    helper.getNode("n").receive({});
    await eventually("its first page is out", () => (pages.length === 1 ? true : undefined));
    writeFileSync(join(feeds(), "lock"), "another Node-RED");
    const before = positions().map((name) => readFileSync(join(feeds(), name), "utf8"));
    await stateOf().tokens.acknowledge(pages[0].sccc.token, "taken");
    await eventually("it is told", () => (errors.length > 0 ? true : undefined));
    assert.deepEqual(
      [errors[0].error.code, pages.length, positions().map((name) => readFileSync(join(feeds(), name), "utf8"))],
      ["SCCC_CONFIG", 1, before],
    );
  });

  it("releases its lock when the flows stop", async () => {
    await start({});
    await run();
    const lock = join(feeds(), "lock");
    assert.ok(existsSync(lock));
    await unload();
    loaded = false;
    assert.ok(!existsSync(lock));
  });
});

describe("a page of a feed", () => {
  const tokensOfFlow = new Tokens();
  const acknowledge = (token: string, outcome: "taken" | "refused") => tokensOfFlow.acknowledge(token, outcome);
  const handing = { tokens: tokensOfFlow, closing: new AbortController().signal };

  it("is taken when all of its items are, and not before", async () => {
    let tokens: readonly string[] = [];
    const send = async (given: readonly string[]) => {
      tokens = given;
    };
    const handed = handUntilTaken({ ...handing, count: 3, send });
    const soFar = () => Promise.race([handed, new Promise((resolve) => setImmediate(resolve, "waiting"))]);
    for (const token of tokens.slice(1)) {
      assert.equal(acknowledge(token, "taken"), true);
      assert.equal(await soFar(), "waiting");
    }
    assert.equal(acknowledge(tokens[0] ?? "", "taken"), true);
    assert.equal(await soFar(), true);
  });

  it("does not wait forever when a flood of pushes has invalidated old tokens", async () => {
    let [token] = [""];
    const send = async ([given = ""]: readonly string[]) => {
      token = given;
    };
    const handed = handUntilTaken({ ...handing, count: 1, send });
    const others = tokensOfFlow.pendingAcks();
    for (let count = 0; count < 200_001; count += 1) others.begin(() => true).token();
    others.close();
    assert.equal(acknowledge(token, "taken"), true);
    assert.equal(await handed, true);
    assert.equal(acknowledge(token, "taken"), false);
  });

  it("is sent completely before it is repeated, even if it is refused while its messages are still being sent", async () => {
    const sent: string[] = [];
    const count = 300;
    let times = 0;
    const send = async (tokens: readonly string[]) => {
      times += 1;
      const time = times;
      for (const [index, token] of tokens.entries()) {
        sent.push(`${time}.${index}`);
        if (time === 1 && index === 0) acknowledge(token, "refused");
        if (time === 2) acknowledge(token, "taken");
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    };
    assert.equal(await handUntilTaken({ ...handing, count, send, pauses: { first: 0, longest: 0 } }), true);
    assert.deepEqual(
      sent,
      [1, 2].flatMap((time) => Array.from({ length: count }, (_, index) => `${time}.${index}`)),
    );
  });

  it("leaves nothing pending when its messages can't be sent", async () => {
    let token = "";
    const send = async ([given = ""]: readonly string[]): Promise<void> => {
      token = given;
      throw new Error("no wires");
    };
    await assert.rejects(handUntilTaken({ ...handing, count: 1, send }), /no wires/);
    assert.equal(acknowledge(token, "taken"), false);
  });
});
