// Decodes the content encodings of HTTP answers: gzip, deflate with and without zlib header, br, and zstd if Node supports it.
import { Duplex, pipeline, Readable } from "node:stream";
import * as zlib from "node:zlib";

/** An encoding that cannot be decoded; the message names it. */
export class EncodingError extends Error {
  readonly code = "ERR_CONTENT_ENCODING";
}

/** Maximum number of nested encodings, the same as in curl. Each level multiplies the size that a small answer can expand to. */
const mostEncodings = 5;

const nothing = (): void => undefined;

/** Whether two bytes are a zlib header (RFC 1950): the method is deflate, and both bytes as a number are a multiple of 31. */
const isZlibHeader = (head: Buffer): boolean => (head.readUInt8(0) & 0x0f) === 8 && head.readUInt16BE(0) % 31 === 0;

/** Decodes `deflate`: by the standard a zlib stream, but some servers send it without zlib header. */
async function* inflated(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = packed[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { done, value } = await source.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  if (head.length === 0) return;
  const whole = async function* () {
    yield head;
    for (;;) {
      const { done, value } = await source.next();
      if (done === true) return;
      yield value;
    }
  };
  const unpacker = head.length >= 2 && isZlibHeader(head) ? zlib.createInflate() : zlib.createInflateRaw();
  yield* pipeline(Readable.from(whole()), unpacker, nothing) as AsyncIterable<Buffer>;
}

/** Available from Node 22.15 on. */
const createZstdDecompress: unknown = Reflect.get(zlib, "createZstdDecompress");

/** Creates the decoder for an encoding's name. */
const unpackers: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ["gzip", () => zlib.createGunzip()],
  ["x-gzip", () => zlib.createGunzip()],
  ["deflate", () => Duplex.from(inflated)],
  ["br", () => zlib.createBrotliDecompress()],
  ...(typeof createZstdDecompress === "function" ? [["zstd", () => createZstdDecompress()] as const] : []),
]);

/** The encodings of an answer in the order in which they were applied; empty if there are none. */
export function encodingsOf(contentEncoding: unknown): readonly string[] {
  if (typeof contentEncoding !== "string") return [];
  return contentEncoding
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
}

/**
 * The decoded stream of an answer. It ends with an error of zlib or of the connection if one of these fails.
 * @param contentEncoding the header's value
 * @throws EncodingError for an unknown encoding, or too many encodings
 */
export function unpacked(answer: Readable, contentEncoding: unknown): Readable {
  const names = encodingsOf(contentEncoding);
  const made = names.map((name) => unpackers.get(name)).filter((unpacker) => unpacker !== undefined);
  if (made.length < names.length || names.length > mostEncodings) {
    throw new EncodingError(`Content-Encoding: ${String(contentEncoding)}`);
  }
  return made.reduceRight<Readable>((packed, make) => pipeline(packed, make(), nothing), answer);
}
