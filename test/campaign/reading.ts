// Reads the input of a campaign synchronously, for tests.
import { barredBy, barringRows } from "../../nodes/campaign/do-not-call";
import { type CampaignEntry, EntryReader, type EntryOptions as Options, rowsOf } from "../../nodes/campaign/entries";

/** Options with the unread list of numbers that must not be called. */
export type EntryOptions = Omit<Options, "doNotCall"> & { readonly doNotCall?: unknown };

/** The keys of a list; entries without a number are omitted. */
export const barredKeys = (list: unknown, options: Omit<Options, "doNotCall">): ReadonlySet<string> =>
  new Set(
    barringRows(list, options).flatMap((row) => {
      const barred = barredBy(row, options);
      return barred.kind === "keys" ? barred.keys : [];
    }),
  );

export function readEntries(input: unknown, { doNotCall, ...options }: EntryOptions): readonly CampaignEntry[] {
  const reader = new EntryReader({ ...options, doNotCall: barredKeys(doNotCall, options) });
  return rowsOf(input, options.plan).map((row) => reader.read(row));
}
