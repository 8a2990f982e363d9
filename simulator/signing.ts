// Signs the simulator's pushes and those of users' tests (§三.1, §三.2). Independent of the client's code, so that both cannot share a
// mistake.
import { createHash, randomInt } from "node:crypto";
import type { Json } from "./narrow";

/** MD5 of customer@timestamp@seq@password, in lower-case hex. */
export const digestOf = (customer: string, timestamp: string, seq: string, password: string): string =>
  createHash("md5").update(`${customer}@${timestamp}@${seq}@${password}`, "utf8").digest("hex");

/** The content of a push, and who signs it. */
export interface PushToSign {
  /** The push user if the account has one, else the customer. */
  readonly customer: string;
  /** The push user's password, else the customer's. */
  readonly password: string;
  /** The event, such as {type: "callstart", agent: "1000", …}. */
  readonly notify: Json;
  /** Milliseconds since 1970, or seconds; now if absent. */
  readonly timestamp?: number | string;
  /** The seq of this push; random if absent. */
  readonly seq?: number | string;
  readonly param?: Json;
}

/** A signed push, ready to be POSTed as JSON. */
export interface SignedPush {
  readonly authentication: {
    readonly customer: string;
    readonly digest: string;
    readonly seq: string;
    readonly timestamp: string;
  };
  readonly notify: Json;
  readonly param: Json;
}

/** Upper limit of random seqs: they fit into signed 32 bits. */
const seqsBelow = 2 ** 31;

/**
 * Signs a push as the platform does. POST the result as JSON to the path of an account. The digest covers the authentication block only, so
 * every push needs a unique seq or timestamp.
 */
export const signPush = (push: PushToSign): SignedPush => {
  const { customer, password, notify, timestamp = Date.now(), seq = randomInt(seqsBelow) } = push;
  const { param = { debug: "", lang: "" } } = push;
  const signed = { customer, timestamp: String(timestamp), seq: String(seq) };
  const digest = digestOf(signed.customer, signed.timestamp, signed.seq, password);
  return { authentication: { customer, digest, seq: signed.seq, timestamp: signed.timestamp }, notify, param };
};
