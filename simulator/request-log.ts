// The requests that the simulator has received, for tests and for debugging flows.
import type { IncomingHttpHeaders } from "node:http";

/** A received request. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** The time by the real clock, in ms since 1970. */
  readonly at: number;
}

const mostRequests = 10_000;
/** Total length of all stored bodies, in characters. */
const mostBody = 64 * 1024 * 1024;

/** The newest requests; the oldest are dropped when there are too many or their bodies are too long. */
export class RequestLog {
  readonly #entries: ReceivedRequest[] = [];
  #length = 0;

  /** The stored requests, the oldest first: always the same array. */
  get entries(): readonly ReceivedRequest[] {
    return this.#entries;
  }

  add(request: ReceivedRequest): void {
    this.#entries.push(request);
    this.#length += request.body.length;
    while (this.#entries.length > mostRequests || this.#length > mostBody) {
      this.#length -= this.#entries.shift()?.body.length ?? 0;
    }
  }
}
