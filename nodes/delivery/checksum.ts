// The checksum of a line on disk.
import * as zlib from "node:zlib";

const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 in JavaScript, for versions of Node before 20.15. */
export function portableCrc32(data: Buffer): number {
  let value = 0xffffffff;
  for (const byte of data) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

const native: ((data: string | Buffer) => number) | undefined = (zlib as { crc32?: typeof zlib.crc32 }).crc32;

/** CRC-32 of bytes, or of a text's UTF-8 bytes, as 8 hex digits. */
export function checksumOf(data: string | Buffer): string {
  const value =
    native === undefined ? portableCrc32(typeof data === "string" ? Buffer.from(data) : data) : native(data);
  return value.toString(16).padStart(8, "0");
}
