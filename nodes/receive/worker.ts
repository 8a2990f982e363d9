// The worker's entry: connects the service with Node-RED's thread.
import { parentPort, workerData } from "node:worker_threads";
import { guarded } from "../util/guarded";
import type { ToWorker } from "./messages";
import { ReceiveService } from "./service";

/** What the worker is started with. */
export interface WorkerData {
  readonly owner: string;
}

if (parentPort !== null) {
  const port = parentPort;
  const { owner } = workerData as WorkerData;
  const service = new ReceiveService({ owner, post: (message) => port.postMessage(message) });
  port.on(
    "message",
    guarded((message: ToWorker) => service.handle(message)),
  );
}
