// Error pages and messages must not be saved as recordings, whatever their Content-Type is and however small their chunks are.
import assert from "node:assert/strict";
import fc from "fast-check";
import { isEnough, isNoRecording } from "../../nodes/protocol/beginning";
import type { Client } from "../../nodes/protocol/client";
import { clientOf } from "../../tools/platform";
import { fetched, inPieces, type RawServer, serve, wavOf } from "./raw";

const utf8Bom = Buffer.of(0xef, 0xbb, 0xbf);
const utf16 = (text: string, bigEndian: boolean): Buffer => {
  const little = Buffer.from(`\ufeff${text}`, "utf16le");
  return bigEndian ? little.swap16() : little;
};

/** Pages and messages in chunks. */
const pages: readonly (readonly (string | Buffer)[])[] = [
  ["<ht", "ml><body>Not found</body></html>"],
  ["<", "h", "t", "m", "l", ">"],
  ["<!", "DOCTYPE html><html></html>"],
  ["<!doc", "type html>"],
  ["\n\n", "  <html", "></html>"],
  ["<br />", "\n<b>Warning</b>: fopen(): failed"],
  ["<br", "/>"],
  ["<b>", "Fatal error</b>"],
  ["<h1>404", "</h1>"],
  ["<HEAD><TITLE>", "x</TITLE></HEAD>"],
  ["<!-- page -->", "<html>"],
  ["<script>location='/login'", "</script>"],
  ["<pre>Error", "</pre>"],
  ["<meta http-equiv=refresh>"],
  ["<?xml version='1.0'?>", "<Error/>"],
  ["<?x", "ml version='1.0'?>"],
  ["<?php echo 1;"],
  ["<Error><Code>NoSuchKey</Code></Error>"],
  ["<soap:Envelope xmlns:soap='x'>", "</soap:Envelope>"],
  [utf8Bom, "<?xml version='1.0'?><Error/>"],
  [utf8Bom.subarray(0, 1), utf8Bom.subarray(1), "<", "html>"],
  [utf8Bom, ' \r\n{"error"', ":404}"],
  ['{"error"', ":1}"],
  ["{", '"result":{"error":1}}'],
  ["{\n", '  "error": "no such file"\n}'],
  ["{", "}"],
  ["{'error': 1}"],
  ["[", "]"],
  ["[", '{"error":1}]'],
  ['["no such file"]'],
  [utf16("<html><body>Not found</body></html>", false)],
  [utf16("<html><body>Not found</body></html>", true)],
  [utf16('{"error":1}', false)],
  ["<html>找不到文件</html>"],
  [Buffer.from([...Buffer.from("<html>"), 0xd5, 0xd2, 0xb2, 0xbb, 0xb5, 0xbd])],
  [" ".repeat(3000), "<html>"],
  ["\n".repeat(9000), "<html>"],
  [" ".repeat(100)],
  [`<html>${"long ".repeat(5000)}</html>`],
];

/** Messages without a format: recognized as a short printable text with a generic binary type. */
const words: readonly string[] = ["File not found", "找不到录音文件", "Error: ENOENT, no such file", "404"];

/** Beginnings of recordings, some of which look similar to a page. */
const recordings: Readonly<Record<string, Buffer>> = {
  wav: wavOf(2000),
  shortWav: wavOf(0),
  mp3WithTag: Buffer.concat([Buffer.from("ID3\x03\0\0\0\0\0\x21"), Buffer.alloc(500, 0xff)]),
  mp3: Buffer.concat([Buffer.of(0xff, 0xfb, 0x90, 0x64), Buffer.alloc(500, 0)]),
  mpegLayer1: Buffer.concat([Buffer.of(0xff, 0xfe, 0x90, 0x64), Buffer.alloc(500, 0x3c)]),
  ogg: Buffer.concat([Buffer.from("OggS\0\x02"), Buffer.alloc(500, 9)]),
  amr: Buffer.concat([Buffer.from("#!AMR\n"), Buffer.alloc(64, 0x3c)]),
  flac: Buffer.concat([Buffer.from("fLaC"), Buffer.alloc(64, 1)]),
  mp4: Buffer.concat([Buffer.from("\0\0\0\x20ftypM4A "), Buffer.alloc(64, 1)]),
  silenceOfALaw: Buffer.alloc(8000, 0xd5),
  silenceOfMuLaw: Buffer.alloc(8000, 0xff),
  silence: Buffer.alloc(8000, 0),
  rawWithTag: Buffer.concat([Buffer.from("<a>"), Buffer.alloc(300, 3)]),
  rawWithBrace: Buffer.concat([Buffer.from('{"'), Buffer.alloc(300, 2)]),
};

const whole = (pieces: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as string)));

describe("the beginning of a recording", () => {
  let server: RawServer | undefined;
  let client: Client | undefined;
  afterEach(() => {
    server?.close();
    client?.close();
  });

  async function ask(pieces: readonly Buffer[], type: string) {
    server = await serve((_, response) => {
      if (type !== "") response.setHeader("Content-Type", type);
      void inPieces(response, pieces);
    });
    client = clientOf(server.url);
    return fetched(client, `${server.url}/x.wav`);
  }

  it(`is tried in ${pages.length} pages`, () => assert.ok(pages.length >= 30));

  for (const [index, pieces] of pages.entries()) {
    it(`an error page saved as a recording, page ${index}: ${JSON.stringify(String(pieces[0]).slice(0, 20))}`, async () => {
      const type = ["audio/wav", "application/octet-stream", ""][index % 3] ?? "";
      const { outcome, written } = await ask(
        pieces.map((piece) => Buffer.from(piece as string)),
        type,
      );
      assert.ok(!outcome.ok && outcome.failure.kind === "protocol");
      assert.equal(outcome.failure.reason, "notFile");
      assert.equal(written.length, 0);
    });
  }

  for (const text of words) {
    it(`refuses a short text: ${text}`, async () => {
      const { outcome, written } = await ask([Buffer.from(text)], "application/octet-stream");
      assert.ok(!outcome.ok && outcome.failure.kind === "protocol" && outcome.failure.reason === "notFile");
      assert.equal(written.length, 0);
    });
  }

  for (const [name, bytes] of Object.entries(recordings)) {
    it(`accepts a recording: ${name}`, async () => {
      for (const size of [1, 3, bytes.length]) {
        const pieces: Buffer[] = [];
        const first = Math.min(bytes.length, 40);
        for (let at = 0; at < first; at += size) pieces.push(bytes.subarray(at, Math.min(at + size, first)));
        const { outcome, written } = await ask([...pieces, bytes.subarray(first)], "application/octet-stream");
        assert.ok(outcome.ok, `${name} in pieces of ${size}`);
        assert.ok(written.equals(bytes));
        server?.close();
        client?.close();
      }
    });
  }

  it("gives the same verdict for any chunks", () => {
    const page = fc.constantFrom(...pages.map(whole));
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(page, cuts, (bytes, sizes) => {
        let head = Buffer.alloc(0);
        for (let at = 0, step = 0; at < bytes.length && !isEnough(head); step += 1) {
          const size = sizes[step % sizes.length] ?? 1;
          head = Buffer.concat([head, bytes.subarray(at, at + size)]);
          at += size;
        }
        assert.ok(isNoRecording(head, "audio/wav", head.length === bytes.length));
      }),
    );
  });

  it("does not take random bytes for a page", () => {
    const bytes = fc.uint8Array({ minLength: 400, maxLength: 400 }).map((all) => Buffer.from(all));
    fc.assert(fc.property(bytes, (head) => !isNoRecording(head, "application/octet-stream", false)));
  });

  it("is refused if its content type is not audio", async () => {
    for (const type of ["text/html", "text/plain", "application/json", "image/png", "application/xhtml+xml"]) {
      const { outcome } = await ask([wavOf(2000)], type);
      assert.ok(!outcome.ok && outcome.failure.kind === "protocol" && outcome.failure.reason === "notFile", type);
      server?.close();
      client?.close();
    }
  });
});
