// The spool: stores entries for nodes on disk and delivers each again until it is acknowledged.

import { guarded } from "../util/guarded";
import { ItemList, type Linked } from "../util/item-list";
import { DeadLetters } from "./dead-letters";
import { asError, type OpenFile } from "./files";
import { IdMap } from "./id-map";
import type { Journal, Keeper, Line, LinePosition, Segment } from "./journal";

/** An entry for a node: `node` is the node's id, `text` is JSON. */
export interface Entry {
  readonly node: string;
  readonly text: string;
}

/** A delivered entry. `id` is unique for the lifetime of the store; `delivery` counts its deliveries from 1. */
export interface Handed extends Entry {
  readonly id: string;
  readonly delivery: number;
}

/** Receives the pending entries of a node. */
export interface Recipient {
  readonly hand: (entry: Handed) => void;
  /** Called when an entry was given up and is in dead.jsonl. */
  readonly dead: (entry: Handed) => void;
  /** How many entries may be delivered now; absent: no limit. Call `resume` when there is room again. */
  readonly room?: () => number;
  /**
   * Set if an entry needs time to reach its node: `arrived` or `giveBack` is then called for each entry, and it is not due again before
   * that, however long it takes. Absent: an entry has reached its node when `hand` returns.
   */
  readonly reports?: true;
}

/** How far a spool has come, as far as the folder does not have it. */
export interface SpoolProgress {
  /** The last ID that was given. A folder without pending entries may be empty, and tokens of its old entries still be in use. */
  readonly lastId: number;
  /** When delivered entries are due again, by ID, in ms of performance.now, the earliest first. */
  readonly due: ReadonlyMap<number, number>;
}

/** Settings of the delivery. Times in ms. */
export interface SpoolSettings {
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
}

/** Options of a spool. */
export interface SpoolOptions extends SpoolSettings {
  readonly folder: string;
  readonly open: OpenFile;
  /** The time written into dead letters, in ms since 1970. Redelivery uses a monotonic clock. */
  readonly now: () => number;
  /** Receives errors that are not passed to a caller. */
  readonly onProblem: (error: Error) => void;
}

/** An entry that is not acknowledged. Memory holds only its position on disk: there may be a million entries. */
interface Item extends Linked<Item>, LinePosition {
  /** Also the order of arrival. A number, because a map with a million text keys needs much more memory. */
  readonly id: number;
  queue: Queue;
  segment: Segment;
  offset: number;
  length: number;
  /** When it is due again, in ms of the spool's clock; or `queued`, or `underWay`. */
  due: number;
  /** Number of deliveries; `counted` is the number stored on disk. */
  deliveries: number;
  counted: number;
}

/** The pending entries of one node. */
interface Queue {
  readonly node: string;
  /** Entries to deliver as soon as there is a recipient, in this order. */
  readonly ready: ItemList<Item>;
  recipient: Recipient | undefined;
  /** A write is in progress. Delivery waits for its end, to keep the order. */
  busy: boolean;
}

/**
 * Special values of `due`: the item is in its queue; or it was delivered and has not reached its node yet. Small integers need the least
 * memory.
 */
const queued = -1;
const underWay = -2;

/** How many entries are prepared at once for being handed over. */
const batchSize = 256;
/** The longest delay of a timer in Node, in ms. */
const longestWait = 2 ** 31 - 1;

/**
 * Entries for nodes. Each is delivered until it is settled: at least once, and in order the first time.
 *
 * The delivery count is written before the delivery itself. Therefore an entry that crashes the process is given up in the end, too.
 *
 * Lines of the journal: `e` an entry (head, tab, value), `c` a count, `s` settled, `m` moved to another node, `i` another file was
 * imported.
 */
export class Spool implements Keeper {
  readonly letters = "ecsmi";
  readonly #options: SpoolOptions;
  readonly #deadLetters: DeadLetters;
  readonly #pending = new IdMap<Item>();
  readonly #queues = new Map<string, Queue>();
  /** Delivered entries that wait for their acknowledgement. All wait equally long, so the first one is due first. */
  readonly #waiting = new ItemList<Item>();
  readonly #start = performance.now();
  #settings: SpoolSettings;
  #journal: Journal | undefined;
  #lastId = 0;
  #importedBytes = -1;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#settings = options;
    this.#deadLetters = new DeadLetters(options.folder, options.open, options.now);
  }

  use(journal: Journal): void {
    this.#journal = journal;
  }

  /** The number of entries that are not settled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The entries that were given up. */
  get deadLetters(): DeadLetters {
    return this.#deadLetters;
  }

  /** The nodes that have pending entries. */
  get nodes(): readonly string[] {
    const nodes = new Set<string>();
    for (const { queue } of this.#pending.values()) nodes.add(queue.node);
    return [...nodes];
  }

  /** Changes the settings. Entries that wait already keep their due time. */
  configure(settings: SpoolSettings): void {
    this.#settings = settings;
  }

  /**
   * Stores entries; resolves with their ids when they are on disk. Rejects if writing fails or the spool is closed; the entries are then
   * never delivered.
   * @param more further lines to write together with the entries
   */
  async add(entries: readonly Entry[], more: readonly Line[] = []): Promise<readonly string[]> {
    const journal = this.#journal;
    if (journal === undefined || this.#closed) throw new Error("The spool is closed");
    const ids: string[] = [];
    const lines = entries.map(({ node, text }): Line => {
      this.#lastId += 1;
      const id = this.#lastId;
      ids.push(String(id));
      const queue = this.#queueOf(node);
      // With a recipient, the entry is delivered as soon as it is on disk, so its line already counts that delivery.
      const counted = queue.recipient === undefined ? 0 : 1;
      return {
        text: entryText(id, node, counted, text),
        landed: (place) => this.#land(id, queue, counted, place, text),
      };
    });
    if (lines.length + more.length > 0) await journal.append([...lines, ...more]);
    return ids;
  }

  /**
   * Imports the entries of another file, with their delivery counts. A file is imported once, even if the process ends before the file is
   * removed.
   * @param bytes the size of that file
   */
  async restore(entries: readonly (Entry & { readonly count: number })[], bytes: number): Promise<void> {
    if (this.#importedBytes === bytes) return;
    const lines = entries.map(({ node, text, count }): Line => {
      this.#lastId += 1;
      const id = this.#lastId;
      const landed = (place: LinePosition) => void this.#keep(id, this.#queueOf(node), count, count, place);
      return { text: entryText(id, node, count, text), landed };
    });
    await this.#journalOf().append([...lines, { text: `i${bytes}` }]);
  }

  /**
   * Delivers a node's pending entries in order of arrival, then new ones. Each is delivered again `redeliverAfterMs` after its last
   * delivery or refusal. After `maxDeliveries` deliveries, `dead` gets it instead. Callbacks are called asynchronously. If one throws, the
   * error is reported and the delivery counts. A new recipient replaces the previous one.
   * @returns detach: ends the callbacks; pending entries stay
   */
  attach(node: string, recipient: Recipient): () => void {
    const queue = this.#queueOf(node);
    const ready = [...queue.ready];
    if (ready.some(({ id }, index) => id < (ready[index - 1]?.id ?? 0))) {
      ready.sort((one, other) => one.id - other.id);
      for (const item of ready) {
        queue.ready.remove(item);
        queue.ready.push(item);
      }
    }
    queue.recipient = recipient;
    queueMicrotask(guarded(() => this.#serve(queue)));
    return () => {
      if (queue.recipient === recipient) queue.recipient = undefined;
    };
  }

  /** For the next spool of this process on the same folder. */
  get progress(): SpoolProgress {
    return { lastId: this.#lastId, due: new Map([...this.#waiting].map(({ id, due }) => [id, this.#start + due])) };
  }

  /**
   * Goes on after another spool of this process. Entries that it delivered keep their due times, which become earlier if
   * the settings now require it. To be called before an entry is added or a recipient is attached.
   */
  resumeFrom({ lastId, due }: SpoolProgress): void {
    this.#lastId = Math.max(this.#lastId, lastId);
    const latest = performance.now() + this.#settings.redeliverAfterMs;
    for (const [id, at] of due) {
      const item = this.#pending.get(id);
      if (item?.due !== queued) continue;
      this.#unlink(item);
      item.due = Math.max(0, Math.ceil(Math.min(at, latest) - this.#start));
      this.#waiting.push(item);
    }
    this.#schedule();
  }

  /** To be called when recipients have room again. */
  resume(): void {
    for (const queue of this.#queues.values()) this.#serve(queue);
  }

  /**
   * Settles an acknowledged entry; true if it was pending. This is written after a short delay: if it is lost, the entry is delivered once
   * more.
   */
  settle(id: string): boolean {
    const item = this.#pending.get(Number(id));
    if (item === undefined || this.#closed) return false;
    this.#remove(item);
    return true;
  }

  /** Refuses an entry: it is delivered again after `redeliverAfterMs` if it has deliveries left. True if it was pending. */
  refuse(id: string): boolean {
    const item = this.#pending.get(Number(id));
    if (item === undefined || this.#closed) return false;
    if (item.due !== queued) this.#wait(item);
    return true;
  }

  /** The entry has reached its node: it comes again `redeliverAfterMs` from now, unless it is settled. */
  arrived(id: string, delivery: number): void {
    const item = this.#underWay(id, delivery);
    if (item !== undefined) this.#wait(item);
  }

  /** The entry did not reach its node. It is delivered again as soon as possible, and the delivery does not count. */
  giveBack(id: string, delivery: number): void {
    const item = this.#underWay(id, delivery);
    if (item === undefined) return;
    item.deliveries -= 1;
    this.#makeReady(item);
  }

  /** The entry whose delivery is under way. It may have been settled, refused, or given to another node since. */
  #underWay(id: string, delivery: number): Item | undefined {
    const item = this.#pending.get(Number(id));
    return item?.due === underWay && item.deliveries === delivery && !this.#closed ? item : undefined;
  }

  /** The number of an entry's deliveries; undefined if it is not pending. */
  deliveriesOf(id: string): number | undefined {
    return this.#pending.get(Number(id))?.deliveries;
  }

  /**
   * Moves the entries of a node that no longer exists to other nodes or to the dead letters.
   * @param chooseNode returns the new node for an entry's text; undefined: dead letter
   * @returns how many entries were moved, and how many became dead letters
   */
  reassign(node: string, chooseNode: (text: string) => string | undefined): { moved: number; dead: number } {
    const counts = { moved: 0, dead: 0 };
    const given: { readonly item: Item; readonly text: string }[] = [];
    for (const item of this.#pending.values()) {
      if (item.queue.node !== node) continue;
      const text = this.#textOf(item);
      if (text === undefined) continue;
      const to = chooseNode(text);
      if (to === undefined) {
        given.push({ item, text });
        continue;
      }
      this.#unlink(item);
      item.queue = this.#queueOf(to);
      this.#makeReady(item);
      this.#journal?.note({ text: `m${JSON.stringify([item.id, to])}` });
      counts.moved += 1;
    }
    if (given.length > 0) {
      this.#deadLetters.add(
        given.map(({ item, text }) => ({ id: String(item.id), node, delivery: item.deliveries, text })),
      );
      for (const { item } of given) this.#remove(item);
      counts.dead = given.length;
    }
    this.resume();
    return counts;
  }

  /** Removes dead letters older than this number of days; 0 keeps all. */
  expire(keepDays: number): void {
    try {
      this.#deadLetters.expire(keepDays);
    } catch (error) {
      this.#report(error);
    }
  }

  /** Ends callbacks and rejects new entries. The owner of the journal closes the journal. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const queue of this.#queues.values()) queue.recipient = undefined;
  }

  read(text: string, place: LinePosition): boolean {
    const kind = text[0];
    if (kind === "i") {
      this.#importedBytes = Number(text.slice(1));
      return true;
    }
    if (kind === "s") {
      const item = this.#pending.get(Number(text.slice(1)));
      if (item !== undefined) this.#forget(item);
      return true;
    }
    const tab = text.indexOf("\t");
    const head = parsed(text.slice(1, tab < 0 ? undefined : tab));
    if (!Array.isArray(head)) return false;
    const [id, second, third]: readonly unknown[] = head;
    if (!isCount(id)) return false;
    this.#lastId = Math.max(this.#lastId, id);
    const item = this.#pending.get(id);
    if (kind === "c" && isCount(second)) {
      if (item !== undefined) {
        item.deliveries = second;
        item.counted = second;
      }
      return true;
    }
    if (typeof second !== "string") return false;
    if (kind === "m") {
      if (item !== undefined) {
        item.queue.ready.remove(item);
        item.queue = this.#queueOf(second);
        this.#makeReady(item);
      }
      return true;
    }
    if (!isCount(third) || tab < 0) return false;
    // A rewritten line of a known entry: only its new position is needed.
    if (item !== undefined) this.#relocate(item, place);
    else this.#keep(id, this.#queueOf(second), third, third, place);
    return true;
  }

  carry(segment: Segment): readonly Line[] {
    const lines: Line[] = [];
    for (const item of this.#pending.values()) {
      if (item.segment !== segment) continue;
      const text = this.#textOf(item);
      if (text === undefined) continue;
      const { id, queue, deliveries, counted } = item;
      lines.push({
        text: entryText(id, queue.node, Math.max(deliveries, counted), text),
        landed: (place) => this.#relocate(item, place),
      });
    }
    return lines;
  }

  #queueOf(node: string): Queue {
    let queue = this.#queues.get(node);
    if (queue === undefined) {
      queue = { node, ready: new ItemList(), recipient: undefined, busy: false };
      this.#queues.set(node, queue);
    }
    return queue;
  }

  /** Called when an entry is on disk. */
  #land(id: number, queue: Queue, counted: number, place: LinePosition, text: string): void {
    const item = this.#keep(id, queue, 0, counted, place);
    const { recipient, busy, ready } = queue;
    // If no entry is ahead of it, deliver it at once without reading it from disk again.
    const atOnce = counted === 1 && recipient !== undefined && !busy && ready.size === 1 && this.#roomOf(recipient) > 0;
    if (atOnce && !this.#closed) this.#handOver(recipient, item, text);
    else this.#serve(queue);
  }

  #keep(id: number, queue: Queue, deliveries: number, counted: number, place: LinePosition): Item {
    const { segment, offset, length } = place;
    const item: Item = {
      id,
      queue,
      segment,
      offset,
      length,
      due: queued,
      deliveries,
      counted,
      previous: undefined,
      next: undefined,
    };
    this.#pending.set(id, item);
    this.#journalOf().retain(item);
    queue.ready.push(item);
    return item;
  }

  #relocate(item: Item, { segment, offset, length }: LinePosition): void {
    // It may have been settled during the write.
    if (this.#pending.get(item.id) !== item) return;
    this.#journalOf().release(item);
    item.segment = segment;
    item.offset = offset;
    item.length = length;
    this.#journalOf().retain(item);
  }

  #forget(item: Item): void {
    this.#pending.delete(item.id);
    this.#journalOf().release(item);
    this.#unlink(item);
  }

  /** Removes an item from its list. */
  #unlink(item: Item): void {
    if (item.due === queued) item.queue.ready.remove(item);
    else if (item.due !== underWay) this.#waiting.remove(item);
  }

  #remove(item: Item): void {
    this.#forget(item);
    this.#journal?.note({ text: `s${item.id}` });
  }

  #journalOf(): Journal {
    if (this.#journal === undefined) throw new Error("The spool has no journal");
    return this.#journal;
  }

  #makeReady(item: Item): void {
    item.due = queued;
    item.queue.ready.push(item);
  }

  /** The text of an entry. A damaged entry is reported and given up. */
  #textOf(item: Item): string | undefined {
    const line = this.#journalOf().read(item);
    const tab = line?.indexOf("\t") ?? -1;
    if (line !== undefined && tab > 0) return line.slice(tab + 1);
    this.#forget(item);
    this.#report(
      new Error(`An entry for ${item.queue.node} is damaged on disk: ${item.segment.path}, byte ${item.offset}`),
    );
    return undefined;
  }

  /** Delivers ready entries while there is a recipient with room. Never throws. */
  #serve(queue: Queue): void {
    while (queue.recipient !== undefined && !queue.busy && queue.ready.size > 0 && !this.#closed) {
      const batch = queue.ready.take(Math.min(batchSize, this.#roomOf(queue.recipient)));
      if (batch.length === 0) return;
      const uncounted = batch.filter((item) => item.counted <= item.deliveries && !this.#isSpent(item));
      if (uncounted.length === 0) this.#deliver(queue, batch);
      else this.#count(queue, uncounted);
    }
  }

  /** How many entries a recipient takes now; none if it fails. */
  #roomOf({ room }: Recipient): number {
    try {
      return room?.() ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      this.#report(error);
      return 0;
    }
  }

  #isSpent({ deliveries }: Item): boolean {
    return deliveries >= this.#settings.maxDeliveries;
  }

  /** Writes delivery counts. If that fails, the entries are delivered anyway: otherwise a full disk could never be emptied. */
  #count(queue: Queue, items: readonly Item[]): void {
    queue.busy = true;
    for (const item of items) item.counted = item.deliveries + 1;
    const lines = items.map(({ id, counted }) => ({ text: `c${JSON.stringify([id, counted])}` }));
    this.#journalOf()
      .append(lines)
      .catch(this.#report)
      .then(() => {
        queue.busy = false;
        this.#serve(queue);
      })
      // Unhandled, an error would end the thread.
      .catch(this.#report);
  }

  /** Delivers a batch, except for entries that were settled meanwhile. Does nothing if the recipient is gone. */
  #deliver(queue: Queue, batch: readonly Item[]): void {
    const spent = batch.filter((item) => this.#isSpent(item));
    if (spent.length > 0) this.#bury(queue, spent);
    for (const item of batch) {
      const { recipient } = queue;
      if (recipient === undefined || this.#closed) return;
      if (item.due !== queued || this.#pending.get(item.id) !== item || this.#isSpent(item)) continue;
      const text = this.#textOf(item);
      if (text !== undefined) this.#handOver(recipient, item, text);
    }
  }

  #handOver({ hand, reports }: Recipient, item: Item, text: string): void {
    item.deliveries += 1;
    if (reports) {
      this.#unlink(item);
      item.due = underWay;
    } else this.#wait(item);
    this.#call(hand, item, text);
  }

  #call(callback: (entry: Handed) => void, { id, queue, deliveries }: Item, text: string): void {
    try {
      callback({ id: String(id), node: queue.node, text, delivery: deliveries });
    } catch (error) {
      this.#report(error);
    }
  }

  /** Gives entries up. If dead letters cannot be written, the entries are tried again later. */
  #bury(queue: Queue, items: readonly Item[]): void {
    const letters = items.flatMap((item) => {
      const text = this.#textOf(item);
      return text === undefined ? [] : [{ item, text }];
    });
    try {
      this.#deadLetters.add(
        letters.map(({ item, text }) => ({ id: String(item.id), node: queue.node, delivery: item.deliveries, text })),
      );
    } catch (error) {
      this.#report(error);
      for (const { item } of letters) this.#wait(item);
      return;
    }
    for (const { item, text } of letters) {
      this.#remove(item);
      if (queue.recipient !== undefined) this.#call(queue.recipient.dead, item, text);
    }
  }

  /** Schedules the next delivery of an entry that has reached its node or was refused. */
  #wait(item: Item): void {
    this.#unlink(item);
    // Rounded up, so that it is not due before its time.
    item.due = Math.ceil(performance.now() - this.#start + this.#settings.redeliverAfterMs);
    this.#waiting.push(item);
    this.#schedule();
  }

  /** Sets the single timer for all entries. Its entry may be settled when it fires; that costs less than resetting it each time. */
  #schedule(): void {
    const { first } = this.#waiting;
    if (this.#timer !== undefined || this.#closed || first === undefined) return;
    const wait = Math.min(Math.max(0, first.due - (performance.now() - this.#start)), longestWait);
    this.#timer = setTimeout(
      guarded(() => {
        this.#timer = undefined;
        this.#wake();
      }),
      Math.ceil(wait),
    ).unref();
  }

  #wake(): void {
    const now = performance.now() - this.#start;
    const queues = new Set<Queue>();
    for (let { first } = this.#waiting; first !== undefined && first.due <= now; { first } = this.#waiting) {
      this.#waiting.remove(first);
      this.#makeReady(first);
      queues.add(first.queue);
    }
    for (const queue of queues) this.#serve(queue);
    this.#schedule();
  }

  readonly #report = (thrown: unknown): void => {
    try {
      this.#options.onProblem(asError(thrown));
    } catch {
      // An error of the error handler is not reported: it would cause a loop.
    }
  };
}

const entryText = (id: number, node: string, count: number, text: string): string =>
  `e${JSON.stringify([id, node, count])}\t${text}`;

/** Whether a value is a count, or an id after which there is room for many more. */
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 52;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
