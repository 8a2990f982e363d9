// The origins from which recordings are requested: the account's and its template's, whatever the filename is.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import type { Client } from "../../nodes/protocol/client";
import { formatProblem } from "../../nodes/protocol/format";
import { readPush } from "../../nodes/protocol/push";
import { isRecordingUrl, recordingOrigins, recordUrl } from "../../nodes/protocol/recording-url";
import { readItem } from "../../nodes/protocol/records";
import { clientOf } from "../../tools/platform";
import { fetched, type RawServer, serve, wavOf } from "./raw";

const baseUrl = "http://sccc.example:8088";
const listen = "/recordFile/listen?file={filename:query}";

/** A template, a filename, and the resulting URL; undefined: none. */
const table: readonly (readonly [recordingUrl: string, filename: unknown, url: string | undefined])[] = [
  ["", "a.wav", `${baseUrl}/a.wav`],
  ["", "/record/a b.wav", `${baseUrl}/record/a%20b.wav`],
  ["{filename}", "/record/a.wav", `${baseUrl}/record/a.wav`],
  ["/{filename}", "/record/a.wav", `${baseUrl}/record/a.wav`],
  ["/files/{filename}", "/record/a.wav", `${baseUrl}/files/record/a.wav`],
  ["files/{filename}", "a.wav", `${baseUrl}/files/a.wav`],
  ["/files{filename}", "/a.wav", `${baseUrl}/files/a.wav`],
  ["/files/{filename}.mp3", "a", `${baseUrl}/files/a.mp3`],
  ["/{filename}?download=1", "/a.wav", `${baseUrl}/a.wav?download=1`],
  [listen, "/record/2026/a.wav", `${baseUrl}/recordFile/listen?file=%2Frecord%2F2026%2Fa.wav`],
  [listen, "a b&c=d#e.wav", `${baseUrl}/recordFile/listen?file=a%20b%26c%3Dd%23e.wav`],
  [listen, "YWJj+/8=", `${baseUrl}/recordFile/listen?file=YWJj%2B%2F8%3D`],
  ["/recordFile/listen?key={filename:query}", "100%.wav", `${baseUrl}/recordFile/listen?key=100%25.wav`],
  ["/recordFile/listen?file={filename}", "/record/a b.wav", `${baseUrl}/recordFile/listen?file=/record/a%20b.wav`],
  ["?file={filename:query}", "a.wav", `${baseUrl}/?file=a.wav`],
  ["http://files.example:9000/{filename}", "/a.wav", "http://files.example:9000/a.wav"],
  ["https://files.example/listen?key={filename:query}", "录.wav", "https://files.example/listen?key=%E5%BD%95.wav"],
  ["HTTPS://FILES.example/{filename}", "a.wav", "https://files.example/a.wav"],
  ["https://files.example?f={filename:query}", "a.wav", "https://files.example/?f=a.wav"],
  ["/{filename}/x/{filename:query}", "a/b", `${baseUrl}/a/b/x/a%2Fb`],
  // Names with colons, which were refused earlier.
  ["", "rec-2026-03-01-10:00:00.wav", `${baseUrl}/rec-2026-03-01-10%3A00%3A00.wav`],
  ["", "a:b.wav", `${baseUrl}/a%3Ab.wav`],
  ["", "record/10:00:00.wav", `${baseUrl}/record/10%3A00%3A00.wav`],
  ["", "C:record.wav", `${baseUrl}/C%3Arecord.wav`],
  [listen, "rec-10:00:00.wav", `${baseUrl}/recordFile/listen?file=rec-10%3A00%3A00.wav`],
  // Names that are URLs themselves, with every template.
  ...["", listen, "https://files.example/{filename}"].flatMap((template) =>
    [
      ...["http://evil.example/a.wav", "HTTPS://evil.example", "ftp://evil.example/a", "x-y+z.1://evil.example"],
      ...["//evil.example/a.wav", "///evil.example", " //evil.example", "file:///etc/passwd", "http:evil.example"],
      ...["javascript:alert(1)", "data:,x", "http:/a.wav", "user:password@evil.example/a.wav"],
      ...["../a.wav", "a/../b.wav", ".", "a/.", "\\\\evil.example\\a", "a\0b", "a\nb", "\ud800.wav", "", "/", " "],
      ...[undefined, null, {}, ["a.wav"], true],
    ].map((filename) => [template, filename, undefined] as const),
  ),
];

/** Invalid templates. */
const noTemplates: readonly string[] = [
  "/recordFile/listen",
  "http://files.example/",
  "/{file}",
  "/{filename:path}",
  "/{ filename }",
  "/{filename}{other}",
  "//files.example/{filename}",
  "ftp://files.example/{filename}",
  "file:///{filename}",
  "javascript:{filename}",
  "http://{filename}/",
  "http://files.example{filename}",
  "http://files.example:{filename}/",
  "http://files.example:80{filename}/",
  "http://{filename:query}.example/",
  "http://user:password@files.example/{filename}",
  "http://user@files.example/{filename}",
  "http:///{filename}",
  "http:{filename}",
  "/a#{filename}",
  "/{filename}#a",
  "/a b/{filename}",
  "/a\\b/{filename}",
  "/%2{filename}",
  "/%{filename}",
  "/a\n{filename}",
];

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ..."/\\.:@?#%& \t\0+=王",
        "..",
        "http:",
        "//",
        "evil.example",
        "%2e",
        "%2f",
        "\ud800",
        "{filename}",
      ),
    )
    .map((all) => all.join("")),
);
const templates = [
  "",
  "/{filename}",
  "/x{filename}",
  listen,
  "/l?file={filename}",
  "https://files.example/r/{filename}",
];

describe("a recording's address", () => {
  it(`is tried in ${table.length} cases`, () => assert.ok(table.length >= 30));

  for (const [recordingUrl, filename, url] of table) {
    it(`${JSON.stringify(filename)} by ${JSON.stringify(recordingUrl)} is ${url ?? "nowhere"}`, () => {
      assert.equal(recordUrl(filename, { baseUrl, recordingUrl }), url);
    });
  }

  for (const text of noTemplates) {
    it(`has no template ${JSON.stringify(text)}`, () => {
      assert.equal(isRecordingUrl(text), false);
      assert.equal(formatProblem("recordingUrl", text), "recordingUrl");
      assert.equal(recordUrl("a.wav", { baseUrl, recordingUrl: text }), undefined);
      assert.deepEqual(recordingOrigins({ baseUrl, recordingUrl: text }), [baseUrl]);
    });
  }

  it("always has the origin of its template, for any filename", () => {
    for (const recordingUrl of templates) {
      const site = { baseUrl, recordingUrl };
      const allowed = recordingUrl.startsWith("https:") ? "https://files.example" : baseUrl;
      fc.assert(
        fc.property(hostile, (filename) => {
          const url = recordUrl(filename, site);
          if (url === undefined) return;
          const { origin, hash, username } = new URL(url);
          assert.deepEqual([origin, hash, username], [allowed, "", ""]);
          assert.ok(recordingOrigins(site).includes(origin));
        }),
        { numRuns: 1000 },
      );
    }
  });

  it("contains the whole filename: different names have different addresses", () => {
    const slashless = (name: string) => name.trim().replace(/^\//, "");
    fc.assert(
      fc.property(hostile, (filename) => {
        const byPath = recordUrl(filename, { baseUrl });
        const byValue = recordUrl(filename, { baseUrl, recordingUrl: listen });
        assert.equal(byPath === undefined, byValue === undefined);
        if (byPath === undefined || byValue === undefined) return;
        assert.equal(decodeURIComponent(new URL(byPath).pathname), `/${slashless(filename)}`);
        assert.equal(new URL(byValue).searchParams.get("file"), filename.trim());
        assert.deepEqual([...new URL(byValue).searchParams.keys()], ["file"]);
      }),
      { numRuns: 2000 },
    );
  });

  it("is built or refused for any template, without an exception", () => {
    fc.assert(
      fc.property(hostile, hostile, (before, after) => {
        for (const place of ["{filename}", "{filename:query}", ""]) {
          const recordingUrl = before + place + after;
          const url = recordUrl("a.wav", { baseUrl, recordingUrl });
          assert.equal(url !== undefined, recordingUrl.trim() === "" || isRecordingUrl(recordingUrl));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("is in bills, records and CDRs", () => {
    const context = {
      customer: "C2",
      baseUrl,
      recordingUrl: listen,
      timezone: "Asia/Shanghai",
      region: "CN",
      areaCode: "",
    };
    const expected = `${baseUrl}/recordFile/listen?file=%2Fr%2F1.wav`;
    const filename = "/r/1.wav";
    const bill = readPush({ type: "billing", recordFile: filename }, { seq: "1", timestamp: "1471918993001" }, context);
    assert.equal(bill.payload.recordUrl, expected);
    for (const kind of ["records", "cdrs"] as const) {
      assert.equal((readItem(kind, { key: 1, filename }, context) as { recordUrl?: string }).recordUrl, expected);
    }
  });
});

describe("a download", () => {
  const servers: RawServer[] = [];
  let client: Client | undefined;
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    client?.close();
  });
  const start = async (...given: Parameters<typeof serve>) => {
    const server = await serve(...given);
    servers.push(server);
    return server;
  };
  const wav = wavOf(1000);

  it("may use the account's origin and that of its template", async () => {
    const [own, files] = [
      await start((_, response) => response.end(wav)),
      await start((_, response) => response.end(wav)),
    ];
    client = clientOf(own.url, { recordingUrl: `${files.url}/listen?key={filename:query}` });
    const url = client.urlOf("/r/1.wav") ?? "";
    assert.ok((await fetched(client, url)).outcome.ok);
    assert.deepEqual(
      files.asked.map((request) => request.url),
      ["/listen?key=%2Fr%2F1.wav"],
    );
    assert.ok((await fetched(client, `${own.url}/r/1.wav`)).outcome.ok);
    assert.equal(own.asked.length, 1);
  });

  it("is sent to no other address, for any request", async () => {
    const own = await start((_, response) => response.end(wav));
    const other = await start((_, response) => response.end(wav));
    client = clientOf(own.url, { recordingUrl: listen });
    for (const url of [
      `${other.url}/x.wav`,
      "http://127.0.0.1:1/x",
      "file:///etc/passwd",
      "//evil.example/x",
      "",
      "/x.wav",
    ]) {
      const { outcome } = await fetched(client, url);
      assert.equal(!outcome.ok && outcome.failure.code, "SCCC_INVALID_FIELD", url);
    }
    assert.deepEqual([own.asked.length, other.asked.length], [0, 0]);
  });

  it("to a template's https origin uses the account's certificates but not its server name", async () => {
    const own = await start((_, response) => response.end(wav));
    const pem = (name: string) => readFileSync(join(__dirname, "../../tools/tls", name), "utf8");
    const secure = https.createServer({ key: pem("key.pem"), cert: pem("cert.pem") }, (_, response) =>
      response.end(wav),
    );
    secure.listen(0, "127.0.0.1");
    await once(secure, "listening");
    const recordingUrl = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/{filename}`;
    client = clientOf(own.url, { recordingUrl, tls: { ca: pem("cert.pem"), servername: "platform.example" } });
    assert.ok((await fetched(client, client.urlOf("/x.wav") ?? "")).outcome.ok);
    client.close();
    client = clientOf(own.url, { recordingUrl });
    const { outcome } = await fetched(client, client.urlOf("/x.wav") ?? "");
    assert.equal(!outcome.ok && outcome.failure.code, "SCCC_NETWORK");
    secure.closeAllConnections();
    secure.close();
  });

  it("uses the account's proxy for both origins", async () => {
    const proxy = await start((_, response) => response.end(wav));
    const recordingUrl = "http://files.example:81/{filename}";
    client = clientOf("http://platform.example", { recordingUrl, proxy: { url: proxy.url, noProxy: [] } });
    for (const url of ["http://files.example:81/r/1.wav", "http://platform.example/r/1.wav"]) {
      assert.ok((await fetched(client, url)).outcome.ok);
      assert.equal(proxy.asked.at(-1)?.url, url);
    }
  });

  it("follows no redirection", async () => {
    const other = await start((_, response) => response.end(wav));
    for (const status of [301, 302, 303, 307, 308]) {
      const own = await start((_, response) => response.writeHead(status, { Location: `${other.url}/x.wav` }).end());
      client?.close();
      client = clientOf(own.url, { recordingUrl: listen });
      const { outcome } = await fetched(client, client.urlOf("/x.wav") ?? "");
      assert.equal(!outcome.ok && outcome.failure.code, `SCCC_HTTP_${status}`);
      assert.equal(own.asked.length, 1);
    }
    assert.equal(other.asked.length, 0);
  });

  it("sends neither cookies nor a password", async () => {
    const own = await start((_, response) => response.setHeader("Set-Cookie", "a=b").end(wav));
    client = clientOf(own.url, { recordingUrl: listen });
    await fetched(client, client.urlOf("/x.wav") ?? "");
    await fetched(client, client.urlOf("/x.wav") ?? "");
    for (const { headers } of own.asked)
      assert.deepEqual([headers.cookie, headers.authorization], [undefined, undefined]);
  });
});
