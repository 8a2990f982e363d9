// Collects what comes in during one turn of the event loop, so that a thread gets one message instead of many.
import { guarded } from "./guarded";

/** The items of one turn. */
export class TurnBatch<T> {
  #items: T[] = [];

  /** @param send gets the items of a turn after it */
  constructor(private readonly send: (items: readonly T[]) => void) {}

  add(item: T): void {
    if (this.#items.length === 0) {
      setImmediate(
        guarded(() => {
          const items = this.#items;
          this.#items = [];
          this.send(items);
        }),
      );
    }
    this.#items.push(item);
  }
}
