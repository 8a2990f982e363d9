// A queue ordered by time; members can be removed at any position. All operations take constant time.

/** A member of a queue; it may be in one queue at a time. */
export interface Queued<T extends Queued<T>> {
  /** When it was added, in ms of a monotonic clock. */
  since: number;
  before: T | undefined;
  after: T | undefined;
  queue: Queue<T> | undefined;
}

/** The members in the order in which they were added, the oldest first. */
export class Queue<T extends Queued<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The member that was added first. */
  get first(): T | undefined {
    return this.#first;
  }

  /** The members, the one that was added last first. No member may be added or removed meanwhile. */
  *newestFirst(): Generator<T> {
    for (let member = this.#last; member !== undefined; member = member.before) yield member;
  }

  /** Moves a member to the end, or adds it. */
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

  /** Removes a member. */
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
