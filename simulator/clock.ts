// The simulated clock: everything that happens by itself (a call rings, is answered, ends) is scheduled here.

interface Event {
  readonly due: number;
  readonly act: () => void;
}

/** The longest that setTimeout can wait, in ms. */
const longestTimeout = 2 ** 31 - 1;

/**
 * Simulated time, `speed` times as fast as the real one. Two ways to run:
 * - without `startTime` it runs on by itself, and what gets dated gets the real date;
 * - with `startTime` it stands still between events and jumps to each event's instant, so that all dates are the same in every run.
 *
 * Events run in the order of their instants, then of their scheduling, and while one runs the clock shows exactly its instant.
 */
export class Clock {
  readonly #startTime: number | undefined;
  readonly #speed: number;
  #queue: Event[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The instant of the event that is running; of a clock that stands still also that of the last one. */
  #instant: number | undefined;
  #realStart = performance.now();

  constructor(options: { startTime: number | undefined; speed: number }) {
    this.#startTime = options.startTime;
    this.#speed = options.speed;
    this.#instant = options.startTime;
  }

  /** The simulated instant in ms; differences of it are simulated durations. */
  now(): number {
    return this.#instant ?? (performance.now() - this.#realStart) * this.#speed;
  }

  /** The date to put on things, in whole seconds since 1970. */
  date(): number {
    return Math.floor((this.#startTime === undefined ? Date.now() : this.now()) / 1000);
  }

  /** Runs `act` so many simulated seconds from now. Returns a function that calls it off. */
  after(seconds: number, act: () => void): () => void {
    const event: Event = { due: this.now() + seconds * 1000, act };
    const later = this.#queue.findIndex((other) => other.due > event.due);
    if (later === -1) this.#queue.push(event);
    else this.#queue.splice(later, 0, event);
    if (this.#queue[0] === event) this.#wait();
    return () => {
      this.#queue = this.#queue.filter((other) => other !== event);
    };
  }

  /** Forgets every event and starts over. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#instant = this.#startTime;
    this.#realStart = performance.now();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const [next] = this.#queue;
    if (next === undefined) return;
    const wait = Math.max(0, (next.due - this.now()) / this.#speed);
    this.#timer = setTimeout(() => this.#run(), Math.min(wait, longestTimeout));
  }

  #run(): void {
    const [next] = this.#queue;
    if (next === undefined) return;
    // What these events schedule for later than this waits for its own turn, so that a fast clock never blocks the process.
    const until = this.#startTime === undefined ? this.now() : next.due;
    for (let event = next; event.due <= until; ) {
      this.#queue.shift();
      this.#instant = event.due;
      event.act();
      const [following] = this.#queue;
      if (following === undefined) break;
      event = following;
    }
    if (this.#startTime === undefined) this.#instant = undefined;
    this.#wait();
  }
}
