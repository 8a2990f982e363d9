// A queue ordered by time; members can be removed at any position. All operations take constant time.
import { ItemList, type Linked } from "../util/item-list";

/** A member of a queue; it may be in one queue at a time. */
export interface Queued<T extends Queued<T>> extends Linked<T> {
  /** When it was added, in ms of a monotonic clock. */
  since: number;
  queue: Queue<T> | undefined;
}

/** The members in the order in which they were added, the oldest first. */
export class Queue<T extends Queued<T>> {
  readonly #members = new ItemList<T>();

  get size(): number {
    return this.#members.size;
  }

  /** The member that was added first. */
  get first(): T | undefined {
    return this.#members.first;
  }

  /** The members, the one that was added last first. No member may be added or removed meanwhile. */
  newestFirst(): Generator<T> {
    return this.#members.lastFirst();
  }

  /** Moves a member to the end, or adds it. */
  put(member: T, since: number): void {
    member.queue?.remove(member);
    member.since = since;
    member.queue = this;
    this.#members.push(member);
  }

  /** Removes a member. */
  remove(member: T): void {
    this.#members.remove(member);
    member.queue = undefined;
  }
}
