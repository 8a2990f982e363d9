// Sequence numbers that do not repeat after restarts or between installations that share an account (docs/protocol.md, "Requests").
import { randomInt } from "node:crypto";

const end = 2 ** 31;

/**
 * Integers from 1 to 2^31 - 1, ascending from a random start, with wrap-around.
 *
 * The numbers of one process form a single range. Ranges of n and m numbers overlap with a probability of only (n + m) / 2^31; individually
 * random numbers would collide far sooner.
 */
export class Sequence {
  #next: number;

  constructor(start = randomInt(1, end)) {
    this.#next = start;
  }

  /** The next number. */
  next(): number {
    const value = this.#next;
    this.#next = value + 1 < end ? value + 1 : 1;
    return value;
  }

  /** Continues from another random number, because another installation may use the current range. */
  leap(): void {
    this.#next = randomInt(1, end);
  }
}

/** The numbers of requests, and those of commands, which pushes carry back. Accounts that share them don't repeat each other. */
export interface Sequences {
  readonly requestSequence: Sequence;
  readonly commandSequence: Sequence;
}

/** New sequences, each with a random start. */
export const newSequences = (): Sequences => ({
  requestSequence: new Sequence(),
  commandSequence: new Sequence(),
});
