// Compressed answers are decompressed or give an error: recordings and answers to commands, directly and through a proxy.
import assert from "node:assert/strict";
import type http from "node:http";
import * as zlib from "node:zlib";
import { callOf, clientOf } from "../../tools/platform";
import { fetched, inPieces, type RawServer, serve, wavOf } from "./raw";

type Pack = (data: Buffer) => Buffer;

const zstdCompress: unknown = Reflect.get(zlib, "zstdCompressSync");

/** How each encoding compresses an answer. If this Node lacks zstd, its name is an unknown one. */
const packs = {
  gzip: (data) => zlib.gzipSync(data),
  "x-gzip": (data) => zlib.gzipSync(data),
  deflate: (data) => zlib.deflateSync(data),
  rawDeflate: (data) => zlib.deflateRawSync(data),
  fastDeflate: (data) => zlib.deflateSync(data, { level: 1 }),
  smallWindow: (data) => zlib.deflateSync(data, { windowBits: 9 }),
  storedDeflate: (data) => zlib.deflateRawSync(data, { level: 0 }),
  br: (data) => zlib.brotliCompressSync(data),
  zstd: (data) => (typeof zstdCompress === "function" ? zstdCompress(data) : data),
  none: (data) => data,
} satisfies Readonly<Record<string, Pack>>;

const hasZstd = typeof zstdCompress === "function";

interface Case {
  readonly header: string;
  readonly packs: readonly (keyof typeof packs)[];
  /** undefined: it can be read. */
  readonly refused?: string;
}

const cases: readonly Case[] = [
  { header: "gzip", packs: ["gzip"] },
  { header: "GZIP", packs: ["gzip"] },
  { header: " gzip ", packs: ["gzip"] },
  { header: "x-gzip", packs: ["x-gzip"] },
  { header: "deflate", packs: ["deflate"] },
  { header: "deflate", packs: ["rawDeflate"] },
  { header: "deflate", packs: ["fastDeflate"] },
  { header: "deflate", packs: ["smallWindow"] },
  { header: "deflate", packs: ["storedDeflate"] },
  { header: "br", packs: ["br"] },
  { header: "identity", packs: ["none"] },
  { header: "", packs: ["none"] },
  { header: "gzip, identity", packs: ["gzip"] },
  { header: "deflate, gzip", packs: ["deflate", "gzip"] },
  { header: "deflate,gzip", packs: ["rawDeflate", "gzip"] },
  { header: "gzip, gzip", packs: ["gzip", "gzip"] },
  { header: "gzip, br", packs: ["gzip", "br"] },
  { header: "br, deflate", packs: ["br", "rawDeflate"] },
  { header: "br, gzip, deflate", packs: ["br", "gzip", "deflate"] },
  { header: "zstd", packs: ["zstd"], ...(hasZstd ? {} : { refused: "zstd" }) },
  { header: "gzip, zstd", packs: ["gzip", "zstd"], ...(hasZstd ? {} : { refused: "zstd" }) },
  { header: "compress", packs: ["none"], refused: "compress" },
  { header: "x-compress", packs: ["none"], refused: "x-compress" },
  { header: "gzip, lzma", packs: ["gzip"], refused: "lzma" },
  { header: "bzip2", packs: ["none"], refused: "bzip2" },
  { header: "aws-chunked", packs: ["none"], refused: "aws-chunked" },
  { header: "dcb", packs: ["none"], refused: "dcb" },
  {
    header: "gzip, gzip, gzip, gzip, gzip, gzip",
    packs: ["gzip", "gzip", "gzip", "gzip", "gzip", "gzip"],
    refused: "gzip",
  },
  // Declared as compressed, but is not.
  { header: "gzip", packs: ["none"], refused: "" },
  { header: "deflate", packs: ["none"], refused: "" },
  { header: "br", packs: ["none"], refused: "" },
  { header: "deflate, gzip", packs: ["gzip"], refused: "" },
];

const nameOf = ({ header, packs: by, refused }: Case) =>
  `Content-Encoding ${JSON.stringify(header)} (${by.join(", ")})${refused === undefined ? "" : " is an error"}`;

const packedBy = ({ packs: by }: Case, data: Buffer): Buffer => by.reduce((all, name) => packs[name](all), data);

const answer = Buffer.from(
  JSON.stringify({ result: { error: 0 }, data: { response: { seq: 1, status: "录".repeat(2000) } } }),
);

describe("content encodings", () => {
  let server: RawServer | undefined;
  const clients: { close(): void }[] = [];
  afterEach(() => {
    server?.close();
    for (const client of clients.splice(0)) client.close();
  });
  const open = (...given: Parameters<typeof clientOf>) => {
    const client = clientOf(...given);
    clients.push(client);
    return client;
  };

  it(`are tried in ${cases.length} ways`, () => assert.ok(cases.length >= 30));

  for (const one of cases) {
    it(`a recording that was "cut off" or saved packed: ${nameOf(one)}`, async () => {
      const wav = wavOf(50_000);
      const packed = packedBy(one, wav);
      for (const withLength of [true, false]) {
        server = await serve((_, response) => {
          response.writeHead(200, {
            "Content-Type": "audio/wav",
            "Content-Encoding": one.header,
            ...(withLength ? { "Content-Length": packed.length } : {}),
          });
          response.end(packed);
        });
        const { outcome, written } = await fetched(open(server.url), `${server.url}/x.wav`);
        assert.equal(server.asked[0]?.headers["accept-encoding"], "identity");
        if (one.refused === undefined) {
          assert.ok(outcome.ok, JSON.stringify(outcome));
          assert.ok(written.equals(wav));
          assert.equal(outcome.bytes, wav.length);
        } else {
          assert.ok(!outcome.ok && outcome.failure.kind === "protocol");
          assert.equal(outcome.failure.reason, "encoding");
          assert.ok(outcome.failure.excerpt.includes(one.refused));
          assert.equal(written.length, 0);
        }
        server.close();
      }
    });

    it(`an answer to a command that was refused: ${nameOf(one)}`, async () => {
      const packed = packedBy(one, answer);
      server = await serve((_, response) => {
        response.writeHead(200, { "Content-Type": "application/json", "Content-Encoding": one.header });
        response.end(packed);
      });
      // A proxy in absolute form uses another code path in axios; this server acts as its own proxy.
      for (const proxy of [undefined, { url: server.url, noProxy: [] }]) {
        const client = open(server.url, { retries: 0, ...(proxy === undefined ? {} : { proxy }) });
        const sent = await client.send(callOf(client, "getAgentStatus", { seq: 1 }), {
          signal: new AbortController().signal,
        });
        const [outcome] = sent.outcomes;
        if (one.refused === undefined) assert.ok(outcome?.ok, JSON.stringify(outcome));
        else {
          assert.ok(outcome?.ok === false && outcome.failure.kind === "protocol");
          assert.equal(outcome.failure.reason, "encoding");
          assert.ok(outcome.failure.excerpt.includes(one.refused));
        }
      }
    });
  }

  it("that cannot be decoded do not hide the status of an error", async () => {
    server = await serve((_, response) => response.writeHead(502, { "Content-Encoding": "compress" }).end("\x1f\x9d"));
    for (const proxy of [undefined, { url: server.url, noProxy: [] }]) {
      const client = open(server.url, { retries: 0, ...(proxy === undefined ? {} : { proxy }) });
      const sent = await client.send(callOf(client, "getAgentStatus"), { signal: new AbortController().signal });
      const [outcome] = sent.outcomes;
      assert.equal(outcome?.ok === false && outcome.failure.code, "SCCC_HTTP_502");
    }
    const { outcome } = await fetched(open(server.url), `${server.url}/x.wav`);
    assert.equal(!outcome.ok && outcome.failure.code, "SCCC_HTTP_502");
  });

  it("may arrive byte by byte", async () => {
    const wav = wavOf(200);
    for (const [header, packed] of [
      ["deflate", zlib.deflateRawSync(wav)],
      ["deflate", zlib.deflateSync(wav)],
      ["gzip", zlib.gzipSync(wav)],
    ] as const) {
      server = await serve((_, response) => {
        response.writeHead(200, { "Content-Type": "audio/wav", "Content-Encoding": header });
        void inPieces(
          response,
          [...packed].map((byte) => Buffer.of(byte)),
        );
      });
      const { outcome, written } = await fetched(open(server.url), `${server.url}/x.wav`);
      assert.ok(outcome.ok && written.equals(wav));
      server.close();
    }
  });

  it("do not hide that a recording was cut off", async () => {
    const packed = zlib.gzipSync(wavOf(100_000));
    const half = packed.subarray(0, packed.length / 2);
    const listeners: readonly http.RequestListener[] = [
      (_, response) => void response.writeHead(200, { "Content-Encoding": "gzip" }).end(half),
      (_, response) =>
        void response
          .writeHead(200, { "Content-Encoding": "gzip", "Content-Length": packed.length })
          .write(half, () => setImmediate(() => response.destroy())),
    ];
    for (const listener of listeners) {
      server = await serve(listener);
      const { outcome } = await fetched(open(server.url), `${server.url}/x.wav`);
      assert.ok(!outcome.ok);
      server.close();
    }
  });

  it("cannot make a small answer larger than the limit", async () => {
    const bomb = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(50_000_000, 7)));
    server = await serve((_, response) =>
      response.writeHead(200, { "Content-Type": "audio/wav", "Content-Encoding": "gzip, gzip" }).end(bomb),
    );
    const { outcome } = await fetched(open(server.url), `${server.url}/x.wav`, { maxBytes: 1_000_000 });
    assert.ok(!outcome.ok && outcome.failure.kind === "protocol" && outcome.failure.reason === "tooLarge");
    for (const proxy of [undefined, { url: server.url, noProxy: [] }]) {
      const client = open(server.url, {
        retries: 0,
        maxAnswerBytes: 1_000_000,
        ...(proxy === undefined ? {} : { proxy }),
      });
      const sent = await client.send(callOf(client, "getAgentStatus"), { signal: new AbortController().signal });
      const [first] = sent.outcomes;
      assert.ok(first?.ok === false && first.failure.kind === "protocol" && first.failure.reason === "tooLarge");
    }
  });
});
