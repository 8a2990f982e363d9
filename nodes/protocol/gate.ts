// Who gets in: the authentication of a push (§三.2), checked over strictly typed fields and in constant time.
import { timingSafeEqual } from "node:crypto";
import { AgedMap } from "../util/aged-map";
import { isObject } from "../util/json";
import { digestOf } from "./digest";

/** An authentication block as it stands on the wire, every field as text. */
export interface Authentication {
  readonly customer: string;
  readonly digest: string;
  readonly seq: string;
  readonly timestamp: string;
}

/** Who may sign: a name, and its passwords (the previous one too while it is being changed). */
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

/**
 * Reads an authentication block. Names have no @ and numbers are digits only, so that no two blocks give the digest the same text.
 * Undefined where a field is missing or of another form.
 */
export function readAuthentication(value: unknown): Authentication | undefined {
  if (!isObject(value)) return undefined;
  const { customer, digest } = value;
  const seq = digitsOf(value.seq);
  const timestamp = digitsOf(value.timestamp);
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

/** Whether a signer made the digest. Takes the same time whichever password fits, and whether any does; an empty password never fits. */
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

/** A timestamp in ms since 1970; below 10^11 it is in seconds (docs/protocol.md, "Seen in the field"). */
export function momentOf(timestamp: string): number {
  const value = Number(timestamp);
  return value < 1e11 ? value * 1000 : value;
}

/** What the memory says of a block: new, the same push again, or the block with another body. */
export type Seen = "new" | "repeat" | "reused";

interface Remembered {
  readonly body: string;
  readonly moment: number;
  readonly until: number;
  /** Whether the push was taken in the end; false lets the platform send it again. What is over is kept without its promise: there are many. */
  taken: true | Promise<boolean>;
}

/**
 * The blocks that were taken, each for a while. Bounded: the oldest are forgotten first.
 *
 * A block that has been forgotten in due time is older than any that the time window lets in. Should the clock be set back, that would no
 * longer hold, so nothing that is as old as what was forgotten gets in ever again.
 */
export class Memory {
  readonly #keepMs: number;
  readonly #windowed: boolean;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #blocks = new AgedMap<Remembered>();
  #forgotten = Number.NEGATIVE_INFINITY;

  /** @param toleranceMs of the time window, 0 for none. @param now a clock that is never set, in ms. */
  constructor(toleranceMs: number, now: () => number = () => performance.now(), limit = 100_000) {
    this.#windowed = toleranceMs > 0;
    this.#keepMs = this.#windowed ? 2 * toleranceMs : 24 * 3_600_000;
    this.#limit = limit;
    this.#now = now;
  }

  /** How many blocks are remembered. */
  get size(): number {
    return this.#blocks.size;
  }

  /** Whether a block is as old as some that were forgotten. */
  isTooOld({ timestamp }: Authentication): boolean {
    return this.#windowed && momentOf(timestamp) <= this.#forgotten;
  }

  /**
   * Takes a block once: runs `take` for a new one, and for one whose earlier taking failed. A repeat that comes while the first is still being
   * taken waits for it. `taken` is false where `take` said so.
   * @param body stands for the body: equal for equal ones
   */
  async once(
    block: Authentication,
    body: string,
    take: () => Promise<boolean>,
  ): Promise<{ seen: Seen; taken: boolean }> {
    this.#forget();
    const key = `${block.customer}@${block.timestamp}@${block.seq}`;
    // Of several that waited for one which then failed, the first takes and the others wait for that one.
    for (let known = this.#blocks.get(key); known !== undefined; known = this.#blocks.get(key)) {
      if (known.body !== body) return { seen: "reused", taken: false };
      if (await known.taken) return { seen: "repeat", taken: true };
    }
    const taken = take().catch(() => false);
    const remembered: Remembered = {
      body,
      moment: momentOf(block.timestamp),
      until: this.#now() + this.#keepMs,
      taken,
    };
    this.#blocks.set(key, remembered);
    const ok = await taken;
    if (ok) remembered.taken = true;
    else this.#blocks.delete(key);
    return { seen: "new", taken: ok };
  }

  #forget(): void {
    const now = this.#now();
    for (let key = this.#blocks.oldest; key !== undefined; key = this.#blocks.oldest) {
      const { until, moment } = this.#blocks.get(key) ?? { until: now, moment: Number.NEGATIVE_INFINITY };
      if (until > now && this.#blocks.size < this.#limit) return;
      this.#blocks.delete(key);
      // One that had to make room says nothing about time.
      if (until <= now) this.#forgotten = Math.max(this.#forgotten, moment);
    }
  }
}

/** Values that were seen, the newest so many. */
export class Recent {
  readonly #values = new AgedMap<true>();

  constructor(private readonly limit = 100_000) {}

  has(value: string): boolean {
    return this.#values.has(value);
  }

  delete(value: string): void {
    this.#values.delete(value);
  }

  add(value: string): void {
    this.#values.set(value, true);
    const { oldest } = this.#values;
    if (oldest !== undefined && this.#values.size > this.limit) this.#values.delete(oldest);
  }
}
