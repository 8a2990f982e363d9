// The thread that receives: started when it is needed, started again when it ends by itself, and told then what it has to know.
import { once } from "node:events";
import { join } from "node:path";
import { type TransferListItem, Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "../../receive/messages";
import type { WorkerData } from "../../receive/worker";
import { guarded } from "../../util/guarded";

/** What is told of the thread. */
export interface ThreadEvents {
  readonly onMessage: (message: FromWorker) => void;
  /** It has ended by itself, and is started again at a time (ms since 1970). */
  readonly onEnded: (detail: string, retryAt: number) => void;
  /** It has been started later than it was made, or again: it knows nothing. */
  readonly onStarted: () => void;
}

const workerFile = join(__dirname, "receive-worker.js");

/** The worker's heap, in MB: a million pending pushes take about 200. Bytes of bodies do not count here; the worker bounds them itself. */
const heapMb = 512;

/** The pauses before it is started again, in ms: doubled from the first to the longest. One that ran for a while begins anew. */
const firstPauseMs = 100;
const longestPauseMs = 5000;
const stableMs = 60_000;

/** How long the end of the thread may take, in ms. */
const stopWithinMs = 5000;

export class ReceiveThread {
  readonly #events: ThreadEvents;
  readonly #data: WorkerData;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #startedAt = 0;
  #stopped = false;

  /**
   * @param data the owner locks the stores: it is the same for all threads of a Node-RED, so that a new one gets the stores of the one before
   * @param after the end of the thread before, if that is still ending: two threads of a process may not write to one store
   */
  constructor(data: WorkerData, events: ThreadEvents, after?: Promise<void>) {
    this.#data = data;
    this.#events = events;
    if (after === undefined) this.#start();
    else void after.then(() => this.#startAgain());
  }

  /** Sends a message; it is lost while the thread is not there. */
  post(message: ToWorker, transfer: readonly TransferListItem[] = []): void {
    this.#worker?.postMessage(message, [...transfer]);
  }

  /** Whether the thread is there. */
  get running(): boolean {
    return this.#worker !== undefined;
  }

  /** Ends the thread as a crash does; for tests. */
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
      // It must not keep the process. To terminate it while it is at work is no way out: Node may end the whole process then.
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
      // It has closed its sockets, so that nothing is under way in it.
      const stopped = ({ kind }: FromWorker): unknown => (kind === "stopped" ? worker.terminate() : undefined);
      worker.on("message", guarded(stopped));
      worker.postMessage({ kind: "stop" } satisfies ToWorker);
    });
  }

  #start(): void {
    const worker = new Worker(workerFile, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    this.#worker = worker;
    this.#startedAt = performance.now();
    let detail = "";
    worker.on("message", guarded(this.#events.onMessage));
    worker.on(
      "error",
      guarded((error: unknown) => {
        detail = error instanceof Error ? error.message : String(error);
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
  }

  #restart(detail: string): void {
    if (performance.now() - this.#startedAt > stableMs) this.#pauseMs = firstPauseMs;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    this.#events.onEnded(detail, Date.now() + pauseMs);
    this.#timer = setTimeout(
      guarded(() => this.#startAgain()),
      pauseMs,
    );
  }

  #startAgain(): void {
    if (this.#stopped) return;
    this.#start();
    this.#events.onStarted();
  }
}
