// Sends a push over HTTP(S).
import http from "node:http";
import https from "node:https";
import type { Letter } from "./styles";

/** How long a receiver may take to answer, in real ms. */
const patience = 10_000;
const longestAnswer = 65_536;

export class PushSender {
  readonly #requests = new Set<http.ClientRequest>();
  readonly #plain = new http.Agent({ keepAlive: true });
  /** On this machine, certificates are not checked: they cannot be issued for its address. */
  readonly #secure = {
    local: new https.Agent({ keepAlive: true, rejectUnauthorized: false }),
    other: new https.Agent({ keepAlive: true }),
  };

  #closed = false;

  constructor(private readonly pushUrl: () => string) {}

  /** Cuts off the requests in progress. */
  cutOff(why: string): void {
    for (const request of this.#requests) request.destroy(new Error(why));
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#requests) request.destroy();
    for (const agent of [this.#plain, this.#secure.local, this.#secure.other]) agent.destroy();
  }

  /** Sends a push; rejects if there is no complete answer. */
  post(letter: Letter): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const { body, contentType } = letter;
      const headers = {
        ...(contentType === "" ? {} : { "Content-Type": contentType }),
        Accept: "application/json",
        "Content-Length": Buffer.byteLength(body),
      };
      const request = this.#request({ method: "POST", headers });
      this.#requests.add(request);
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${patience / 1000} s`)), patience);
      request.on("close", () => {
        clearTimeout(timer);
        this.#requests.delete(request);
        // Has no effect once the promise is settled; otherwise the answer was cut off.
        reject(new Error("the connection was closed before the answer was complete"));
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The receiver closed a kept-alive connection just when it was reused: this is not a failure of the push.
        if (request.reusedSocket && error.code === "ECONNRESET" && !this.#closed) resolve(this.post(letter));
        else reject(error);
      });
      request.on("response", (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > longestAnswer) request.destroy(new Error("the answer is too long"));
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      });
      request.end(body);
    });
  }

  #request(options: http.RequestOptions): http.ClientRequest {
    const url = new URL(this.pushUrl());
    if (url.protocol === "http:") return http.request(url, { ...options, agent: this.#plain });
    const isLocal = /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
    return https.request(url, { ...options, agent: isLocal ? this.#secure.local : this.#secure.other });
  }
}
