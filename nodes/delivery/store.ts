// A store: a folder with a lock, a journal in it, and the spool of what is pending there.
import { existsSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { guarded } from "../util/guarded";
import { makeFolderSync, type OpenFile, openFile } from "./files";
import { type Beat, FolderLock } from "./folder-lock";
import { Journal, type Keeper } from "./journal";
import { readLegacy } from "./legacy";
import { Spool, type SpoolSettings } from "./spool";

/** How a store is kept. */
export interface StoreOptions extends SpoolSettings {
  /** Made if it is missing. Only its owner may read what is in it: pushes hold personal data. */
  readonly folder: string;
  /** Who locks the folder: the same text for all of a process, another for every other process. */
  readonly owner: string;
  /** Who else keeps lines in the journal. Their letters must not be the spool's: `e`, `c`, `s`, `m` and `i`. */
  readonly keepers?: readonly Keeper[];
  /** How long dead letters are kept; 0 = for ever. */
  readonly keepDays?: number;
  /** ms since 1970. */
  readonly now?: () => number;
  /** Hears of what no caller hears of. */
  readonly onProblem?: (error: Error) => void;
  /** How files are opened; for tests of a disk that refuses. */
  readonly open?: OpenFile;
  readonly segmentBytes?: number;
  readonly noteDelayMs?: number;
  readonly beat?: Beat;
}

/** Another process has the folder, or has taken it over. */
export class StoreHeldError extends Error {
  constructor(folder: string) {
    super(`${folder} is in use by another process`);
    this.name = "StoreHeldError";
  }
}

const dayMs = 86_400_000;

/** A store that is open. */
export class Store {
  readonly spool: Spool;
  readonly journal: Journal;
  readonly #lock: FolderLock;
  readonly #timer: NodeJS.Timeout;
  #keepDays: number;

  private constructor(options: StoreOptions, folder: string, lock: FolderLock) {
    const { keepers = [], now = Date.now, open = openFile, keepDays = 0, ...rest } = options;
    const onProblem = options.onProblem ?? (() => undefined);
    this.#lock = lock;
    this.#keepDays = keepDays;
    this.spool = new Spool({ ...rest, folder, open, now, onProblem });
    this.journal = Journal.open({
      ...rest,
      folder,
      keepers: [this.spool, ...keepers],
      open,
      now,
      onProblem,
      verify: () => {
        if (!lock.isHeld()) throw new StoreHeldError(folder);
      },
    });
    this.#timer = setInterval(
      guarded(() => this.spool.expire(this.#keepDays)),
      dayMs,
    ).unref();
  }

  /**
   * Opens a folder and reads what an earlier process left there. Waits as long as another process has it.
   * @param signal ends the waiting
   * @param onHeld called if another process has the folder
   * @returns undefined if the waiting was ended. Rejects if the folder cannot be made or read.
   */
  static async open(
    options: StoreOptions,
    signal: AbortSignal = new AbortController().signal,
    onHeld: () => void = () => undefined,
  ): Promise<Store | undefined> {
    const folder = resolve(options.folder);
    makeFolderSync(folder, 0o700);
    const { owner, beat } = options;
    const lock = await FolderLock.acquire({ folder, owner, ...(beat && { beat }) }, signal, onHeld);
    if (lock === undefined) return undefined;
    try {
      const store = new Store(options, folder, lock);
      await store.#importLegacy(folder, options);
      store.spool.expire(store.#keepDays);
      return store;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Changes how entries are handed over and how long dead letters are kept. */
  configure(settings: SpoolSettings & { readonly keepDays: number }): void {
    this.spool.configure(settings);
    this.#keepDays = settings.keepDays;
  }

  /** Writes what waits, and lets others have the folder. Never throws. */
  close(): void {
    clearInterval(this.#timer);
    this.spool.close();
    this.journal.close();
    this.#lock.release();
  }

  /** Takes over what an earlier version left. The old file stays until all of it is in the journal. */
  async #importLegacy(folder: string, options: StoreOptions): Promise<void> {
    const path = join(folder, "journal.jsonl");
    if (!existsSync(path)) return;
    const { open = openFile, now = Date.now, onProblem } = options;
    const file = open(path, "existing");
    try {
      const { entries, unreadable } = readLegacy(file);
      await this.spool.restore(entries, file.size());
      if (unreadable === 0) rmSync(path, { force: true });
      else {
        const aside = join(folder, `damaged-${now()}-journal.jsonl`);
        renameSync(path, aside);
        onProblem?.(new Error(`${unreadable} lines of ${path} can't be read; the file is kept as ${aside}`));
      }
    } finally {
      file.close();
    }
  }
}
