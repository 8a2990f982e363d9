// Undoes the content encodings of an HTTP answer: gzip, deflate with and without its frame, br, and zstd where Node has it.
import { Duplex, pipeline, Readable } from "node:stream";
import * as zlib from "node:zlib";

/** An encoding that can't be undone here. The message names it. */
export class EncodingError extends Error {
  readonly code = "ERR_CONTENT_ENCODING";
}

/** As many on top of each other as curl takes. Each one multiplies what a small answer can grow to. */
const mostEncodings = 5;

const nothing = (): void => undefined;

/** Whether two bytes begin a zlib stream (RFC 1950): the method is deflate, and both together are a multiple of 31. */
const isZlibHeader = (head: Buffer): boolean => (head.readUInt8(0) & 0x0f) === 8 && head.readUInt16BE(0) % 31 === 0;

/** Undoes `deflate`: a zlib stream by its standard, but some servers send what is inside of it alone. */
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

/** From Node 22.15 on. */
const createZstdDecompress: unknown = Reflect.get(zlib, "createZstdDecompress");

/** By the name of an encoding, what undoes it. */
const unpackers: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ["gzip", () => zlib.createGunzip()],
  ["x-gzip", () => zlib.createGunzip()],
  ["deflate", () => Duplex.from(inflated)],
  ["br", () => zlib.createBrotliDecompress()],
  ...(typeof createZstdDecompress === "function" ? [["zstd", () => createZstdDecompress()] as const] : []),
]);

/** The encodings of an answer in the order in which they were applied; none if it came as it is. */
export function encodingsOf(contentEncoding: unknown): readonly string[] {
  if (typeof contentEncoding !== "string") return [];
  return contentEncoding
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
}

/**
 * An answer as it was before it was packed. The stream ends with an error, zlib's own or the connection's, if that fails.
 * @param contentEncoding the header
 * @throws EncodingError for an encoding that is not known, or too many of them
 */
export function unpacked(answer: Readable, contentEncoding: unknown): Readable {
  const names = encodingsOf(contentEncoding);
  const made = names.map((name) => unpackers.get(name)).filter((unpacker) => unpacker !== undefined);
  if (made.length < names.length || names.length > mostEncodings) {
    throw new EncodingError(`Content-Encoding: ${String(contentEncoding)}`);
  }
  return made.reduceRight<Readable>((packed, make) => pipeline(packed, make(), nothing), answer);
}
