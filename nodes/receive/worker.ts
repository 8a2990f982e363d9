// Entry of the worker thread: connects the service with Node-RED's thread.
import { parentPort, workerData } from "node:worker_threads";
import { guarded } from "../util/guarded";
import type { ToWorker } from "./messages";
import { ReceiveService } from "./service";

/** Data for starting the worker. */
export interface WorkerData {
  readonly owner: string;
  /** Pushes are recorded for the sidebar. */
  readonly record: boolean;
}

if (parentPort !== null) {
  const port = parentPort;
  const { owner, record } = workerData as WorkerData;
  const service = new ReceiveService({ owner, record, post: (message) => port.postMessage(message) });
  port.on(
    "message",
    guarded((message: ToWorker) => {
      // Not worker.terminate(): Node aborts the whole process if the HTTP parser is running at that moment.
      if (message.kind === "exit") process.exit(1);
      service.handle(message);
    }),
  );
}
