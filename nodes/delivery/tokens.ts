// Tokens with which a flow acknowledges deliveries. A token begins with its owner's name, so that no owner can invalidate another's tokens.
import { AgedMap } from "../util/aged-map";
import { newId } from "../util/id";

/** An acknowledgement: taken, or refused and to be delivered again. */
export type Outcome = "taken" | "refused";

/** An owner of tokens. */
export interface TokenOwner {
  /**
   * Acknowledges by the part of a token after the owner's name.
   * @returns false if nothing is pending under it
   */
  acknowledge(rest: string, outcome: Outcome): boolean | Promise<boolean>;
}

/** All owners of a process. */
export class TokenRegistry {
  readonly #owners = new Map<string, TokenOwner>();

  /** Adds an owner. @returns the prefix of its tokens */
  add(owner: TokenOwner): string {
    const name = newId().replaceAll("-", "");
    this.#owners.set(name, owner);
    return `${name}.`;
  }

  /** Removes an owner and invalidates its tokens. @param prefix what `add` returned */
  remove(prefix: string): void {
    this.#owners.delete(prefix.slice(0, -1));
  }

  /** Acknowledges by token; false if nothing is pending under it. */
  acknowledge(token: string, outcome: Outcome): boolean | Promise<boolean> {
    const dot = token.indexOf(".");
    return this.#owners.get(token.slice(0, dot))?.acknowledge(token.slice(dot + 1), outcome) ?? false;
  }
}

/** An item to be acknowledged. It may be delivered several times, each time with a new token. */
export class PendingAck {
  readonly #acks: PendingAcks;
  readonly #tokens = new Set<string>();

  /** @param acknowledged called with each acknowledgement; returns false if there is nothing left to acknowledge */
  constructor(
    acks: PendingAcks,
    readonly acknowledged: (outcome: Outcome) => boolean,
  ) {
    this.#acks = acks;
  }

  /** A token for the next delivery. Tokens of earlier deliveries stay valid, for slow flows. */
  token(): string {
    const token = this.#acks.add(this);
    this.#tokens.add(token);
    return token;
  }

  /** Acknowledges with one of its tokens. "taken" settles the item; "refused" invalidates only that token. */
  acknowledge(token: string, outcome: Outcome): boolean {
    if (outcome === "taken") this.forget();
    else {
      this.#tokens.delete(token);
      this.#acks.delete(token);
    }
    return this.acknowledged(outcome);
  }

  /** Invalidates all its tokens. */
  forget(): void {
    for (const token of this.#tokens) this.#acks.delete(token);
    this.#tokens.clear();
  }
}

/** The pending acknowledgements of one owner. The owner limits their number: it must forget those that are no longer awaited. */
export class PendingAcks implements TokenOwner {
  readonly #pending = new Map<string, PendingAck>();
  readonly #prefix: string;
  readonly #registry: TokenRegistry;

  constructor(registry: TokenRegistry) {
    this.#registry = registry;
    this.#prefix = registry.add(this);
  }

  /**
   * Creates a pending acknowledgement. @param acknowledged called with each acknowledgement; returns false if there is nothing left to
   * acknowledge
   */
  begin(acknowledged: (outcome: Outcome) => boolean): PendingAck {
    return new PendingAck(this, acknowledged);
  }

  /** Creates a token for a pending acknowledgement. */
  add(pending: PendingAck): string {
    const token = this.#prefix + newId();
    this.#pending.set(token, pending);
    return token;
  }

  /** Invalidates a token. */
  delete(token: string): void {
    this.#pending.delete(token);
  }

  acknowledge(rest: string, outcome: Outcome): boolean {
    const token = this.#prefix + rest;
    return this.#pending.get(token)?.acknowledge(token, outcome) ?? false;
  }

  /** Invalidates all tokens. */
  close(): void {
    this.#registry.remove(this.#prefix);
    this.#pending.clear();
  }
}

/** A set with a maximum size: the oldest values are removed first. */
export class BoundedSet {
  readonly #values = new AgedMap<true>();

  constructor(private readonly limit = 100_000) {}

  has(value: string): boolean {
    return this.#values.has(value);
  }

  add(value: string): void {
    this.#values.set(value, true);
    const { oldest } = this.#values;
    if (oldest !== undefined && this.#values.size > this.limit) this.#values.delete(oldest);
  }
}

/**
 * Tokens that are not awaited, so that every message can be acknowledged. They are numbered: only used tokens need memory, because most
 * flows do not acknowledge anything.
 */
export class FreeTokens implements TokenOwner {
  readonly #prefix: string;
  readonly #limit: number;
  readonly #used: BoundedSet;
  #given = 0;

  /** @param limit how many of the newest tokens are valid */
  constructor(registry: TokenRegistry, limit = 200_000) {
    this.#prefix = registry.add(this);
    this.#limit = limit;
    this.#used = new BoundedSet(limit);
  }

  /** A new token. */
  next(): string {
    this.#given += 1;
    return this.#prefix + this.#given;
  }

  acknowledge(rest: string): boolean {
    const number = Number(rest);
    const isGiven = number > Math.max(0, this.#given - this.#limit) && number <= this.#given && rest === String(number);
    if (!isGiven || this.#used.has(rest)) return false;
    this.#used.add(rest);
    return true;
  }
}
