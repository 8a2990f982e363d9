// A store: a locked folder with a journal and the spool of pending entries.
import { existsSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { guarded } from "../util/guarded";
import { freePath, makeFolderSync, type OpenFile, openFile } from "./files";
import { type Beat, FolderLock } from "./folder-lock";
import { Journal, type Keeper } from "./journal";
import { readLegacy } from "./legacy";
import { Spool, type SpoolSettings } from "./spool";

/** Options of a store. */
export interface StoreOptions extends SpoolSettings {
  /** Created if missing. Readable by its owner only: pushes contain personal data. */
  readonly folder: string;
  /** Owner of the folder's lock: the same text for the whole process, unique for each process. */
  readonly owner: string;
  /** Further keepers of lines in the journal. They must not use the spool's letters `e`, `c`, `s`, `m` and `i`. */
  readonly keepers?: readonly Keeper[];
  /** How many days dead letters are kept; 0 = for ever. */
  readonly keepDays?: number;
  /** ms since 1970. */
  readonly now?: () => number;
  /** Receives errors that are not passed to a caller. */
  readonly onProblem?: (error: Error) => void;
  /** Opens files; replaced in tests of a failing disk. */
  readonly open?: OpenFile;
  readonly segmentBytes?: number;
  readonly noteDelayMs?: number;
  readonly beat?: Beat;
}

/** Another process holds the folder, or has taken it over. */
export class StoreHeldError extends Error {
  constructor(folder: string) {
    super(`${folder} is in use by another process`);
    this.name = "StoreHeldError";
  }
}

const dayMs = 86_400_000;

/** An open store. */
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
   * Opens a folder and reads its stored entries. Waits while another process holds it.
   * @param signal ends the wait
   * @param onHeld called if another process holds the folder
   * @returns undefined if the wait was ended. Rejects if the folder cannot be created or read, or is a newer version's.
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

  /** Changes the delivery settings and how long dead letters are kept. */
  configure(settings: SpoolSettings & { readonly keepDays: number }): void {
    this.spool.configure(settings);
    this.#keepDays = settings.keepDays;
  }

  /** Writes waiting lines and releases the folder. Never throws. */
  close(): void {
    clearInterval(this.#timer);
    this.spool.close();
    this.journal.close();
    this.#lock.release();
  }

  /** Imports the file of an earlier version. It is removed only when all its entries are in the journal. */
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
        const aside = freePath(folder, `damaged-${now()}-journal.jsonl`);
        renameSync(path, aside);
        onProblem?.(new Error(`${unreadable} lines of ${path} can't be read; the file is kept as ${aside}`));
      }
    } finally {
      file.close();
    }
  }
}
