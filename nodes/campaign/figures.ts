// The figures of a campaign: its counts and its results per hour.
import type { CampaignFigures, Outcome } from "./types";

/** The count to which each outcome belongs. */
const countOf: Readonly<Record<Outcome, "answered" | "unanswered" | "excluded" | "cancelled" | "unknown">> = {
  answered: "answered",
  unanswered: "unanswered",
  vacant: "unanswered",
  refused: "excluded",
  illegal: "excluded",
  duplicate: "excluded",
  doNotCall: "excluded",
  overLimit: "excluded",
  cancelled: "cancelled",
  unknown: "unknown",
};

/** Counts of results. */
export class Figures {
  total = 0;
  readonly #counts = { answered: 0, unanswered: 0, excluded: 0, cancelled: 0, unknown: 0 };

  add(outcome: Outcome): void {
    this.#counts[countOf[outcome]] += 1;
  }

  get done(): number {
    const { answered, unanswered, excluded, cancelled, unknown } = this.#counts;
    return answered + unanswered + excluded + cancelled + unknown;
  }

  all(): CampaignFigures {
    const { total, done } = this;
    return { total, done, ...this.#counts, remaining: total - done };
  }
}

const minute = 60_000;
const buckets = 60;

/** The number of results of dialled numbers in the last hour. */
export class Pace {
  readonly #counts = new Uint32Array(buckets);
  readonly #minutes = new Float64Array(buckets).fill(-1);
  #firstAt: number | undefined;

  add(now: number): void {
    this.#firstAt ??= now;
    const number = Math.floor(now / minute);
    const place = ((number % buckets) + buckets) % buckets;
    if (this.#minutes[place] !== number) {
      this.#minutes[place] = number;
      this.#counts[place] = 0;
    }
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  /** Results per hour, as an integer. During the first hour, it is extrapolated from the time so far. */
  perHour(now: number): number {
    if (this.#firstAt === undefined) return 0;
    const oldest = Math.floor(now / minute) - buckets;
    let sum = 0;
    for (let place = 0; place < buckets; place += 1) {
      if ((this.#minutes[place] ?? -1) > oldest) sum += this.#counts[place] ?? 0;
    }
    const span = Math.min(buckets * minute, Math.max(minute, now - this.#firstAt));
    return Math.round((sum * buckets * minute) / span);
  }
}
