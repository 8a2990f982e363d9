// The lock on the folder of the positions. Of several Node-REDs on one user folder, only one reads its feeds.
import { makeFolder } from "../../delivery/files";
import { type Beat, FolderLock } from "../../delivery/folder-lock";
import { guarded } from "../../util/guarded";

/** The heartbeat runs on Node-RED's thread, which a flow may block for seconds. */
const defaultBeat: Beat = { everyMs: 500, staleMs: 5000 };

export interface FeedLockOptions {
  /** The folder of the positions. It is made if it is missing. */
  readonly folder: string;
  /** Owner of the lock: the same text for all feeds of a Node-RED, unique for each Node-RED. */
  readonly owner: string;
  readonly beat?: Beat;
}

/** The lock of all feeds of one Node-RED. It is kept during a redeploy, so that no other Node-RED takes over. */
export class FeedLock {
  readonly #options: FeedLockOptions;
  /** Callbacks of the feeds for when another Node-RED has released the lock. */
  readonly #feeds = new Set<() => void>();
  #lock: FolderLock | undefined;
  /** The attempt to get the lock. It resolves with false when another Node-RED is found to hold it, and continues. */
  #attempt: Promise<boolean> | undefined;
  #waiting = new AbortController();
  #forgetExit: () => void = () => undefined;

  constructor(options: FeedLockOptions) {
    this.#options = options;
  }

  /**
   * Adds a feed.
   * @param onFree called when the lock was obtained after `get` had resolved with false
   * @returns a function that removes the feed
   */
  add(onFree: () => void): () => void {
    this.#feeds.add(onFree);
    return () => this.#feeds.delete(onFree);
  }

  /** Gets the lock; false if another Node-RED holds it. Rejects with the system's error. */
  async get(): Promise<boolean> {
    if (this.#lock?.isHeld() === true) return true;
    if (this.#lock !== undefined) this.#release();
    this.#attempt ??= this.#acquire();
    return this.#attempt;
  }

  /** Whether this Node-RED still holds the lock. Throws the system's error. */
  isHeld(): boolean {
    return this.#lock?.isHeld() === true;
  }

  /** The flows have started or stopped: releases the lock if there is no feed. */
  settle(): void {
    if (this.#feeds.size > 0) return;
    this.#waiting.abort();
    this.#attempt = undefined;
    this.#release();
  }

  #acquire(): Promise<boolean> {
    const { folder, owner, beat = defaultBeat } = this.#options;
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    return new Promise((resolve, reject) => {
      let held = false;
      const onHeld = (): void => {
        held = true;
        resolve(false);
      };
      const acquire = async (): Promise<void> => {
        await makeFolder(folder, 0o700);
        const lock = await FolderLock.acquire({ folder, owner, beat }, signal, onHeld);
        if (signal.aborted) lock?.release();
        else if (lock !== undefined) this.#begin(lock);
        resolve(lock !== undefined && !signal.aborted);
        if (held && this.#lock !== undefined) for (const onFree of [...this.#feeds]) onFree();
      };
      acquire()
        .finally(() => {
          if (this.#waiting.signal === signal) this.#attempt = undefined;
        })
        .catch(reject);
    });
  }

  #begin(lock: FolderLock): void {
    this.#lock = lock;
    const atExit = guarded(() => lock.release());
    process.on("exit", atExit);
    this.#forgetExit = () => void process.off("exit", atExit);
  }

  #release(): void {
    this.#forgetExit();
    this.#lock?.release();
    this.#lock = undefined;
  }
}
