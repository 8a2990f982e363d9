// A map with fast access to its oldest entry, for caches of limited size.

/** A Map that finds its oldest key in constant time. A new iterator would first skip all entries that were deleted at the front. */
export class AgedMap<V> extends Map<string, V> {
  #walk = this.keys();
  #oldest: string | undefined;

  /** The key that was inserted first, of the keys that are present. */
  get oldest(): string | undefined {
    if (this.#oldest !== undefined) return this.#oldest;
    let next = this.#walk.next();
    if (next.done) {
      // An iterator that has reached the end stays there: all current entries were inserted later.
      this.#walk = this.keys();
      next = this.#walk.next();
    }
    this.#oldest = next.done ? undefined : next.value;
    return this.#oldest;
  }

  override delete(key: string): boolean {
    if (key === this.#oldest) this.#oldest = undefined;
    return super.delete(key);
  }

  override clear(): void {
    this.#oldest = undefined;
    super.clear();
  }
}
