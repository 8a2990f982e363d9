// The spool: keeps what is on its way to nodes on disk until it is acknowledged, and hands it over again until then.

import { guarded } from "../util/guarded";
import { DeadLetters } from "./dead-letters";
import { asError, type OpenFile } from "./files";
import { IdMap } from "./id-map";
import { ItemList, type Linked } from "./item-list";
import type { Journal, Keeper, Line, Place, Segment } from "./journal";

/** What is to be handed to a node: `node` is its id, `text` is JSON. */
export interface Entry {
  readonly node: string;
  readonly text: string;
}

/** An entry as it is handed over. `id` is its own for as long as the store is there; `delivery` says which delivery it is; 1 = the first. */
export interface Handed extends Entry {
  readonly id: string;
  readonly delivery: number;
}

/** Who takes what is pending for a node. */
export interface Recipient {
  readonly hand: (entry: Handed) => void;
  /** An entry was given up: it stands in dead.jsonl. */
  readonly dead: (entry: Handed) => void;
  /** How many entries may be handed over now; without it any number. When there is room again, call `resume`. */
  readonly room?: () => number;
}

/** How a spool hands over. Times in ms. */
export interface SpoolSettings {
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
}

/** How a spool is kept. */
export interface SpoolOptions extends SpoolSettings {
  readonly folder: string;
  readonly open: OpenFile;
  /** The time that dead letters get, in ms since 1970. Redelivery goes by a clock that nobody sets. */
  readonly now: () => number;
  /** Hears of what no caller hears of. */
  readonly onProblem: (error: Error) => void;
}

/** An entry that is not acknowledged. Only what is needed to find it is in memory: there may be a million. */
interface Item extends Linked<Item>, Place {
  /** Also the order of arrival. A number, not a text: a map of a million takes much less memory. */
  readonly id: number;
  queue: Queue;
  segment: Segment;
  offset: number;
  length: number;
  /** When it is due again, in ms of the spool's clock; -1: it stands in its queue. */
  due: number;
  /** How often it was handed over, and how often by what stands on disk. */
  deliveries: number;
  counted: number;
}

/** What is pending for one node. */
interface Queue {
  readonly node: string;
  /** To be handed over as soon as somebody takes it, in this order. */
  readonly ready: ItemList<Item>;
  recipient: Recipient | undefined;
  /** Something is being written; until it is, nothing is handed over: order. */
  busy: boolean;
}

/** How many entries are prepared at once for being handed over. */
const batchSize = 256;
/** The longest that a timer of Node's can wait, in ms. */
const longestWait = 2 ** 31 - 1;

/**
 * Entries on their way to nodes. Each is handed over until it is settled: at least once, and in order the first time.
 *
 * A count is on disk before the delivery that it counts, so that a message that ends the process is given up in the end too.
 *
 * Lines of the journal: `e` an entry (head, tab, value), `c` a count, `s` settled, `m` moved to another node,
 * `i` another file was imported.
 */
export class Spool implements Keeper {
  readonly letters = "ecsmi";
  readonly #options: SpoolOptions;
  readonly #deadLetters: DeadLetters;
  readonly #pending = new IdMap<Item>();
  readonly #queues = new Map<string, Queue>();
  /** Those that were handed over. All wait equally long, so that the first is the earliest. */
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

  /** How many entries are not settled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** The nodes that something is pending for. */
  get nodes(): readonly string[] {
    const nodes = new Set<string>();
    for (const { queue } of this.#pending.values()) nodes.add(queue.node);
    return [...nodes];
  }

  /** Changes how entries are handed over. Those that wait already wait as long as was said then. */
  configure(settings: SpoolSettings): void {
    this.#settings = settings;
  }

  /**
   * Keeps entries; resolves with their ids when they are on disk. Rejects if the disk refuses them or the spool is closed: then none is handed
   * over, ever.
   * @param more further lines, which go to the disk together with the entries
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
      // Where somebody waits for it, it is handed over as soon as it is on disk: its line counts that already.
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
   * Keeps entries of another file, with the number of their deliveries; once, should the process end before that file is gone.
   * @param bytes the size of that file
   */
  async restore(entries: readonly (Entry & { readonly count: number })[], bytes: number): Promise<void> {
    if (this.#importedBytes === bytes) return;
    const lines = entries.map(({ node, text, count }): Line => {
      this.#lastId += 1;
      const id = this.#lastId;
      const landed = (place: Place) => void this.#keep(id, this.#queueOf(node), count, count, place);
      return { text: entryText(id, node, count, text), landed };
    });
    await this.#journalOf().append([...lines, { text: `i${bytes}` }]);
  }

  /**
   * Hands a node what is pending for it, in the order of arrival, and from then on what is added; each again `redeliverAfterMs` after
   * its last delivery or refusal. After `maxDeliveries` deliveries `dead` gets it instead. Callbacks come later than this returns; one that
   * throws is reported, and has had its delivery. A new recipient takes the place of the one before.
   * @returns detach: no callbacks after it; what is pending stays
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

  /** There is room again. */
  resume(): void {
    for (const queue of this.#queues.values()) this.#serve(queue);
  }

  /** An entry has been acknowledged; true if it was pending. Written a moment later: if that is lost, it is handed over once more. */
  settle(id: string): boolean {
    const item = this.#pending.get(Number(id));
    if (item === undefined || this.#closed) return false;
    this.#remove(item);
    return true;
  }

  /** Not yet: the entry comes again `redeliverAfterMs` from now, if it has deliveries left; true if it was pending. */
  refuse(id: string): boolean {
    const item = this.#pending.get(Number(id));
    if (item === undefined || this.#closed) return false;
    if (item.due >= 0) this.#wait(item);
    return true;
  }

  /** The entry did not reach its node: it comes again as soon as somebody takes it. */
  giveBack(id: string): void {
    const item = this.#pending.get(Number(id));
    if (item === undefined || item.due < 0 || this.#closed) return;
    this.#waiting.remove(item);
    this.#makeReady(item);
  }

  /** How often an entry was handed over; undefined if it is not pending. */
  deliveriesOf(id: string): number | undefined {
    return this.#pending.get(Number(id))?.deliveries;
  }

  /**
   * A node is gone for good: what is pending for it goes to another node or to the dead letters.
   * @param chooseNode the node that takes an entry, by its text; undefined: none does
   * @returns how many went to another node and how many to the dead letters
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
      if (item.due >= 0) this.#waiting.remove(item);
      else item.queue.ready.remove(item);
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

  /** Drops dead letters that are older than so many days; 0 keeps all. */
  expire(keepDays: number): void {
    try {
      this.#deadLetters.expire(keepDays);
    } catch (error) {
      this.#report(error);
    }
  }

  /** No callbacks from here on, and nothing is taken. The journal is closed by whoever has opened it. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const queue of this.#queues.values()) queue.recipient = undefined;
  }

  read(text: string, place: Place): boolean {
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
    // The same entry again: it was written anew, and is needed at its new place only.
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

  /** An entry is on disk. */
  #land(id: number, queue: Queue, counted: number, place: Place, text: string): void {
    const item = this.#keep(id, queue, 0, counted, place);
    const { recipient, busy, ready } = queue;
    // Where nothing stands before it, it need not be read from disk again.
    const atOnce = counted === 1 && recipient !== undefined && !busy && ready.size === 1 && roomOf(recipient) > 0;
    if (atOnce && !this.#closed) this.#handOver(recipient, item, text);
    else this.#serve(queue);
  }

  #keep(id: number, queue: Queue, deliveries: number, counted: number, place: Place): Item {
    const { segment, offset, length } = place;
    const item: Item = {
      id,
      queue,
      segment,
      offset,
      length,
      due: -1,
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

  #relocate(item: Item, { segment, offset, length }: Place): void {
    // It may have been settled while it was written.
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
    if (item.due < 0) item.queue.ready.remove(item);
    else this.#waiting.remove(item);
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
    item.due = -1;
    item.queue.ready.push(item);
  }

  /** The text of an entry. One that is damaged on disk is reported and given up: nobody could take it. */
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

  /** Hands over what is ready, as long as somebody takes it and has room. */
  #serve(queue: Queue): void {
    while (queue.recipient !== undefined && !queue.busy && queue.ready.size > 0 && !this.#closed) {
      const batch = queue.ready.take(Math.min(batchSize, roomOf(queue.recipient)));
      if (batch.length === 0) return;
      const uncounted = batch.filter((item) => item.counted <= item.deliveries && !this.#isSpent(item));
      if (uncounted.length === 0) this.#deliver(queue, batch);
      else this.#count(queue, uncounted);
    }
  }

  #isSpent({ deliveries }: Item): boolean {
    return deliveries >= this.#settings.maxDeliveries;
  }

  /** Writes down that entries are about to be handed over. If the disk refuses, they are none the less: nothing else empties the spool. */
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
      });
  }

  /** Hands over a batch, without what has been settled meanwhile, and to nobody if nobody is there any more. */
  #deliver(queue: Queue, batch: readonly Item[]): void {
    const spent = batch.filter((item) => this.#isSpent(item));
    if (spent.length > 0) this.#bury(queue, spent);
    for (const item of batch) {
      const { recipient } = queue;
      if (recipient === undefined || this.#closed) return;
      if (item.due >= 0 || this.#pending.get(item.id) !== item || this.#isSpent(item)) continue;
      const text = this.#textOf(item);
      if (text !== undefined) this.#handOver(recipient, item, text);
    }
  }

  #handOver({ hand }: Recipient, item: Item, text: string): void {
    item.deliveries += 1;
    this.#wait(item);
    this.#call(hand, item, text);
  }

  #call(callback: (entry: Handed) => void, { id, queue, deliveries }: Item, text: string): void {
    try {
      callback({ id: String(id), node: queue.node, text, delivery: deliveries });
    } catch (error) {
      this.#report(error);
    }
  }

  /** Gives entries up. If the disk refuses the dead letters, they wait for another time. */
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

  /** An entry has been handed over or refused: it is due again after a while. */
  #wait(item: Item): void {
    if (item.due < 0) item.queue.ready.remove(item);
    else this.#waiting.remove(item);
    // Rounded up, so that it is not due before its time.
    item.due = Math.ceil(performance.now() - this.#start + this.#settings.redeliverAfterMs);
    this.#waiting.push(item);
    this.#schedule();
  }

  /** One timer for all. It may find that its entry has been settled; that is cheaper than to move it each time. */
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
      // Who cannot bear to hear of problems must not make another.
    }
  };
}

const roomOf = ({ room }: Recipient): number => room?.() ?? Number.POSITIVE_INFINITY;

const entryText = (id: number, node: string, count: number, text: string): string =>
  `e${JSON.stringify([id, node, count])}\t${text}`;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
