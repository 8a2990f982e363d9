import { guarded } from "../../util/guarded";

// Lines in the log that may become many.

/** At most one line for so long, in ms. */
const everyMs = 60_000;

/** Tells how often what has happened: the first at once, further ones together. */
export class BoundedLog {
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (counts: ReadonlyMap<string, number>) => void) {}

  /** Something has happened, so many times. */
  add(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
    if (this.#timer === undefined) this.#flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #flush(): void {
    if (this.#counts.size === 0) {
      this.#timer = undefined;
      return;
    }
    this.write(this.#counts);
    this.#counts.clear();
    this.#timer = setTimeout(
      guarded(() => this.#flush()),
      everyMs,
    ).unref();
  }
}
