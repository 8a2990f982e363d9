// The digest of an authentication block (§三.1).
import { createHash, hash } from "node:crypto";

/** The parts of a digest; `timestamp` and `seq` exactly as written on the wire. */
export interface Signed {
  readonly customer: string;
  readonly timestamp: string;
  readonly seq: string;
  readonly password: string;
}

/**
 * A hash of a text's UTF-8 bytes, in lower-case hex. `crypto.hash` (Node 20.12) avoids creating a Hash object, which is most of the cost.
 */
export const hexHash: (algorithm: string, text: string) => string =
  hash ?? ((algorithm, text) => createHash(algorithm).update(text, "utf8").digest("hex"));

/** MD5 by OpenSSL. Throws if OpenSSL refuses MD5 (FIPS mode). */
const nativeMd5 = (text: string): string => hexHash("md5", text);

/** MD5 in JavaScript. Loaded on demand: it is slow, and few systems run in FIPS mode. */
function portableMd5(text: string): string {
  const md5: typeof import("crypto-js/md5") = require("crypto-js/md5");
  return md5(text).toString();
}

/** MD5 of a text's UTF-8 bytes in lower-case hex, also if OpenSSL refuses MD5. */
export function md5(text: string, native: (text: string) => string = nativeMd5): string {
  try {
    return native(text);
  } catch {
    return portableMd5(text);
  }
}

/** MD5(customer@timestamp@seq@password) in lower-case hex. */
export const digestOf = ({ customer, timestamp, seq, password }: Signed): string =>
  md5(`${customer}@${timestamp}@${seq}@${password}`);
