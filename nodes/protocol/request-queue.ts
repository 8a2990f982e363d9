// An account's queue of requests: limits how many run at once, how closely they follow each other, and how many wait.
import { guarded } from "../util/guarded";
import { ItemList, type Linked } from "../util/item-list";

/** The outcome of a task: its value, or why it did not run. */
export type Turn<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "busy"; readonly waiting: number }
  | { readonly kind: "closed" };

/** `maxConcurrent` tasks at once, `minInterval` ms between two starts, `maxQueue` waiting tasks. */
export interface QueueLimits {
  readonly maxConcurrent: number;
  readonly minInterval: number;
  readonly maxQueue: number;
}

interface Waiter extends Linked<Waiter> {
  readonly start: () => void;
  readonly refuse: () => void;
  /** It does not count towards `maxQueue`. */
  readonly admitted: boolean;
  left: boolean;
}

/** Options of a task. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  /** A repeated try: runs before new tasks, and is accepted even if the queue is full. */
  readonly again?: boolean;
  /** Part of an accepted list: is accepted even if the queue is full, and does not count towards `maxQueue`. */
  readonly admitted?: boolean;
}

/**
 * A first-in, first-out queue in which repeated tries go before new tasks. Repeated tries and accepted lists are never refused because the
 * queue is full.
 * No library fits: the maintained versions of p-queue and p-limit are ES modules only, and neither can refuse tasks at a limit.
 */
export class RequestQueue {
  readonly #limits: QueueLimits;
  readonly #waiters = new ItemList<Waiter>();
  /** How many of them count towards `maxQueue`. */
  #counted = 0;
  #running = 0;
  #nextStart = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** The number of waiting tasks. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** The number of running tasks. */
  get running(): number {
    return this.#running;
  }

  /** Whether a new task would have to wait. */
  get full(): boolean {
    return !this.#free();
  }

  /** Whether a new task would be accepted, either at once or into the queue. */
  get hasRoom(): boolean {
    return this.#free() || this.#counted < this.#limits.maxQueue;
  }

  /** Runs a task when its turn comes; rejects if the task does. The signal removes a waiting task; it does not stop a running one. */
  run<T>(task: () => Promise<T>, options: RunOptions = {}): Promise<Turn<T>> {
    const { signal, again = false, admitted = false } = options;
    if (this.#closed || signal?.aborted) return Promise.resolve({ kind: "closed" });
    if (!again && !admitted && !this.hasRoom) return Promise.resolve({ kind: "busy", waiting: this.#waiters.size });
    return new Promise((resolve, reject) => {
      const leave = guarded(() => {
        this.#leave(waiter);
        waiter.refuse();
      });
      const waiter: Waiter = {
        admitted,
        left: false,
        previous: undefined,
        next: undefined,
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
      if (!admitted) this.#counted += 1;
      this.#advance();
    });
  }

  /** Refuses waiting and new tasks. Running tasks continue. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (let { first } = this.#waiters; first !== undefined; { first } = this.#waiters) {
      this.#leave(first);
      first.refuse();
    }
  }

  /** Takes a waiter out of the queue, if it is there. */
  #leave(waiter: Waiter): void {
    if (waiter.left) return;
    waiter.left = true;
    this.#waiters.remove(waiter);
    if (!waiter.admitted) this.#counted -= 1;
  }

  #free(): boolean {
    return this.#waiters.size === 0 && this.#running < this.#limits.maxConcurrent && this.#wait() <= 0;
  }

  #wait(): number {
    return this.#limits.minInterval === 0 ? 0 : this.#nextStart - performance.now();
  }

  #advance(): void {
    for (let { first } = this.#waiters; first !== undefined; { first } = this.#waiters) {
      if (this.#running >= this.#limits.maxConcurrent) return;
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
      this.#leave(first);
      first.start();
    }
  }
}
