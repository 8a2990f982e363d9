// The tokens of the messages of sccc-calls.
import type { Handed, Spool } from "../../delivery/spool";
import { BoundedSet, type Outcome, type TokenOwner } from "../../delivery/tokens";
import { guarded } from "../../util/guarded";
import type { Tokens } from "../receive/tokens";

/** A redeploy takes no longer, in ms. */
const longestDeployMs = 5000;

/** The tokens of one node's messages. They outlive a redeploy: a token says which entry of the store it stands for, and which delivery. */
export class MessageTokens implements TokenOwner {
  readonly #prefix: string;
  readonly #refused = new BoundedSet();
  readonly #patienceMs: number;
  #spool: Spool | undefined;
  /** The store can't be opened for now. */
  #isWithout = false;
  readonly #waiting = new Set<() => void>();
  /** When the messages are due that wait for a confirmation, while the store is closed. */
  #due: ReadonlyMap<number, number> = new Map();

  constructor(
    private readonly tokens: Tokens,
    patienceMs = longestDeployMs,
  ) {
    this.#prefix = tokens.add(this);
    this.#patienceMs = patienceMs;
  }

  /** The store is open, and nobody is attached yet. */
  open(spool: Spool | undefined): void {
    this.#spool = spool;
    spool?.goOnWaiting(this.#due);
    this.#isWithout = spool === undefined;
    this.#goOn();
  }

  /** The store can't be opened for now. What it has comes again once it is open, with new tokens. */
  fail(): void {
    if (this.#spool === undefined) this.open(undefined);
  }

  /** The store is about to close. After a redeploy it is open again, and what waits for a confirmation goes on waiting. */
  pause(): void {
    this.#due = this.#spool?.waiting ?? this.#due;
    this.#spool = undefined;
    this.#isWithout = false;
  }

  tokenOf({ id, delivery }: Handed): string {
    return `${this.#prefix}${id}.${delivery}`;
  }

  async acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    if (this.#spool === undefined && !this.#isWithout) await this.#deployed();
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
    this.#goOn();
  }

  /** Resolves when the store is open or can't be opened; also when no node opens it, because it was disabled or can't work. */
  #deployed(): Promise<void> {
    return new Promise((resolve) => {
      const goOn = guarded(() => {
        clearTimeout(timer);
        this.#waiting.delete(goOn);
        resolve();
      });
      const timer = setTimeout(goOn, this.#patienceMs).unref();
      this.#waiting.add(goOn);
    });
  }

  #goOn(): void {
    for (const goOn of [...this.#waiting]) goOn();
  }
}
