// Acknowledges the entries of a spool by tokens that name an entry and one of its deliveries.
import type { Spool } from "./spool";
import { BoundedSet, type Outcome } from "./tokens";

/** The only spelling of a token. Another one of the same numbers would be another token, and could refuse the same delivery again. */
const form = /^([1-9]\d{0,15})\.([1-9]\d{0,15})$/;

/** The acknowledgements of one spool, also after it was closed and opened again. */
export class EntryAcks {
  /** Tokens that were used to refuse: each refuses its delivery once. */
  readonly #refused = new BoundedSet();

  /**
   * Acknowledges a delivery.
   * @param token `<entry>.<delivery>`
   * @returns false if nothing is pending under it
   */
  acknowledge(spool: Spool | undefined, token: string, outcome: Outcome): boolean {
    const [, id = "", delivery] = form.exec(token) ?? [];
    const given = spool?.deliveriesOf(id);
    if (spool === undefined || given === undefined || !(Number(delivery) <= given)) return false;
    if (this.#refused.has(token)) return false;
    if (outcome === "taken") return spool.settle(id);
    this.#refused.add(token);
    return spool.refuse(id);
  }
}
