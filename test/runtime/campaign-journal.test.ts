// The journal of a campaign on a real disk: what is read back, damaged lines, and a disk that refuses to write.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JournalFile, readJournal, replaceJournal } from "../../nodes/runtime/campaign/journal-file";
import { temporaryFolder } from "../../tools/node-red";

describe("a campaign's journal", () => {
  const quiet = { trouble: () => undefined, verify: () => undefined };

  async function read(path: string) {
    const lines: string[] = [];
    return { ...(await readJournal(path, (line) => lines.push(line))), lines };
  }

  it("has its lines in their order, and goes on behind half a line that a crash left", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a.log");
    const file = new JournalFile(folder, path, quiet);
    const appended = await Promise.all([file.append(["1", "二"]), file.append(["3"])]);
    await file.close();
    assert.deepEqual(appended, [true, true]);
    appendFileSync(path, "12345678 half");
    const { lines, length, damaged } = await read(path);
    assert.deepEqual([lines, damaged], [["1", "二", "3"], 0]);
    const again = new JournalFile(folder, path, quiet, length);
    await again.append(["4"]);
    await again.close();
    assert.deepEqual((await read(path)).lines, ["1", "二", "3", "4"]);
  });

  it("is read without its damaged lines, which are kept aside", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a.log");
    await replaceJournal(path, ["first", "second", "third"]);
    writeFileSync(path, readFileSync(path, "utf8").replace("second", "secomd"));
    const { lines, damaged } = await read(path);
    assert.deepEqual([lines, damaged], [["first", "third"], 1]);
    assert.match(readFileSync(`${path}.damaged`, "utf8"), /secomd/);
  });

  it("waits for a disk that refuses, says so once, and writes all once it takes lines again", async () => {
    const parent = temporaryFolder();
    const folder = join(parent, "gone");
    const path = join(folder, "a.log");
    const told: unknown[] = [];
    let refused: () => void = () => undefined;
    const refusal = new Promise<void>((resolve) => {
      refused = resolve;
    });
    const trouble = (error: Error | undefined): void => {
      told.push(error === undefined ? "again" : "refused");
      refused();
    };
    const file = new JournalFile(folder, path, { ...quiet, trouble });
    const writing = file.append(["1"]);
    await refusal;
    mkdirSync(folder);
    assert.equal(await writing, true);
    await file.close();
    assert.deepEqual([told, (await read(path)).lines], [["refused", "again"], ["1"]]);
  });

  it("takes nothing for written in a file that was removed, and nothing when another process has the folder", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a.log");
    for (const isRemoved of [true, false]) {
      let isMine = true;
      let refused: () => void = () => undefined;
      const refusal = new Promise<void>((resolve) => {
        refused = resolve;
      });
      const verify = (): void => {
        if (!isMine) throw new Error("another process");
      };
      const file = new JournalFile(folder, path, { trouble: () => refused(), verify });
      assert.equal(await file.append(["1"]), true);
      if (isRemoved) rmSync(path);
      else isMine = false;
      const writing = file.append(["2"]);
      await refusal;
      await file.close();
      assert.equal(await writing, false);
    }
  });
});
