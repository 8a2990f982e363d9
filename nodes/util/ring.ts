// The newest items of a series, limited by their number and their total size.

/** An item and its size in bytes. */
export interface Sized {
  readonly size: number;
}

/** Keeps the newest items. */
export class Ring<T extends Sized> {
  readonly #slots: (T | undefined)[] = [];
  #next = 0;
  #count = 0;
  #bytes = 0;

  constructor(
    private readonly mostItems: number,
    private readonly mostBytes: number,
  ) {}

  get size(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest item that is kept. */
  get oldest(): T | undefined {
    return this.#slots[this.#first];
  }

  /**
   * Adds an item, and drops the oldest ones for which there is no room. An item larger than the limit is kept alone.
   */
  add(item: T): void {
    if (this.#count === this.mostItems) this.#drop();
    this.#slots[this.#next] = item;
    this.#next = (this.#next + 1) % this.mostItems;
    this.#count += 1;
    this.#bytes += item.size;
    while (this.#bytes > this.mostBytes && this.#count > 1) this.#drop();
  }

  /** The items, the newest first. */
  *newestFirst(): Generator<T> {
    for (let back = 1; back <= this.#count; back += 1) {
      const item = this.#slots[(this.#next - back + this.mostItems) % this.mostItems];
      if (item !== undefined) yield item;
    }
  }

  get #first(): number {
    return (this.#next - this.#count + this.mostItems) % this.mostItems;
  }

  #drop(): void {
    const place = this.#first;
    this.#bytes -= this.#slots[place]?.size ?? 0;
    this.#slots[place] = undefined;
    this.#count -= 1;
  }
}
