// The spool: accepted entries are delivered whatever happens to the process, the file or the disk; rejected ones never are.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { checksumOf } from "../../nodes/delivery/checksum";
import { type OpenFile, openFile } from "../../nodes/delivery/files";
import type { StoreOptions } from "../../nodes/delivery/store";
import { amount } from "../../tools/amount";
import { type Entry, type Handed, TestSpool } from "./test-spool";

const hour = 3_600_000;
/** In ms; short, because tests wait for it. */
const soon = 30;

/** Polls until a condition is true. */
async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + 25_000;
  while (!isSo()) {
    assert.ok(performance.now() < end, `in vain: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const entry = (id: string, node = "a", value: unknown = { id }): Entry => ({ id, node, value });
const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id);
const brief = ({ id, delivery }: Handed) => `${id}/${delivery}`;
const range = (count: number, prefix = "") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** A recipient that stores the entries it gets. */
function receive(spool: TestSpool, node = "a", onHand: (entry: Handed) => unknown = () => undefined) {
  const handed: Handed[] = [];
  const dead: Handed[] = [];
  const hand = (one: Handed) => {
    handed.push(one);
    onHand(one);
  };
  const detach = spool.attach(node, hand, (one) => dead.push(one));
  return { handed, dead, detach };
}

let sentinels = 0;

/** The entries that a spool delivers to a node at once. No delivery follows that of the last added entry. */
async function drain(spool: TestSpool, node = "a"): Promise<Handed[]> {
  sentinels += 1;
  const last = `sentinel-${sentinels}`;
  const { handed, detach } = receive(spool, node);
  await spool.add([entry(last, node)]);
  await until(() => handed.some(({ id }) => id === last));
  detach();
  spool.settle(last);
  return handed.filter(({ id }) => id !== last);
}

type Operation = "open" | "write" | "sync" | "truncate";

/** A disk that counts its operations, and can delay or fail them. */
class Disk {
  readonly counts = { open: 0, write: 0, sync: 0, truncate: 0 };
  /** Called before each operation; an error that it throws is the result of the operation. */
  before: (operation: Operation, path: string) => void = () => undefined;

  /** Makes the operations fail, optionally only on some paths. */
  refuse(operations: readonly Operation[], code = "ENOSPC", path = /./): void {
    this.before = (operation, where) => {
      if (operations.includes(operation) && path.test(where)) throw Object.assign(new Error(code), { code });
    };
  }

  works(): void {
    this.before = () => undefined;
  }

  readonly open: OpenFile = (path, mode) => {
    const pass = (operation: Operation) => {
      this.counts[operation] += 1;
      this.before(operation, path);
    };
    pass("open");
    const file = openFile(path, mode);
    return {
      ...file,
      write: (data, position) => {
        try {
          pass("write");
        } catch (error) {
          // A full disk writes the part that still fits.
          file.write(data.subarray(0, Math.ceil(data.length / 2)), position);
          throw error;
        }
        file.write(data, position);
      },
      sync: () => {
        pass("sync");
        file.sync();
      },
      truncate: (length) => {
        pass("truncate");
        file.truncate(length);
      },
    };
  };
}

describe("spool", () => {
  const spools: TestSpool[] = [];
  let root: string;
  let folder: string;
  let problems: Error[];

  before(() => {
    root = mkdtempSync(join(tmpdir(), "sccc-spool-"));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  beforeEach(() => {
    folder = mkdtempSync(join(root, "spool-"));
    problems = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(spools.splice(0).map((spool) => spool.close()));
  });

  async function open(options: Partial<StoreOptions> = {}): Promise<TestSpool> {
    const onProblem = (error: Error) => problems.push(error);
    const spool = await TestSpool.open({ folder, redeliverAfterMs: hour, maxDeliveries: 3, onProblem, ...options });
    spools.push(spool);
    return spool;
  }

  /** A copy of the folder as a process that is killed now would leave it, without the lock, which would delay the test. */
  function snapshot(): string {
    const copy = mkdtempSync(join(root, "copy-"));
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  const segments = (): string[] => readdirSync(folder).filter((name) => name.startsWith("journal-"));

  /** The content of the journal. */
  const journal = (): string =>
    segments()
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");

  const size = (): number => segments().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

  describe("hands over", () => {
    it("in order: pending pushes first, then new ones, each to its own node", async () => {
      const spool = await open();
      for (const id of range(300)) await spool.add([entry(id), entry(`${id}b`, "b")]);
      const a = receive(spool);
      assert.deepEqual(a.handed, [], "not before attach has returned");
      // Added while the earlier entries are being prepared.
      await Promise.all(range(50, "late").map((id) => spool.add([entry(id)])));
      await spool.add([entry("last")]);
      await until(() => a.handed.length === 351);
      assert.deepEqual(
        a.handed.map(brief),
        [...range(300), ...range(50, "late"), "last"].map((id) => `${id}/1`),
      );
      const b = receive(spool, "b");
      await until(() => b.handed.length === 300);
      assert.deepEqual(
        idsOf(b.handed),
        range(300).map((id) => `${id}b`),
      );
      assert.deepEqual(b.handed[7], { id: "7b", node: "b", value: { id: "7b" }, delivery: 1 });
      assert.equal(spool.pending, 651);
    });

    it("in order of arrival also the pushes of an earlier receiver, and those after a restart", async () => {
      const spool = await open();
      for (const id of range(300)) await spool.add([entry(id)]);
      await spool.close();
      const again = await open();
      const { handed } = receive(again);
      const adds = Promise.all(range(300, "new").map((id) => again.add([entry(id)])));
      await until(() => handed.length === 600);
      await adds;
      assert.deepEqual(idsOf(handed), [...range(300), ...range(300, "new")]);
    });

    it("any JSON unchanged, also if a flow or the caller modifies it", async () => {
      const value = {
        text: "呼\u2028\n\r\ud800\u0000",
        big: 1e300,
        list: [null, true, { a: [] }] as unknown[],
        ["__proto__"]: 1,
      };
      const plain = structuredClone(value);
      const spool = await open({ redeliverAfterMs: soon });
      const { handed } = receive(spool, "a", ({ value: mine }) => {
        if (mine !== null) (mine as { list: unknown[] }).list.length = 0;
      });
      const added = spool.add([entry("1", "a", value), entry("2", "a", null), entry("3", "c", value)]);
      value.list.push("changed");
      await added;
      const seen: unknown[] = [];
      spool.attach(
        "c",
        (one) => seen.push(one.value),
        () => undefined,
      );
      await until(() => seen.length === 2);
      assert.deepEqual(seen, [plain, plain]);
      assert.equal(handed[1]?.value, null);
      await spool.close();
      assert.deepEqual((await drain(await open(), "c"))[0]?.value, plain);
    });
  });

  describe("confirmation", () => {
    it("needs no sync: it survives the process, and is synced with the next push or on closing", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open, noteDelayMs: 1 });
      const { handed } = receive(spool);
      await spool.add([entry("1"), entry("2")]);
      await until(() => handed.length === 2);
      const before = disk.counts.sync;
      spool.settle("1");
      await until(() => journal().includes("s1\n"));
      assert.equal(disk.counts.sync, before);
      await spool.add([entry("3")]);
      assert.equal(disk.counts.sync, before + 1);
      spool.settle("2");
      await spool.close();
      assert.equal(disk.counts.sync, before + 2);
      assert.deepEqual(idsOf(await drain(await open())), ["3"]);
    });

    it("settles a push once, and permanently", async () => {
      const spool = await open({ redeliverAfterMs: soon });
      const { handed } = receive(spool, "a", ({ id }) => assert.equal(spool.settle(id), id !== "3"));
      await spool.add([entry("1"), entry("2")]);
      assert.deepEqual(
        [spool.settle("1"), spool.refuse("1"), spool.settle("none"), spool.pending],
        [false, false, false, 0],
      );
      assert.deepEqual(idsOf(handed), ["1", "2"]);
      await spool.close();
      const again = await open();
      assert.equal(again.pending, 0);
      assert.deepEqual(await drain(again), []);
    });

    it("may arrive before the push was handed over", async () => {
      const spool = await open();
      await spool.add([entry("1"), entry("2")]);
      receive(spool, "a", () => assert.fail("handed over")).detach();
      assert.deepEqual([spool.settle("1"), spool.refuse("2")], [true, true]);
      assert.deepEqual((await drain(spool)).map(brief), ["2/1"]);
    });

    it("is written soon, without being waited for", async () => {
      const spool = await open();
      await spool.add([entry("1")]);
      spool.settle("1");
      await until(() => /^[\da-f]{8}s\d+$/m.test(journal()));
    });

    it("missing: hands over again after the delay, and finally makes a dead letter", async () => {
      const spool = await open({ redeliverAfterMs: soon, now: () => 0 });
      const times: number[] = [];
      const { handed, dead } = receive(spool, "a", ({ id }) => {
        if (id === "1") times.push(performance.now());
        else spool.settle(id);
      });
      await spool.add([entry("1"), entry("2")]);
      await until(() => dead.length === 1);
      times.push(performance.now());
      assert.deepEqual(handed.map(brief), ["1/1", "2/1", "1/2", "1/3"]);
      assert.deepEqual(dead, [{ ...entry("1"), delivery: 3 }]);
      for (const [index, time] of times.entries())
        assert.ok(index === 0 || time - times[index - 1]! >= soon, `${times}`);
      const letters = readFileSync(join(folder, "dead.jsonl"), "utf8");
      assert.equal(
        letters,
        '{"time":"1970-01-01T00:00:00.000Z","id":"1","node":"a","delivery":3,"value":{"id":"1","value":{"id":"1"}}}\n',
      );
      assert.deepEqual([spool.pending, spool.settle("1")], [0, false]);
      await spool.close();
      assert.equal((await open()).pending, 0);
    });

    it("refused: hands over again, the full delay after the refusal", async () => {
      const spool = await open({ redeliverAfterMs: soon });
      const { handed, dead } = receive(spool);
      await spool.add([entry("1"), entry("2")]);
      await new Promise((resolve) => setTimeout(resolve, soon / 2));
      const refused = performance.now();
      assert.ok(spool.refuse("1"));
      // A busy machine may look later, when they have come again.
      await until(() => handed.length >= 4);
      assert.ok(performance.now() - refused >= soon);
      assert.deepEqual(handed.slice(0, 4).map(brief), ["1/1", "2/1", "2/2", "1/2"]);
      await until(() => dead.length === 2);
    });

    it("counts deliveries across crashes: a message that ends the process is finally given up", async () => {
      const made: string[] = [];
      for (let life = 1; life <= 4; life += 1) {
        const spool = await open({ maxDeliveries: 3 });
        let left = "";
        const { dead } = receive(spool, "a", (one) => {
          made.push(brief(one));
          left = snapshot();
        });
        if (life === 1) await spool.add([entry("1")]);
        await until(() => left !== "" || dead.length > 0);
        if (left === "") made.push("dead");
        else folder = left;
      }
      assert.deepEqual(made, ["1/1", "1/2", "1/3", "dead"]);
    });
  });

  describe("receivers", () => {
    it("get nothing after they have left: pending pushes wait for the next receiver, handed-over ones for their delay", async () => {
      const spool = await open({ redeliverAfterMs: 100, maxDeliveries: 9 });
      const first = receive(spool);
      await spool.add([entry("1")]);
      const handedAt = performance.now();
      first.detach();
      await spool.add([entry("2")]);
      const second = receive(spool, "a", ({ id }) => id === "2" && spool.settle(id));
      await until(() => second.handed.length > 0);
      assert.deepEqual(second.handed.map(brief), ["2/1"], "1 is not handed over twice in a row");
      first.detach();
      await until(() => second.handed.length > 1);
      assert.deepEqual(second.handed.map(brief), ["2/1", "1/2"], "the first one's detach is none of the second's");
      const again = performance.now();
      assert.ok(again - handedAt >= 100);
      second.detach();
      await spool.add([entry("3")]);
      // It becomes due while there is no recipient.
      await until(() => performance.now() > again + 120);
      assert.deepEqual([first.handed.length, second.handed.length, spool.pending], [1, 2, 2]);
      const third = receive(spool);
      await until(() => third.handed.length === 2);
      // Both are due. The order is not promised.
      assert.deepEqual(third.handed.map(brief).sort(), ["1/3", "3/1"]);
    });

    it("may leave or be replaced while a push is prepared for them", async () => {
      const spool = await open();
      await spool.add([entry("1"), entry("2")]);
      const first = receive(spool);
      await Promise.resolve();
      first.detach();
      const second = receive(spool, "a", () => second.detach());
      await until(() => second.handed.length === 1);
      const third = receive(spool);
      await until(() => third.handed.length === 1);
      assert.deepEqual(
        [first, second, third].map(({ handed }) => handed.map(brief)),
        [[], ["1/1"], ["2/1"]],
      );
    });

    it("may throw when asked for room: it is reported, and the push is stored and comes when they work again", async () => {
      const spool = await open();
      await spool.add([entry("1")]);
      const handed: Handed[] = [];
      let calls = 0;
      const room = () => {
        calls += 1;
        // By the second call, the counts of the entries that had room are on disk.
        if (calls > 1) throw new Error("no room");
        return 10;
      };
      const hand = (one: Handed) => handed.push(one);
      const detach = spool.attach("a", hand, () => undefined, { room });
      await until(() => problems.length === 1);
      await spool.add([entry("2")]);
      assert.ok(problems.every(({ message }) => message === "no room"));
      assert.deepEqual([handed.length, spool.pending], [0, 2]);
      detach();
      spool.attach("a", hand, () => undefined);
      await until(() => handed.length === 2);
    });

    it("may throw, and so may the function that reports it", async () => {
      const spool = await open({
        redeliverAfterMs: soon,
        maxDeliveries: 2,
        onProblem: (error) => {
          problems.push(error);
          throw error;
        },
      });
      const { handed } = receive(spool, "a", () => {
        throw new Error("broken flow");
      });
      await spool.add([entry("1"), entry("2")]);
      await until(() => spool.pending === 0);
      assert.deepEqual(handed.map(brief), ["1/1", "2/1", "1/2", "2/2"]);
      assert.deepEqual(
        problems.map(({ message }) => message),
        Array(4).fill("broken flow"),
      );
    });
  });

  describe("opening and closing", () => {
    it("creates the folder, for its owner only", async function () {
      if (process.platform === "win32") this.skip();
      folder = join(folder, "deep", "down");
      const spool = await open({ redeliverAfterMs: 1, maxDeliveries: 1 });
      const { dead } = receive(spool);
      await spool.add([entry("1")]);
      await until(() => dead.length === 1);
      const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
      assert.deepEqual(readdirSync(folder).sort(), ["dead.jsonl", "journal-0000000001.log", "lock"]);
      assert.deepEqual(
        ["..", ".", "journal-0000000001.log", "dead.jsonl"].map((name) => mode(join(folder, name))),
        ["700", "700", "600", "600"],
      );
    });

    it("can be tried again after it failed", async () => {
      const file = join(folder, "file");
      writeFileSync(file, "");
      await assert.rejects(open({ folder: file }), { code: "EEXIST" });
      rmSync(file);
      await open({ folder: file });
    });

    it("writes everything before it closes, and hands over nothing afterwards", async () => {
      const spool = await open({ redeliverAfterMs: soon });
      const { handed } = receive(spool);
      await spool.add([entry("1"), entry("2")]);
      spool.settle("1");
      const late = spool.add([entry("3")]);
      const closing = spool.close();
      assert.deepEqual([spool.settle("2"), spool.refuse("2")], [false, false]);
      await assert.rejects(spool.add([entry("4")]), /closed/);
      await closing;
      await late;
      await new Promise((resolve) => setTimeout(resolve, 2 * soon));
      assert.deepEqual(idsOf(handed), ["1", "2"]);
      assert.deepEqual((await drain(await open())).map(brief), ["2/2", "3/2"]);
    });

    it("does not keep an idle process alive", async () => {
      const child = run(folder, "1", "idle");
      const [code] = await once(child, "exit");
      assert.equal(code, 0);
      assert.deepEqual((await drain(await open(), "node")).map(brief), ["1/2"]);
    });
  });

  describe("a damaged file", () => {
    const path = () => join(folder, segments()[0] ?? "");

    /** The bytes of a journal with three entries. */
    async function whole(): Promise<Buffer> {
      const spool = await open();
      for (const id of ["1", "2呼叫", "3呼"]) await spool.add([entry(id, "a", id)]);
      await spool.close();
      return readFileSync(path());
    }

    it("cut at any byte: gives the whole entries before the cut and nothing else, and takes new ones", async () => {
      const bytes = await whole();
      const name = path();
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        for (const one of segments()) rmSync(join(folder, one));
        writeFileSync(name, bytes.subarray(0, cut));
        const spool = await open({ maxDeliveries: 9 });
        const ends = bytes.subarray(0, cut).toString("latin1").split("\n").length - 1;
        const expected = ["1", "2呼叫", "3呼"].slice(0, ends);
        assert.deepEqual(idsOf(await drain(spool)), expected, `cut at ${cut}`);
        await spool.add([entry("new")]);
        await spool.close();
        const again = await open({ maxDeliveries: 9 });
        assert.deepEqual(idsOf(await drain(again)), [...expected, "new"], `cut at ${cut}`);
        await again.close();
      }
      assert.deepEqual(problems, []);
    });

    it("with any bit flipped: never gives an altered entry, reports it, and keeps it aside", async () => {
      const bytes = await whole();
      const name = path();
      const second = bytes.indexOf(0x0a) + 1;
      const end = bytes.indexOf(0x0a, second);
      for (let bit = second * 8; bit < end * 8; bit += 7) {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        for (const one of readdirSync(folder)) rmSync(join(folder, one));
        writeFileSync(name, damaged);
        problems.length = 0;
        const spool = await open({ now: () => 42 });
        const handed = await drain(spool);
        assert.deepEqual(
          handed.map(({ id, value }) => [id, value]),
          [
            ["1", "1"],
            ["3呼", "3呼"],
          ],
          `bit ${bit}`,
        );
        assert.match(
          problems[0]?.message ?? "",
          /^[12] of [34] lines of .+ from line 2 on; the file is kept as .+damaged-42-/,
        );
        const aside = readdirSync(folder).find((one) => one.startsWith("damaged-42")) ?? "";
        assert.deepEqual(readFileSync(join(folder, aside)), damaged);
        await spool.close();
      }
    });

    it("damaged while it is open: the entry is not handed over altered, and is reported", async () => {
      const spool = await open();
      await spool.add([entry("1", "a", "x".repeat(100)), entry("2", "a", "y".repeat(100))]);
      const text = readFileSync(path(), "latin1");
      writeFileSync(path(), text.replace("xxxxx", "xxzxx"), { flag: "r+", encoding: "latin1" });
      assert.deepEqual(idsOf(await drain(spool)), ["2"]);
      assert.match(problems[0]?.message ?? "", /damaged on disk/);
      assert.equal(spool.pending, 1);
    });

    it("of a newer version: is not changed, and is reported until it is gone", async () => {
      const bytes = await whole();
      const letter = 'z{"what":"a newer version keeps"}';
      const newer = Buffer.concat([bytes, Buffer.from(`${checksumOf(letter)}${letter}\n`)]);
      // A damaged line before it: no copy is made either.
      newer[20]! ^= 1;
      writeFileSync(path(), newer);
      const names = readdirSync(folder);
      for (let times = 0; times < 2; times += 1) await assert.rejects(open(), /newer version/);
      assert.deepEqual([readdirSync(folder), readFileSync(path()), problems], [names, newer, []]);
      writeFileSync(path(), bytes);
      assert.deepEqual(idsOf(await drain(await open())), ["1", "2呼叫", "3呼"]);
    });

    it("with the highest numbers: gives every new entry an id and a file that are read again", async () => {
      const line = (text: string) => `${checksumOf(text)}${text}\n`;
      const text = JSON.stringify({ id: "0", value: 0 });
      writeFileSync(
        join(folder, "journal-9999999999.log"),
        line(`e[1,"a",0]\t${text}`) + line(`e[${2 ** 53 - 1},"a",0]\t${text}`),
      );
      const spool = await open();
      assert.match(problems[0]?.message ?? "", /1 of 2 lines/);
      await spool.add([entry("1"), entry("2")]);
      await spool.close();
      assert.deepEqual(idsOf(await drain(await open())), ["0", "1", "2"]);
    });

    it("damaged and left so: one copy is kept, however often it is opened", async () => {
      const damaged = await whole();
      damaged[20]! ^= 1;
      writeFileSync(path(), damaged);
      for (let times = 0; times < 3; times += 1) {
        const spool = await open({ now: () => times });
        await spool.close();
      }
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith("damaged-")),
        ["damaged-0-journal-0000000001.log"],
      );
      assert.equal(problems.length, 3);
    });

    it("with dead letters without a final line end: none is lost when old ones expire", async () => {
      const letter = (time: string) => JSON.stringify({ time, id: "1", node: "a", delivery: 1, value: 1 });
      const old = letter("2020-01-01T00:00:00.000Z");
      const last = letter("2026-01-01T00:00:00.000Z");
      writeFileSync(join(folder, "dead.jsonl"), `${old}\n${last}`);
      await open({ keepDays: 30, now: () => Date.parse("2026-01-02") });
      assert.equal(readFileSync(join(folder, "dead.jsonl"), "utf8"), last);
    });

    it("with a torn dead letter: the next one has a line of its own", async () => {
      writeFileSync(join(folder, "dead.jsonl"), '{"time":');
      const spool = await open({ redeliverAfterMs: 1, maxDeliveries: 1 });
      receive(spool);
      await spool.add([entry("1")]);
      await until(() => spool.pending === 0);
      const letters = readFileSync(join(folder, "dead.jsonl"), "utf8").split("\n");
      assert.deepEqual([letters.length, letters[0], JSON.parse(letters[1]!).id, letters[2]], [3, '{"time":', "1", ""]);
    });
  });

  describe("the disk", () => {
    it("has everything before an add resolves; many adds share a sync", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open });
      let resolved = 0;
      const { handed } = receive(spool);
      const seen: unknown[] = [];
      disk.before = (operation) => {
        if (operation === "sync") seen.push([resolved, handed.length, spool.pending, journal().split("\n").length - 1]);
      };
      await Promise.all(range(1000).map((id) => spool.add([entry(id)]).then(() => (resolved += 1))));
      assert.deepEqual(seen, [[0, 0, 0, 1000]]);
      assert.equal(handed.length, 1000);
    });

    for (const [what, spoil] of Object.entries({
      "whose file is removed": () => rmSync(join(folder, segments()[0]!)),
      "whose file is replaced": () => {
        rmSync(join(folder, segments()[0]!));
        writeFileSync(join(folder, "journal-0000000001.log"), "another one\n");
      },
      "whose folder is removed": () => rmSync(folder, { recursive: true }),
    })) {
      it(`${what} while it is open: every acknowledged push is there after a restart`, async () => {
        const spool = await open();
        const { handed } = receive(spool, "a", ({ id }) => id === "2" && spool.settle(id));
        await spool.add([entry("1"), entry("2"), entry("3")]);
        spoil();
        await spool.add([entry("4")]);
        await spool.add([entry("5")]);
        assert.deepEqual(idsOf(handed), ["1", "2", "3", "4", "5"]);
        assert.match(problems[0]?.message ?? "", /was removed or replaced on disk/);
        folder = snapshot();
        assert.deepEqual(idsOf(await drain(await open())), ["1", "3", "4", "5"]);
      });
    }

    it("whose files are replaced: each of them is kept", async () => {
      const spool = await open({ now: () => 7, segmentBytes: 200 });
      await spool.add([entry("1", "a", "x".repeat(200))]);
      await spool.add([entry("2")]);
      const names = segments().sort();
      assert.equal(names.length, 2);
      for (const name of names) {
        rmSync(join(folder, name));
        writeFileSync(join(folder, name), `another's ${name}`);
      }
      await spool.add([entry("3")]);
      const kept = readdirSync(folder).filter((name) => name.startsWith("replaced-"));
      assert.deepEqual(
        kept.map((name) => readFileSync(join(folder, name), "utf8")).sort(),
        names.map((name) => `another's ${name}`),
      );
      assert.deepEqual(idsOf(await drain(spool)), ["1", "2", "3"]);
    });

    const refusals: readonly { name: string; operations: readonly Operation[]; code: string }[] = [
      { name: "is full", operations: ["write"], code: "ENOSPC" },
      { name: "fails to sync", operations: ["sync"], code: "EIO" },
      { name: "is full and can't take back", operations: ["write", "truncate"], code: "ENOSPC" },
      { name: "fails altogether", operations: ["open", "write", "sync", "truncate"], code: "EIO" },
    ];
    for (const { name, operations, code } of refusals) {
      it(`that ${name}: refused adds are never handed over; those before and after are`, async () => {
        const disk = new Disk();
        const spool = await open({ open: disk.open });
        const { handed } = receive(spool);
        await spool.add([entry("1"), entry("2"), entry("3")]);
        disk.refuse(operations, code);
        const refused = [spool.add([entry("no1"), entry("no2")]), spool.add([entry("no3")])];
        for (const add of refused) await assert.rejects(add, { code });
        spool.settle("2");
        await assert.rejects(spool.add([entry("no4")]), { code });
        assert.equal(spool.pending, 2);
        disk.works();
        await spool.add([entry("4")]);
        assert.deepEqual(idsOf(handed), ["1", "2", "3", "4"]);
        folder = snapshot();
        const copy = await open();
        assert.deepEqual(idsOf(await drain(copy)), ["1", "3", "4"], "2 stays settled");
        assert.deepEqual(problems, [], "whom it concerns has heard of it");
      });

      it(`that ${name}, and stays so: taken pushes are there, and refused ones are not read`, async () => {
        const disk = new Disk();
        const spool = await open({ open: disk.open });
        await spool.add([entry("1"), entry("2")]);
        disk.refuse(operations, code);
        await assert.rejects(spool.add([entry("no", "a", "x".repeat(100))]), { code });
        spool.settle("1");
        await spool.close();
        assert.deepEqual(
          problems.map(({ cause }) => (cause as NodeJS.ErrnoException).code),
          [code],
        );
        disk.works();
        // The confirmation needs no sync.
        const expected = operations.includes("write") ? ["1", "2"] : ["2"];
        assert.deepEqual(idsOf(await drain(await open())), expected);
      });
    }

    it("that is full from the start: pending pushes are handed over, and new ones taken as soon as there is room", async () => {
      const spool = await open();
      await spool.add([entry("1"), entry("2")]);
      await spool.close();
      const disk = new Disk();
      disk.refuse(["write"]);
      const again = await open({ open: disk.open });
      const { handed } = receive(again);
      await until(() => handed.length === 2);
      await assert.rejects(again.add([entry("no")]), { code: "ENOSPC" });
      disk.works();
      again.settle("1");
      await again.add([entry("3")]);
      await again.close();
      assert.deepEqual(idsOf(await drain(await open())), ["2", "3"]);
    });

    it("that cannot take a dead letter: the push stays pending until it can", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open, redeliverAfterMs: soon, maxDeliveries: 1 });
      const { handed, dead } = receive(spool);
      disk.refuse(["write"], "ENOSPC", /dead/);
      await spool.add([entry("1")]);
      await until(() => problems.length >= 1);
      assert.deepEqual([handed.length, dead.length, spool.pending], [1, 0, 1]);
      disk.works();
      await until(() => dead.length === 1);
      const letters = readFileSync(join(folder, "dead.jsonl"), "utf8").trim().split("\n");
      assert.equal(JSON.parse(letters.at(-1)!).id, "1");
      assert.equal(spool.pending, 0);
    });

    it("that is full of settled pushes: has room again", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open });
      await spool.add([entry("1"), entry("2")]);
      disk.refuse(["write"]);
      spool.settle("1");
      spool.settle("2");
      await until(() => size() === 0);
      disk.works();
      await spool.add([entry("3")]);
      await spool.close();
      assert.deepEqual(idsOf(await drain(await open())), ["3"]);
      assert.deepEqual(problems, []);
    });

    it("that works again: a confirmation that it refused is not lost", async function () {
      this.timeout(20_000);
      const disk = new Disk();
      const spool = await open({ open: disk.open });
      await spool.add(range(5).map((id) => entry(id)));
      disk.refuse(["write"]);
      spool.settle("1");
      await until(() => problems.length === 1);
      assert.match(problems[0]!.message, /can't be written: ENOSPC$/);
      disk.works();
      await until(() => /^[\da-f]{8}s\d+$/m.test(journal()));
    });
  });

  describe("compaction", () => {
    /** Adds and settles entries until about this many bytes were written. */
    async function churn(spool: TestSpool, bytes: number): Promise<void> {
      const value = "呼".repeat(3000);
      for (let done = 0; done < bytes; done += 90_000) {
        const ids = range(10, `churn-${done}-`);
        await spool.add(ids.map((id) => entry(id, "nobody", value)));
        // Also if the last add made the file too large.
        const text = journal();
        for (const id of ids) assert.ok(text.includes(id));
        for (const id of ids) spool.settle(id);
      }
    }

    it("keeps the file small, and keeps every pending push in order with its count", async () => {
      const spool = await open();
      const { handed, detach } = receive(spool);
      await spool.add(range(50).map((id) => entry(id)));
      await until(() => handed.length === 50);
      detach();
      await spool.add(range(50, "x").map((id) => entry(id)));
      await churn(spool, 5_000_000);
      assert.ok(size() < 1_500_000, `${size()} bytes`);
      await spool.close();
      const again = await open();
      assert.deepEqual((await drain(again)).map(brief), [
        ...range(50).map((id) => `${id}/2`),
        ...range(50, "x").map((id) => `${id}/1`),
      ]);
    });

    it("does not touch a journal that is mostly pending", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open });
      for (const id of range(40)) await spool.add([entry(id, "nobody", "呼".repeat(30_000))]);
      assert.ok(size() > 3_000_000);
      assert.equal(disk.counts.open, 1);
    });

    it("loses nothing when it is killed before or after an old segment is dropped", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open, segmentBytes: 100_000 });
      const copies: string[] = [];
      await spool.add(range(20).map((id) => entry(id)));
      spool.settle("7");
      disk.before = (operation) => {
        if (operation === "sync") copies.push(snapshot());
      };
      await churn(spool, 2_000_000);
      disk.works();
      assert.ok(!segments().includes("journal-0000000001.log"), "it was written anew");
      copies.push(snapshot());
      for (const copy of [...copies.filter((_, index) => index % 5 === 0), copies.at(-1)!]) {
        const left = await open({ folder: copy });
        const ids = idsOf(await drain(left));
        assert.deepEqual(ids.filter((id) => id !== "7").length, 19);
        await left.close();
      }
      assert.deepEqual(problems, []);
    });

    it("continues with segments of any size", async () => {
      const spool = await open({ segmentBytes: 500_000 });
      await spool.add([entry("1")]);
      await churn(spool, 900_000);
      await churn(spool, 1_800_000);
      assert.ok(size() < 2_500_000, `${size()}`);
      await spool.close();
      assert.deepEqual(idsOf(await drain(await open())), ["1"]);
    });
  });

  describe("whose folder another process has taken over", () => {
    const takeOver = () => writeFileSync(join(folder, "lock"), "other");
    const journals = () => readdirSync(folder).filter((name) => name.endsWith(".log"));

    it("during a write: keeps what the other one may have read, and acknowledges none of it", async () => {
      const disk = new Disk();
      const spool = await open({ open: disk.open });
      await spool.add([entry("before")]);
      disk.before = (operation) => operation === "sync" && takeOver();
      await assert.rejects(spool.add([entry("during")]), /another process/);
      disk.works();
      const other = await open({ owner: "other" });
      const { handed } = receive(other);
      await until(() => handed.length === 2);
      assert.deepEqual(idsOf(handed), ["before", "during"]);
      assert.deepEqual(problems, []);
    });

    it("before it writes: writes, moves and removes nothing there", async () => {
      const spool = await open();
      await spool.add([entry("before")]);
      const [name = ""] = journals();
      const path = join(folder, name);
      const bytes = readFileSync(path);
      // The other process has written the segment again, under the same name.
      rmSync(path);
      writeFileSync(path, bytes);
      takeOver();
      await assert.rejects(spool.add([entry("after")]), /another process/);
      assert.deepEqual(journals(), [name]);
      assert.deepEqual(readFileSync(path), bytes);
    });
  });

  it("neither repeats nor gives up a push that has not reached its node, as when a flow blocks Node-RED", async () => {
    const spool = await open({ redeliverAfterMs: 1, maxDeliveries: 2 });
    const handed: Handed[] = [];
    const dead: Handed[] = [];
    spool.attach(
      "a",
      (one) => handed.push(one),
      (one) => dead.push(one),
      { reports: true },
    );
    await spool.add([entry("blocked"), entry("lost")]);
    // Another node gets the same entry until the maximum is reached. By then, enough time has passed.
    const other = receive(spool, "b");
    await spool.add([entry("clock", "b")]);
    await until(() => other.dead.length === 1);
    assert.deepEqual(handed.map(brief), ["blocked/1", "lost/1"]);
    assert.deepEqual(dead, []);
    // An entry that has not reached its node does not count as delivered.
    spool.giveBack(handed[1] as Handed);
    await spool.add([entry("next")]);
    await until(() => handed.some(({ id }) => id === "next"));
    assert.deepEqual(handed.slice(2).map(brief), ["lost/1", "next/1"]);
    spool.settle("lost");
    spool.settle("next");
    spool.arrived(handed[0] as Handed);
    await until(() => handed.length === 5);
    assert.deepEqual(brief(handed[4] as Handed), "blocked/2");
    spool.arrived(handed[4] as Handed);
    await until(() => dead.length === 1);
    assert.equal(spool.pending, 0);
  });

  it("does not hand over twice a push that a deleted node gives back when another one has it", async () => {
    const spool = await open();
    const given: Record<string, Handed[]> = { gone: [], next: [] };
    for (const [node, handed] of Object.entries(given)) {
      spool.attach(
        node,
        (one) => handed.push(one),
        () => assert.fail("given up"),
        { reports: true },
      );
    }
    await spool.add([entry("one", "gone")]);
    await until(() => given.gone?.length === 1);
    spool.store.spool.reassign("gone", () => "next");
    await until(() => given.next?.length === 1);
    spool.giveBack(given.gone?.[0] as Handed);
    await spool.add([entry("last", "next")]);
    await until(() => given.next?.some(({ id }) => id === "last") === true);
    assert.deepEqual(idsOf(given.next ?? []), ["one", "last"]);
  });

  it("killed under load: every acknowledged push is there, with its id", async function () {
    this.timeout(60_000);
    const added = new Set<string>();
    const settling = new Set<string>();
    for (let life = 1; life <= amount(1, 5); life += 1) {
      const child = run(folder, String(life));
      const lines = 500 + Math.floor(Math.random() * 1500);
      let heard = 0;
      const output = createInterface({ input: child.stdout });
      output.on("line", (line) => {
        heard += 1;
        if (heard === lines) child.kill("SIGKILL");
        const [what = "", id = ""] = line.split(" ");
        if (what === "added") added.add(id);
        else if (what === "settling") settling.add(id);
        else assert.fail(line);
      });
      await Promise.all([once(child, "exit"), once(output, "close")]);
      assert.equal(child.signalCode, "SIGKILL");
      const spool = await open({ maxDeliveries: 1000 });
      const handed = await drain(spool, "node");
      const ids = new Set(idsOf(handed));
      assert.equal(ids.size, handed.length, "each once");
      for (const id of added) assert.ok(settling.has(id) || ids.has(id), `${id} is lost`);
      for (const { id, value } of handed) assert.equal((value as { id: string }).id, id);
      await spool.close();
    }
    assert.ok(added.size > settling.size && settling.size > 100);
    assert.deepEqual(problems, []);
  });

  it("behaves like a simple model for any sequence of operations", async function () {
    this.timeout(60_000);
    const node = fc.constantFrom("a", "b");
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant("add" as const), nodes: fc.array(node, { maxLength: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("settle" as const), which: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse" as const), which: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("attach" as const), node }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("detach" as const), node }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        folder = mkdtempSync(join(root, "model-"));
        let spool = await open();
        let last = 0;
        const real: string[] = [];
        const model: string[] = [];
        const pending = new Map<string, { node: string; delivery: number; ready: boolean }>();
        const detaches = new Map<string, () => void>();
        const handOver = () => {
          for (const [id, one] of pending) {
            if (!one.ready || !detaches.has(one.node)) continue;
            if (one.delivery === 3) pending.delete(id);
            else Object.assign(one, { delivery: one.delivery + 1, ready: false });
            model.push(`${pending.has(id) ? "hand" : "dead"} ${one.node} ${id} ${one.delivery}`);
          }
        };
        for (const one of steps) {
          if (one.do === "add") {
            const entries = one.nodes.map((node) => entry(String(++last), node, { [node]: last }));
            for (const { id, node } of entries) pending.set(id, { node, delivery: 0, ready: true });
            await spool.add(entries);
          } else if (one.do === "settle") {
            assert.equal(spool.settle(String(one.which)), pending.delete(String(one.which)));
          } else if (one.do === "refuse") {
            assert.equal(spool.refuse(String(one.which)), pending.has(String(one.which)));
          } else if (one.do === "detach") {
            detaches.get(one.node)?.();
            detaches.delete(one.node);
          } else if (one.do === "attach") {
            const tell = (what: string) => (given: Handed) => {
              assert.deepEqual(given.value, { [one.node]: Number(given.id) });
              real.push(`${what} ${given.node} ${given.id} ${given.delivery}`);
            };
            detaches.set(one.node, spool.attach(one.node, tell("hand"), tell("dead")));
          } else {
            await spool.close();
            spool = await open();
            detaches.clear();
            for (const left of pending.values()) left.ready = true;
          }
          handOver();
          await until(() => real.length >= model.length);
          assert.deepEqual(real, model);
          assert.equal(spool.pending, pending.size);
        }
        await spool.close();
        assert.deepEqual([real, problems], [model, []]);
      }),
      { numRuns: amount(50, 150) },
    );
  });
});

const children = new Set<ChildProcess>();

/** Starts the process to be killed. */
function run(folder: string, life: string, task = "load") {
  const script = join(__dirname, "spool-child.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, folder, life, task], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  child.on("exit", () => children.delete(child));
  return child;
}
