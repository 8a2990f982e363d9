// Tokens: what a flow confirms a delivery with. They live in a registry of the process, so that they survive clones, split and join.
import { randomUUID } from "node:crypto";

/** How a confirmation reads: taken, or not yet. */
export type Confirmation = "taken" | "refused";

/** One thing that is handed to a flow, perhaps several times: each time it has a token of its own. */
export class Handover {
  readonly #tokens = new Set<string>();

  /** @param confirmed called with each confirmation; false if there is nothing left to confirm */
  constructor(private readonly confirmed: (confirmation: Confirmation) => boolean) {}

  /** A token for the next delivery. Those of earlier deliveries stay good, for flows that are slow. */
  token(): string {
    const token = randomUUID();
    this.#tokens.add(token);
    handovers.set(token, this);
    if (handovers.size > limit) {
      const [oldest] = handovers.keys();
      if (oldest !== undefined) handovers.delete(oldest);
    }
    return token;
  }

  /** Confirms with one of its tokens. Taken settles it whole; refused uses up that token only. */
  confirm(token: string, confirmation: Confirmation): boolean {
    if (confirmation === "taken") this.forget();
    else {
      this.#tokens.delete(token);
      handovers.delete(token);
    }
    return this.confirmed(confirmation);
  }

  /** Makes its tokens void. */
  forget(): void {
    for (const token of this.#tokens) handovers.delete(token);
    this.#tokens.clear();
  }
}

/** Tokens that nobody confirms must not fill the memory: in `received` mode most flows have no sccc-confirm. */
const limit = 200_000;

const handovers = new Map<string, Handover>();

/** Confirms by token; false if nothing is pending under it. */
export const confirm = (token: string, confirmation: Confirmation): boolean =>
  handovers.get(token)?.confirm(token, confirmation) ?? false;
