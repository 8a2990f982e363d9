// The tokens of the messages of sccc-calls.
import { EntryAcks } from "../../delivery/entry-acks";
import type { Handed, Spool, SpoolProgress } from "../../delivery/spool";
import type { Outcome, TokenOwner } from "../../delivery/tokens";
import { guarded } from "../../util/guarded";
import type { Tokens } from "../receive/tokens";

/** The longest time of a redeploy, in ms. */
const longestDeployMs = 5000;

/**
 * The tokens of one node's messages. They survive a redeploy: a token names an entry of the store and a delivery of it.
 */
export class MessageTokens implements TokenOwner {
  readonly #prefix: string;
  readonly #acks = new EntryAcks();
  readonly #patienceMs: number;
  #spool: Spool | undefined;
  /** The store cannot be opened for now. */
  #isWithout = false;
  readonly #waiting = new Set<() => void>();
  /** What the last store leaves to the next one, so that messages go on waiting and no token is given twice. */
  #progress: SpoolProgress | undefined;

  constructor(
    private readonly tokens: Tokens,
    patienceMs = longestDeployMs,
  ) {
    this.#prefix = tokens.add(this);
    this.#patienceMs = patienceMs;
  }

  /** The store is open, and no recipient is attached yet. */
  open(spool: Spool | undefined): void {
    this.#spool = spool;
    if (this.#progress !== undefined) spool?.resumeFrom(this.#progress);
    this.#isWithout = spool === undefined;
    this.#goOn();
  }

  /** The store cannot be opened for now. Its messages get new tokens when it is open. */
  fail(): void {
    if (this.#spool === undefined) this.open(undefined);
  }

  /** The store is about to close. A redeploy opens it again, and confirmations that wait then continue to wait. */
  pause(): void {
    this.#progress = this.#spool?.progress ?? this.#progress;
    this.#spool = undefined;
    this.#isWithout = false;
  }

  tokenOf({ id, delivery }: Handed): string {
    return `${this.#prefix}${id}.${delivery}`;
  }

  async acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    if (this.#spool === undefined && !this.#isWithout) await this.#deployed();
    return this.#acks.acknowledge(this.#spool, rest, outcome);
  }

  /** The node was deleted. */
  close(): void {
    this.tokens.remove(this.#prefix);
    this.#goOn();
  }

  /**
   * Resolves when the store is open or cannot be opened. Also resolves if no node opens it, because the node was
   * disabled or cannot work.
   */
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
