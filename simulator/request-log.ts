// What the simulator has received, for tests and for people who look for what their flow has sent.
import type { IncomingHttpHeaders } from "node:http";

/** A request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** When, in ms since 1970, by the real clock. */
  readonly at: number;
}

const mostRequests = 10_000;
/** Of all bodies that are kept, in characters. */
const mostBody = 64 * 1024 * 1024;

/** The newest requests; the oldest are forgotten when there are too many or too long ones. */
export class RequestLog {
  readonly #entries: ReceivedRequest[] = [];
  #length = 0;

  /** What is remembered, the oldest first: always the same array. */
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
