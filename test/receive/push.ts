// Pushes as a platform sends them. Digests are computed by crypto-js, independently of our code.
import MD5 from "crypto-js/md5";

export type Json = Readonly<Record<string, unknown>>;

/** Credentials for signing. */
export interface Signer {
  readonly customer: string;
  readonly password: string;
}

let last = 0;

/** A unique mark for a push, in userData, by which tests recognize it. */
export const newMark = (): string => `mark-${++last}`;

/** The digest of exactly these texts (§三.2). */
export const digestOf = (customer: unknown, timestamp: unknown, seq: unknown, password: string): string =>
  MD5(`${customer}@${timestamp}@${seq}@${password}`).toString();

/** An authentication block. `signed` replaces fields before the digest is computed, `forged` afterwards. */
export function authenticationOf({ customer, password }: Signer, signed: Json = {}, forged: Json = {}): Json {
  const block = { customer, timestamp: String(Date.now()), seq: String(1_000_000 + ++last), ...signed };
  return { ...block, digest: digestOf(block.customer, block.timestamp, block.seq, password), ...forged };
}

/** The notify of a valid push. */
export const notifyOf = (userData: string, changes: Json = {}): Json => ({
  type: "callstart",
  seq: "5271",
  userData,
  customer: "C2",
  agent: "1000",
  number: "13800138888",
  call_type: "1",
  ...changes,
});

/** A valid push, as text. */
export const pushOf = (signer: Signer, userData: string, changes: Json = {}): string =>
  JSON.stringify({ authentication: authenticationOf(signer), notify: notifyOf(userData, changes) });
