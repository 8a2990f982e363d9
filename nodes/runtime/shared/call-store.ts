// The folder in which a node stores its open calls and its unconfirmed messages.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import type { CallRecord } from "../../calls/tracker";
import { asError } from "../../delivery/files";
import type { Journal, Keeper, Line, LinePosition, Segment } from "../../delivery/journal";
import type { Entry, Spool } from "../../delivery/spool";
import { Store } from "../../delivery/store";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";

/** Keeps the newest record of each key. Lines of the journal: `p` is a record (key, tab, JSON), `d` removes a key. */
export class RecordKeeper implements Keeper {
  readonly letters = "pd";
  readonly #positions = new Map<string, LinePosition>();
  #journal: Journal | undefined;

  use(journal: Journal): void {
    this.#journal = journal;
  }

  /** Reads all records from disk. Unreadable ones are left out. */
  *values(): Generator<unknown> {
    for (const place of this.#positions.values()) {
      const text = this.#journal?.read(place);
      try {
        if (text !== undefined) yield JSON.parse(text.slice(text.indexOf("\t") + 1));
      } catch {
        // The checksum is right but the text is not JSON: this code did not write the line.
      }
    }
  }

  /** The lines that write these changes. */
  lines(records: readonly CallRecord[]): readonly Line[] {
    return records.map(({ key, value }) =>
      value === undefined
        ? { text: `d${key}`, landed: () => this.#forget(key) }
        : { text: `p${key}\t${JSON.stringify(value)}`, landed: (place) => this.#keep(key, place) },
    );
  }

  read(text: string, place: LinePosition): boolean {
    const tab = text.indexOf("\t");
    if (text[0] === "d") this.#forget(text.slice(1));
    else if (tab < 0) return false;
    else this.#keep(text.slice(1, tab), place);
    return true;
  }

  carry(segment: Segment): readonly Line[] {
    const lines: Line[] = [];
    for (const [key, place] of this.#positions) {
      const text = place.segment === segment ? this.#journal?.read(place) : undefined;
      if (text === undefined) continue;
      const landed = (moved: LinePosition): void => {
        // A newer record may have been written in between.
        if (this.#positions.get(key) === place) this.#keep(key, moved);
      };
      lines.push({ text, landed });
    }
    return lines;
  }

  #keep(key: string, place: LinePosition): void {
    this.#forget(key);
    // A copy, because the journal may use one object for all lines of a batch.
    const own = { segment: place.segment, offset: place.offset, length: place.length };
    this.#positions.set(key, own);
    this.#journal?.retain(own);
  }

  #forget(key: string): void {
    const place = this.#positions.get(key);
    if (place === undefined) return;
    this.#positions.delete(key);
    this.#journal?.release(place);
  }
}

/** The owner of the folder locks of this process. */
const owner = newId();

/** Pauses before a folder that could not be opened is tried again, in ms. They double up to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** The pause before a refused write is repeated, in ms. */
const retryMs = 2000;

/** The folder of a node's calls; undefined if Node-RED has no user folder. */
export function callsFolder(RED: NodeAPI, id: string): string | undefined {
  const { userDir } = RED.settings as { userDir?: string };
  return userDir === undefined ? undefined : join(userDir, "sccc", "calls", id.replace(/[^\w-]/g, "_"));
}

export interface CallStoreOptions {
  /** undefined: nothing is stored. */
  readonly folder: string | undefined;
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
  readonly keepDays: number;
  /**
   * Called once, before the first write, with the records and messages of an earlier process. Without a folder there
   * are none.
   */
  readonly onOpen: (records: Iterable<unknown>, spool: Spool | undefined) => void;
  /** Something is wrong: a key below `errors`, and its parameters. */
  readonly onWarning: (key: string, params: Readonly<Record<string, string>>) => void;
  /**
   * Whether `add` waits while the disk refuses to write. If not, messages are passed to `onUnkept`, and records are
   * written later. A folder that cannot be opened is then not tried again before the next deploy.
   */
  readonly waits: boolean;
  /** Called for each message that is not stored: there is no folder, or the disk refused it and `waits` is false. */
  readonly onUnkept: (entry: Entry) => void;
}

/** The options of a store that has records only, no messages. */
export const recordsOnly = {
  redeliverAfterMs: 0,
  maxDeliveries: 1,
  keepDays: 0,
  waits: false,
  onUnkept: () => undefined,
} as const;

interface Waiting {
  readonly records: readonly CallRecord[];
  readonly entries: readonly Entry[];
  readonly done: () => void;
}

/** The stored calls and messages of one node. */
export class CallStore {
  readonly #options: CallStoreOptions;
  readonly #records = new RecordKeeper();
  readonly #closing = new AbortController();
  /** Writes that the disk has refused, or that wait for the folder to be opened, in order. */
  #waiting: Waiting[] = [];
  #store: Store | undefined;
  #opened = false;
  /** Nothing is stored. */
  #isWithout = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CallStoreOptions) {
    this.#options = options;
    if (options.folder === undefined) {
      this.#goWithout();
    } else void this.#open(options.folder, firstPauseMs);
  }

  get spool(): Spool | undefined {
    return this.#store?.spool;
  }

  /**
   * Writes records and messages. Resolves when they are on disk, or at once if they are not stored. Never resolves
   * after a close.
   */
  add(records: readonly CallRecord[], entries: readonly Entry[] = []): Promise<void> {
    if (records.length + entries.length === 0 && this.#waiting.length === 0) return Promise.resolve();
    if (this.#isWithout) {
      for (const entry of entries) this.#options.onUnkept(entry);
      return Promise.resolve();
    }
    return new Promise((done) => this.#write({ records, entries, done }));
  }

  /**
   * Writes what waits, and releases the folder. @param removed whether the node was deleted: its pending messages
   * become dead letters
   */
  close(removed: boolean): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    const store = this.#store;
    this.#store = undefined;
    if (removed) for (const node of store?.spool.nodes ?? []) store?.spool.reassign(node, () => undefined);
    store?.close();
    if (removed && store !== undefined && this.#options.folder !== undefined) removeFiles(this.#options.folder);
  }

  async #open(folder: string, pauseMs: number): Promise<void> {
    const { redeliverAfterMs, maxDeliveries, keepDays, onWarning, onOpen } = this.#options;
    const { signal } = this.#closing;
    try {
      const store = await Store.open(
        {
          ...{ folder, owner, keepers: [this.#records], redeliverAfterMs, maxDeliveries, keepDays },
          onProblem: (error) => onWarning("callsFolder", { folder, detail: error.message }),
        },
        signal,
        () => onWarning("callsHeld", { folder }),
      );
      if (store === undefined) return;
      if (signal.aborted) return store.close();
      this.#store = store;
      this.#opened = true;
      onOpen(this.#records.values(), store.spool);
      this.#retry();
    } catch (error) {
      if (signal.aborted) return;
      onWarning("callsFolder", { folder, detail: asError(error).message });
      if (!this.#options.waits) return this.#goWithout();
      this.#timer = setTimeout(
        guarded(() => void this.#open(folder, Math.min(2 * pauseMs, longestPauseMs))),
        pauseMs,
      ).unref();
    }
  }

  #write(one: Waiting): void {
    if (this.#store === undefined || this.#waiting.length > 0) {
      this.#wait(one);
      return;
    }
    this.#store.spool.add(one.entries, this.#records.lines(one.records)).then(one.done, (error: unknown) => {
      if (this.#closing.signal.aborted) return;
      const { folder = "" } = this.#options;
      this.#options.onWarning("callsFolder", { folder, detail: asError(error).message });
      this.#wait(one);
      this.#timer ??= setTimeout(
        guarded(() => this.#retry()),
        retryMs,
      ).unref();
    });
  }

  #wait(one: Waiting): void {
    const { onUnkept, waits } = this.#options;
    if (waits || !this.#opened) {
      this.#waiting.push(one);
      return;
    }
    for (const entry of one.entries) onUnkept(entry);
    one.done();
    if (one.records.length > 0) this.#waiting.push({ records: one.records, entries: [], done: () => undefined });
  }

  #goWithout(): void {
    this.#isWithout = true;
    this.#opened = true;
    this.#options.onOpen([], undefined);
    for (const { records, entries, done } of this.#waiting.splice(0)) void this.add(records, entries).then(done);
  }

  #retry(): void {
    this.#timer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) this.#write(one);
  }
}

/** Removes the files of a deleted node, except its dead letters. */
function removeFiles(folder: string): void {
  try {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (name !== "dead.jsonl") rmSync(join(folder, name), { recursive: true, force: true });
    }
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true, force: true });
  } catch {
    // No harm: nothing reads this folder any more.
  }
}
