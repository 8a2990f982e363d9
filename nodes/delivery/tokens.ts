// Tokens: what a flow acknowledges a delivery with. A token begins with the name of its owner, so that no owner can void another's tokens.
import { AgedMap } from "../util/aged-map";
import { newId } from "../util/id";

/** How an acknowledgement reads: taken, or not yet. */
export type Outcome = "taken" | "refused";

/** Who has given tokens. */
export interface TokenOwner {
  /**
   * Acknowledges by what stands in a token behind the owner's name.
   * @returns false if nothing is pending under it
   */
  acknowledge(rest: string, outcome: Outcome): boolean | Promise<boolean>;
}

/** The owners of a process. */
export class TokenRegistry {
  readonly #owners = new Map<string, TokenOwner>();

  /** Adds an owner. @returns what its tokens begin with */
  add(owner: TokenOwner): string {
    const name = newId().replaceAll("-", "");
    this.#owners.set(name, owner);
    return `${name}.`;
  }

  /** Removes an owner: its tokens are void. @param prefix what `add` returned */
  remove(prefix: string): void {
    this.#owners.delete(prefix.slice(0, -1));
  }

  /** Acknowledges by token; false if nothing is pending under it. */
  acknowledge(token: string, outcome: Outcome): boolean | Promise<boolean> {
    const dot = token.indexOf(".");
    return this.#owners.get(token.slice(0, dot))?.acknowledge(token.slice(dot + 1), outcome) ?? false;
  }
}

/** One thing that is handed to a flow, perhaps several times: each time it has a token of its own. */
export class PendingAck {
  readonly #acks: PendingAcks;
  readonly #tokens = new Set<string>();

  /** @param acknowledged called with each acknowledgement; false if there is nothing left to acknowledge */
  constructor(
    acks: PendingAcks,
    readonly acknowledged: (outcome: Outcome) => boolean,
  ) {
    this.#acks = acks;
  }

  /** A token for the next delivery. Those of earlier deliveries stay good, for flows that are slow. */
  token(): string {
    const token = this.#acks.add(this);
    this.#tokens.add(token);
    return token;
  }

  /** Acknowledges with one of its tokens. Taken settles it whole; refused uses up that token only. */
  acknowledge(token: string, outcome: Outcome): boolean {
    if (outcome === "taken") this.forget();
    else {
      this.#tokens.delete(token);
      this.#acks.delete(token);
    }
    return this.acknowledged(outcome);
  }

  /** Makes its tokens void. */
  forget(): void {
    for (const token of this.#tokens) this.#acks.delete(token);
    this.#tokens.clear();
  }
}

/** The pending acknowledgements of one owner. It bounds them itself: what is not waited for any more must be forgotten. */
export class PendingAcks implements TokenOwner {
  readonly #pending = new Map<string, PendingAck>();
  readonly #prefix: string;
  readonly #registry: TokenRegistry;

  constructor(registry: TokenRegistry) {
    this.#registry = registry;
    this.#prefix = registry.add(this);
  }

  /** Begins to wait. @param acknowledged called with each acknowledgement; false if there is nothing left to acknowledge */
  begin(acknowledged: (outcome: Outcome) => boolean): PendingAck {
    return new PendingAck(this, acknowledged);
  }

  /** A new token of a pending acknowledgement. */
  add(pending: PendingAck): string {
    const token = this.#prefix + newId();
    this.#pending.set(token, pending);
    return token;
  }

  /** Makes a token void. */
  delete(token: string): void {
    this.#pending.delete(token);
  }

  acknowledge(rest: string, outcome: Outcome): boolean {
    const token = this.#prefix + rest;
    return this.#pending.get(token)?.acknowledge(token, outcome) ?? false;
  }

  /** All its tokens are void from here on. */
  close(): void {
    this.#registry.remove(this.#prefix);
    this.#pending.clear();
  }
}

/** Values that were seen, the newest so many. */
export class BoundedSet {
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

/**
 * Tokens that nothing waits for, so that every message can be acknowledged. They are numbered: only those that were used need memory, for
 * most flows acknowledge nothing.
 */
export class FreeTokens implements TokenOwner {
  readonly #prefix: string;
  readonly #limit: number;
  readonly #used: BoundedSet;
  #given = 0;

  /** @param limit how many of the newest tokens are good */
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
