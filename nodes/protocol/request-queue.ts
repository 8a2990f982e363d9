// An account's way to the platform: so many requests at once, so far apart, and a bounded number that wait.
import { guarded } from "../util/guarded";

/** What became of a task that asked for the lane. */
export type Turn<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "busy"; readonly waiting: number }
  | { readonly kind: "closed" };

/** `maxConcurrent` at once, `minInterval` ms between two starts, `maxQueue` that may wait. */
export interface QueueLimits {
  readonly maxConcurrent: number;
  readonly minInterval: number;
  readonly maxQueue: number;
}

interface Waiter {
  readonly start: () => void;
  readonly refuse: () => void;
  /** It waits beside the bounded number, and takes nobody's room. */
  readonly admitted: boolean;
}

/** How a task asks for the lane. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  /** It goes before new ones, and is never refused for want of room. */
  readonly again?: boolean;
  /** It belongs to a list that was let in: it is never refused for want of room, and takes none. */
  readonly admitted?: boolean;
}

/**
 * First come, first served; a repeated try goes before new ones. Repeated tries and lists that were let in are never refused for want of room.
 * No library fits: p-queue and p-limit are ES modules only in their maintained versions, and none refuses at a bound.
 */
export class RequestQueue {
  readonly #limits: QueueLimits;
  readonly #waiters: Waiter[] = [];
  #running = 0;
  #nextStart = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /** Whether a task that came now would have to wait. */
  get full(): boolean {
    return !this.#free();
  }

  /** Whether a task that came now would be taken, at once or into the queue. */
  get hasRoom(): boolean {
    return this.#free() || this.#waiters.filter(({ admitted }) => !admitted).length < this.#limits.maxQueue;
  }

  /** Runs a task when its turn comes; rejects if it does. A signal takes it out of the queue, not off the road. */
  run<T>(task: () => Promise<T>, options: RunOptions = {}): Promise<Turn<T>> {
    const { signal, again = false, admitted = false } = options;
    if (this.#closed || signal?.aborted) return Promise.resolve({ kind: "closed" });
    if (!again && !admitted && !this.hasRoom) return Promise.resolve({ kind: "busy", waiting: this.#waiters.length });
    return new Promise((resolve, reject) => {
      const leave = guarded(() => {
        const place = this.#waiters.indexOf(waiter);
        if (place >= 0) this.#waiters.splice(place, 1);
        waiter.refuse();
      });
      const waiter: Waiter = {
        admitted,
        start: () => {
          signal?.removeEventListener("abort", leave);
          this.#running += 1;
          const end = () => {
            this.#running -= 1;
            this.#advance();
          };
          task()
            .then((value) => resolve({ kind: "done", value }), reject)
            .finally(end);
        },
        refuse: () => {
          signal?.removeEventListener("abort", leave);
          resolve({ kind: "closed" });
        },
      };
      signal?.addEventListener("abort", leave, { once: true });
      if (again) this.#waiters.unshift(waiter);
      else this.#waiters.push(waiter);
      this.#advance();
    });
  }

  /** Refuses everything that waits, and everything that comes. What is on the road runs on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const waiter of this.#waiters.splice(0)) waiter.refuse();
  }

  #free(): boolean {
    return this.#waiters.length === 0 && this.#running < this.#limits.maxConcurrent && this.#wait() <= 0;
  }

  #wait(): number {
    return this.#limits.minInterval === 0 ? 0 : this.#nextStart - performance.now();
  }

  #advance(): void {
    while (this.#running < this.#limits.maxConcurrent && this.#waiters.length > 0) {
      const wait = this.#wait();
      if (wait > 0) {
        const advance = guarded(() => {
          this.#timer = undefined;
          this.#advance();
        });
        this.#timer ??= setTimeout(advance, Math.ceil(wait));
        return;
      }
      this.#nextStart = performance.now() + this.#limits.minInterval;
      this.#waiters.shift()?.start();
    }
  }
}
