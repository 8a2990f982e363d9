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
