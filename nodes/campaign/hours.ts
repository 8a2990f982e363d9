// Calling hours: weekly windows on the clocks of a time zone, and when they open and close.
import { clockTime, occurrenceOf } from "../util/time";
import { type HoursWindow, minutesOf } from "../util/weekly-windows";

export { type HoursProblem, type HoursWindow, readHours } from "../util/weekly-windows";

const minute = 60_000;
const day = 24 * 60 * minute;
/** Long enough for a window that a clock change skips to come again. */
const horizonDays = 15;

/** A window on one weekday, in minutes since midnight. `to` is above 1440 if it ends on the next day. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** The state between two moments, and the time of its next change if that is known. */
interface Known {
  readonly from: number;
  readonly until: number;
  readonly change: number | undefined;
  readonly open: boolean;
}

/** The weekday of a day (counted from 1970-01-01, a Thursday): 1 = Monday. */
const weekdayOf = (dayNumber: number): number => ((((dayNumber + 3) % 7) + 7) % 7) + 1;

/**
 * Calling hours. They are open at a moment if the zone's clocks then show a time within a window. An hour that is
 * repeated is therefore open twice, and an hour that is skipped never. Windows may overlap.
 */
export class CallingHours {
  readonly #spans = new Map<number, Span[]>();
  readonly #zone: string;
  readonly #always: boolean;
  /** The cached state between two moments, so that not every event computes it. */
  #known: Known | undefined;

  /** @param windows the result of readHours; none means always open @param zone a valid IANA name */
  constructor(windows: readonly HoursWindow[], zone: string) {
    this.#zone = zone;
    this.#always = windows.length === 0;
    for (const { days, from, to } of windows) {
      const begin = minutesOf(from, 24 * 60 - 1) ?? 0;
      const end = minutesOf(to, 24 * 60) ?? 0;
      for (const one of new Set(days)) {
        const spans = this.#spans.get(one) ?? [];
        spans.push({ from: begin, to: end > begin ? end : end + 24 * 60 });
        this.#spans.set(one, spans);
      }
    }
  }

  /** Whether numbers may be dialled at a moment (ms since 1970). */
  isOpen(moment: number): boolean {
    return this.#at(moment).open;
  }

  /** The first moment after this one at which the hours open or close (ms since 1970); undefined if they do neither within two weeks. */
  nextChange(moment: number): number | undefined {
    return this.#at(moment).change;
  }

  /**
   * The moment at which the hours have been open for this many ms since another moment; undefined if it is more than
   * two weeks away.
   */
  afterOpen(moment: number, ms: number): number | undefined {
    if (this.#always) return moment + ms;
    let [at, left] = [moment, ms];
    while (at < moment + horizonDays * day) {
      const open = this.#read(at);
      const until = this.#search(at, open) ?? moment + horizonDays * day;
      if (open && until - at >= left) return at + left;
      if (open) left -= until - at;
      at = until;
    }
    return undefined;
  }

  #at(moment: number): Known {
    const known = this.#known;
    if (known !== undefined && moment >= known.from && moment < known.until) return known;
    const open = this.#always || this.#read(moment);
    const change = this.#always ? undefined : this.#search(moment, open);
    // If nothing changes within the horizon, the state is computed again a day later.
    this.#known = { from: moment, until: change ?? moment + day, change, open };
    return this.#known;
  }

  #read(moment: number): boolean {
    const clock = clockTime(moment, this.#zone);
    const dayNumber = Math.floor(clock / day);
    const minutes = (clock - dayNumber * day) / minute;
    const within = (number: number, time: number): boolean =>
      this.#spans.get(weekdayOf(number))?.some(({ from, to }) => time >= from && time < to) ?? false;
    return within(dayNumber, minutes) || within(dayNumber - 1, minutes + 24 * 60);
  }

  /** The first moment after this one with another state. */
  #search(moment: number, open: boolean): number | undefined {
    const first = Math.floor(clockTime(moment, this.#zone) / day) - 2;
    for (let number = first; number <= first + horizonDays + 2; number += 1) {
      // The edges of two days together, because a window may end on the next day.
      const candidates = [number, number + 1].flatMap((one) => this.#edges(one)).filter((at) => at > moment);
      candidates.sort((one, other) => one - other);
      const found = candidates.find((at) => this.#read(at) !== open);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The moments at which the windows of a day may change the state. */
  #edges(dayNumber: number): readonly number[] {
    return (this.#spans.get(weekdayOf(dayNumber)) ?? []).flatMap(({ from, to }) =>
      [from, to].flatMap((time) => {
        const { first, last, change } = occurrenceOf(dayNumber * day + time * minute, this.#zone);
        return change === undefined ? [first] : [first, last, change];
      }),
    );
  }
}
