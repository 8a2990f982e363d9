// The thread that receives pushes. It is started again when it ends unexpectedly or could not be started.
import { once } from "node:events";
import { join } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { asError } from "../../delivery/files";
import type { FromWorker, ToWorker } from "../../receive/messages";
import type { WorkerData } from "../../receive/worker";
import { guarded } from "../../util/guarded";

export interface ThreadOptions {
  /**
   * `owner` locks the stores. It is the same for all threads of a Node-RED, so that a new thread can open the stores of
   * the previous one.
   */
  readonly data: WorkerData;
  readonly onMessage: (message: FromWorker) => void;
  /** The thread has ended unexpectedly or could not be started. It is started again at this time (ms since 1970). */
  readonly onEnded: (detail: string, retryAt: number) => void;
  /** The thread was started again, or later than the constructor was called: it must be told all accounts. */
  readonly onStarted: () => void;
  /** Resolves when the previous thread has ended: two threads of a process must not write to one store. */
  readonly after?: Promise<void> | undefined;
  /** Creates the worker; for tests. */
  readonly create?: (file: string, options: WorkerOptions) => Worker;
}

const workerFile = join(__dirname, "receive-worker.js");

/**
 * The worker's heap, in MB. A million pending pushes take about 200. Bytes of bodies do not count here; the worker
 * limits them itself.
 */
const heapMb = 512;

/** Pauses before a restart, in ms. They double up to the longest, and start anew after a stable run. */
const firstPauseMs = 100;
const longestPauseMs = 5000;
const stableMs = 60_000;

/** How long the thread may take to end, in ms. */
const stopWithinMs = 5000;

export class ReceiveThread {
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #startedAt = 0;
  #stopped = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    if (options.after === undefined) this.#start();
    else {
      const again = guarded(() => this.#startAgain());
      // Whether or not the previous thread ended without an error.
      void options.after.then(again, again);
    }
  }

  /** Sends a message; it is lost while the thread does not run. */
  post(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  /** Whether the thread runs. */
  get running(): boolean {
    return this.#worker !== undefined;
  }

  /** Ends the thread at once, as a crash does; for tests. */
  async crash(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = once(worker, "exit");
    this.post({ kind: "exit" });
    await ended;
  }

  /** Ends the thread once everything is on disk. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      // The timer must not keep the process alive. A thread that is still at work is not terminated, because Node may
      // then end the whole process.
      const timer = setTimeout(
        guarded(() => {
          worker.unref();
          resolve();
        }),
        stopWithinMs,
      );
      const ended = (): void => {
        clearTimeout(timer);
        resolve();
      };
      worker.on("exit", guarded(ended));
      // Its sockets are closed, so it may be terminated.
      const stopped = ({ kind }: FromWorker): unknown => (kind === "stopped" ? worker.terminate() : undefined);
      worker.on("message", guarded(stopped));
      worker.postMessage({ kind: "stop" } satisfies ToWorker);
    });
  }

  /** Starts the worker. Returns false, and tries again later, if the system has no thread for it. */
  #start(): boolean {
    const { data, onMessage, create = (file, options) => new Worker(file, options) } = this.#options;
    this.#startedAt = performance.now();
    let worker: Worker;
    try {
      worker = create(workerFile, {
        workerData: data,
        resourceLimits: { maxOldGenerationSizeMb: heapMb },
      });
    } catch (error) {
      this.#restart(asError(error).message);
      return false;
    }
    this.#worker = worker;
    let detail = "";
    worker.on("message", guarded(onMessage));
    worker.on(
      "error",
      guarded((error: unknown) => {
        detail = asError(error).message;
      }),
    );
    worker.on(
      "exit",
      guarded((code) => {
        if (this.#worker !== worker || this.#stopped) return;
        this.#worker = undefined;
        this.#restart(detail || `exit code ${code}`);
      }),
    );
    return true;
  }

  #restart(detail: string): void {
    if (performance.now() - this.#startedAt > stableMs) this.#pauseMs = firstPauseMs;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    this.#options.onEnded(detail, Date.now() + pauseMs);
    this.#timer = setTimeout(
      guarded(() => this.#startAgain()),
      pauseMs,
    );
  }

  #startAgain(): void {
    if (this.#stopped) return;
    if (this.#start()) this.#options.onStarted();
  }
}
