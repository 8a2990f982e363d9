// The tokens of the messages of sccc-calls.
import type { Handed, Spool } from "../../delivery/spool";
import { BoundedSet, type Outcome, type TokenOwner } from "../../delivery/tokens";
import type { Tokens } from "../receive/tokens";

/** The tokens of one node's messages. They outlive a redeploy: a token says which entry of the store it stands for, and which delivery. */
export class MessageTokens implements TokenOwner {
  readonly #prefix: string;
  readonly #refused = new BoundedSet();
  #spool: Spool | undefined;
  #waiting: (() => void)[] = [];

  constructor(private readonly tokens: Tokens) {
    this.#prefix = tokens.add(this);
  }

  /** The store is open, or closed. */
  use(spool: Spool | undefined): void {
    this.#spool = spool;
    if (spool !== undefined) for (const go of this.#waiting.splice(0)) go();
  }

  tokenOf({ id, delivery }: Handed): string {
    return `${this.#prefix}${id}.${delivery}`;
  }

  async acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    // A redeploy is under way.
    if (this.#spool === undefined) await new Promise<void>((go) => this.#waiting.push(go));
    const spool = this.#spool;
    const [id = "", number = ""] = rest.split(".");
    const given = spool?.deliveriesOf(id);
    const delivery = Number(number);
    if (spool === undefined || given === undefined || !(delivery >= 1 && delivery <= given)) return false;
    if (this.#refused.has(rest)) return false;
    if (outcome === "taken") return spool.settle(id);
    this.#refused.add(rest);
    return spool.refuse(id);
  }

  /** The node is gone for good. */
  close(): void {
    this.tokens.remove(this.#prefix);
    for (const go of this.#waiting.splice(0)) go();
  }
}
