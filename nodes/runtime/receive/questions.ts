// Questions to the receiving thread. Each ends: with the thread's answer, with the end of the thread, or with the end of the time.
import { guarded } from "../../util/guarded";

/** What the thread says: JSON, or nothing where there is nothing to tell. */
export interface ThreadAnswer {
  readonly text: string | undefined;
}

/** The sidebar asks every few seconds. A thread that is busy for longer is asked again. */
const longestMs = 3000;

export class Questions {
  readonly #withinMs: number;
  readonly #open = new Map<number, (answer: ThreadAnswer | undefined) => void>();
  #last = 0;

  constructor(withinMs = longestMs) {
    this.#withinMs = withinMs;
  }

  /** Asks. @returns the answer; undefined: none came */
  ask(send: (number: number) => void): Promise<ThreadAnswer | undefined> {
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

  /** The thread has answered. What comes too late is of no use any more. */
  answer(number: number, text: string | undefined): void {
    this.#end(number, { text });
  }

  /** The thread has ended. */
  abandon(): void {
    for (const number of [...this.#open.keys()]) this.#end(number, undefined);
  }

  #end(number: number, answer: ThreadAnswer | undefined): void {
    this.#open.get(number)?.(answer);
    this.#open.delete(number);
  }
}
