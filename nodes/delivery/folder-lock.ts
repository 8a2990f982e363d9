// A folder that one process at a time may use. The holder shows by a heartbeat that it is alive: process ids repeat in containers.
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guarded } from "../util/guarded";
import { codeOf } from "./files";

/** How a lock beats, in ms. A holder that was not heard of for `staleMs` is gone. */
export interface Beat {
  readonly everyMs: number;
  readonly staleMs: number;
}

const standardBeat: Beat = { everyMs: 400, staleMs: 2400 };

export interface LockOptions {
  readonly folder: string;
  /** Who takes the lock; an owner of the same name is the same owner. */
  readonly owner: string;
  readonly beat?: Beat;
}

/** A lock that is held. */
export class FolderLock {
  readonly #path: string;
  readonly #owner: string;
  readonly #timer: NodeJS.Timeout;
  /** Counts the heartbeats. It stands in the file's times, so that a heartbeat writes no data. */
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
   * Takes the lock of a folder, which must exist. Waits as long as somebody else holds it.
   * @param onHeld called once when it shows that somebody else holds the lock and is alive
   * @returns undefined if `signal` ended the waiting. Rejects with the system's error.
   */
  static async acquire(options: LockOptions, signal: AbortSignal, onHeld: () => void): Promise<FolderLock | undefined> {
    const { folder, owner, beat = standardBeat } = options;
    const path = join(folder, "lock");
    let seen = "";
    let since = performance.now();
    let told = false;
    while (!signal.aborted) {
      const now = stateOf(path);
      if (now === undefined) {
        if (create(path, owner)) return new FolderLock(path, owner, beat);
      } else if (now.owner === owner) return new FolderLock(path, owner, beat);
      else {
        const state = `${now.owner} ${now.beat}`;
        if (state !== seen) {
          // One heartbeat is enough to know that the holder is alive.
          if (seen !== "" && !told) {
            told = true;
            onHeld();
          }
          seen = state;
          since = performance.now();
        }
        const silent = performance.now() - since;
        if (silent >= beat.staleMs) {
          replace(path, owner);
          // If several wait, the one that wrote last has it.
          await pause(beat.everyMs / 2, signal);
          if (stateOf(path)?.owner === owner) return new FolderLock(path, owner, beat);
          continue;
        }
      }
      await pause(beat.everyMs / 4, signal);
    }
    return undefined;
  }

  /** Whether the lock is still held. If the file was removed it is taken again. Throws the system's error. */
  isHeld(): boolean {
    const state = stateOf(this.#path);
    return state === undefined ? create(this.#path, this.#owner) : state.owner === this.#owner;
  }

  /** Gives the lock back. */
  release(): void {
    clearInterval(this.#timer);
    try {
      if (stateOf(this.#path)?.owner === this.#owner) rmSync(this.#path, { force: true });
    } catch {
      // It will be stale.
    }
  }

  #beat(): void {
    this.#count += 1;
    try {
      if (stateOf(this.#path)?.owner === this.#owner) utimesSync(this.#path, this.#count, this.#count);
    } catch {
      // Whoever uses the folder finds out by isHeld.
    }
  }
}

/** Who holds a lock and its last heartbeat; undefined if nobody does. */
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
