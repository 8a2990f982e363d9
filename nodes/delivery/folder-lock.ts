// A lock for a folder that only one process may use at a time. The holder proves by a heartbeat that it is alive: process ids repeat in
// containers.
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guarded } from "../util/guarded";
import { codeOf } from "./files";

/** Timing of a lock's heartbeat, in ms. A lock without a heartbeat for `staleMs` is free. */
export interface Beat {
  readonly everyMs: number;
  readonly staleMs: number;
}

const standardBeat: Beat = { everyMs: 400, staleMs: 2400 };

export interface LockOptions {
  readonly folder: string;
  /** Name of the owner; a lock held under the same name counts as one's own. */
  readonly owner: string;
  readonly beat?: Beat;
}

/** A lock that was acquired. */
export class FolderLock {
  readonly #path: string;
  readonly #owner: string;
  readonly #timer: NodeJS.Timeout;
  /** Number of the heartbeat. It is stored in the file's times, so that a heartbeat writes no data. */
  #count = 1;

  private constructor(path: string, owner: string, { everyMs }: Beat) {
    this.#path = path;
    this.#owner = owner;
    this.#timer = setInterval(
      guarded(() => this.#beat()),
      everyMs,
    ).unref();
  }

  /**
   * Acquires the lock of an existing folder. Waits while another owner holds it.
   * @param onHeld called once, when a heartbeat shows that another owner is alive
   * @returns undefined if `signal` ended the wait. Rejects with the system's error.
   */
  static async acquire(options: LockOptions, signal: AbortSignal, onHeld: () => void): Promise<FolderLock | undefined> {
    const { folder, owner, beat = standardBeat } = options;
    const path = join(folder, "lock");
    let seen = "";
    let since = performance.now();
    let reported = false;
    while (!signal.aborted) {
      const now = stateOf(path);
      if (now === undefined) {
        if (create(path, owner)) return new FolderLock(path, owner, beat);
      } else if (now.owner === owner) return new FolderLock(path, owner, beat);
      else {
        const state = `${now.owner} ${now.beat}`;
        if (state !== seen) {
          // One heartbeat proves that the holder is alive.
          if (seen !== "" && !reported) {
            reported = true;
            onHeld();
          }
          seen = state;
          since = performance.now();
        }
        const silent = performance.now() - since;
        if (silent >= beat.staleMs) {
          replace(path, owner);
          // If several processes wait, the one that wrote last gets the lock.
          await pause(beat.everyMs / 2, signal);
          if (stateOf(path)?.owner === owner) return new FolderLock(path, owner, beat);
          continue;
        }
      }
      await pause(beat.everyMs / 4, signal);
    }
    return undefined;
  }

  /** Whether the lock is still held. If its file was removed, acquires the lock again. Throws the system's error. */
  isHeld(): boolean {
    const state = stateOf(this.#path);
    return state === undefined ? create(this.#path, this.#owner) : state.owner === this.#owner;
  }

  /** Releases the lock. */
  release(): void {
    clearInterval(this.#timer);
    try {
      if (stateOf(this.#path)?.owner === this.#owner) rmSync(this.#path, { force: true });
    } catch {
      // The lock becomes stale without its heartbeat.
    }
  }

  #beat(): void {
    this.#count += 1;
    try {
      if (stateOf(this.#path)?.owner === this.#owner) utimesSync(this.#path, this.#count, this.#count);
    } catch {
      // The user of the folder notices it by calling isHeld.
    }
  }
}

/** The owner of the lock and its last heartbeat; undefined if there is no lock. */
function stateOf(path: string): { readonly owner: string; readonly beat: number } | undefined {
  try {
    const { mtimeMs } = statSync(path);
    return { owner: readFileSync(path, "utf8"), beat: mtimeMs };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function create(path: string, owner: string): boolean {
  try {
    writeFileSync(path, owner, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function replace(path: string, owner: string): void {
  const own = `${path}.${owner}`;
  writeFileSync(own, owner, { mode: 0o600 });
  renameSync(own, path);
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = guarded(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    });
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
