// Questions to the receiving thread. Each ends with the thread's answer, with the end of the thread, or after a time limit.
import { guarded } from "../../util/guarded";

/** The time limit, in ms. The sidebar asks every few seconds anyway. */
const longestMs = 3000;

/** The questions that wait for their answer. */
export class Questions {
  readonly #withinMs: number;
  readonly #open = new Map<number, (answer: string | undefined) => void>();
  #last = 0;

  constructor(withinMs = longestMs) {
    this.#withinMs = withinMs;
  }

  /** Asks. @returns the answer, as JSON; undefined if none was received */
  ask(send: (number: number) => void): Promise<string | undefined> {
    this.#last += 1;
    const number = this.#last;
    return new Promise((resolve) => {
      const timer = setTimeout(
        guarded(() => this.#end(number, undefined)),
        this.#withinMs,
      ).unref();
      this.#open.set(number, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      send(number);
    });
  }

  /** The thread has answered. A late answer is ignored. */
  answer(number: number, text: string): void {
    this.#end(number, text);
  }

  /** The thread has ended. */
  abandon(): void {
    for (const number of [...this.#open.keys()]) this.#end(number, undefined);
  }

  #end(number: number, answer: string | undefined): void {
    this.#open.get(number)?.(answer);
    this.#open.delete(number);
  }
}
