// Limits how often a frequent occurrence is logged.
import { guarded } from "../../util/guarded";

/** Minimum time between two lines, in ms. */
const everyMs = 60_000;

/** Logs the first occurrence at once, and later ones together with their number. */
export class BoundedLog {
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (counts: ReadonlyMap<string, number>) => void) {}

  /** Adds occurrences. */
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
