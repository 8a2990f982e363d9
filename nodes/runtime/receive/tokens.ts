// The tokens of one Node-RED: whatever a node hands to a flow can be acknowledged by sccc-confirm.
import { FreeTokens, type Outcome, PendingAcks, type TokenOwner, TokenRegistry } from "../../delivery/tokens";

/** Gives tokens, and takes them back. */
export class Tokens {
  readonly #owners = new TokenRegistry();
  readonly #free = new Map<string, FreeTokens>();

  /** Adds an owner of tokens. @returns what its tokens begin with */
  add(owner: TokenOwner): string {
    return this.#owners.add(owner);
  }

  /** Removes an owner: its tokens are void. @param prefix what `add` returned */
  remove(prefix: string): void {
    this.#owners.remove(prefix);
  }

  /** Acknowledges by token; false if nothing is pending under it. */
  acknowledge(token: string, outcome: Outcome): boolean | Promise<boolean> {
    return this.#owners.acknowledge(token, outcome);
  }

  /** A token that nothing waits for. @param owner the id of the node or account that gives it */
  free(owner: string): string {
    let own = this.#free.get(owner);
    if (own === undefined) {
      own = new FreeTokens(this.#owners);
      this.#free.set(owner, own);
    }
    return own.next();
  }

  /** Acknowledgements that a node waits for itself. Close it in the end. */
  pendingAcks(): PendingAcks {
    return new PendingAcks(this.#owners);
  }
}
