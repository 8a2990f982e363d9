// The HTTP server: receives requests, logs them, and routes them to the API or to the recordings.
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { type Api, isApiPath, refusal, routeOf } from "./api";
import type { Dialect } from "./dialects";
import { errors } from "./errors";
import { type Faults, recordingApi } from "./faults";
import type { Entry, Ledger } from "./ledger";
import type { Json } from "./narrow";
import { recordingBytes, recordingOf } from "./recordings";
import { type ReceivedRequest, RequestLog } from "./request-log";
import { play, send } from "./wire";

/** Enough for a request of 100 tasks with a thousand numbers each. */
const longestBody = 8 * 1024 * 1024;

/** A request's body, or undefined if it is too long. */
const bodyOf = async (request: http.IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    length += chunk.length;
    if (length > longestBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const pathOf = (url: string): string => {
  const path = url.replace(/[?#].*$/s, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
};

const sendJson = (response: http.ServerResponse, status: number, body: Json): void =>
  send(response, status, { "Content-Type": "application/json; charset=utf-8" }, JSON.stringify(body));

const notFoundPage = "<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>\n";

/** The URL for reaching a server that listens on `host`. */
export const urlOf = (scheme: string, host: string, port: number): string => {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `${scheme}://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
};

/** The handlers of requests. */
interface ServerDeps {
  readonly api: Api;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly dialect: Dialect;
  readonly tls: { readonly key: string | Buffer; readonly cert: string | Buffer } | undefined;
}

export class Server {
  readonly #log = new RequestLog();
  readonly #server: http.Server;
  #closed = false;
  /** Ends the pause of a restart early. */
  #wake: () => void = () => {};

  constructor(private readonly deps: ServerDeps) {
    const { tls } = deps;
    const take = (request: http.IncomingMessage, response: http.ServerResponse) => {
      // Only the connection can fail here: the client has disconnected and cannot be answered.
      this.#take(request, response).catch(() => response.destroy());
    };
    this.#server = tls === undefined ? http.createServer(take) : https.createServer({ ...tls }, take);
    // A server that cannot accept a connection emits errors too, which must not end the process.
    this.#server.on("error", () => {});
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#log.entries;
  }

  /** Starts to listen. Resolves with the port; rejects with a readable message. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) => {
        const why = error.code === "EADDRINUSE" ? "the port is in use" : error.message;
        reject(new Error(`can't listen at ${host}:${port}: ${why}`, { cause: error }));
      };
      this.#server.once("error", failed);
      this.#server.listen(port, host, () => {
        this.#server.off("error", failed);
        const address: AddressInfo | string | null = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  get isListening(): boolean {
    return this.#server.listening;
  }

  /** Closes every connection and stops listening for this many real ms. Rejects if the port is not available afterwards. */
  async restart(ms: number): Promise<void> {
    const address: AddressInfo | string | null = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("a restart is under way");
    await this.#shut();
    if (ms > 0 && !this.#closed) await this.#sleep(ms);
    if (!this.#closed) await this.listen(address.port, address.address);
  }

  /** Closes every connection, including those that wait for an answer. */
  close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    return this.#shut();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #shut(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = "", url = "", headers, rawHeaders } = request;
    const body = await bodyOf(request);
    this.#log.add({ method, url, headers, rawHeaders, body: body ?? "", at: Date.now() });
    if (body === undefined) {
      response.setHeader("Connection", "close");
      return sendJson(response, 413, refusal(errors.malformed));
    }
    const path = pathOf(url);
    const isDownload = (method === "GET" || method === "HEAD") && !isApiPath(path);
    return isDownload
      ? this.#download(method, this.#entryOf(path, url), response)
      : this.#command(method, path, body, response);
  }

  /** The recording that a download names: by its path, or by the query of an address of the dialect. */
  #entryOf(path: string, url: string): Entry | undefined {
    const query = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "");
    const shape = this.deps.dialect.recordings.find((one) => one.path === path && query.has(one.key));
    return shape === undefined
      ? this.deps.ledger.entryOf(path)
      : this.deps.ledger.entryOf(query.get(shape.key) ?? "", shape.holds);
  }

  #command(method: string, path: string, body: string, response: http.ServerResponse): void {
    const route = routeOf(this.deps.dialect, method, path);
    const fault = this.deps.faults.takeForRequest(route.ok ? route.command.api : route.api);
    const isOfWire = fault !== undefined && "after" in fault;
    const work = () =>
      route.ok ? this.deps.api.answer(route.command, body, isOfWire ? undefined : fault) : refusal(route.error);
    if (isOfWire) {
      const done = fault.after ? work() : {};
      play(fault, response, () => sendJson(response, 200, done));
    } else {
      sendJson(response, 200, work());
    }
  }

  #download(method: string, entry: Entry | undefined, response: http.ServerResponse): void {
    const answer = () => this.#sendRecording(method, entry, response);
    const fault = this.deps.faults.takeForRequest(recordingApi);
    if (fault !== undefined && "after" in fault) play(fault, response, answer);
    else answer();
  }

  #sendRecording(method: string, entry: Entry | undefined, response: http.ServerResponse): void {
    if (entry === undefined) {
      send(response, 404, { "Content-Type": "text/html; charset=utf-8" }, notFoundPage);
      return;
    }
    const { duration } = entry;
    response.writeHead(200, { "Content-Type": "audio/wav", "Content-Length": recordingBytes(duration) });
    if (method === "HEAD") {
      response.end();
      return;
    }
    const source = recordingOf(duration);
    response.on("close", () => source.destroy());
    source.pipe(response);
  }
}
