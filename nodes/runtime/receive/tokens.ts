// Tokens: what a flow confirms a delivery with. They live in a registry of the process, so that they survive clones, split and join.

import { Recent } from "../../protocol/gate";
import { AgedMap } from "../../util/aged-map";
import { newId } from "../../util/id";

/** How a confirmation reads: taken, or not yet. */
export type Confirmation = "taken" | "refused";

/** One thing that is handed to a flow, perhaps several times: each time it has a token of its own. */
export class Handover {
  readonly #tokens = new Set<string>();

  /**
   * @param confirmed called with each confirmation; false if there is nothing left to confirm
   * @param of a page's tokens stay good until they are confirmed or forgotten, a push's only among the newest of all pushes
   */
  constructor(
    private readonly confirmed: (confirmation: Confirmation) => boolean,
    private readonly of: "push" | "page" = "push",
  ) {}

  /** A token for the next delivery. Those of earlier deliveries stay good, for flows that are slow. */
  token(): string {
    const token = register(this, this.of);
    this.#tokens.add(token);
    return token;
  }

  /** Confirms with one of its tokens. Taken settles it whole; refused uses up that token only. */
  confirm(token: string, confirmation: Confirmation): boolean {
    if (confirmation === "taken") this.forget();
    else {
      this.#tokens.delete(token);
      drop(token);
    }
    return this.confirmed(confirmation);
  }

  /** Makes its tokens void. */
  forget(): void {
    for (const token of this.#tokens) drop(token);
    this.#tokens.clear();
  }
}

/** Tokens that nobody confirms must not fill the memory. */
const limit = 200_000;

const pending = new AgedMap<Handover>();

/** Of feeds. Each waits for one page only, so that these need no limit, and no flood of pushes leaves a feed waiting for good. */
const pages = new Map<string, Handover>();

const drop = (token: string): boolean => pending.delete(token) || pages.delete(token);

function register(it: Handover, of: "push" | "page"): string {
  const token = newId();
  if (of === "page") {
    pages.set(token, it);
    return token;
  }
  pending.set(token, it);
  const { oldest } = pending;
  if (oldest !== undefined && pending.size > limit) pending.delete(oldest);
  return token;
}

/** Free tokens are numbered, so that they need no memory: in `received` mode every push has one, and most flows have no sccc-confirm. */
const run = newId();
let given = 0;
const used = new Recent(limit);

/** A token that nothing waits for, so that every message can be confirmed. */
export function freeToken(): string {
  given += 1;
  return `${run}-${given}`;
}

/** Uses a free token up; false if it is none, was used, or is too old to know. */
function useFree(token: string): boolean {
  const number = Number(token.slice(run.length + 1));
  const isGiven = number > Math.max(0, given - limit) && number <= given && token === `${run}-${number}`;
  if (!isGiven || used.has(token)) return false;
  used.add(token);
  return true;
}

/** What is pending under a token. */
const find = (token: string): Handover | undefined => pending.get(token) ?? pages.get(token);

/** Confirms by token; false if nothing is pending under it. */
export const confirm = (token: string, confirmation: Confirmation): boolean =>
  find(token)?.confirm(token, confirmation) ?? useFree(token);

/**
 * Confirms a list of tokens. A token that stands several times counts once, and so do several tokens of one delivery: the first confirmation
 * settles them all.
 * @returns the tokens that nothing is pending under, each once
 */
export function confirmAll(tokens: readonly string[], confirmation: Confirmation): readonly string[] {
  const deliveries = new Map(tokens.map((token) => [token, find(token)]));
  const settled = new Set<Handover>();
  return [...deliveries].flatMap(([token, delivery]) => {
    if (delivery !== undefined && settled.has(delivery)) return [];
    const known = confirm(token, confirmation);
    if (known && delivery !== undefined && confirmation === "taken") settled.add(delivery);
    return known ? [] : [token];
  });
}
