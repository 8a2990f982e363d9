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
  /** The simulated instant at which it was made to stand still. */
  #pausedAt: number | undefined;

  constructor(options: { startTime: number | undefined; speed: number }) {
    this.#startTime = options.startTime;
    this.#speed = options.speed;
    this.#instant = options.startTime;
  }

  /** The simulated instant in ms; differences of it are simulated durations. */
  now(): number {
    return this.#instant ?? this.#pausedAt ?? (performance.now() - this.#realStart) * this.#speed;
  }

  /** The date to put on things, in whole seconds since 1970. */
  date(): number {
    return Math.floor((this.#startTime === undefined ? Date.now() : this.now()) / 1000);
  }

  /** Runs `act` so many simulated seconds from now. Returns a function that calls it off. */
  after(seconds: number, act: () => void): () => void {
    const event: Event = { due: this.now() + seconds * 1000, act };
    this.#queue.splice(this.#placeOf(event.due), 0, event);
    if (this.#queue[0] === event) this.#wait();
    return () => {
      this.#queue = this.#queue.filter((other) => other !== event);
    };
  }

  /** Stands still: nothing happens and no time passes until it goes on. */
  pause(): void {
    this.#pausedAt ??= this.now();
    clearTimeout(this.#timer);
  }

  /** Goes on from where it stood still. */
  resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#realStart = performance.now() - this.#pausedAt / this.#speed;
    this.#pausedAt = undefined;
    this.#wait();
  }

  /** Forgets every event, but time goes on. */
  clear(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
  }

  /** Forgets every event and starts over. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#instant = this.#startTime;
    this.#pausedAt = undefined;
    this.#realStart = performance.now();
  }

  /** The index of the first event that is due later than this. */
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
    // What these events schedule for later than this waits for its own turn, so that a fast clock never blocks the process.
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
