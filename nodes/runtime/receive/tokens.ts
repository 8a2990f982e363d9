// The tokens of one Node-RED: every message that a node hands to a flow can be acknowledged by sccc-confirm.
import { FreeTokens, type Outcome, PendingAcks, type TokenOwner, TokenRegistry } from "../../delivery/tokens";

/** Creates tokens, and acknowledges by them. */
export class Tokens {
  readonly #owners = new TokenRegistry();
  readonly #free = new Map<string, FreeTokens>();

  /** Adds an owner of tokens. @returns the prefix of its tokens */
  add(owner: TokenOwner): string {
    return this.#owners.add(owner);
  }

  /** Removes an owner and invalidates its tokens. @param prefix what `add` returned */
  remove(prefix: string): void {
    this.#owners.remove(prefix);
  }

  /** Acknowledges by token; false if nothing is pending under it. */
  acknowledge(token: string, outcome: Outcome): boolean | Promise<boolean> {
    return this.#owners.acknowledge(token, outcome);
  }

  /** A token that nothing waits for. @param owner the ID of the node or account that gives it */
  free(owner: string): string {
    let own = this.#free.get(owner);
    if (own === undefined) {
      own = new FreeTokens(this.#owners);
      this.#free.set(owner, own);
    }
    return own.next();
  }

  /** Acknowledgements that a node awaits itself. It must close them. */
  pendingAcks(): PendingAcks {
    return new PendingAcks(this.#owners);
  }
}
