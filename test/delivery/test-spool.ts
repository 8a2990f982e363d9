// A spool with a store for tests; its entries have values instead of texts.
import type { Recipient, Handed as SpoolHanded } from "../../nodes/delivery/spool";
import { Store, type StoreOptions } from "../../nodes/delivery/store";

/** An entry with its value. */
export interface Entry {
  readonly id: string;
  readonly node: string;
  readonly value: unknown;
}

export interface Handed extends Entry {
  readonly delivery: number;
}

/** The owner of the test's folders; another name stands for another process. */
export const owner = "test";

const idsIn = new Map<string, Map<string, string>>();

export class TestSpool {
  /** The spool's ids by the test's ids: they survive the process that assigned them. */
  readonly #ids: Map<string, string>;

  private constructor(
    readonly store: Store,
    folder: string,
  ) {
    this.#ids = idsIn.get(folder) ?? new Map();
    idsIn.set(folder, this.#ids);
  }

  static async open(options: Omit<StoreOptions, "owner"> & { readonly owner?: string }): Promise<TestSpool> {
    const store = await Store.open({ owner, ...options });
    if (store === undefined) throw new Error("not opened");
    return new TestSpool(store, options.folder);
  }

  get pending(): number {
    return this.store.spool.pending;
  }

  async add(entries: readonly Entry[]): Promise<void> {
    const ids = await this.store.spool.add(
      entries.map(({ id, node, value }) => ({ node, text: JSON.stringify({ id, value }) })),
    );
    for (const [index, { id }] of entries.entries()) this.#ids.set(id, ids[index] ?? "");
  }

  attach(
    node: string,
    hand: (entry: Handed) => void,
    dead: (entry: Handed) => void,
    how: Pick<Recipient, "room" | "reports"> = {},
  ): () => void {
    const parsed = (callback: (entry: Handed) => void) => (entry: SpoolHanded) => {
      const { id, value } = JSON.parse(entry.text) as Entry;
      this.#ids.set(id, entry.id);
      callback({ id, node: entry.node, value, delivery: entry.delivery });
    };
    return this.store.spool.attach(node, { hand: parsed(hand), dead: parsed(dead), ...how });
  }

  arrived({ id, delivery }: Handed): void {
    this.store.spool.arrived(this.#ids.get(id) ?? "", delivery);
  }

  giveBack({ id, delivery }: Handed): void {
    this.store.spool.giveBack(this.#ids.get(id) ?? "", delivery);
  }

  settle(id: string): boolean {
    return this.store.spool.settle(this.#ids.get(id) ?? "");
  }

  refuse(id: string): boolean {
    return this.store.spool.refuse(this.#ids.get(id) ?? "");
  }

  async close(): Promise<void> {
    this.store.close();
  }
}
