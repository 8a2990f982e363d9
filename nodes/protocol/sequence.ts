// Sequence numbers that don't repeat across restarts, nor between installations that share an account (docs/protocol.md, "Requests").
import { randomInt } from "node:crypto";

const end = 2 ** 31;

/**
 * Integers from 1 to 2^31 - 1, counted up from a random start and around.
 *
 * A count that starts at random keeps what one process has used in one run of numbers, so that n numbers of one installation
 * and m of another overlap at all with a probability of only (n + m) / 2^31; numbers drawn one by one would collide far sooner.
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

  /** Goes on from another random number: this run of numbers may be another installation's. */
  leap(): void {
    this.#next = randomInt(1, end);
  }
}

/** Shared by all accounts of the process, so that two of them with one customer don't repeat each other. */
export const requestSequence = new Sequence();

/** The same for command seqs, which pushes carry back. */
export const commandSequence = new Sequence();
