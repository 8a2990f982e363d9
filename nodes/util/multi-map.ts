// A map with several values for a key. Most keys have one value; only keys with several use a Set.

/** The members of each key, the oldest first. */
export class MultiMap<T extends object> {
  readonly #members = new Map<string, T | Set<T>>();

  add(key: string, member: T): void {
    const there = this.#members.get(key);
    if (there === undefined) this.#members.set(key, member);
    else if (there instanceof Set) there.add(member);
    else if (there !== member) this.#members.set(key, new Set([there, member]));
  }

  delete(key: string, member: T): void {
    const there = this.#members.get(key);
    if (there === member) this.#members.delete(key);
    else if (there instanceof Set && there.delete(member) && there.size === 0) this.#members.delete(key);
  }

  /** The members of a key, at most `most`. */
  *of(key: string, most = Number.POSITIVE_INFINITY): Generator<T> {
    const there = this.#members.get(key);
    if (there === undefined) return;
    if (!(there instanceof Set)) return yield there;
    let left = most;
    for (const member of there) {
      if (left <= 0) return;
      left -= 1;
      yield member;
    }
  }
}
