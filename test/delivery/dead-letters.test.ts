// Dead letters: counting, the newest ones, and taking some out without losing others.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeadLetters } from "../../nodes/delivery/dead-letters";
import { type OpenFile, openFile } from "../../nodes/delivery/files";

describe("dead letters", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function made(open: OpenFile = openFile) {
    const folder = mkdtempSync(join(tmpdir(), "sccc-dead-"));
    folders.push(folder);
    const clock = { now: 1_700_000_000_000 };
    const letters = new DeadLetters(folder, open, () => clock.now);
    const add = (...ids: readonly number[]) =>
      letters.add(ids.map((id) => ({ id: String(id), node: "n", delivery: 5, text: JSON.stringify({ id }) })));
    return { letters, clock, add, path: join(folder, "dead.jsonl") };
  }
  const idsOf = (letters: DeadLetters, most = 200) => letters.newest(most).map(({ id }) => id);

  it("are counted and listed, the newest first", () => {
    const { letters, add } = made();
    assert.deepEqual([letters.count(), letters.newest(200)], [0, []]);
    add(1, 2);
    assert.equal(letters.count(), 2);
    add(3);
    assert.equal(letters.count(), 3);
    assert.deepEqual(
      [idsOf(letters), idsOf(letters, 2)],
      [
        ["3", "2", "1"],
        ["3", "2"],
      ],
    );
    const [{ text, node, delivery, at } = {}] = letters.newest(1);
    assert.deepEqual([text, node, delivery, at], ['{"id":3}', "n", 5, 1_700_000_000_000]);
  });

  it("are removed by their keys, and no other is removed", () => {
    const { letters, clock, add, path } = made();
    add(1, 2);
    clock.now += 1000;
    // The store was removed in between: ids begin anew.
    add(1, 3);
    appendFileSync(path, "no letter\n");
    const [, newer] = letters.newest(200);
    assert.equal(newer?.id, "1");
    assert.equal(letters.remove(new Set([newer?.key ?? "", "9@9"])), 1);
    assert.deepEqual(idsOf(letters), ["3", "2", "1"]);
    assert.equal(letters.count(), 3);
    assert.ok(readFileSync(path, "utf8").endsWith("no letter\n"));
    assert.equal(letters.remove(new Set([newer?.key ?? ""])), 0);
    add(4);
    assert.deepEqual([letters.count(), idsOf(letters, 1)], [4, ["4"]]);
  });

  it("are listed and counted only where they can leave the file, whatever else stands in it", () => {
    const { letters, add, path } = made();
    const time = "2023-11-14T22:13:20.000Z";
    const lines = [
      `{"id":"1","time":"${time}","node":"n","delivery":1,"value":{}}`,
      `{ "time":"${time}","id":"1","node":"n","delivery":1,"value":{}}`,
      `{"time":"no time","id":"1","node":"n","delivery":1,"value":{}}`,
      "null",
      "",
      "\u0000\ufffd",
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    assert.deepEqual([letters.count(), letters.newest(200)], [0, []]);
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    appendFileSync(path, `{"time":"${time}","id":"2","node":"n","delivery":1,"value":${deep}}\n`);
    for (const delivery of ["null", '"x"', "1e99", '{"a":1}']) {
      appendFileSync(path, `{"time":"${time}","id":"3","node":"n","delivery":${delivery}}\n`);
    }
    add(4);
    assert.deepEqual(idsOf(letters), ["4", "3", "3", "3", "3"]);
    assert.ok(letters.newest(200).every(({ delivery, text }) => Number.isSafeInteger(delivery) && text !== ""));
    assert.equal(letters.remove(new Set(letters.newest(200).map(({ key }) => key))), 5);
    assert.deepEqual(idsOf(letters), []);
    // A last line without its end may still be written.
    appendFileSync(path, `{"time":"${time}","id":"5","node":"n"`);
    assert.deepEqual(idsOf(letters), []);
  });

  it("are counted without reading a line again that never ends", () => {
    let read = 0;
    const open: OpenFile = (path, mode) => {
      const file = openFile(path, mode);
      return {
        ...file,
        read: (position, length) => {
          const bytes = file.read(position, length);
          read += bytes.length;
          return bytes;
        },
      };
    };
    const { letters, add, path } = made(open);
    add(1);
    appendFileSync(path, "x".repeat(3_000_000));
    assert.equal(letters.count(), 1);
    assert.ok(read >= 3_000_000);
    read = 0;
    assert.deepEqual([letters.count(), read], [1, 0]);
    add(2);
    assert.equal(letters.count(), 2);
    assert.deepEqual(idsOf(letters), ["2", "1"]);
  });

  it("are counted anew where somebody has emptied the file meanwhile", () => {
    const { letters, clock, add, path } = made();
    add(1, 2);
    assert.equal(letters.count(), 2);
    writeFileSync(path, "");
    clock.now += 1;
    letters.add([{ id: "3", node: "n", delivery: 5, text: JSON.stringify("x".repeat(1000)) }]);
    assert.equal(letters.count(), 1);
    add(4);
    assert.equal(letters.count(), 2);
  });

  it("are counted anew where somebody has replaced the file by one of the same size", () => {
    const { letters, add, path } = made();
    add(1, 2);
    assert.equal(letters.count(), 2);
    const [line = ""] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, `${line.padEnd(readFileSync(path).length - 1)}\n`);
    // Not as exact as a second on every disk.
    utimesSync(path, 1_800_000_000, 1_800_000_000);
    assert.equal(letters.count(), 1);
  });

  it("are counted anew after they have expired", () => {
    const { letters, clock, add } = made();
    add(1);
    clock.now += 3 * 86_400_000;
    add(2);
    assert.equal(letters.count(), 2);
    letters.expire(2);
    assert.deepEqual([letters.count(), idsOf(letters)], [1, ["2"]]);
  });

  it("are counted anew after people changed the file, and after some were removed", () => {
    const { letters, add, path } = made();
    add(1, 2);
    assert.equal(letters.count(), 2);
    const [line = ""] = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, `${line}\n`);
    assert.equal(letters.count(), 1);
    letters.add([{ id: "2", node: "n".repeat(500), delivery: 1, text: "{}" }]);
    assert.equal(letters.count(), 2);
    letters.remove(new Set(letters.newest(2).map(({ key }) => key)));
    // As many bytes as the counted ones had, in more lines.
    add(3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    assert.equal(letters.count(), 13);
  });

  it("are listed beside lines that are no letters", () => {
    const { letters, add, path } = made();
    add(1);
    appendFileSync(path, 'null\n[]\n5\n{"time":1}\n{"time":\n');
    add(2);
    assert.deepEqual(idsOf(letters), ["2", "1"]);
  });

  it("stay unchanged if the new file cannot be written", () => {
    let full = false;
    const open: OpenFile = (path, mode) => {
      const file = openFile(path, mode);
      const write: typeof file.write = (data, position) => {
        if (full) throw new Error("ENOSPC");
        file.write(data, position);
      };
      return { ...file, write };
    };
    const { letters, add, path } = made(open);
    add(1, 2);
    const before = readFileSync(path, "utf8");
    const [{ key = "" } = {}] = letters.newest(1);
    full = true;
    assert.throws(() => letters.remove(new Set([key])), /can't be written: ENOSPC/);
    assert.equal(readFileSync(path, "utf8"), before);
    full = false;
    assert.equal(letters.remove(new Set([key])), 1);
    assert.deepEqual([idsOf(letters), existsSync(`${path}.new`)], [["1"], false]);
  });

  it("are read from the end of a large file only, and all counted", () => {
    const { letters, add, path } = made();
    const value = JSON.stringify({ text: "电".repeat(1000) });
    const line = `{"time":"2023-11-14T22:13:20.000Z","id":"7","node":"n","delivery":1,"value":${value}}\n`;
    writeFileSync(path, line.repeat(3000));
    add(8);
    assert.equal(letters.count(), 3001);
    const newest = letters.newest(100_000);
    assert.ok(newest.length > 1000 && newest.length < 3001, String(newest.length));
    assert.deepEqual([newest[0]?.id, JSON.parse(newest[1]?.text ?? "")], ["8", JSON.parse(value)]);
    assert.equal(letters.remove(new Set([newest[0]?.key ?? ""])), 1);
    assert.equal(readFileSync(path, "utf8"), line.repeat(3000));
  });
});
