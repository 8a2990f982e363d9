// Reads and writes times in the platform's format: YYYY-MM-DD HH:mm:ss in its local time.

const form = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?$/i;

/** A zone's offset from UTC on one day, in ms: `before` until the moment `change`, `after` from then on. */
interface DayOffsets {
  readonly before: number;
  readonly change: number;
  readonly after: number;
}

/** A zone's formatter, and a cache of its offsets by day (UTC days since 1970). */
interface Zone {
  readonly clock: Intl.DateTimeFormat;
  readonly offsets: Map<number, DayOffsets>;
}

/** A cache of the zones that were used last. An account has one. */
const zones = new Map<string, Zone>();
const mostZones = 100;

function zoneOf(name: string): Zone {
  let found = zones.get(name);
  if (found === undefined) {
    const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short", timeStyle: "medium" });
    found = { clock, offsets: new Map() };
    if (zones.size >= mostZones) zones.clear();
    zones.set(name, found);
  }
  return found;
}

/** Whether Node knows a time zone. */
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

/**
 * Normalizes a text in the platform's format without an offset: a date, or a date with a time. Undefined if it does not exist in the
 * calendar.
 */
function wallClock(text: string): string | undefined {
  const parts = form.exec(text);
  // There was no year 0.
  if (parts === null || parts[1] === "0000") return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = parts;
  const local = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  const check = new Date(asIfUtc(local));
  // Date.UTC turns the 31st of a shorter month into the 1st of the next, and 24:00 into the next day.
  return check.getUTCDate() === Number(day) ? local : undefined;
}

/** A time in the platform's format as ms since 1970, read as UTC; NaN if invalid. */
const asIfUtc = (local: string): number => Date.parse(`${local.replace(" ", "T")}Z`);

/** Digits only: YYYYMMDD or YYYYMMDDHHmmss, optionally with the T of ISO 8601's basic format. */
const compactForm = /^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2}))?$/i;

/** Splits a time from its offset: Z, +08:00, +0800 or +08. */
const withOffset = /^(.*?\d{2}:?\d{2}(?:[.,]\d+)?) ?(Z|[+-]\d{2}(?::?\d{2})?)$/i;

/** A number counts as an epoch if it lies between these years. */
const epochFrom = Date.UTC(2000, 0, 1);
const epochTo = Date.UTC(2100, 0, 1);

/** A number as ms since 1970: interpreted as milliseconds or seconds, whichever lies between 2000 and 2100; undefined if neither does. */
function epoch(value: number): number | undefined {
  return [value, value * 1000].find((moment) => moment >= epochFrom && moment < epochTo);
}

/** A date with - or /, a date and time, or the compact form of these, in the platform's format; undefined if it does not exist. */
function localForm(text: string): string | undefined {
  const compact = compactForm.exec(text);
  if (compact !== null) {
    const [, year, month, day, hour = "00", minute = "00", second = "00"] = compact;
    return wallClock(`${year}-${month}-${day} ${hour}:${minute}:${second}`);
  }
  return wallClock(text.replace(/^(\d{4})\/(\d{2})\/(\d{2})(?!\d)/, "$1-$2-$3"));
}

/** An offset from UTC in ms; undefined if no time zone has it. */
function offsetOf(offset: string): number | undefined {
  if (/^z$/i.test(offset)) return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset) ?? [];
  const ahead = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  return Number(minutes) < 60 && Math.abs(ahead) <= 18 * 60 ? ahead * 60_000 : undefined;
}

/**
 * Reads a time given by a user or a flow:
 * - a Date
 * - ISO 8601 with an offset or Z
 * - YYYY-MM-DD[ HH:mm[:ss]] with - or /, or with the T of ISO 8601: the platform's own local time
 * - the compact YYYYMMDD[HHmmss], the same
 * - an epoch in seconds or milliseconds between the years 2000 and 2100, perhaps with a fraction, as a number or as text
 * @param zone the platform's time zone, an IANA name
 * @returns YYYY-MM-DD HH:mm:ss in that zone; undefined for everything else, including days that do not exist
 */
export function platformTime(value: unknown, zone: string): string | undefined {
  if (value instanceof Date) return fromMoment(value.getTime(), zone);
  if (typeof value === "number") {
    const moment = epoch(value);
    if (moment !== undefined) return fromMoment(moment, zone);
    return Number.isSafeInteger(value) ? localForm(String(value)) : undefined;
  }
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{9,13}(?:\.\d+)?$/.test(text)) return platformTime(Number(text), zone);
  const [, time, offset] = withOffset.exec(text) ?? [];
  if (time === undefined || offset === undefined) return localForm(text);
  const local = /[T ]/i.test(time) ? localForm(time) : undefined;
  const ahead = offsetOf(offset);
  return local === undefined || ahead === undefined ? undefined : fromMoment(asIfUtc(local) - ahead, zone);
}

/** A moment in the platform's format, which has four digits for the year. */
function fromMoment(moment: number, zone: string): string | undefined {
  const text = Number.isNaN(new Date(moment).getTime()) ? "" : localTime(moment, zone);
  return /^\d{4}-/.test(text) && moment >= firstMoment ? text : undefined;
}

/** The first year that the platform's format can express. */
const firstMoment = Date.parse("0001-01-01T00:00:00Z");

/** Times of calls lie between 1973 and 2286. Values outside are either ways to write "none" (0, 1970-01-01, 9999-12-31) or not times. */
const plausible = (moment: number): number | undefined =>
  moment >= 1e11 && moment < 1e13 ? Math.trunc(moment) : undefined;

/** A zone's offset from UTC at a moment, in ms, computed by its formatter. */
const readOffset = (moment: number, zone: string): number =>
  asIfUtc(localTime(moment, zone)) - Math.floor(moment / 1000) * 1000;

const day = 86_400_000;
const mostDays = 10_000;

/** The same from a cache: formatting takes longer than the rest of the processing of a push. */
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

/** The first second whose offset differs from that of `from`. @param to a later moment with another offset */
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
 * The moment (ms since 1970) of a time sent by the platform: an epoch in seconds or milliseconds, as a number or as digits, or a date text
 * in the platform's time zone unless it has an offset (docs/protocol.md, "Seen in the field"). Where clocks change, the offset before the
 * change applies: of a repeated time, the first occurrence is meant; a skipped time is moved past the change. Undefined for "", "0", 0 and
 * everything that is not a time.
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

/** The moment at which a zone's clocks show a time; the time is given as if it were UTC. */
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

/** What a zone's clocks show at a moment, as ms since 1970 as if the zone were UTC. This file calls such values clock times. */
export const clockTime = (moment: number, zone: string): number => moment + offsetAt(moment, zone);

/** A clock time in the platform's format: YYYY-MM-DD HH:mm:ss. */
export const clockText = (clock: number): string => new Date(clock).toISOString().slice(0, 19).replace("T", " ");

/** When clocks show a certain time. All in ms since 1970. */
export interface Occurrence {
  /** The first moment at which clocks show this time or a later one, and the last second at which they show this time or an earlier one. */
  readonly first: number;
  readonly last: number;
  /** The moment of the change of the offset, if the time occurs twice or never. */
  readonly change?: number;
}

/**
 * When a zone's clocks show a clock time (whole seconds). `first` and `last` are equal for almost every time. `last` is later if the time
 * occurs twice because clocks are put back. It is one second earlier if the time is skipped because clocks are put forward.
 */
export function occurrenceOf(clock: number, zone: string): Occurrence {
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
 * The earliest clock time from a moment on (whole seconds). Within an hour that will be repeated, it is the second before that hour: a
 * platform may take a time of the hour for its second occurrence.
 */
export function earliestClock(moment: number, zone: string): number {
  const second = Math.floor(moment / 1000) * 1000;
  const clock = clockTime(second, zone);
  const { last, change } = occurrenceOf(clock, zone);
  return change !== undefined && last > second ? clockTime(change, zone) - 1000 : clock;
}

/**
 * The latest clock time up to a moment (whole seconds). Within an hour that is being repeated, it is the first second after that hour: a
 * platform may take a time of the hour for its first occurrence.
 */
export function latestClock(moment: number, zone: string): number {
  const second = Math.floor(moment / 1000) * 1000;
  const clock = clockTime(second, zone);
  const { first, change } = occurrenceOf(clock, zone);
  return change !== undefined && first < second ? clockTime(change - 1000, zone) + 1000 : clock;
}
