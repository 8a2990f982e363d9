// Verifies the authentication of a push (§三.2): fields are strictly typed, the comparison takes constant time.
import { timingSafeEqual } from "node:crypto";
import { digestOf } from "../protocol/digest";
import { isObject, type JsonObject } from "../util/json";

/** An authentication block as sent, every field as text. */
export interface Authentication {
  readonly customer: string;
  readonly digest: string;
  readonly seq: string;
  readonly timestamp: string;
}

/** Credentials for signing: a name and its passwords (during a change of password, the previous one is valid too). */
export interface Signer {
  readonly customer: string;
  readonly passwords: readonly string[];
}

const digits = /^\d{1,20}$/;

/** A number or a string of digits, as text; undefined for anything else. */
function digitsOf(value: unknown): string | undefined {
  const text = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === "string" && digits.test(text) ? text : undefined;
}

/** A time in seconds or milliseconds, as text. Some platforms send a fraction; it is part of the signed text. */
function timestampOf(value: unknown): string | undefined {
  const text = typeof value === "number" && value <= Number.MAX_SAFE_INTEGER ? String(value) : value;
  return typeof text === "string" && /^\d{1,20}(?:\.\d{1,9})?$/.test(text) ? text : undefined;
}

/** The customer of an authentication block, as text where it is one. Some senders write a name of digits as a number. */
export const customerOf = ({ customer }: JsonObject): unknown =>
  typeof customer === "number" && Number.isSafeInteger(customer) ? String(customer) : customer;

/**
 * Reads an authentication block. Names may not contain @ and numbers must be digits, so that different blocks never give the same text to
 * digest. Undefined if a field is missing or malformed.
 */
export function readAuthentication(value: unknown): Authentication | undefined {
  if (!isObject(value)) return undefined;
  const { digest } = value;
  const customer = customerOf(value);
  const seq = digitsOf(value.seq);
  const timestamp = timestampOf(value.timestamp);
  if (
    typeof customer !== "string" ||
    !/^[\w-]{1,128}$/.test(customer) ||
    seq === undefined ||
    timestamp === undefined
  ) {
    return undefined;
  }
  if (typeof digest !== "string" || !/^[\da-f]{32}$/i.test(digest)) return undefined;
  return { customer, digest: digest.toLowerCase(), seq, timestamp };
}

/**
 * Whether a signer made the digest. The time does not depend on which password matches, or whether one does. An empty password never
 * matches.
 */
export function isSignedBy(block: Authentication, signer: Signer): boolean {
  const { customer, timestamp, seq, digest } = block;
  const given = Buffer.from(digest);
  let fits = customer === signer.customer;
  let some = false;
  for (const password of signer.passwords) {
    if (password === "") continue;
    some = timingSafeEqual(given, Buffer.from(digestOf({ customer, timestamp, seq, password }))) || some;
  }
  fits &&= some;
  return fits;
}

/** A timestamp in ms since 1970. Platforms send seconds or milliseconds; values below 10^11 are seconds. */
export function momentOf(timestamp: string): number {
  const value = Number(timestamp);
  return value < 1e11 ? value * 1000 : value;
}
