// The lock of the feeds of one Node-RED: kept while there are feeds, given back without, and got again at once.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
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

  it("stays while there is a feed, and is given back without one", async () => {
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

  it("tells the feeds once when the other Node-RED is gone", async () => {
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
