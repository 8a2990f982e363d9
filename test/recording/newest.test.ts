// "Test connection" downloads the beginning of the newest recording, and describes the result.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import english from "../../locales/en-US/sccc.json";
import chinese from "../../locales/zh-CN/sccc.json";
import { tryNewestRecording } from "../../nodes/runtime/admin/newest-recording";
import { type AccountConfig, narrowAccount } from "../../nodes/runtime/shared/config";
import { localTime } from "../../nodes/util/time";
import { account, startPlatform } from "../../tools/platform";
import { type RawServer, serve, wavOf } from "./raw";

/** A record or a CDR in the platform's list. */
type Item = Readonly<Record<string, unknown>>;

/** A platform with these lists. The test sets its answers for recordings. */
interface Platform {
  readonly cdrs?: readonly Item[] | "refused";
  readonly records?: readonly Item[] | "refused";
  readonly recording?: (request: IncomingMessage, response: ServerResponse) => void;
}

const configOf = (baseUrl: string, more: object = {}): AccountConfig => {
  const config = { baseUrl, customer: account.customer, ...more };
  const narrowed = narrowAccount(
    config,
    { password: account.password },
    (text) => text,
    () => undefined,
  );
  assert.ok(narrowed.ok, JSON.stringify(narrowed));
  return narrowed.value;
};

const cdr = (key: number, filename: string, minutesAgo: number): Item => ({
  key: String(key),
  filename,
  answerTime: localTime(Date.now() - minutesAgo * 60_000, "Asia/Shanghai"),
});

describe("Test connection, of the newest recording", function () {
  this.timeout(20_000);
  let server: RawServer | undefined;
  let listed: { readonly api: string; readonly request: Item }[] = [];
  afterEach(() => {
    server?.close();
    listed = [];
  });

  async function start({ cdrs = [], records = [], recording }: Platform): Promise<RawServer> {
    server = await serve((request, response) => {
      if (request.method === "GET")
        return void (recording ?? ((_, gone) => gone.writeHead(404).end()))(request, response);
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        const api = request.url?.split("/").at(-1) ?? "";
        const asked = (JSON.parse(text) as { request: Item }).request;
        listed.push({ api, request: asked });
        const list = api === "getCdrList" ? cdrs : records;
        if (list === "refused") return void response.end('{"result":{"error":11,"msg":""}}');
        const from = String(asked.startTime ?? "");
        const isCdr = api === "getCdrList";
        const items = isCdr
          ? list.filter(({ answerTime }) => String(answerTime) >= from)
          : list.filter(({ key }) => Number(key) > Number(asked.startKey)).slice(0, 500);
        const answer = { seq: asked.seq, result: { error: 0 }, [isCdr ? "cdr" : "record"]: items };
        response.end(JSON.stringify({ result: { error: 0 }, data: { response: answer } }));
      });
    });
    return server;
  }

  const run = async (platform: Platform, more: object = {}) => {
    const { url } = await start(platform);
    return { url, told: await tryNewestRecording(configOf(url, more), 0, new AbortController().signal) };
  };
  const audio = (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(200, { "Content-Type": "audio/x-wav" }).end(wavOf(100_000));
  const one = [cdr(1, "/r/1.wav", 5)];

  const cases: readonly {
    readonly what: string;
    readonly platform: Platform;
    readonly more?: object;
    readonly outcome: string;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly path?: string;
  }[] = [
    {
      what: "audio",
      platform: { cdrs: one, recording: audio },
      outcome: "audio",
      params: { type: "WAV" },
      path: "/r/1.wav",
    },
    {
      what: "audio at the recording address",
      platform: { cdrs: one, recording: audio },
      more: { recordingUrl: "/recordFile/listen?file={filename:query}" },
      outcome: "audio",
      path: "/recordFile/listen?file=%2Fr%2F1.wav",
    },
    {
      what: "audio of a format that only its type tells",
      platform: {
        cdrs: one,
        recording: (_, response) =>
          void response.writeHead(200, { "Content-Type": "audio/G729" }).end(Buffer.alloc(500, 1)),
      },
      outcome: "audio",
      params: { type: "audio/G729" },
    },
    {
      what: "an unknown format",
      platform: { cdrs: one, recording: (_, response) => void response.end(Buffer.alloc(500, 1)) },
      outcome: "bytes",
    },
    { what: "no such file", platform: { cdrs: one }, outcome: "http", params: { status: 404 } },
    {
      what: "a page in its place",
      platform: {
        cdrs: one,
        recording: (_, response) => void response.setHeader("Content-Type", "text/html").end("<html>Log in</html>"),
      },
      outcome: "page",
    },
    {
      what: "a page that calls itself audio",
      platform: {
        cdrs: one,
        recording: (_, response) => void response.setHeader("Content-Type", "audio/wav").end("<br />Warning"),
      },
      outcome: "page",
      params: { detail: "<br />Warning" },
    },
    {
      what: "a redirection",
      platform: {
        cdrs: one,
        recording: (_, response) => void response.writeHead(302, { Location: "http://127.0.0.1:1/x" }).end(),
      },
      outcome: "redirect",
      params: { status: 302, location: "http://127.0.0.1:1/x" },
    },
    {
      what: "an empty file",
      platform: { cdrs: one, recording: (_, response) => void response.end() },
      outcome: "empty",
    },
    {
      what: "an unknown encoding",
      platform: {
        cdrs: one,
        recording: (_, response) => void response.setHeader("Content-Encoding", "compress").end("x"),
      },
      outcome: "unreadable",
    },
    {
      what: "silence",
      platform: { cdrs: one, recording: () => undefined },
      more: { timeout: "0.3" },
      outcome: "timeout",
    },
    {
      what: "nobody at the host of the recording address",
      platform: { cdrs: one },
      more: { recordingUrl: "http://127.0.0.1:1/{filename}" },
      outcome: "unreachable",
      params: { detail: "ECONNREFUSED" },
    },
    {
      what: "a filename that is an address",
      platform: { cdrs: [cdr(1, "http://127.0.0.1:1/x.wav", 5)] },
      outcome: "address",
      params: { filename: "http://127.0.0.1:1/x.wav" },
    },
    { what: "no recording yet", platform: {}, outcome: "none" },
    {
      what: "calls without a recording",
      platform: { cdrs: [cdr(1, "", 5)], records: [{ key: 1, filename: "" }] },
      outcome: "none",
    },
    {
      what: "the newest CDR that has one, not the last of the list",
      platform: { cdrs: [cdr(3, "/r/3.wav", 10), cdr(5, "", 1), cdr(1, "/r/1.wav", 30)], recording: audio },
      outcome: "audio",
      path: "/r/3.wav",
    },
    {
      what: "a CDR of some days ago",
      platform: { cdrs: [cdr(1, "/r/old.wav", 3 * 1440)], recording: audio },
      outcome: "audio",
      path: "/r/old.wav",
    },
    {
      what: "a record, where there is no CDR",
      platform: {
        records: Array.from({ length: 1234 }, (_, index) => ({
          key: String(index + 1),
          filename: `/r/${index + 1}.wav`,
        })),
        recording: audio,
      },
      outcome: "audio",
      path: "/r/1234.wav",
    },
    {
      what: "a record, where CDRs are refused",
      platform: { cdrs: "refused", records: [{ key: 7, filename: "/r/7.wav" }], recording: audio },
      outcome: "audio",
      path: "/r/7.wav",
    },
    {
      what: "nothing that the platform would list",
      platform: { cdrs: "refused", records: "refused" },
      outcome: "unlisted",
      params: { code: "E_C_UNSUPPORT_API_REQUEST" },
    },
    {
      what: "no records in an older version",
      platform: { records: "refused" },
      more: { apiVersion: "2.0.2" },
      outcome: "none",
    },
  ];
  for (const { what, platform, more, outcome, params = {}, path } of cases) {
    it(`reports ${what}`, async () => {
      const { url, told } = await run(platform, more);
      assert.equal(told.outcome, outcome, JSON.stringify(told));
      for (const [name, value] of Object.entries(params)) assert.equal(told.params?.[name], value, name);
      if (path !== undefined) assert.equal(told.params?.url, url + path);
      assert.ok(listed.length < 40, `${listed.length} requests`);
    });
  }

  it("has a text for every outcome and its parameters, in both languages", () => {
    const outcomes = new Set(cases.map(({ outcome }) => outcome));
    for (const { recording } of [english, chinese]) {
      const texts: Readonly<Record<string, string>> = recording;
      for (const outcome of outcomes) assert.ok(texts[outcome], outcome);
      assert.deepEqual(new Set(Object.keys(texts)), new Set([...outcomes, "slow"]));
    }
  });

  it("reads no more of a long recording than its beginning", async () => {
    let closed = 0;
    const endless = (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { "Content-Type": "audio/wav" });
      response.on("close", () => {
        closed += 1;
      });
      const more = () => {
        while (!response.destroyed && response.write(wavOf(60_000)));
        response.once("drain", more);
      };
      more();
    };
    const { told } = await run({ cdrs: one, recording: endless });
    assert.equal(told.outcome, "audio");
    while (closed === 0) await new Promise(setImmediate);
  });

  it("sends no request once the editor is closed", async () => {
    const { url } = await start({ cdrs: one, recording: audio });
    const told = await tryNewestRecording(configOf(url), 0, AbortSignal.abort());
    assert.equal(told.outcome, "slow");
    assert.equal(server?.asked.length, 0);
  });

  it("finds the simulator's recording", async () => {
    const platform = await startPlatform();
    try {
      const config = configOf(platform.url);
      const none = await tryNewestRecording(config, 0, new AbortController().signal);
      assert.equal(none.outcome, "none");
      await platform.instruct({ do: "seed", records: 700 });
      const told = await tryNewestRecording(config, 0, new AbortController().signal);
      assert.deepEqual([told.outcome, told.params?.type], ["audio", "WAV"]);
      const wrong = { ...config, recordingUrl: "/nowhere/{filename}" };
      assert.equal((await tryNewestRecording(wrong, 0, new AbortController().signal)).outcome, "http");
    } finally {
      await platform.close();
    }
  });
});
