// Times as the platform writes them: YYYY-MM-DD HH:mm:ss in its local time.

const form = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/;

/** How far a zone's clocks are ahead of UTC on a day, in ms: `after` from the moment `change` on, `before` until then. */
interface DayOffsets {
  readonly before: number;
  readonly change: number;
  readonly after: number;
}

/** A zone's clocks, and their offsets by the day (UTC, counted from 1970). */
interface Zone {
  readonly clock: Intl.DateTimeFormat;
  readonly offsets: Map<number, DayOffsets>;
}

const zones = new Map<string, Zone>();

function zoneOf(name: string): Zone {
  let found = zones.get(name);
  if (found === undefined) {
    const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short", timeStyle: "medium" });
    found = { clock, offsets: new Map() };
    zones.set(name, found);
  }
  return found;
}

/** Whether a name is a time zone that this Node knows. */
export function isTimeZone(zone: string): boolean {
  try {
    zoneOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** A moment (ms since 1970) as YYYY-MM-DD HH:mm:ss in an IANA time zone. */
export const localTime = (moment: number, zone: string): string => zoneOf(zone).clock.format(moment);

/** The same text in the platform's form, if it is a date or a date with a time that exists in the calendar, without an offset. */
function wallClock(text: string): string | undefined {
  const parts = form.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = parts;
  const local = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  const check = new Date(asIfUtc(local));
  // The 31st of a shorter month would be the 1st of the next, and 24:00 the next day.
  return check.getUTCDate() === Number(day) ? local : undefined;
}

/** A time in the platform's form as ms since 1970, as if its zone were UTC; NaN if it is none. */
const asIfUtc = (local: string): number => Date.parse(`${local.replace(" ", "T")}Z`);

/**
 * Reads a Date, ISO 8601 with an offset, an epoch in seconds or milliseconds (below 10^11 are seconds, protocol.md section 4),
 * or a time without an offset, which is the platform's own. Gives the platform's form, or undefined for what is no time.
 */
export function platformTime(value: unknown, zone: string): string | undefined {
  if (value instanceof Date) return fromMoment(value.getTime(), zone);
  if (typeof value === "number") return fromMoment(Math.abs(value) < 1e11 ? value * 1000 : value, zone);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{9,14}$/.test(text)) return platformTime(Number(text), zone);
  if (form.test(text)) return wallClock(text);
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? fromMoment(Date.parse(text), zone) : undefined;
}

const fromMoment = (moment: number, zone: string): string | undefined =>
  Number.isNaN(new Date(moment).getTime()) ? undefined : localTime(moment, zone);

/** Times of calls lie between 1973 and 2286. What lies outside is one of the ways to write "none" (0, 1970-01-01, 9999-12-31), or no time. */
const plausible = (moment: number): number | undefined =>
  moment >= 1e11 && moment < 1e13 ? Math.trunc(moment) : undefined;

/** How far a zone is ahead of UTC at a moment, in ms, by its clocks. */
const readOffset = (moment: number, zone: string): number =>
  asIfUtc(localTime(moment, zone)) - Math.floor(moment / 1000) * 1000;

const day = 86_400_000;
const mostDays = 10_000;

/** The same from memory: to ask the clocks takes longer than all else that is done with a push. */
function offsetAt(moment: number, zone: string): number {
  const { offsets } = zoneOf(zone);
  const index = Math.floor(moment / day);
  let found = offsets.get(index);
  if (found === undefined) {
    found = readDay(index * day, zone);
    if (offsets.size >= mostDays) offsets.clear();
    offsets.set(index, found);
  }
  return moment < found.change ? found.before : found.after;
}

/** The offsets of the day that begins at a moment. */
function readDay(begin: number, zone: string): DayOffsets {
  const [before, after] = [readOffset(begin, zone), readOffset(begin + day, zone)];
  if (before === after) return { before, change: begin, after };
  return { before, change: changeBetween(begin, begin + day, (moment) => readOffset(moment, zone)), after };
}

/** The first second with another offset than that of `from`. @param to has another offset */
function changeBetween(from: number, to: number, offsetOf: (moment: number) => number): number {
  const before = offsetOf(from);
  let [same, other] = [Math.floor(from / 1000), Math.ceil(to / 1000)];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetOf(middle * 1000) === before) same = middle;
    else other = middle;
  }
  return other * 1000;
}

/**
 * The moment (ms since 1970) of a time that the platform sent: an epoch in seconds or milliseconds, as a number or a string of digits, or a
 * date string, in the platform's own time zone unless it has an offset (protocol.md section 4, "Seen in public code"). Where clocks are put
 * back or forward, the offset from before applies: of two such moments the first, and for a time that was skipped as much after the change.
 * Undefined for "", "0", 0 and whatever is no time.
 */
export function momentOf(value: unknown, zone: string): number | undefined {
  if (typeof value === "number") return plausible(value < 1e11 ? value * 1000 : value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{9,13}(?:\.\d+)?$/.test(text)) return momentOf(Number(text), zone);
  const [, date = "", offset, sign, hours, minutes] = /^(.*?) ?(Z|([+-])(\d{2}):?(\d{2}))?$/i.exec(text) ?? [];
  const shown = wallClock(date);
  if (shown === undefined) return undefined;
  const local = asIfUtc(shown);
  if (plausible(local) === undefined) return undefined;
  if (offset === undefined) return fromLocal(local, zone);
  const ahead = sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  return Math.abs(ahead) < 24 * 60 ? local - ahead * 60_000 : undefined;
}

/** The moment at which a zone's clocks show a time, given as if it were UTC. */
function fromLocal(local: number, zone: string): number {
  const [before, after] = [offsetAt(local - day, zone), offsetAt(local + day, zone)];
  const fitting = [before, after].find((offset) => offsetAt(local - offset, zone) === offset);
  return local - (fitting ?? before);
}

/** A moment (ms since 1970) in ISO 8601 with a zone's offset, to the second: "2018-09-10T14:39:20+08:00". */
export function isoTime(moment: number, zone: string): string {
  const offsetMs = offsetAt(moment, zone);
  const ahead = offsetMs / 60_000;
  const pad = (value: number): string => String(Math.trunc(value)).padStart(2, "0");
  const offset = `${ahead < 0 ? "-" : "+"}${pad(Math.abs(ahead) / 60)}:${pad(Math.abs(ahead) % 60)}`;
  return `${new Date(moment + offsetMs).toISOString().slice(0, 19)}${offset}`;
}

/** What a zone's clocks show at a moment: ms since 1970 as if the zone were UTC. Such times are called clock times here. */
export const clockTime = (moment: number, zone: string): number => moment + offsetAt(moment, zone);

/** A clock time in the platform's form: YYYY-MM-DD HH:mm:ss. */
export const clockText = (clock: number): string => new Date(clock).toISOString().slice(0, 19).replace("T", " ");

/** When clocks show a time. All in ms since 1970. */
export interface Showing {
  /** The first moment at which they show this time or a later one, and the last second at which they show this time or an earlier one. */
  readonly first: number;
  readonly last: number;
  /** The moment from which the next offset applies, where the time comes twice or never. */
  readonly change?: number;
}

/**
 * When a zone's clocks show a clock time (whole seconds). `first` and `last` are the same for almost every time. `last` is later where the
 * clocks are put back and the time comes twice, and one second earlier where they are put forward and the time never comes.
 */
export function showingOf(clock: number, zone: string): Showing {
  const [from, to] = [clock - day, clock + day];
  const [before, after] = [offsetAt(from, zone), offsetAt(to, zone)];
  if (before === after) return { first: clock - before, last: clock - before };
  const [early, late] = [clock - before, clock - after];
  const change = changeBetween(from, to, (moment) => offsetAt(moment, zone));
  if (early < change && late < change) return { first: early, last: early };
  if (early >= change && late >= change) return { first: late, last: late };
  return early < change ? { first: early, last: late, change } : { first: change, last: change - 1000, change };
}

/**
 * The earliest clock time from a moment on (whole seconds). Within an hour that is going to be repeated it is the second before that hour,
 * because a platform may take times of the hour itself for those of the second pass.
 */
export function earliestClock(moment: number, zone: string): number {
  const second = Math.floor(moment / 1000) * 1000;
  const clock = clockTime(second, zone);
  const { last, change } = showingOf(clock, zone);
  return change !== undefined && last > second ? clockTime(change, zone) - 1000 : clock;
}

/**
 * The latest clock time up to a moment (whole seconds). Within an hour that is being repeated it is the first second after that hour, because a
 * platform may take times of the hour itself for those of the first pass.
 */
export function latestClock(moment: number, zone: string): number {
  const second = Math.floor(moment / 1000) * 1000;
  const clock = clockTime(second, zone);
  const { first, change } = showingOf(clock, zone);
  return change !== undefined && first < second ? clockTime(change - 1000, zone) + 1000 : clock;
}
