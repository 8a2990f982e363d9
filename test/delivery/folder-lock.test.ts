// The lock of a folder: held by one process at a time, by a heartbeat; passes to another process when its holder has ended.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderLock } from "../../nodes/delivery/folder-lock";
import { eventually } from "../receive/flow";

const beat = { everyMs: 20, staleMs: 200 };

describe("the lock of a folder", () => {
  let folder: string;
  let stop: AbortController;
  const held: FolderLock[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sccc-lock-"));
    stop = new AbortController();
  });
  afterEach(() => {
    stop.abort();
    for (const lock of held.splice(0)) lock.release();
    rmSync(folder, { recursive: true, force: true });
  });

  async function acquire(owner: string, onHeld: () => void = () => undefined): Promise<FolderLock | undefined> {
    const lock = await FolderLock.acquire({ folder, owner, beat }, stop.signal, onHeld);
    if (lock !== undefined) held.push(lock);
    return lock;
  }

  it("has one owner, and the next one when it is released", async () => {
    const first = await acquire("a");
    let told = 0;
    let second: FolderLock | undefined;
    const waiting = acquire("b", () => (told += 1)).then((lock) => {
      second = lock;
    });
    await eventually("it is told that somebody has it", () => (told > 0 ? true : undefined));
    assert.deepEqual([first?.isHeld(), second], [true, undefined]);
    first?.release();
    await waiting;
    assert.deepEqual([first?.isHeld(), second !== undefined, told], [false, true, 1]);
  });

  it("is given at once to the same owner: a thread that is started again", async () => {
    await acquire("a");
    assert.ok((await acquire("a"))?.isHeld());
  });

  it("is taken over from an owner that ended without releasing it, and reports no owner", async () => {
    writeFileSync(join(folder, "lock"), "gone");
    let told = 0;
    assert.ok(await acquire("b", () => (told += 1)));
    assert.equal(told, 0);
  });

  it("is given to one of several that wait for it", async () => {
    writeFileSync(join(folder, "lock"), "gone");
    for (const owner of ["b", "c", "d"]) void acquire(owner);
    await eventually("one has it", () => (held.length > 0 ? true : undefined));
    assert.deepEqual([held.length, held.filter((lock) => lock.isHeld()).length], [1, 1]);
  });

  it("is noticed when it is lost, and taken again if only its file was removed", async () => {
    const lock = await acquire("a");
    rmSync(join(folder, "lock"));
    assert.equal(lock?.isHeld(), true);
    assert.ok(existsSync(join(folder, "lock")));
    writeFileSync(join(folder, "lock"), "another");
    assert.equal(lock?.isHeld(), false);
  });

  it("is waited for until the wait is cancelled", async () => {
    await acquire("a");
    const waiting = acquire("b");
    stop.abort();
    assert.equal(await waiting, undefined);
  });
});
