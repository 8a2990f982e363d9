// The tokens of this process: whatever a node hands to a flow can be acknowledged by sccc-confirm.
import { FreeTokens, type Outcome, PendingAcks, TokenRegistry } from "../../delivery/tokens";

/** Who has given tokens. */
export const tokens = new TokenRegistry();

/** Acknowledges by token; false if nothing is pending under it. */
export const acknowledge = (token: string, outcome: Outcome): boolean | Promise<boolean> =>
  tokens.acknowledge(token, outcome);

const freeTokens = new Map<string, FreeTokens>();

/** A token that nothing waits for. @param owner the id of the node or account that gives it */
export function freeToken(owner: string): string {
  let own = freeTokens.get(owner);
  if (own === undefined) {
    own = new FreeTokens(tokens);
    freeTokens.set(owner, own);
  }
  return own.next();
}

/** Acknowledgements that a node of this process waits for itself. Close it in the end. */
export const pendingAcks = (): PendingAcks => new PendingAcks(tokens);
