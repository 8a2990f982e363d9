// Remembers used authentication blocks and received bills, so that nothing is accepted twice. Stored in the account's journal.
import type { Journal, Keeper, Line, LinePosition, Segment } from "../delivery/journal";
import { AgedMap } from "../util/aged-map";
import { isObject } from "../util/json";
import { type Authentication, momentOf } from "./authentication";

/** State of a block: new, a repeat of the same push, or reused with another body. */
export type Seen = "new" | "repeat" | "reused";

/** A used block. */
interface Used {
  readonly body: string;
  /** The block's timestamp, in ms since 1970. */
  readonly moment: number;
  /** When it was used, in ms: by the wall clock (stored on disk), and by a monotonic clock. */
  readonly at: number;
  readonly stamp: number;
  /** Whether the push was accepted; false lets the platform send it again. */
  taken: true | Promise<boolean>;
  place: LinePosition | undefined;
}

/** A received bill. */
interface Bill {
  /** The names of the fields that had a value, sorted, between commas. */
  readonly fields: string;
  /** How many deliveries it has had. */
  delivery: number;
  place: LinePosition | undefined;
}

export interface ReplayCacheOptions {
  /** Half the width of the time window; 0 = no window. */
  readonly toleranceMs: number;
  /** The wall clock, in ms since 1970. */
  readonly now?: () => number;
  /** A monotonic clock, in ms. */
  readonly elapsed?: () => number;
  /** Maximum number of blocks, and of bills. */
  readonly limit?: number;
  /** The wall clock was set back so far that valid pushes would have been refused. */
  readonly onClockSetBack?: () => void;
}

const dayMs = 86_400_000;
/** After the wall clock is set back, forgotten blocks cause refusals for at most this long, in ms. */
const patienceMs = 60_000;

/**
 * The accepted blocks. Each is kept for one day, or for twice the tolerance if that is longer. Their number is limited: the oldest are
 * forgotten first.
 *
 * A block that is forgotten because of its age is outside the time window. This no longer holds when the wall clock is set back. Blocks as
 * old as the forgotten ones are then refused, unless valid pushes would be refused too.
 *
 * Lines of the journal: `u` a used block, `b` a bill.
 */
export class ReplayCache implements Keeper {
  readonly letters = "ub";
  readonly #now: () => number;
  readonly #elapsed: () => number;
  readonly #limit: number;
  readonly #onClockSetBack: () => void;
  #toleranceMs: number;
  #blocks = new AgedMap<Used>();
  readonly #bills = new AgedMap<Bill>();
  /** Each distinct list of fields once: most bills have the same fields. */
  readonly #fieldLists = new Map<string, string>();
  #journal: Journal | undefined;
  #sorted = true;
  #forgotten = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayCacheOptions) {
    this.#toleranceMs = options.toleranceMs;
    this.#now = options.now ?? Date.now;
    this.#elapsed = options.elapsed ?? (() => performance.now());
    this.#limit = options.limit ?? 100_000;
    this.#onClockSetBack = options.onClockSetBack ?? (() => undefined);
  }

  /** The number of remembered blocks. */
  get size(): number {
    return this.#blocks.size;
  }

  /** Changes the time window; used blocks stay used. */
  configure(toleranceMs: number): void {
    this.#toleranceMs = toleranceMs;
  }

  /** Whether a block is as old as blocks that were forgotten. */
  isTooOld({ timestamp }: Authentication): boolean {
    this.#forget();
    if (this.#toleranceMs === 0) return false;
    if (this.#forgotten > this.#now() + patienceMs) {
      this.#forgotten = Number.NEGATIVE_INFINITY;
      this.#onClockSetBack();
    }
    return momentOf(timestamp) <= this.#forgotten;
  }

  /**
   * Accepts a block once: runs `take` if the block is new or if its earlier `take` failed. A repeat that arrives meanwhile waits for the
   * running `take`. `taken` is false if `take` returned false.
   * @param body identifies the body: equal for equal bodies
   * @param take gets the line to store, which records that the block is used
   */
  async once(
    block: Authentication,
    body: string,
    take: (line: Line) => Promise<boolean>,
  ): Promise<{ readonly seen: Seen; readonly taken: boolean }> {
    this.#forget();
    const key = `${block.customer}@${block.timestamp}@${block.seq}`;
    // If several repeats waited for a `take` that failed, the first runs its own `take` and the others wait for that.
    for (let known = this.#blocks.get(key); known !== undefined; known = this.#blocks.get(key)) {
      if (known.body !== body) return { seen: "reused", taken: false };
      if (known.taken === true || (await known.taken)) return { seen: "repeat", taken: true };
    }
    const line: Line = {
      text: `u${JSON.stringify([key, body, momentOf(block.timestamp), this.#now()])}`,
      landed: (place) => this.#settle(used, key, place),
    };
    const taken = take(line).catch(() => false);
    const moment = momentOf(block.timestamp);
    const used: Used = { body, moment, at: this.#now(), stamp: this.#elapsed(), taken, place: undefined };
    this.#blocks.set(key, used);
    const ok = await taken;
    if (ok) used.taken = true;
    else if (this.#blocks.get(key) === used) this.#drop(key, used);
    return { seen: "new", taken: ok };
  }

  /** The remembered fields and deliveries of a bill. */
  billOf(eventId: string): { readonly fields: ReadonlySet<string>; readonly delivery: number } | undefined {
    const bill = this.#bills.get(eventId);
    return bill && { fields: new Set(bill.fields.split(",")), delivery: bill.delivery };
  }

  /** The line that records a bill on disk. */
  billLine(eventId: string, fields: ReadonlySet<string>, delivery: number): Line {
    const list = this.#listOf(fields);
    return {
      text: `b${JSON.stringify([eventId, list, delivery])}`,
      landed: (place) => {
        this.keepBill(eventId, fields, delivery);
        const bill = this.#bills.get(eventId);
        if (bill !== undefined) this.#settle(bill, eventId, place);
      },
    };
  }

  /** Remembers a bill. */
  keepBill(eventId: string, fields: ReadonlySet<string>, delivery: number): void {
    const before = this.#bills.get(eventId);
    const list = this.#listOf(fields);
    if (before?.fields === list) {
      before.delivery = Math.max(before.delivery, delivery);
      return;
    }
    if (before !== undefined) this.#release(before);
    this.#bills.set(eventId, { fields: list, delivery, place: undefined });
    this.#boundBills();
  }

  /** Sets the delivery count of a bill. */
  countBill(eventId: string, delivery: number): void {
    const bill = this.#bills.get(eventId);
    if (bill !== undefined) bill.delivery = Math.max(bill.delivery, delivery);
  }

  use(journal: Journal): void {
    this.#journal = journal;
    // The places belong to the previous journal.
    for (const what of [...this.#blocks.values(), ...this.#bills.values()]) what.place = undefined;
  }

  read(text: string, place: LinePosition): boolean {
    let line: unknown;
    try {
      line = JSON.parse(text.slice(1));
    } catch {
      return false;
    }
    if (!Array.isArray(line)) return false;
    const [key, second, third, at]: readonly unknown[] = line;
    if (typeof key !== "string" || typeof second !== "string" || typeof third !== "number") return false;
    if (text[0] === "b") {
      const before = this.#bills.get(key);
      if (before !== undefined) this.#release(before);
      const bill: Bill = { fields: this.#listOf(second), delivery: third, place: undefined };
      this.#bills.set(key, bill);
      this.#settle(bill, key, place);
      this.#boundBills();
      return true;
    }
    if (typeof at !== "number") return false;
    const before = this.#blocks.get(key);
    if (before !== undefined) this.#drop(key, before);
    // If the clock was set back since, count the block as used just now.
    const age = Math.max(0, this.#now() - at);
    const used: Used = { body: second, moment: third, at, stamp: this.#elapsed() - age, taken: true, place: undefined };
    this.#blocks.set(key, used);
    this.#settle(used, key, place);
    // Lines that were rewritten stand behind newer ones.
    this.#sorted = false;
    return true;
  }

  carry(segment: Segment): readonly Line[] {
    const lines: Line[] = [];
    for (const [key, used] of this.#blocks) {
      if (used.place?.segment !== segment) continue;
      const text = `u${JSON.stringify([key, used.body, used.moment, used.at])}`;
      lines.push({ text, landed: (place) => this.#settle(used, key, place) });
    }
    for (const [key, bill] of this.#bills) {
      if (bill.place?.segment !== segment) continue;
      const text = `b${JSON.stringify([key, bill.fields, bill.delivery])}`;
      lines.push({ text, landed: (place) => this.#settle(bill, key, place) });
    }
    return lines;
  }

  /** A line is on disk: keep it as long as its block or bill is remembered. */
  #settle(what: Used | Bill, key: string, place: LinePosition): void {
    this.#release(what);
    if (this.#blocks.get(key) !== what && this.#bills.get(key) !== what) return;
    what.place = place;
    this.#journal?.retain(place);
  }

  #release(what: Used | Bill): void {
    if (what.place !== undefined) this.#journal?.release(what.place);
    what.place = undefined;
  }

  #drop(key: string, used: Used): void {
    this.#release(used);
    this.#blocks.delete(key);
  }

  #listOf(fields: ReadonlySet<string> | string): string {
    const list = typeof fields === "string" ? fields : [...fields].sort().join(",");
    const known = this.#fieldLists.get(list);
    if (known !== undefined) return known;
    // Limits memory if a sender invents field names.
    if (this.#fieldLists.size >= 1000) this.#fieldLists.clear();
    this.#fieldLists.set(list, list);
    return list;
  }

  #boundBills(): void {
    for (
      let { oldest } = this.#bills;
      oldest !== undefined && this.#bills.size > this.#limit;
      { oldest } = this.#bills
    ) {
      const bill = this.#bills.get(oldest);
      if (bill !== undefined) this.#release(bill);
      this.#bills.delete(oldest);
    }
  }

  #forget(): void {
    if (!this.#sorted) this.#sort();
    const keepMs = Math.max(dayMs, 2 * this.#toleranceMs);
    const elapsed = this.#elapsed();
    for (let key = this.#blocks.oldest; key !== undefined; key = this.#blocks.oldest) {
      const used = this.#blocks.get(key);
      if (used === undefined) return;
      const isOver = used.stamp + keepMs <= elapsed;
      if (!isOver && this.#blocks.size < this.#limit) return;
      this.#drop(key, used);
      // A block that was dropped to make room does not count: it may still be inside the time window.
      if (isOver) this.#forgotten = Math.max(this.#forgotten, used.moment);
    }
  }

  #sort(): void {
    this.#sorted = true;
    const blocks = [...this.#blocks].sort(([, one], [, other]) => one.stamp - other.stamp);
    this.#blocks = new AgedMap();
    for (const [key, used] of blocks) this.#blocks.set(key, used);
  }
}

/** The names of a notify's fields that have a value. */
export function filledFields(notify: unknown): ReadonlySet<string> {
  if (!isObject(notify)) return new Set();
  const filled = Object.entries(notify).filter(([, value]) => value !== undefined && value !== null && value !== "");
  // Commas separate the names in the stored text.
  return new Set(filled.map(([name]) => name.replaceAll(",", "_")));
}
