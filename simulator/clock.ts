// The simulated clock: schedules all events (a call rings, is answered, ends).

interface Event {
  readonly due: number;
  readonly act: () => void;
}

/** The longest delay of setTimeout, in ms. */
const longestTimeout = 2 ** 31 - 1;

/**
 * Simulated time, `speed` times as fast as real time. It has two modes:
 * - without `startTime`, it runs continuously, and dates are real dates;
 * - with `startTime`, it stands still between events and jumps to the time of each event, so that all dates are the same in every run.
 *
 * Events run in the order of their times, then in the order of scheduling. While an event runs, the clock shows exactly its time.
 */
export class Clock {
  readonly #startTime: number | undefined;
  readonly #speed: number;
  #queue: Event[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The time of the running event; in the mode with `startTime` also that of the last event. */
  #instant: number | undefined;
  #realStart = performance.now();
  /** The simulated time at which it was paused. */
  #pausedAt: number | undefined;

  constructor(options: { startTime: number | undefined; speed: number }) {
    this.#startTime = options.startTime;
    this.#speed = options.speed;
    this.#instant = options.startTime;
  }

  /** The simulated time in ms; differences are simulated durations. */
  now(): number {
    return this.#instant ?? this.#pausedAt ?? (performance.now() - this.#realStart) * this.#speed;
  }

  /** The date for records, in whole seconds since 1970. @param instant a simulated time; its date is as long before now as it lasted since */
  date(instant = this.now()): number {
    const now = this.#startTime === undefined ? Date.now() : this.now();
    // Whole ms first: differences of simulated times have rounding errors.
    return Math.floor(Math.round(now - (this.now() - instant)) / 1000);
  }

  /** Runs `act` after this many simulated seconds. Returns a function that cancels it. */
  after(seconds: number, act: () => void): () => void {
    const event: Event = { due: this.now() + seconds * 1000, act };
    this.#queue.splice(this.#placeOf(event.due), 0, event);
    if (this.#queue[0] === event) this.#wait();
    return () => {
      this.#queue = this.#queue.filter((other) => other !== event);
    };
  }

  /** Pauses: no event runs and no time passes until `resume`. */
  pause(): void {
    this.#pausedAt ??= this.now();
    clearTimeout(this.#timer);
  }

  /** Continues after `pause`. */
  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#realStart = performance.now() - this.#pausedAt / this.#speed;
    this.#pausedAt = undefined;
    this.#wait();
  }

  /** Removes all events; time goes on. */
  clear(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  /** Removes all events and starts again. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#instant = this.#startTime;
    this.#pausedAt = undefined;
    this.#realStart = performance.now();
  }

  /** The index of the first event that is due later than `due`. */
  #placeOf(due: number): number {
    let [low, high] = [0, this.#queue.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#queue[middle]?.due ?? due) > due) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const [next] = this.#queue;
    if (next === undefined || this.#pausedAt !== undefined) return;
    const wait = Math.max(0, (next.due - this.now()) / this.#speed);
    this.#timer = setTimeout(() => this.#run(), Math.min(wait, longestTimeout));
  }

  #run(): void {
    const [next] = this.#queue;
    if (next === undefined) return;
    // Events scheduled meanwhile for a later time wait for the next turn of the event loop, so that a fast clock never blocks the process.
    const until = this.#startTime === undefined ? this.now() : next.due;
    for (let event = next; event.due <= until; ) {
      this.#queue.shift();
      this.#instant = event.due;
      event.act();
      const [following] = this.#queue;
      if (following === undefined || this.#pausedAt !== undefined) break;
      event = following;
    }
    if (this.#startTime === undefined) this.#instant = undefined;
    this.#wait();
  }
}
