// The spool: keeps what is on its way to nodes on disk until it is confirmed, and hands it over again until then.
import { copyFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { guarded } from "../util/guarded";
import { isObject } from "../util/json";
import { appendLines, asError, Journal, linesOf, makeFolder, type OpenFile, openFile, unwritten } from "./journal";

/** What is to be handed to a node. `id` is unique, also among those of other nodes; `node` is a node's id; `value` is JSON. */
export interface Entry {
  readonly id: string;
  readonly node: string;
  readonly value: unknown;
}

/** An entry as it is handed over: `value` is a copy for this delivery alone, `delivery` says which it is; 1 = the first. */
export interface Handed extends Entry {
  readonly delivery: number;
}

/** How a spool is kept. */
export interface SpoolOptions {
  /** Made if it is missing. Only its owner may read what is in it: pushes hold personal data. */
  readonly folder: string;
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
  /** The time that dead letters get, in ms since 1970. Redelivery goes by a clock that nobody sets. */
  readonly now?: () => number;
  /** Hears of what no caller hears of: a line that can't be read, a callback that throws, a disk that refuses a confirmation. */
  readonly onProblem?: (error: Error) => void;
  /** How files are opened; for tests of a disk that refuses. */
  readonly open?: OpenFile;
}

/** An entry that is not confirmed. It is kept as text, so that no flow that changes a message changes what is stored. */
interface Item {
  readonly id: string;
  readonly queue: Queue;
  readonly text: string;
  readonly arrival: number;
  /** About how many bytes its line takes. */
  readonly size: number;
  /** How often it was handed over, and how often by what stands on disk. */
  deliveries: number;
  counted: number;
}

interface Receiver {
  readonly hand: (entry: Handed) => void;
  readonly dead: (entry: Handed) => void;
}

/** What is pending for one node. */
interface Queue {
  readonly node: string;
  /** To be handed over as soon as there is a receiver, in this order. */
  readonly ready: Set<Item>;
  receiver: Receiver | undefined;
  /** While it is under way, nothing is handed over: order. */
  writing: Promise<void> | undefined;
}

/** A line of the journal. */
type Line =
  | {
      readonly kind: "entry";
      readonly id: string;
      readonly node: string;
      readonly text: string;
      readonly count: number;
    }
  | { readonly kind: "count"; readonly id: string; readonly count: number }
  | { readonly kind: "settled"; readonly id: string };

/** How many entries are prepared at once for being handed over again. */
const batchSize = 256;
/** About how many bytes of an entry's line are neither id nor node nor value. */
const lineFrame = 42;
/** The longest that a timer of Node's can wait, in ms. */
const longestWait = 2 ** 31 - 1;

/** The folders that are open in this process: two writers in one would spoil it. */
const openFolders = new Set<string>();

/**
 * Entries on their way to nodes. Each is handed over until it is settled: at least once, and in order the first time.
 *
 * `journal.jsonl` has a line for an entry, for a later delivery and for a confirmation; `dead.jsonl` has what was given up. What is
 * pending is in memory too, as text. One process per folder.
 *
 * A count is on disk before the delivery that it counts, so that a message that ends the process is given up in the end too.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #folder: string;
  readonly #path: string;
  readonly #open: OpenFile;
  readonly #pending = new Map<string, Item>();
  readonly #queues = new Map<string, Queue>();
  /** When those that were handed over are due again. All wait equally long, so that the first is the earliest. */
  readonly #waiting = new Map<Item, number>();
  #journal: Journal | undefined;
  #arrivals = 0;
  /** About how many bytes the lines of what is pending take. */
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: SpoolOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    this.#path = join(folder, "journal.jsonl");
    this.#open = options.open ?? openFile;
  }

  /**
   * Opens a folder and reads what an earlier process left there. A torn last line is left out: nobody was told that it is safe. Other
   * lines that can't be read are reported, and the file is kept aside.
   *
   * Rejects if the folder can't be made or read, or is open in this process already. A disk that can be read but not written is
   * reported: what is pending can still be handed over.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const folder = await realFolder(resolve(options.folder));
    if (openFolders.has(folder)) throw new Error(`${folder} is already open as a spool`);
    openFolders.add(folder);
    try {
      const spool = new Spool(options, folder);
      await spool.#begin();
      return spool;
    } catch (error) {
      openFolders.delete(folder);
      throw error;
    }
  }

  /** How many entries are not settled. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Keeps entries; resolves when they are on disk. Rejects with the system's error if the disk refuses them, with another if the
   * spool is closed or a value is no JSON: then none is handed over, ever. An id that is pending already is not taken twice.
   */
  async add(entries: readonly Entry[]): Promise<void> {
    const journal = this.#writable();
    if (entries.length === 0) return;
    const items = entries.map(({ id, node, value }) => {
      const queue = this.#queueOf(node);
      // Where somebody waits for it, it is handed over as soon as it is on disk: its line counts that already.
      const counted = queue.receiver === undefined ? 0 : 1;
      return this.#itemOf(id, queue, JSON.stringify(value) ?? "null", 0, counted);
    });
    await journal.append(items.map(entryLine).join(""), () => this.#land(items));
  }

  /**
   * Hands a node what is pending for it, in the order of arrival, and from then on what is added; each again `redeliverAfterMs` after
   * its last delivery or refusal. What was handed over shortly before an earlier receiver left is thus not handed over again at once.
   * After `maxDeliveries` deliveries, `dead` gets it instead: then it stands in dead.jsonl and is gone from the spool (a crash
   * or a detach between the two repeats both). Deliveries of an earlier process can't be confirmed any more and are not waited for.
   *
   * Callbacks come later than this returns; one that throws is reported, and has had its delivery. A node has one receiver: a new one
   * takes the place of the one before.
   * @returns detach: no callbacks after it; what is pending stays
   */
  attach(node: string, hand: (entry: Handed) => void, dead: (entry: Handed) => void): () => void {
    this.#writable();
    const queue = this.#queueOf(node);
    const receiver: Receiver = { hand, dead };
    const ready = [...queue.ready].sort((one, other) => one.arrival - other.arrival);
    queue.ready.clear();
    for (const item of ready) queue.ready.add(item);
    queue.receiver = receiver;
    queueMicrotask(guarded(() => this.#serve(queue), this.#report));
    return () => {
      if (queue.receiver === receiver) queue.receiver = undefined;
    };
  }

  /** An entry has been confirmed; true if it was pending. Written down a moment later: if that is lost, it is handed over once more. */
  settle(id: string): boolean {
    const item = this.#pending.get(id);
    if (item === undefined || this.#closing !== undefined) return false;
    this.#remove(item);
    return true;
  }

  /** Not yet: the entry comes again `redeliverAfterMs` from now, if it has deliveries left; true if it was pending. */
  refuse(id: string): boolean {
    const item = this.#pending.get(id);
    if (item === undefined || this.#closing !== undefined) return false;
    if (this.#waiting.has(item)) this.#wait(item);
    return true;
  }

  /** Writes what has been added and settled, and closes the files. No callbacks from here on. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    const queues = [...this.#queues.values()];
    for (const queue of queues) queue.receiver = undefined;
    await Promise.all(queues.map(({ writing }) => writing));
    await this.#journal?.close();
    openFolders.delete(this.#folder);
  }

  async #begin(): Promise<void> {
    await this.#read(this.#path);
    this.#journal = await Journal.begin({
      path: this.#path,
      open: this.#open,
      contents: () => entryLines(this.#pending.values()),
      needed: () => this.#bytes,
      onProblem: this.#report,
    });
  }

  async #read(path: string): Promise<void> {
    const unreadable: number[] = [];
    let number = 0;
    for await (const bytes of linesOf(path)) {
      number += 1;
      const line = readLine(bytes);
      if (line === undefined) unreadable.push(number);
      else this.#apply(line);
    }
    if (unreadable.length === 0) return;
    const aside = join(this.#folder, `damaged-${this.#now()}.jsonl`);
    const which = `${unreadable.length} of ${number} lines of ${path} can't be read, from line ${unreadable[0]} on`;
    await copyFile(path, aside).then(
      () => this.#report(new Error(`${which}; the file is kept as ${aside}`)),
      (cause) => this.#report(new Error(which, { cause })),
    );
  }

  #apply(line: Line): void {
    const item = this.#pending.get(line.id);
    if (line.kind === "entry" && item === undefined) {
      this.#keep(this.#itemOf(line.id, this.#queueOf(line.node), line.text, line.count, line.count));
    } else if (line.kind === "count" && item !== undefined) {
      item.deliveries = line.count;
      item.counted = line.count;
    } else if (line.kind === "settled" && item !== undefined) this.#forget(item);
  }

  /** The journal, as long as something may come in. */
  #writable(): Journal {
    if (this.#journal === undefined || this.#closing !== undefined) throw new Error("The spool is closed");
    return this.#journal;
  }

  #itemOf(id: string, queue: Queue, text: string, deliveries: number, counted: number): Item {
    this.#arrivals += 1;
    const size = Buffer.byteLength(id + queue.node + text) + lineFrame;
    return { id, queue, text, arrival: this.#arrivals, size, deliveries, counted };
  }

  #queueOf(node: string): Queue {
    let queue = this.#queues.get(node);
    if (queue === undefined) {
      queue = { node, ready: new Set(), receiver: undefined, writing: undefined };
      this.#queues.set(node, queue);
    }
    return queue;
  }

  /** They are on disk. */
  #land(items: readonly Item[]): void {
    for (const item of items) {
      if (this.#pending.has(item.id)) continue;
      this.#keep(item);
      this.#serve(item.queue);
    }
  }

  #keep(item: Item): void {
    this.#pending.set(item.id, item);
    this.#bytes += item.size;
    item.queue.ready.add(item);
  }

  #forget(item: Item): void {
    this.#pending.delete(item.id);
    this.#bytes -= item.size;
    item.queue.ready.delete(item);
    this.#waiting.delete(item);
  }

  #remove(item: Item): void {
    this.#forget(item);
    this.#journal?.note(`${JSON.stringify({ id: item.id, settled: true })}\n`);
  }

  /** Hands over what is ready, as long as somebody takes it. */
  #serve(queue: Queue): void {
    while (queue.receiver !== undefined && queue.writing === undefined && queue.ready.size > 0) {
      const batch = firstOf(queue.ready, batchSize);
      const spent = batch.filter((item) => this.#isSpent(item));
      const uncounted = batch.filter((item) => item.counted <= item.deliveries && !this.#isSpent(item));
      if (spent.length + uncounted.length === 0) this.#deliver(queue, batch);
      else {
        queue.writing = Promise.all([this.#bury(spent), this.#count(uncounted)]).then(() => {
          queue.writing = undefined;
          this.#deliver(queue, batch);
          this.#serve(queue);
        });
      }
    }
  }

  #isSpent({ deliveries }: Item): boolean {
    return deliveries >= this.#options.maxDeliveries;
  }

  /** Hands over a batch, without what has been settled meanwhile, and to nobody if nobody is there any more. */
  #deliver(queue: Queue, batch: readonly Item[]): void {
    for (const item of batch) {
      const { receiver } = queue;
      if (receiver === undefined) return;
      if (!queue.ready.has(item)) continue;
      if (this.#isSpent(item)) {
        this.#remove(item);
        this.#call(receiver.dead, item);
        continue;
      }
      item.deliveries += 1;
      this.#wait(item);
      this.#call(receiver.hand, item);
    }
  }

  #call(callback: (entry: Handed) => void, { id, queue, text, deliveries }: Item): void {
    try {
      callback({ id, node: queue.node, value: JSON.parse(text), delivery: deliveries });
    } catch (error) {
      this.#report(error);
    }
  }

  /** Writes down that they are about to be handed over. If the disk refuses, they are none the less: nothing else empties the spool. */
  async #count(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const line = ({ id, deliveries }: Item) => `${JSON.stringify({ id, delivery: deliveries + 1 })}\n`;
    const counted = () => {
      for (const item of items) item.counted = item.deliveries + 1;
    };
    await this.#journal
      ?.append(items.map(line).join(""), counted)
      .catch((error) => this.#report(unwritten(this.#path, error)));
  }

  /** Writes down dead letters. If the disk refuses, they wait for another time. */
  async #bury(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const time = JSON.stringify(new Date(this.#now()).toISOString());
    const letters = items.map((item) => `{"time":${time},${entryLine(item).slice(1)}`);
    const path = join(this.#folder, "dead.jsonl");
    try {
      await appendLines(path, letters.join(""), this.#open);
    } catch (error) {
      this.#report(unwritten(path, error));
      for (const item of items) if (item.queue.ready.has(item)) this.#wait(item);
    }
  }

  /** An entry has been handed over or refused: it is due again after a while. */
  #wait(item: Item): void {
    item.queue.ready.delete(item);
    this.#waiting.delete(item);
    this.#waiting.set(item, performance.now() + this.#options.redeliverAfterMs);
    this.#schedule();
  }

  /** One timer for all. It may find that its entry has been settled; that is cheaper than to move it each time. */
  #schedule(): void {
    if (this.#timer !== undefined || this.#closing !== undefined) return;
    const [due] = this.#waiting.values();
    if (due === undefined) return;
    const wait = Math.min(Math.max(0, Math.ceil(due - performance.now())), longestWait);
    const wake = () => {
      this.#timer = undefined;
      this.#wake();
    };
    this.#timer = setTimeout(guarded(wake, this.#report), wait).unref();
  }

  #wake(): void {
    const now = performance.now();
    const queues = new Set<Queue>();
    for (const [item, due] of this.#waiting) {
      if (due > now) break;
      this.#waiting.delete(item);
      item.queue.ready.add(item);
      queues.add(item.queue);
    }
    for (const queue of queues) this.#serve(queue);
    this.#schedule();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  readonly #report = (thrown: unknown): void => {
    try {
      this.#options.onProblem?.(asError(thrown));
    } catch {
      // Who can't bear to hear of problems must not make another.
    }
  };
}

/** Makes a folder, safely on disk, and gives its one real path. */
async function realFolder(folder: string): Promise<string> {
  await makeFolder(folder, 0o700);
  return realpath(folder);
}

/** An entry's line. Its value is already JSON, and stands last. */
const entryLine = ({ id, queue, text, deliveries, counted }: Item): string => {
  const head = JSON.stringify({ id, node: queue.node, delivery: Math.max(deliveries, counted) });
  return `${head.slice(0, -1)},"value":${text}}\n`;
};

function* entryLines(items: Iterable<Item>): Generator<string> {
  for (const item of items) yield entryLine(item);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads a line; undefined if it is none of ours, or damaged. */
function readLine(bytes: Buffer): Line | undefined {
  let line: unknown;
  try {
    line = JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
  if (!isObject(line)) return undefined;
  const { id, node, delivery, value, settled } = line;
  if (typeof id !== "string") return undefined;
  if (settled === true) return { kind: "settled", id };
  if (!isCount(delivery)) return undefined;
  if (node === undefined && value === undefined) return { kind: "count", id, count: delivery };
  if (typeof node !== "string" || value === undefined) return undefined;
  return { kind: "entry", id, node, text: JSON.stringify(value), count: delivery };
}

/** The first so many of a set. */
function firstOf<T>(set: ReadonlySet<T>, count: number): T[] {
  const first: T[] = [];
  for (const one of set) {
    if (first.length === count) break;
    first.push(one);
  }
  return first;
}
