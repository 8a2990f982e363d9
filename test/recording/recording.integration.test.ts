// sccc-get-recording: only whole files, only from the account's own platform, only within its folder.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, resolve } from "node:path";
import fc from "fast-check";
import { recordUrl } from "../../nodes/protocol/recording-url";
import { nameOf, safeName } from "../../nodes/runtime/get-recording/target";
import type { Simulator } from "../../simulator";
import { temporaryFolder } from "../../tools/node-red";
import { type Flow, initHelper, load, logged, unload } from "../../tools/nodes";
import { account, startPlatform } from "../../tools/platform";

// biome-ignore lint/suspicious/noExplicitAny: messages are what assertions look into.
type Loose = any;

/** Names that lead elsewhere or are invalid. */
const hostile = [
  "http://evil.example/x.wav",
  "https://evil.example/x.wav",
  "//evil.example/x.wav",
  "///evil.example/x.wav",
  "ftp://evil/x",
  "file:///etc/passwd",
  "data:text/plain,x",
  "javascript:alert(1)",
  "HTTP://EVIL.EXAMPLE/",
  "http:evil.example",
  "../x.wav",
  "/../x.wav",
  "/a/../../x.wav",
  "a/..",
  "..",
  ".",
  "./x.wav",
  "/./x.wav",
  "/a/./b",
  "\\\\evil\\x.wav",
  "/\\evil.example/x.wav",
  "a\\b.wav",
  "\\x.wav",
  "/a\0b.wav",
  "a\nb.wav",
  "a\r\nHost: evil",
  "a\tb.wav",
  "/\ud800.wav",
  "",
  "/",
  " ",
  "//",
  "user:password@evil.example/x.wav",
] as const;

/** Unusual names that still stay on the platform. */
const odd = [
  "/%2e%2e/x.wav",
  "/%2F%2Fevil.example",
  "/a?b#c.wav",
  "/@evil.example/x.wav",
  "/:80/x.wav",
  "/录音/测试 1.wav",
  "/a b.wav",
  "x.wav",
  "/..../x",
  "/a;b,c.wav",
];

describe("the address of a recording", () => {
  const origin = "http://127.0.0.1:8088";
  it(`does not exist for ${hostile.length} hostile names`, () => {
    assert.ok(hostile.length >= 30);
    for (const name of hostile) assert.equal(recordUrl(name, { baseUrl: origin }), undefined, JSON.stringify(name));
  });

  it("has the account's own origin, for any name", () => {
    for (const name of odd) assert.ok(recordUrl(name, { baseUrl: origin })?.startsWith(`${origin}/`), name);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (name) => {
        const url = recordUrl(name, { baseUrl: origin });
        assert.ok(url === undefined || new URL(url).origin === origin);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the name of a recording's file", () => {
  it("stays in its folder, however it is written", () => {
    const names = [
      ...hostile,
      "CON",
      "nul.wav",
      "com1",
      "LPT9.txt",
      "aux.",
      "x".repeat(300),
      `${"录".repeat(200)}.wav`,
      "a:b",
      "a*b?",
      ".hidden",
      "trailing. ",
      "a\u202egnp.exe",
    ];
    const folder = "/recordings";
    const check = (text: string) => {
      const name = safeName(text);
      assert.equal(dirname(resolve(folder, name)), folder, JSON.stringify(text));
      assert.ok(name !== "" && Buffer.byteLength(name) <= 200 && !/^\.|[\\/:*?"<>|\p{Cc}]|[. ]$/u.test(name), name);
    };
    for (const name of names) check(name);
    assert.match(safeName(`${"录".repeat(200)}.wav`), /\.wav$/);
    assert.equal(safeName("CON"), "_CON");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => check(text)),
      { numRuns: 2000 },
    );
  });

  it("is made of the record's fields", () => {
    const record = { agent: "1000", callee: "138/../00", startTime: 17 };
    const name = (template: string, filename: string) =>
      nameOf({ template, payload: record, filename, exists: "fail" });
    assert.equal(name("{agent}-{ callee }-{startTime}-{name}", "/record/x.wav"), "1000-138_.._00-17-x.wav");
    assert.equal(name("{missing}{constructor}", "/x.wav"), "recording");
  });
});

describe("sccc-get-recording", function () {
  this.timeout(30_000);
  let platform: Simulator;
  let folder: string;
  let server: http.Server | undefined;
  before(initHelper);
  beforeEach(async () => {
    platform = await startPlatform();
    await platform.instruct({ do: "seed", records: 3 });
    folder = join(temporaryFolder(), "made/for/it");
  });
  afterEach(async () => {
    await unload();
    await platform.close();
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  const record = () => {
    const [first] = platform.state.records;
    return { filename: first?.filename ?? "", key: String(first?.key), agent: "1000" };
  };
  const toFile = (more: object = {}) => ({ type: "sccc-get-recording", to: "file", folder, ...more });
  const files = () => (existsSync(folder) ? readdirSync(folder) : []);

  /** A server for answers that the simulator does not give. */
  async function impostor(listener: RequestListener): Promise<{ url: string }> {
    server = http.createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  async function refused(flow: Flow, code: string, payload: unknown = { filename: "/x.wav" }): Promise<Loose> {
    const { error, msg } = await flow.send({ payload });
    assert.equal(error?.code, code, error?.message);
    assert.deepEqual(msg.payload, payload);
    assert.deepEqual(files(), []);
    assert.ok(!JSON.stringify([msg, logged()]).includes(account.password));
    return error;
  }

  it("gives a Buffer, of a record, a CDR or a billing event", async () => {
    const flow = await load(platform, { type: "sccc-get-recording" });
    const { filename } = record();
    for (const payload of [{ filename }, { recordFile: filename }]) {
      const { msg, error } = await flow.send({ payload, sccc: { command: "kept" } });
      assert.equal(error, undefined);
      assert.equal(msg.sccc.command, "kept");
      assert.ok(Buffer.isBuffer(msg.payload));
      assert.equal(msg.payload.subarray(0, 4).toString(), "RIFF");
      const { api, bytes, contentType, result } = msg.sccc.recording;
      assert.deepEqual([api, bytes, contentType, result.error], ["recording", msg.payload.length, "audio/wav", 0]);
    }
  });

  it("writes a file in a folder that it makes, under a name of the record's fields", async () => {
    const flow = await load(platform, toFile({ fileName: "{agent}-{key}.wav" }));
    const { msg } = await flow.send({ payload: record() });
    assert.equal(msg.payload, join(folder, "1000-1.wav"));
    assert.deepEqual(files(), ["1000-1.wav"]);
    assert.equal(statSync(msg.payload).size, msg.sccc.recording.bytes);
  });

  it("fails, keeps or replaces if the file exists already", async () => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "1.wav");
    for (const exists of ["fail", "skip", "replace"]) {
      writeFileSync(path, "mine");
      const flow = await load(platform, toFile({ fileName: "{key}.wav", exists }));
      const { msg, error } = await flow.send({ payload: record() });
      assert.equal(error?.code, exists === "fail" ? "SCCC_FILE" : undefined);
      assert.equal(readFileSync(path, "latin1") === "mine", exists !== "replace");
      assert.equal(msg.sccc.recording.skipped, exists === "skip" ? true : undefined);
      assert.deepEqual(files(), ["1.wav"]);
      await unload();
    }
    await load(platform, toFile());
  });

  it("gives a name to one of several that want it at once", async () => {
    const flow = await load(platform, toFile({ fileName: "same.wav" }));
    const ends: Loose[] = [];
    const all = new Promise<void>((done) => {
      const end = (msg: Loose) => {
        ends.push(msg.error?.code ?? "written");
        if (ends.length === 10) done();
      };
      const helper: Loose = require("node-red-node-test-helper");
      helper.getNode("out").on("input", end);
      helper.getNode("caught").on("input", end);
    });
    for (let index = 0; index < 10; index += 1) flow.node.receive({ payload: record() });
    await all;
    assert.deepEqual([...ends].sort(), [...Array(9).fill("SCCC_FILE"), "written"]);
    assert.deepEqual(files(), ["same.wav"]);
  });

  it("refuses hostile names before anything is requested", async () => {
    const flow = await load(platform, toFile());
    const before = platform.requests.length;
    for (const filename of hostile) await refused(flow, "SCCC_INVALID_FIELD", { filename });
    for (const filename of [7, {}, [], true]) await refused(flow, "SCCC_INVALID_FIELD", { filename });
    assert.equal(platform.requests.length, before);
  });

  const wav = Buffer.concat([Buffer.from("RIFF"), Buffer.alloc(100_000, 1)]);
  const cases: readonly {
    readonly what: string;
    readonly code: string;
    readonly answer: RequestListener;
    readonly config?: object;
  }[] = [
    {
      what: "a file that is not there",
      code: "SCCC_HTTP_404",
      answer: (_, response) => response.writeHead(404).end("no"),
    },
    {
      what: "a page",
      code: "SCCC_PROTOCOL",
      answer: (_, response) => response.setHeader("Content-Type", "text/html").end("<html>"),
    },
    {
      what: "a page that calls itself bytes",
      code: "SCCC_PROTOCOL",
      answer: (_, response) => response.setHeader("Content-Type", "application/octet-stream").end("<!DOCTYPE html>"),
    },
    {
      what: "a message",
      code: "SCCC_PROTOCOL",
      answer: (_, response) =>
        response.setHeader("Content-Type", "application/json; charset=utf-8").end('{"result":{"error":1}}'),
    },
    {
      what: "an empty file",
      code: "SCCC_PROTOCOL",
      answer: (_, response) => response.setHeader("Content-Type", "audio/wav").end(),
    },
    {
      what: "a redirection",
      code: "SCCC_HTTP_302",
      answer: (_, response) => response.writeHead(302, { Location: "http://elsewhere.example/" }).end(),
    },
    {
      what: "a part",
      code: "SCCC_PROTOCOL",
      answer: (_, response) => response.writeHead(206, { "Content-Type": "audio/wav" }).end(wav),
    },
    {
      what: "a connection cut within its length",
      code: "SCCC_NETWORK",
      answer: (_, response) =>
        void response
          .writeHead(200, { "Content-Type": "audio/wav", "Content-Length": 2 * wav.length })
          .write(wav, () => setImmediate(() => response.destroy())),
    },
    {
      what: "a connection cut between chunks",
      code: "SCCC_NETWORK",
      answer: (_, response) =>
        void response
          .writeHead(200, { "Content-Type": "audio/wav" })
          .write(wav, () => setImmediate(() => response.destroy())),
    },
    {
      what: "silence",
      code: "SCCC_TIMEOUT",
      answer: (_, response) => void response.writeHead(200, { "Content-Type": "audio/wav" }).write(wav),
    },
    {
      what: "more than is allowed, by its length",
      code: "SCCC_PROTOCOL",
      config: { maxMegabytes: "0.05" },
      answer: (_, response) =>
        response.writeHead(200, { "Content-Type": "audio/wav", "Content-Length": wav.length }).end(wav),
    },
    {
      what: "more than is allowed, without a length",
      code: "SCCC_PROTOCOL",
      config: { maxMegabytes: "0.05" },
      answer: (_, response) => {
        response.writeHead(200, { "Content-Type": "audio/wav" });
        response.write(wav);
        response.end(wav);
      },
    },
  ];
  for (const { what, code, answer, config = {} } of cases) {
    it(`leaves nothing behind of ${what}`, async () => {
      const flow = await load(await impostor(answer), toFile(config), { timeout: "0.5" });
      await refused(flow, code);
    });
  }

  it("waits for a file that is not there yet", async () => {
    let asked = 0;
    const platformOfOurs = await impostor((_, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(404).end();
      else if (asked === 2) response.setHeader("Content-Type", "audio/wav").end();
      else response.setHeader("Content-Type", "audio/wav").end(wav);
    });
    const flow = await load(platformOfOurs, { type: "sccc-get-recording", waitFor: "10" });
    const { msg } = await flow.send({ payload: { filename: "/x.wav" } });
    assert.deepEqual([asked, msg.payload.length], [3, wav.length]);
    assert.ok(flow.statuses.some(({ text }) => text === "status.fileMissing"));
  });

  it("leaves nothing behind when it is closed amid a file", async () => {
    let begun: () => void = () => undefined;
    const beginning = new Promise<void>((done) => {
      begun = done;
    });
    const flow = await load(
      await impostor((_, response) => {
        response.writeHead(200, { "Content-Type": "audio/wav" }).write(wav, begun);
      }),
      toFile(),
    );
    const ended = flow.send({ payload: { filename: "/x.wav" } });
    await beginning;
    while (files().length === 0) await new Promise(setImmediate);
    await unload();
    void ended;
    while (files().length > 0) await new Promise(setImmediate);
    await load(platform, toFile());
  });

  it("needs a folder that can be written", async () => {
    const file = join(temporaryFolder(), "a file");
    writeFileSync(file, "");
    const flow = await load(platform, { type: "sccc-get-recording", to: "file", folder: join(file, "below") });
    const { error } = await flow.send({ payload: record() });
    assert.equal(error?.code, "SCCC_FILE");
  });

  const megabytes = Number(process.env.MEGABYTES ?? 64);
  it(`writes a file of ${megabytes} MB in flat memory`, async function () {
    this.timeout(120_000);
    const piece = Buffer.alloc(1_000_000, 7);
    const platformOfOurs = await impostor(async (_, response) => {
      response.writeHead(200, { "Content-Type": "audio/wav", "Content-Length": megabytes * piece.length });
      for (let sent = 0; sent < megabytes; sent += 1) {
        if (!response.write(piece)) await once(response, "drain");
      }
      response.end();
    });
    const flow = await load(platformOfOurs, toFile({ maxMegabytes: "2000" }));
    const before = process.memoryUsage().rss;
    const { msg } = await flow.send({ payload: { filename: "/long.wav" } });
    const grown = (process.memoryUsage().rss - before) / 1e6;
    this.test!.title += ` (+${Math.round(grown)} MB resident)`;
    assert.equal(statSync(msg.payload).size, megabytes * piece.length);
    assert.ok(grown < 60 + megabytes / 10, `${grown} MB`);
  });
});
