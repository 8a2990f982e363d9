// Collects what comes in during one turn of the event loop, so that a thread gets few messages instead of many.
import { guarded } from "./guarded";

/** The items of one turn, in one batch or in several. */
export class TurnBatch<T> {
  #items: T[] = [];

  /**
   * @param send gets a batch: at the end of the turn, or as soon as it is full. It must not add to the batch
   * @param most the size of a full batch. The other thread then begins while this one goes on with the turn
   */
  constructor(
    private readonly send: (items: readonly T[]) => void,
    private readonly most = Number.POSITIVE_INFINITY,
  ) {}

  add(item: T): void {
    if (this.#items.length === 0) setImmediate(guarded(() => this.#flush()));
    this.#items.push(item);
    if (this.#items.length >= this.most) guarded(() => this.#flush())();
  }

  #flush(): void {
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    this.send(items);
  }
}
