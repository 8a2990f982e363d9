// Checks the authentication block of requests (§三.1).
import type { Dialect } from "./dialects";
import { isObject, textOrDigits } from "./narrow";
import { digestOf } from "./signing";

/** How many sequence numbers are remembered; the oldest are forgotten first. */
const mostUsed = 100_000;
/** Timestamps below this are in seconds; some clients send these. */
const secondsBelow = 1e11;

/** Checks authentication blocks and remembers used sequence numbers. */
export class Authenticator {
  readonly #used = new Set<string>();

  constructor(
    private readonly settings: {
      readonly customer: string;
      readonly password: string;
      readonly tolerance: number;
      readonly dialect: Pick<Dialect, "repeatedSeq">;
    },
  ) {}

  /**
   * Checks a request's `authentication`: the customer's signature, the time, and whether the seq is new. Returns the reason for a refusal
   * for the logs, without the password.
   */
  refuses(authentication: unknown): string | undefined {
    if (!isObject(authentication)) return "no authentication";
    const { customer, digest } = authentication;
    const timestamp = textOrDigits(authentication["timestamp"]);
    const seq = textOrDigits(authentication["seq"]);
    if (customer !== this.settings.customer) return "unknown customer";
    if (timestamp === undefined || !/^\d{1,15}$/.test(timestamp)) return "timestamp is not a number";
    if (seq === undefined || !/^\d{1,20}$/.test(seq)) return "seq is not a number";
    if (typeof digest !== "string") return "no digest";
    if (digest.toLowerCase() !== digestOf(customer, timestamp, seq, this.settings.password)) return "wrong digest";
    if (!this.#isRecent(Number(timestamp))) return "timestamp is too far from now";
    if (this.settings.dialect.repeatedSeq) return undefined;
    if (this.#used.has(seq)) return "seq has been used before";
    this.#use(seq);
    return undefined;
  }

  /** Forgets the used sequence numbers. */
  reset(): void {
    this.#used.clear();
  }

  #isRecent(timestamp: number): boolean {
    const ms = timestamp < secondsBelow ? timestamp * 1000 : timestamp;
    // Uses the real clock: the client does not know the simulated one.
    return this.settings.tolerance === 0 || Math.abs(ms - Date.now()) <= this.settings.tolerance * 1000;
  }

  #use(seq: string): void {
    this.#used.add(seq);
    const [oldest] = this.#used;
    if (this.#used.size > mostUsed && oldest !== undefined) this.#used.delete(oldest);
  }
}
