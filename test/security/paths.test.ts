// No name from outside leads out of a folder: recordings, feeds, spools, and the simulator's recordings.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NodeAPI } from "node-red";
import { PositionFile } from "../../nodes/runtime/feed/position";
import { spoolFolder } from "../../nodes/runtime/receive/receiving";
import type { Simulator } from "../../simulator";
import { temporaryFolder } from "../../tools/node-red";
import { initHelper, load, unload } from "../../tools/nodes";
import { startPlatform } from "../../tools/platform";
import { answersIn, talk } from "../receive/wire";

/** Names that try to leave the folder. */
const names = [
  ...["..", ".", "../x", "../../x", "/etc/x", "..\\x", "C:\\x", "\\\\host\\x", "a/../../x", "....//x", "%2e%2e/x"],
  ...["x\0.wav", "~/x", "con", "nul.wav", "-rf", "$(id)", "`id`", "|id", ";id", "x\r\ny", "\u202egpj.x", "", " "],
  ...["．．/x", "‥/x", "．．／x", "x".repeat(500), "é".repeat(300), "__proto__", "constructor", ".ssh", "file:///x"],
];

describe("a recording's name", () => {
  let platform: Simulator;
  let outside: string;
  let folder: string;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform();
    await platform.instruct({ do: "seed", records: 1 });
    outside = temporaryFolder();
    folder = join(outside, "recordings");
  });
  afterEach(async () => {
    await unload();
    await platform.close();
  });

  const filename = () => platform.state.records[0]?.filename ?? "";

  it("never leads out of its folder, for any fields from which it is made", async () => {
    const config = { type: "sccc-get-recording", to: "file", folder, exists: "replace" };
    for (const fileName of ["{agent}", "{agent}/{agent}.wav", "../{agent}", "{constructor}{__proto__}{agent}.wav"]) {
      const flow = await load(platform, { ...config, fileName });
      for (const agent of names) {
        const { msg, error } = await flow.send({ payload: { filename: filename(), agent } });
        assert.equal(error, undefined, `${fileName} ${JSON.stringify(agent)}: ${error?.message}`);
        assert.equal(dirname(msg.payload), folder, JSON.stringify(agent));
        assert.ok(existsSync(msg.payload));
      }
      await unload();
    }
    await load(platform, config);
    assert.deepEqual(readdirSync(outside), ["recordings"]);
    assert.ok(readdirSync(folder, { withFileTypes: true }).every((entry) => entry.isFile()));
  });

  it("does not follow a link that was put into the folder", async () => {
    const victim = join(outside, "victim");
    mkdirSync(folder);
    for (const exists of ["fail", "skip", "replace"]) {
      writeFileSync(victim, "untouched");
      if (!existsSync(join(folder, "x.wav"))) symlinkSync(victim, join(folder, "x.wav"));
      const flow = await load(platform, { type: "sccc-get-recording", to: "file", folder, fileName: "x.wav", exists });
      await flow.send({ payload: { filename: filename() } });
      assert.equal(readFileSync(victim, "utf8"), "untouched", exists);
      await unload();
    }
    await load(platform, { type: "sccc-get-recording" });
  });
});

describe("names of state files", () => {
  it("of feeds stay in their folder, and differ for different feeds", async () => {
    const outside = temporaryFolder();
    const folder = join(outside, "feeds");
    const paths = names.map((name) => new PositionFile(folder, name, "records").path);
    assert.equal(new Set(paths).size, names.length);
    for (const path of paths) assert.equal(dirname(path), folder);
    for (const name of names) {
      const file = new PositionFile(folder, name, "records");
      await file.write({ source: "records", key: "7" });
      assert.deepEqual(await file.read(), { source: "records", key: "7" });
    }
    assert.deepEqual(readdirSync(outside), ["feeds"]);
    assert.equal(readdirSync(folder).length, names.length);
  });

  it("of spools stay in their folder for any ids of a flow", () => {
    const userDir = temporaryFolder();
    const RED = { settings: { userDir } } as unknown as NodeAPI;
    for (const id of names.filter((name) => name !== "")) {
      assert.equal(dirname(spoolFolder(RED, id)), join(userDir, "sccc/spool"), JSON.stringify(id));
    }
  });
});

describe("the simulator's recordings", () => {
  it("are generated, and none is read from a file", async () => {
    const platform = await startPlatform();
    const port = Number(new URL(platform.url).port);
    const paths = [
      "/../../../../etc/passwd",
      "/record/../../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "//etc/passwd",
    ];
    for (const path of paths) {
      const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const [answer] = answersIn(await talk(port, (socket) => void socket.write(request)));
      assert.ok(answer !== undefined && answer.status >= 400, `${path}: ${answer?.status}`);
      assert.doesNotMatch(answer.body, /root:/);
    }
    await platform.close();
  });
});
