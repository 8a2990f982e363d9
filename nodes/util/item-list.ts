// A linked list whose links are fields of its items: no extra memory for each of up to a million items.

/** An item of a list; it may be in one list at a time. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** An ordered list; adding, removing and reading the first item take constant time. */
export class ItemList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get first(): T | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  /** Appends an item that is in no list. */
  push(item: T): void {
    item.previous = this.#last;
    item.next = undefined;
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
    this.#size += 1;
  }

  /** Puts an item that is in no list before all others. */
  unshift(item: T): void {
    item.previous = undefined;
    item.next = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.previous = item;
    this.#first = item;
    this.#size += 1;
  }

  /** Removes an item that is in this list. */
  remove(item: T): void {
    if (item.previous === undefined) this.#first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.previous = undefined;
    item.next = undefined;
    this.#size -= 1;
  }

  /** The first `count` items. */
  take(count: number): T[] {
    const items: T[] = [];
    for (let item = this.#first; item !== undefined && items.length < count; item = item.next) items.push(item);
    return items;
  }

  /** The items, the last one first. */
  *lastFirst(): Generator<T> {
    for (let item = this.#last; item !== undefined; item = item.previous) yield item;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#first; item !== undefined; item = item.next) yield item;
  }
}
