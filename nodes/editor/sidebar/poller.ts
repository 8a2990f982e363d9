// Sends requests while the sidebar is visible: one at a time, and less often while there is no answer. Does not use the page.

/** What a poller needs. */
export interface PollerDeps {
  /** Sends one request; false if there was no answer. */
  ask(): Promise<boolean>;
  /** Whether the sidebar is visible. */
  isWatched(): boolean;
  /** Calls back after a time in ms. Returns a function that cancels it. */
  later(ms: number, then: () => void): () => void;
}

/** The time from an answer to the next request, and the longest time after failures, in ms. */
export const pause = 1000;
export const longestPause = 30_000;

export class Poller {
  /** The pause before the next request after a failure, in ms; 0 while answers come. */
  waits = 0;
  #asking = false;
  #again = false;
  #cancel: (() => void) | undefined;

  constructor(private readonly deps: PollerDeps) {}

  /** Sends a request now, or when the current one has been answered. */
  wake(): void {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#rest();
    if (this.deps.isWatched()) void this.#ask();
  }

  /** The sidebar has become visible or hidden: starts or stops the requests. */
  look(): void {
    if (!this.deps.isWatched()) this.#rest();
    else if (!this.#asking && this.#cancel === undefined) void this.#ask();
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const answered = await this.deps.ask();
    this.#asking = false;
    this.waits = answered ? 0 : Math.min(longestPause, Math.max(pause, this.waits) * 2);
    const again = this.#again && answered;
    this.#again = false;
    if (!this.deps.isWatched()) return;
    if (again) {
      this.wake();
      return;
    }
    this.#cancel = this.deps.later(this.waits || pause, () => {
      this.#cancel = undefined;
      this.wake();
    });
  }
}
