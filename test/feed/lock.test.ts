// The lock of the feeds of one Node-RED: kept while there are feeds, released without any, and then available at once.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FolderLock } from "../../nodes/delivery/folder-lock";
import { FeedLock } from "../../nodes/runtime/feed/lock";
import { temporaryFolder } from "../../tools/node-red";
import { eventually } from "../receive/flow";

const beat = { everyMs: 20, staleMs: 400 };

describe("the lock of the feeds", () => {
  const locks: FeedLock[] = [];
  afterEach(() => {
    for (const lock of locks.splice(0)) lock.settle();
  });

  function lockOf(folder: string, owner = "this Node-RED"): FeedLock {
    const lock = new FeedLock({ folder, owner, beat });
    locks.push(lock);
    return lock;
  }

  const hold = (folder: string) => {
    mkdirSync(folder, { recursive: true });
    const signal = new AbortController().signal;
    return FolderLock.acquire({ folder, owner: "another Node-RED", beat }, signal, () => undefined);
  };

  it("is held while there is a feed, and released when there is none", async () => {
    const folder = join(temporaryFolder(), "feeds");
    const lock = lockOf(folder);
    const leave = lock.add(() => undefined);
    assert.deepEqual([await lock.get(), lock.isHeld()], [true, true]);
    lock.settle();
    assert.ok(lock.isHeld(), "there is a feed");
    leave();
    lock.settle();
    assert.deepEqual([lock.isHeld(), existsSync(join(folder, "lock"))], [false, false]);
    assert.equal(await lock.get(), true);
  });

  it("informs the feeds once when the other Node-RED has ended", async () => {
    const folder = temporaryFolder();
    const other = await hold(folder);
    const lock = lockOf(folder);
    let told = 0;
    const leave = lock.add(() => {
      told += 1;
    });
    assert.deepEqual([await lock.get(), await lock.get(), lock.isHeld()], [false, false, false]);
    other?.release();
    await eventually("it is here", () => (lock.isHeld() ? true : undefined));
    assert.deepEqual([await lock.get(), told], [true, 1]);
    leave();
  });

  it("is requested again by flows that restart at once", async () => {
    const folder = temporaryFolder();
    const other = await hold(folder);
    const lock = lockOf(folder);
    assert.equal(await lock.get(), false);
    // The flows stop, the other one ends, and the flows start.
    lock.settle();
    other?.release();
    assert.equal(await lock.get(), true);
  });

  it("is not acquired when there is no feed any more, whether or not another Node-RED held it", async () => {
    const folder = temporaryFolder();
    const other = await hold(folder);
    const lock = lockOf(folder);
    assert.equal(await lock.get(), false);
    const last = lock.get();
    lock.settle();
    assert.equal(await last, false);
    other?.release();
    assert.equal(existsSync(join(folder, "lock")), false);
    const asked = lock.get();
    lock.settle();
    assert.deepEqual([await asked, lock.isHeld(), existsSync(join(folder, "lock"))], [false, false, false]);
  });

  it("is released if the flows stop while it is taken over from a process that has died", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "lock");
    writeFileSync(file, "one that has died");
    const lock = new FeedLock({ folder, owner: "this Node-RED", beat: { everyMs: 400, staleMs: 50 } });
    const asked = lock.get();
    await eventually("it is taken over", () => (readFileSync(file, "utf8") === "this Node-RED" ? true : undefined));
    lock.settle();
    assert.deepEqual([await asked, existsSync(file)], [false, false]);
  });

  it("informs the feeds once, although the flows have stopped and started while it waited", async () => {
    const folder = temporaryFolder();
    const other = await hold(folder);
    const lock = lockOf(folder);
    assert.equal(await lock.get(), false);
    lock.settle();
    let told = 0;
    const leave = lock.add(() => {
      told += 1;
    });
    assert.equal(await lock.get(), false);
    assert.equal(await lock.get(), false);
    other?.release();
    await eventually("it is here", () => (lock.isHeld() ? true : undefined));
    assert.deepEqual([await lock.get(), told], [true, 1]);
    leave();
  });

  it("is acquired again after another Node-RED took it, and released when the process ends", async () => {
    const folder = temporaryFolder();
    const before = new Set(process.listeners("exit"));
    const added = () => process.listeners("exit").filter((listener) => !before.has(listener));
    const lock = lockOf(folder);
    assert.deepEqual([await lock.get(), added().length], [true, 1]);
    writeFileSync(join(folder, "lock"), "another Node-RED");
    assert.equal(lock.isHeld(), false);
    assert.deepEqual([await lock.get(), added().length], [true, 1]);
    added()[0]?.(0);
    assert.equal(existsSync(join(folder, "lock")), false);
    lock.settle();
    assert.equal(added().length, 0);
  });

  it("cannot be taken while the folder cannot be created, and can be taken afterwards", async () => {
    const folder = join(temporaryFolder(), "feeds");
    writeFileSync(folder, "a file");
    const lock = lockOf(folder);
    await assert.rejects(lock.get(), /EEXIST|ENOTDIR/);
    await assert.rejects(lock.get(), /EEXIST|ENOTDIR/);
    rmSync(folder);
    assert.equal(await lock.get(), true);
  });
});
