// Recordings on disk: none is mistaken for another, none is empty, and their names are on disk.
import assert from "node:assert/strict";
import { existsSync, link, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { syncFolder } from "../../nodes/delivery/files";
import { type Disk, type Exists, isThere, nameOf, PartFile } from "../../nodes/runtime/get-recording/target";

import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, unload } from "../../tools/nodes";
import { type RawServer, serve } from "./raw";

const without =
  (code: string): Disk["link"] =>
  async () => {
    throw Object.assign(new Error(`${code}: no hard links here`), { code });
  };
const linked: Disk["link"] = (from, to) =>
  new Promise((done, failed) => link(from, to, (error) => (error === null ? done() : failed(error))));
const disks: Readonly<Record<string, Disk>> = {
  "with hard links": { link: linked, syncFolder, staleMs: 50 },
  "without hard links (EPERM)": { link: without("EPERM"), syncFolder, staleMs: 50 },
  "without hard links (ENOTSUP)": { link: without("ENOTSUP"), syncFolder, staleMs: 50 },
};

const named = (filename: string, exists: Exists, template = "{name}") =>
  nameOf({ template, payload: { agent: "1000" }, filename, exists });

describe("the name of a recording's file, if different recordings could have the same name", () => {
  it("is shortened at once for a platform's name of any length", () => {
    for (const letter of ["a", "录", "😀"]) {
      const name = nameOf({
        template: "{name}",
        payload: {},
        filename: `${letter.repeat(300_000)}.wav`,
        exists: "skip",
      });
      assert.match(name, /-[0-9a-f]{8}\.wav$/);
      assert.ok(Buffer.byteLength(name) <= 180 && !name.includes("\ufffd"), name);
    }
  });

  const pairs: readonly (readonly [string, string])[] = [
    ["/a/x.wav", "/b/x.wav"],
    ["/a/x.wav", "x.wav"],
    ["/2026/11/23/x.wav", "/2026/11/24/x.wav"],
    ["a:b.wav", "a_b.wav"],
    ["a?b.wav", "a*b.wav"],
    ["/a_x.wav", "/a/x.wav"],
    ["a/b/x", "a/b_x"],
    [".x.wav", "x.wav"],
    ["x.wav.", "x.wav"],
    ["CON", "_CON"],
    [`${"x".repeat(200)}1.wav`, `${"x".repeat(200)}2.wav`],
    [`${"录".repeat(100)}1.wav`, `${"录".repeat(100)}2.wav`],
    ["a\u200bb.wav", "ab.wav"],
  ];
  for (const [one, other] of pairs) {
    it(`differs for ${one.slice(-30)} and ${other.slice(-30)}`, () => {
      for (const exists of ["skip", "replace"] as const) {
        for (const template of ["{name}", "{agent}-{name}", `${"y".repeat(170)}{name}`]) {
          assert.notEqual(named(one, exists, template), named(other, exists, template));
        }
      }
    });
  }

  it("is the recording's own if it is unambiguous, or if an existing file is an error", () => {
    assert.equal(named("/x.wav", "skip"), "x.wav");
    assert.equal(named("x.wav", "replace"), "x.wav");
    assert.equal(named("/a/x.wav", "fail"), "x.wav");
    assert.equal(named("/a/x.wav", "skip", "{agent}.wav"), "1000.wav");
    assert.match(named("/a/x.wav", "skip"), /^x-[\da-f]{8}\.wav$/);
  });

  it("is the same each time, with and without a leading slash", () => {
    assert.equal(named("/a/x.wav", "skip"), named("a/x.wav", "skip"));
  });

  it("differs for any two names, and stays short", () => {
    const name = fc.array(fc.constantFrom(..."abAB/:?._ 录\u200b"), { maxLength: 12 }).map((all) => all.join(""));
    const whole = (text: string) => text.trim().replace(/^\//, "");
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(whole(one) !== whole(other));
        assert.notEqual(named(one, "skip"), named(other, "skip"));
        assert.ok(Buffer.byteLength(named(one, "skip")) <= 200);
      }),
      { numRuns: 3000 },
    );
  });
});

for (const [kind, disk] of Object.entries(disks)) {
  describe(`a recording's file on a disk ${kind}`, () => {
    const write = async (folder: string, text: string) => {
      const part = await PartFile.begin(folder, "x.wav", disk);
      await part.write(Buffer.from(text));
      return part;
    };
    const texts = (folder: string) =>
      Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));

    it("has no empty file with its name if the download ends early", async () => {
      const folder = temporaryFolder();
      const part = await write(folder, "one");
      // The state after a crash between reserving the name and renaming the file.
      for (const name of readdirSync(folder)) await unlink(join(folder, name));
      await assert.rejects(part.finish("skip"));
      assert.equal(existsSync(join(folder, "x.wav")), false);
    });

    it("replaces an empty file that a crash has left", async () => {
      for (const exists of ["skip", "fail", "replace"] as const) {
        const folder = temporaryFolder();
        writeFileSync(join(folder, "x.wav"), "");
        assert.equal(await isThere(join(folder, "x.wav")), false);
        assert.equal(await (await write(folder, "one")).finish(exists), true);
        assert.deepEqual(texts(folder), { "x.wav": "one" });
      }
    });

    it("does not change an existing file", async () => {
      const folder = temporaryFolder();
      assert.equal(await (await write(folder, "one")).finish("fail"), true);
      assert.equal(await (await write(folder, "two")).finish("fail"), false);
      assert.equal(await (await write(folder, "two")).finish("skip"), false);
      assert.deepEqual(texts(folder), { "x.wav": "one" });
    });

    it("is written completely by one of twenty concurrent downloads", async () => {
      const folder = temporaryFolder();
      const parts = await Promise.all(Array.from({ length: 20 }, (_, index) => write(folder, `text ${index}`)));
      const taken = await Promise.all(parts.map((part) => part.finish("skip")));
      assert.equal(taken.filter((one) => one).length, 1);
      assert.deepEqual(texts(folder), { "x.wav": `text ${taken.indexOf(true)}` });
    });

    it("is written although a crash has left a claim for its name", async () => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, ".x.wav.claim"), "");
      assert.equal(await (await write(folder, "one")).finish("skip"), true);
      assert.equal(readFileSync(join(folder, "x.wav"), "utf8"), "one");
    });

    it("is durable with its new folders: each is synced in its parent", async () => {
      const root = temporaryFolder();
      const folder = join(root, "a/b/c");
      const synced: string[] = [];
      const watched: Disk = {
        ...disk,
        syncFolder: async (at) => {
          synced.push(at);
          await syncFolder(at);
        },
      };
      const part = await PartFile.begin(folder, "x.wav", watched);
      assert.deepEqual(new Set(synced), new Set([join(root, "a/b"), join(root, "a"), root]));
      await part.write(Buffer.from("one"));
      await part.finish("fail");
      assert.equal(synced.at(-1), folder);
      synced.length = 0;
      await (await PartFile.begin(folder, "y.wav", watched)).discard();
      assert.deepEqual(synced, []);
    });
  });
}

describe("a claim of a running download", () => {
  it("is waited for", async () => {
    const folder = temporaryFolder();
    const claim = join(folder, ".x.wav.claim");
    const part = await PartFile.begin(folder, "x.wav", { link: without("EPERM"), syncFolder, staleMs: 60_000 });
    await part.write(Buffer.from("mine"));
    writeFileSync(claim, "");
    writeFileSync(join(folder, ".other"), "theirs");
    const finished = part.finish("skip");
    await stat(claim);
    await rename(join(folder, ".other"), join(folder, "x.wav"));
    await unlink(claim);
    assert.equal(await finished, false);
    assert.equal(readFileSync(join(folder, "x.wav"), "utf8"), "theirs");
  });
});

describe("sccc-get-recording, to files", function () {
  this.timeout(30_000);
  let server: RawServer;
  before(initHelper);
  beforeEach(async () => {
    server = await serve((request, response) =>
      response.setHeader("Content-Type", "audio/wav").end(`RIFF\0\0\0\0 of ${request.url}`),
    );
  });
  afterEach(async () => {
    await unload();
    server.close();
  });

  it("took two recordings of the same last name for one, with exists: skip", async () => {
    const folder = temporaryFolder();
    const flow = await load(server, { type: "sccc-get-recording", to: "file", folder, exists: "skip" });
    const paths = new Set<string>();
    for (const filename of ["/2026/11/23/x.wav", "/2026/11/24/x.wav"]) {
      for (const again of [false, true]) {
        const { msg, error } = await flow.send({ payload: { filename } });
        assert.equal(error, undefined);
        assert.equal(msg.sccc.recording.skipped, again || undefined);
        assert.equal(readFileSync(msg.payload, "utf8"), `RIFF\0\0\0\0 of ${filename}`);
        assert.equal(dirname(msg.payload), folder);
        paths.add(msg.payload);
      }
    }
    assert.equal(paths.size, 2);
    assert.equal(server.asked.length, 2);
  });

  it("reported a file of no bytes as success, with exists: skip", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "x.wav"), "");
    const flow = await load(server, { type: "sccc-get-recording", to: "file", folder, exists: "skip" });
    const { msg } = await flow.send({ payload: { filename: "/x.wav" } });
    assert.equal(msg.sccc.recording.skipped, undefined);
    assert.equal(readFileSync(msg.payload, "utf8"), "RIFF\0\0\0\0 of /x.wav");
  });

  it("refused names with colons", async () => {
    const folder = temporaryFolder();
    const flow = await load(server, { type: "sccc-get-recording", to: "file", folder });
    const { msg, error } = await flow.send({ payload: { filename: "rec-2026-03-01-10:00:00.wav" } });
    assert.equal(error, undefined);
    assert.equal(msg.payload, join(folder, "rec-2026-03-01-10_00_00.wav"));
    assert.equal(server.asked[0]?.url, "/rec-2026-03-01-10%3A00%3A00.wav");
  });

  it("fetches by the account's recording address", async () => {
    const recordingUrl = "/recordFile/listen?key={filename:query}";
    const flow = await load(server, { type: "sccc-get-recording" }, { recordingUrl });
    const { msg } = await flow.send({ payload: { recordFile: "/r/1.wav" } });
    assert.match(String(msg.payload), /of \/recordFile\/listen\?key=%2Fr%2F1\.wav$/);
  });

  it("reports an invalid recording address of an account", async () => {
    const flow = await load(server, { type: "sccc-get-recording" }, { recordingUrl: "http://{filename}/" });
    const { error } = await flow.send({ payload: { filename: "x.wav" } });
    assert.equal(error?.code, "SCCC_CONFIG");
    assert.equal(server.asked.length, 0);
  });
});
