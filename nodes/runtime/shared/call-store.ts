// Where a node keeps its open calls, and the messages that nobody has confirmed yet: a folder below the user folder.
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

/** The newest record of each key. Lines of the journal: `p` a record (key, tab, JSON), `d` a key that is needed no more. */
export class RecordKeeper implements Keeper {
  readonly letters = "pd";
  readonly #positions = new Map<string, LinePosition>();
  #journal: Journal | undefined;

  use(journal: Journal): void {
    this.#journal = journal;
  }

  /** The records, read from the disk. Those that cannot be read are left out. */
  *values(): Generator<unknown> {
    for (const place of this.#positions.values()) {
      const text = this.#journal?.read(place);
      try {
        if (text !== undefined) yield JSON.parse(text.slice(text.indexOf("\t") + 1));
      } catch {
        // A line with a good checksum that is no JSON is none of ours.
      }
    }
  }

  /** The lines that bring the disk up to date. */
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
        // It may have been written anew meanwhile.
        if (this.#positions.get(key) === place) this.#keep(key, moved);
      };
      lines.push({ text, landed });
    }
    return lines;
  }

  #keep(key: string, place: LinePosition): void {
    this.#forget(key);
    // A copy: the journal's own place may be one object for all lines of a batch.
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

/** Who locks the folders: one for the process. */
const owner = newId();

/** The pauses before a folder is tried again, in ms: doubled from the first to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;
/** What the disk refuses is written again after so long, in ms. */
const retryMs = 2000;

/** The folder of a node's calls; undefined where Node-RED has no user folder. */
export function callsFolder(RED: NodeAPI, id: string): string | undefined {
  const { userDir } = RED.settings as { userDir?: string };
  return userDir === undefined ? undefined : join(userDir, "sccc", "calls", id.replace(/[^\w-]/g, "_"));
}

/** How calls are kept. */
export interface CallStoreOptions {
  /** undefined: nothing is kept. */
  readonly folder: string | undefined;
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
  readonly keepDays: number;
  /** The folder is open, or there is none: what an earlier process has left there. Called once, before anything that was added is written. */
  readonly onOpen: (records: Iterable<unknown>, spool: Spool | undefined) => void;
  /** Something is wrong: a key below `errors`, and its parameters. */
  readonly onWarning: (key: string, params: Readonly<Record<string, string>>) => void;
  /**
   * Whether what the disk refuses holds up those who wait for it, until the disk takes it. Else they go on without, and what has changed is
   * written when the disk takes it; where the folder cannot be opened at all, nothing is kept until the next deploy.
   */
  readonly waits: boolean;
  /** Hears of each entry that is not kept: there is no folder, or the disk refuses it and it does not wait. */
  readonly onUnkept: (entry: Entry) => void;
}

interface Waiting {
  readonly records: readonly CallRecord[];
  readonly entries: readonly Entry[];
  readonly done: () => void;
}

/** The calls of one node on disk. */
export class CallStore {
  readonly #options: CallStoreOptions;
  readonly #records = new RecordKeeper();
  readonly #closing = new AbortController();
  /** What the disk has refused, or what waits for the folder to be open, in order. */
  #waiting: Waiting[] = [];
  #store: Store | undefined;
  #opened = false;
  /** Nothing is kept. */
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

  /** Writes records, and entries for the spool. Resolves when they are on disk, or when that is not waited for; never if it is closed before. */
  add(records: readonly CallRecord[], entries: readonly Entry[] = []): Promise<void> {
    if (records.length + entries.length === 0 && this.#waiting.length === 0) return Promise.resolve();
    if (this.#isWithout) {
      for (const entry of entries) this.#options.onUnkept(entry);
      return Promise.resolve();
    }
    return new Promise((done) => this.#write({ records, entries, done }));
  }

  /** Writes what waits, and lets the folder go. @param removed the node is gone for good: what is pending goes to the dead letters */
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

/** Removes what a node that is gone has left, but its dead letters. */
function removeFiles(folder: string): void {
  try {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (name !== "dead.jsonl") rmSync(join(folder, name), { recursive: true, force: true });
    }
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true, force: true });
  } catch {
    // It is read by nobody any more.
  }
}
