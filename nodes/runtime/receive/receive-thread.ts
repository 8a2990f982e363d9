// The thread that receives: started when it is needed, started again when it ends by itself, and told then what it has to know.
import { join } from "node:path";
import { type TransferListItem, Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "../../receive/messages";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";

/** What is told of the thread. */
export interface ThreadEvents {
  readonly onMessage: (message: FromWorker) => void;
  /** It has ended by itself, and is started again at a time (ms since 1970). */
  readonly onEnded: (detail: string, retryAt: number) => void;
  /** It has been started again: it knows nothing. */
  readonly onStarted: () => void;
}

const workerFile = join(__dirname, "receive-worker.js");

/** The worker's heap, in MB: a million pending pushes take about 200. Bytes of bodies do not count here; the worker bounds them itself. */
const heapMb = 512;

/** The pauses before it is started again, in ms: doubled from the first to the longest. One that ran for a while begins anew. */
const firstPauseMs = 100;
const longestPauseMs = 30_000;
const stableMs = 60_000;

/** How long the end of the thread may take, in ms. */
const stopWithinMs = 5000;

/** One for the process: this text locks the stores, also for a thread that is started again. */
const owner = newId();

export class ReceiveThread {
  readonly #events: ThreadEvents;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = firstPauseMs;
  #startedAt = 0;
  #stopped = false;

  constructor(events: ThreadEvents) {
    this.#events = events;
    this.#start();
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
    await this.#worker?.terminate();
  }

  /** Ends the thread once everything is on disk. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(guarded(resolve), stopWithinMs);
      const end = (): void => {
        clearTimeout(timer);
        resolve();
      };
      worker.on(
        "message",
        guarded(({ kind }: FromWorker) => kind === "stopped" && end()),
      );
      worker.on("exit", guarded(end));
      worker.postMessage({ kind: "stop" } satisfies ToWorker);
    });
    await worker.terminate();
  }

  #start(): void {
    const worker = new Worker(workerFile, {
      workerData: { owner },
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
      guarded(() => {
        this.#start();
        this.#events.onStarted();
      }),
      pauseMs,
    );
  }
}
