// A map that knows its oldest entry, for memories that are bounded.

/** A Map that tells its oldest key in constant time: a new iterator would first walk over all that was ever deleted at the front. */
export class AgedMap<V> extends Map<string, V> {
  #walk = this.keys();
  #oldest: string | undefined;

  /** The key that was put in first, of those that are there. */
  get oldest(): string | undefined {
    if (this.#oldest !== undefined) return this.#oldest;
    let next = this.#walk.next();
    if (next.done) {
      // It came to the end once, and sees nothing new: whatever is there has come since.
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
