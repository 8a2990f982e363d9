// Reads CDRs for a feed: spans of the platform's local time, one answer in memory at a time.
import { isObject } from "../../util/json";
import { forEachInSlices } from "../../util/slices";
import { clockTime, earliestClock, latestClock, momentOf, occurrenceOf } from "../../util/time";
import type { Failure } from "../shared/failure";
import type { CdrsPosition } from "./position";
import { compare, keyed, type Listed, type Next, protocolFailure } from "./source";

/**
 * Reads the CDRs of calls between two clock times of the platform, both included: whole seconds in ms since 1970, as if its zone were UTC. The
 * platform compares clock times, which come twice where its clocks are put back.
 */
export type ReadCdrs = (from: number, to: number) => Promise<Listed>;

/** The source of a feed's CDRs, and what is kept between its runs. */
export interface CdrSource {
  readonly read: ReadCdrs;
  readonly overlapMs: number;
  /** The platform's time zone. */
  readonly zone: string;
  /** A monotonic clock, in ms. */
  readonly monotonic: () => number;
  /** Length of the time without CDRs at the start of the last walk, in s. The next walk requests it as one span. */
  quiet: number;
}

const second = 1000;
/** The first and the longest span of one request, in s. */
const firstSpan = 3600;
const longestSpan = 32 * 86_400;
/** A span with more CDRs than `manyCdrs` is requested again in parts. After one with fewer than `fewCdrs`, the next span is longer. */
const manyCdrs = 5000;
const fewCdrs = 1000;

/** No CDR is older, because the API is younger (§24). In ms since 1970. */
export const beginningOfCdrs = Date.UTC(2010, 0, 1);
/** CDRs are requested up to this time. */
const endOfCdrs = Date.UTC(2100, 0, 1);

/** Requests a span of local times in s. A local time that clocks skip is not sent, because the platform might take it for another one. */
async function ask({ read, zone }: CdrSource, from: number, to: number): Promise<Listed> {
  const start = clockTime(occurrenceOf(from * second, zone).first, zone);
  const end = clockTime(occurrenceOf(to * second, zone).last, zone);
  return start <= end ? read(start, end) : { ok: true, list: [] };
}

/**
 * The local time (s) that the platform's own CDRs of a span have reached: the latest answerTime, or the span's start if no call was answered.
 * Spans begin at an hour and double, so that the start of the last one is recent.
 */
async function reachedBy(list: readonly unknown[], from: number, to: number, zone: string): Promise<number> {
  let latest = from;
  await forEachInSlices(list, (item) => {
    const moment = isObject(item) ? momentOf(item.answerTime, zone) : undefined;
    if (moment !== undefined) latest = Math.max(latest, Math.floor(clockTime(moment, zone) / second));
  });
  return Math.min(latest, to);
}

/** A span with CDRs. Clock times in s. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Walks through the platform's clock times. The overlap before a position is read again, for CDRs that appear late; the
 * keys of CDRs already given are remembered. If the platform truncates an answer, a shorter span is requested at once.
 * A position moves only to what the platform's own CDRs have reached, because this machine's clock may be wrong. The
 * clock only decides where a walk ends.
 */
export class CdrWalk {
  readonly #source: CdrSource;
  readonly #started: number;
  /** Clock times in s. */
  readonly #end: number;
  #from: number | undefined;
  #span: number;
  /** The start of the walk while no CDR was found. */
  #quietFrom: number | undefined;

  /** @param now the end of this walk, in ms since 1970 */
  constructor(source: CdrSource, now: number) {
    this.#source = source;
    this.#started = source.monotonic();
    this.#end = latestClock(now, source.zone) / second;
    this.#span = Math.max(firstSpan, source.quiet);
    source.quiet = 0;
  }

  /** The next span after a position. A span without new CDRs is an empty page. The position may stay. */
  async next(position: CdrsPosition): Promise<Next> {
    const { overlapMs, zone } = this.#source;
    if (this.#from === undefined) {
      this.#from = earliestClock(position.until - overlapMs, zone) / second;
      this.#quietFrom = this.#from;
    }
    for (;;) {
      const from = this.#from;
      if (from > this.#end) return { kind: "end" };
      const to = Math.min(this.#end, from + this.#span);
      const listed = await ask(this.#source, from, to);
      if (!listed.ok) {
        if (this.#span <= longestSpan) return { kind: "failure", failure: listed.failure };
        // The platform may refuse a span of this length.
        this.#span = longestSpan;
        continue;
      }
      const { list } = listed;
      const count = Math.max(listed.total ?? 0, list.length);
      if (to > from && (count > list.length || count > manyCdrs)) {
        this.#span = Math.floor((to - from) * Math.min(1 / 2, Math.min(list.length, manyCdrs) / count));
        continue;
      }
      // A call of the last second may still appear later. That second is requested again with the next span, and its
      // CDRs are given once.
      this.#from = to === this.#end ? to + 1 : Math.max(to, from + 1);
      if (list.length < fewCdrs) this.#span = Math.min(longestSpan, Math.max(1, this.#span) * 2);
      return this.#page(position, list, { from, to }, count > list.length);
    }
  }

  async #page(position: CdrsPosition, list: readonly unknown[], { from, to }: Span, cut: boolean): Promise<Next> {
    const { zone } = this.#source;
    if (list.length === 0) {
      if (this.#quietFrom !== undefined) this.#source.quiet = to - this.#quietFrom;
      return { kind: "page", page: { items: [], after: position, cut } };
    }
    this.#quietFrom = undefined;
    const all = await keyed(list);
    if (all === undefined) return { kind: "failure", failure: protocolFailure("badKey", JSON.stringify(list[0])) };
    const until = this.#moved(position, await reachedBy(list, from, to, zone));
    const fresh = all.filter(({ key }) => position.seen[key] === undefined);
    if (fresh.length === 0 && until === position.until) {
      return { kind: "page", page: { items: [], after: position, cut } };
    }
    const end = occurrenceOf(to * second, zone).first;
    const given = all.map(({ key }): [string, number] => [key, Math.min(end, position.seen[key] ?? end)]);
    const lastKey = fresh.at(-1)?.key ?? "";
    const after: CdrsPosition = {
      source: "cdrs",
      until,
      seen: Object.fromEntries([...this.#kept(position, until), ...given]),
      key: compare(lastKey || "0", position.key || "0") > 0 ? lastKey : position.key,
    };
    return { kind: "page", page: { items: fresh.map(({ item }) => item), after, cut } };
  }

  /**
   * The keys of CDRs that may be read again from a new position. The ends of their spans are stored as the first
   * moments with that clock time.
   */
  #kept(position: CdrsPosition, until: number): readonly [string, number][] {
    const { overlapMs, zone } = this.#source;
    const oldest = occurrenceOf(earliestClock(until - overlapMs, zone), zone).first;
    return Object.entries(position.seen).filter(([, end]) => end >= oldest);
  }

  /**
   * The new position when CDRs have reached a clock time (s): the first moment with that clock time. CDRs that appeared
   * during the walk do not count, because the spans before them were read earlier.
   */
  #moved(position: CdrsPosition, reached: number): number {
    const { zone, monotonic } = this.#source;
    const lasted = Math.ceil((monotonic() - this.#started) / second) * second;
    return Math.max(position.until, occurrenceOf(reached * second, zone).first - lasted);
  }
}

/** The newest CDR, and the end (ms since 1970) of a walk that reads everything that exists. */
export type Newest =
  | { readonly ok: true; readonly position: CdrsPosition; readonly end: number }
  | { readonly ok: false; readonly failure: Failure };

/** Finds the newest CDR: first after this moment, because this machine's clock may be behind, and then before it. */
export async function newestCdrs(source: CdrSource, now: number): Promise<Newest> {
  const { zone } = source;
  let end = latestClock(now, zone) / second;
  const found = (until: number): Newest => ({
    ok: true,
    position: { source: "cdrs", until, seen: {}, key: "" },
    end: occurrenceOf(end * second, zone).last,
  });
  while (end < endOfCdrs / second) {
    const later = await ask(source, end + 1, end + longestSpan);
    // The platform may refuse a time in the future.
    if (!later.ok && later.failure.kind !== "platform") return later;
    if (!later.ok || later.list.length === 0) break;
    end += longestSpan;
  }
  let span = firstSpan;
  for (let to = end; to > beginningOfCdrs / second; span = Math.min(longestSpan, span * 2)) {
    const from = to - span;
    const listed = await ask(source, from, to);
    if (!listed.ok) return listed;
    if (listed.list.length > 0) {
      return found(occurrenceOf((await reachedBy(listed.list, from, to, zone)) * second, zone).first);
    }
    to = from;
  }
  return found(beginningOfCdrs);
}
