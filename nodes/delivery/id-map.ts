// A map for a million values with ascending numbers as keys: pages of an array need a fraction of a Map's memory.

const pageSize = 1024;

interface Page<T> {
  readonly slots: (T | undefined)[];
  used: number;
}

/** Values by ascending numbers. An empty page is removed. */
export class IdMap<T> {
  readonly #pages = new Map<number, Page<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    return this.#pages.get(Math.floor(id / pageSize))?.slots[id % pageSize];
  }

  set(id: number, value: T): void {
    const number = Math.floor(id / pageSize);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = { slots: new Array<T | undefined>(pageSize).fill(undefined), used: 0 };
      this.#pages.set(number, page);
    }
    if (page.slots[id % pageSize] === undefined) {
      page.used += 1;
      this.#size += 1;
    }
    page.slots[id % pageSize] = value;
  }

  delete(id: number): void {
    const number = Math.floor(id / pageSize);
    const page = this.#pages.get(number);
    if (page?.slots[id % pageSize] === undefined) return;
    page.slots[id % pageSize] = undefined;
    page.used -= 1;
    this.#size -= 1;
    if (page.used === 0) this.#pages.delete(number);
  }

  *values(): Generator<T> {
    for (const { slots } of this.#pages.values()) {
      for (const value of slots) if (value !== undefined) yield value;
    }
  }
}
