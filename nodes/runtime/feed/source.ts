// Where a feed reads: pages of records after a key, or CDRs over time. One page in memory at a time.
import type { Failure } from "../../protocol/failure";
import { isObject } from "../../protocol/json";
import { type CdrsPosition, isKey, type Position, type RecordsPosition } from "./position";

/** Something the platform answers with a list. */
export type Listed =
  | { readonly ok: true; readonly list: readonly unknown[]; readonly total?: number }
  | { readonly ok: false; readonly failure: Failure };

/** A page that has not been given yet, and where the feed is after it. `cut`: the platform has more than it would say. */
export interface Page {
  readonly items: readonly unknown[];
  readonly after: Position;
  readonly cut: boolean;
}

/** What comes next: a page, perhaps an empty one that only moves the position; the end of this run; or a failure. */
export type Next =
  | { readonly kind: "page"; readonly page: Page }
  | { readonly kind: "end" }
  | { readonly kind: "failure"; readonly failure: Failure };

const protocolFailure = (reason: "noAdvance" | "badKey", excerpt: string): Failure => ({
  kind: "protocol",
  code: "SCCC_PROTOCOL",
  reason,
  excerpt,
});

const keyOf = (item: unknown): string | undefined => {
  const key = isObject(item) ? item.key : undefined;
  const text = typeof key === "number" && Number.isSafeInteger(key) ? String(key) : key;
  return isKey(text) ? text : undefined;
};

/** Compares keys by value; they may be longer than a number holds. */
const compare = (one: string, other: string): number => {
  const [a, b] = [one.replace(/^0+(?=\d)/, ""), other.replace(/^0+(?=\d)/, "")];
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
};

/** Items with their keys, in order of these; undefined if one has none. */
function keyed(list: readonly unknown[]): readonly { readonly key: string; readonly item: unknown }[] | undefined {
  const found: { key: string; item: unknown }[] = [];
  for (const item of list) {
    const key = keyOf(item);
    if (key === undefined) return undefined;
    found.push({ key, item });
  }
  return found.sort((one, other) => compare(one.key, other.key));
}

/** The first and the last key of a page. */
export function keysOf(items: readonly unknown[]): { readonly firstKey: string; readonly lastKey: string } {
  return { firstKey: keyOf(items[0]) ?? "", lastKey: keyOf(items.at(-1)) ?? "" };
}

/** Reads the page of records after a key (§20). */
export type ReadRecords = (startKey: string) => Promise<Listed>;

/** The page after a position. A page that brings nothing greater would be read for ever: it is a failure. */
export async function nextRecords(position: RecordsPosition, read: ReadRecords): Promise<Next> {
  const listed = await read(position.key);
  if (!listed.ok) return { kind: "failure", failure: listed.failure };
  if (listed.list.length === 0) return { kind: "end" };
  const all = keyed(listed.list);
  if (all === undefined) return { kind: "failure", failure: protocolFailure("badKey", JSON.stringify(listed.list[0])) };
  // The record at startKey itself is left out (§20.6).
  const fresh = all.filter(({ key }, index) => compare(key, position.key) > 0 && key !== all[index - 1]?.key);
  const last = fresh.at(-1);
  if (last === undefined) return { kind: "failure", failure: protocolFailure("noAdvance", position.key) };
  return {
    kind: "page",
    page: { items: fresh.map(({ item }) => item), after: { source: "records", key: last.key }, cut: false },
  };
}

/**
 * The position after everything that there is. A page after a key is empty from the newest key on, so that one is found by doubling and
 * halving: in as many requests as its number has binary digits, about twice.
 */
export async function newestRecords(
  read: ReadRecords,
): Promise<
  { readonly ok: true; readonly position: RecordsPosition } | { readonly ok: false; readonly failure: Failure }
> {
  let newest = 0n;
  let beyond: bigint | undefined;
  for (let probe = 0n; ; probe = beyond === undefined ? newest * 2n : (newest + beyond) / 2n) {
    if (beyond !== undefined && probe <= newest)
      return { ok: true, position: { source: "records", key: String(newest) } };
    const listed = await read(String(probe));
    if (!listed.ok) return listed;
    const all = keyed(listed.list);
    if (all === undefined) return { ok: false, failure: protocolFailure("badKey", JSON.stringify(listed.list[0])) };
    const last = BigInt(all.at(-1)?.key ?? 0);
    if (last > newest) newest = last;
    else beyond = probe;
  }
}

/** Reads the CDRs of calls between two moments, both included, in whole seconds (ms since 1970). */
export type ReadCdrs = (from: number, to: number) => Promise<Listed>;

const second = 1000;
/** Spans of time that are asked for at once, in s: the first, and the longest. */
const firstSpan = 3600;
const longestSpan = 32 * 86_400;
/** So many CDRs of one answer make the next span shorter, so few longer. */
const manyCdrs = 5000;
const fewCdrs = 1000;

/**
 * Walks through time, a span at a time. What lies before a position by no more than the overlap is read again, for CDRs that come late; of
 * keys that may come again it remembers that they were given. Where the platform cuts an answer off, it asks for less at once.
 */
export class CdrWalk {
  readonly #read: ReadCdrs;
  readonly #overlapMs: number;
  /** In s since 1970. */
  readonly #end: number;
  #from: number | undefined;
  #span = firstSpan;

  /** @param now the end of this run, in ms since 1970 */
  constructor(read: ReadCdrs, overlapMs: number, now: number) {
    this.#read = read;
    this.#overlapMs = overlapMs;
    this.#end = Math.floor(now / second);
  }

  /** The next span after a position. One without anything new is an empty page, which only moves the position. */
  async next(position: CdrsPosition): Promise<Next> {
    this.#from ??= Math.floor((position.until - this.#overlapMs) / second);
    for (;;) {
      const from = this.#from;
      if (from > this.#end) return { kind: "end" };
      const to = Math.min(this.#end, from + this.#span);
      const listed = await this.#read(from * second, to * second);
      if (!listed.ok) return { kind: "failure", failure: listed.failure };
      const cut = (listed.total ?? 0) > listed.list.length;
      if (cut && to > from) {
        this.#span = Math.floor((to - from) / 2);
        continue;
      }
      // A call of the last second may still come with the next span: it is asked for twice, and given once.
      this.#from = to === this.#end ? to + 1 : Math.max(to, from + 1);
      if (listed.list.length > manyCdrs) this.#span = Math.max(1, Math.floor(this.#span / 2));
      else if (listed.list.length < fewCdrs) this.#span = Math.min(longestSpan, Math.max(1, this.#span) * 2);
      return this.#page(position, listed.list, to * second, cut);
    }
  }

  #page(position: CdrsPosition, list: readonly unknown[], to: number, cut: boolean): Next {
    const all = keyed(list);
    if (all === undefined) return { kind: "failure", failure: protocolFailure("badKey", JSON.stringify(list[0])) };
    const fresh = all.filter(({ key }, index) => position.seen[key] === undefined && key !== all[index - 1]?.key);
    const until = Math.max(position.until, to);
    // A call began before the end of the span that it came in; older ones than these are not asked for again.
    const oldest = until - this.#overlapMs - second;
    const kept = Object.entries(position.seen).filter(([, end]) => end >= oldest);
    const given = all.map(({ key }): [string, number] => [key, Math.min(to, position.seen[key] ?? to)]);
    const last = fresh.at(-1)?.key ?? "";
    const key = compare(last || "0", position.key || "0") > 0 ? last : position.key;
    const seen = Object.fromEntries([...kept, ...given]);
    return {
      kind: "page",
      page: { items: fresh.map(({ item }) => item), after: { source: "cdrs", until, seen, key }, cut },
    };
  }
}
