// The entries that the sidebar has, and which of them a filter shows. Does not use the page.
import type { SidebarSnapshot, TrafficEntry } from "../../catalogue/sidebar";

/** A filter of the entries. */
export interface Filter {
  /** Words that an entry must all contain. */
  readonly text: string;
  readonly kind: "" | TrafficEntry["kind"];
  /** An account's id; "" for all. */
  readonly account: string;
  readonly failures: boolean;
}

export const everything: Filter = { text: "", kind: "", account: "", failures: false };

type Update = Pick<SidebarSnapshot, "run" | "entries" | "oldest">;

/** The entries of all accounts, the newest first. */
export class Traffic {
  entries: readonly TrafficEntry[] = [];
  #run: string | undefined;

  /** The number of the newest entry. The next request asks for later ones. */
  get newest(): number {
    return this.entries[0]?.number ?? 0;
  }

  /**
   * Adds the entries of an answer.
   * @returns false if all entries must be requested again: Node-RED was restarted and its numbers start anew, or an
   * account is back whose entries were dropped during a deploy
   */
  take({ run, entries, oldest }: Update): boolean {
    const { newest } = this;
    const again = this.#run !== undefined && this.#run !== run;
    this.#run = run;
    const numbers = new Map(this.entries.map((entry) => [entry.number, entry]));
    for (const entry of entries) numbers.set(entry.number, entry);
    const back = Object.values(oldest).some((number) => number > 0 && number <= newest && !numbers.has(number));
    if (again || back) {
      this.entries = [];
      return false;
    }
    // 0: the account has no entries any more.
    const kept = [...numbers.values()].filter((entry) => entry.number >= (oldest[entry.account] || Infinity));
    if (entries.length > 0 || kept.length !== this.entries.length) {
      this.entries = kept.sort((one, other) => other.number - one.number);
    }
    return true;
  }
}

/** The words of an entry that a search finds. */
const wordsOf = ({ name, agent, phone, result }: TrafficEntry): string =>
  [name, agent, phone, result.code, result.text].join(" ");

/**
 * The entries that match a filter.
 * @param described other words that a view shows for an entry, such as its name in the user's language
 */
export function filtered(
  entries: readonly TrafficEntry[],
  filter: Filter,
  described: (entry: TrafficEntry) => string,
): readonly TrafficEntry[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && filter.kind === "" && filter.account === "" && !filter.failures) return entries;
  return entries.filter((entry) => {
    if (filter.kind !== "" && entry.kind !== filter.kind) return false;
    if (filter.account !== "" && entry.account !== filter.account) return false;
    if (filter.failures && entry.result.ok) return false;
    if (words.length === 0) return true;
    const text = `${wordsOf(entry)} ${described(entry)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
