// Reads records for a feed: pages after a key, one in memory at a time. Also has what records and CDRs share.

import { excerptOf } from "../../protocol/failure";
import { isObject } from "../../util/json";
import { forEachInSlices, sortInSlices } from "../../util/slices";
import type { Failure } from "../shared/failure";
import { isKey, type Position, type RecordsPosition } from "./position";

/** The platform's list, or why there is none. */
export type Listed =
  | { readonly ok: true; readonly list: readonly unknown[]; readonly total?: number }
  | { readonly ok: false; readonly failure: Failure };

/** A page to be given, and the position after it. `cut`: the platform left items out. */
export interface Page {
  readonly items: readonly unknown[];
  readonly after: Position;
  readonly cut: boolean;
}

/** The next step of a run: a page, which may be empty and only move the position; the end; or a failure. */
export type Next =
  | { readonly kind: "page"; readonly page: Page }
  | { readonly kind: "end" }
  | { readonly kind: "failure"; readonly failure: Failure };

/** The failure for an unreadable list. @param text what the platform sent, of any length */
export const protocolFailure = (reason: "noAdvance" | "badKey", text: string): Failure => ({
  kind: "protocol",
  code: "SCCC_PROTOCOL",
  reason,
  excerpt: excerptOf(text),
});

const keyOf = (item: unknown): string | undefined => {
  const key = isObject(item) ? item.key : undefined;
  const text = typeof key === "number" && Number.isSafeInteger(key) ? String(key) : key;
  return isKey(text) ? text : undefined;
};

const withoutZeros = (key: string): string => key.replace(/^0+(?=\d)/, "");

/** Compares keys without leading zeros. */
const comparePlain = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** Compares keys by value. They may exceed a JavaScript number. */
export const compare = (one: string, other: string): number => comparePlain(withoutZeros(one), withoutZeros(other));

/** An item of a list with its key. */
export interface Keyed {
  readonly key: string;
  readonly item: unknown;
}

/** Items with their keys, ordered by key, each key once; undefined if an item has no key. */
export async function keyed(list: readonly unknown[]): Promise<readonly Keyed[] | undefined> {
  const found: (Keyed & { readonly plain: string })[] = [];
  await forEachInSlices(list, (item) => {
    const key = keyOf(item);
    if (key !== undefined) found.push({ key, plain: withoutZeros(key), item });
  });
  if (found.length < list.length) return undefined;
  const sorted = await sortInSlices(found, (one, other) => comparePlain(one.plain, other.plain));
  return sorted.filter(({ key }, index) => key !== sorted[index - 1]?.key);
}

/** The first and the last key of a page. */
export function keysOf(items: readonly unknown[]): { readonly firstKey: string; readonly lastKey: string } {
  return { firstKey: keyOf(items[0]) ?? "", lastKey: keyOf(items.at(-1)) ?? "" };
}

/** Reads the page of records after a key (§20). */
export type ReadRecords = (startKey: string) => Promise<Listed>;

/** The page after a position. A page without a greater key is a failure: otherwise it would be read again for ever. */
export async function nextRecords(position: RecordsPosition, read: ReadRecords): Promise<Next> {
  const listed = await read(position.key);
  if (!listed.ok) return { kind: "failure", failure: listed.failure };
  if (listed.list.length === 0) return { kind: "end" };
  const all = await keyed(listed.list);
  if (all === undefined) return { kind: "failure", failure: protocolFailure("badKey", JSON.stringify(listed.list[0])) };
  // The record at startKey itself is left out (§20.6).
  const fresh = all.filter(({ key }) => compare(key, position.key) > 0);
  const last = fresh.at(-1);
  if (last === undefined) return { kind: "failure", failure: protocolFailure("noAdvance", position.key) };
  return {
    kind: "page",
    page: { items: fresh.map(({ item }) => item), after: { source: "records", key: last.key }, cut: false },
  };
}

/**
 * The position after the newest record. A page after a key is empty exactly if the key is the newest one or greater. So the newest key is
 * found by doubling and halving, in about twice as many requests as it has binary digits.
 */
export async function newestRecords(
  read: ReadRecords,
): Promise<
  { readonly ok: true; readonly position: RecordsPosition } | { readonly ok: false; readonly failure: Failure }
> {
  let newest = 0n;
  let beyond: bigint | undefined;
  for (let probe = 0n; ; probe = beyond === undefined ? newest * 2n : (newest + beyond) / 2n) {
    // Only an empty page after this key proves that it is the newest. A page after an earlier probe may have ended at
    // it.
    if (beyond !== undefined && beyond <= newest) {
      return { ok: true, position: { source: "records", key: String(newest) } };
    }
    const listed = await read(String(probe));
    if (!listed.ok) return listed;
    const all = await keyed(listed.list);
    if (all === undefined) return { ok: false, failure: protocolFailure("badKey", JSON.stringify(listed.list[0])) };
    const last = BigInt(all.at(-1)?.key ?? 0);
    if (last > newest) newest = last;
    else beyond = probe;
  }
}
