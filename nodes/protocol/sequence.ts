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

/** Shared by all accounts of the process, so that two accounts with the same customer do not use the same numbers. */
export const requestSequence = new Sequence();

/** The same for command seqs, which pushes contain again. */
export const commandSequence = new Sequence();
