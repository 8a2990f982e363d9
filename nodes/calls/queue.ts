// A queue in the order of time whose members can leave it from anywhere, each step in constant time.

/** What may stand in a queue, in one at a time. */
export interface Queued<T extends Queued<T>> {
  /** When it was put there, in ms of a clock that is never set. */
  since: number;
  before: T | undefined;
  after: T | undefined;
  queue: Queue<T> | undefined;
}

/** The members in the order in which they were put there, the oldest first. */
export class Queue<T extends Queued<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that has been there longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Puts a member to the end, wherever it stood before. */
  put(member: T, since: number): void {
    member.queue?.remove(member);
    member.since = since;
    member.queue = this;
    member.before = this.#last;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
    this.#size += 1;
  }

  /** Takes a member out. */
  remove(member: T): void {
    const { before, after } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    member.before = undefined;
    member.after = undefined;
    member.queue = undefined;
    this.#size -= 1;
  }
}
