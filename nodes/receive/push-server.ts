// A port of our own: listens, limits connections and their duration, and retries while the port cannot be opened.
import { readFileSync, statSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { asError } from "../delivery/files";
import { guarded } from "../util/guarded";
import { Admission, type ConnectionLimits } from "./admission";
import { answer } from "./answers";
import type { OwnPort, ReceivingProblem, TlsSettings } from "./messages";

/** Limits of a server. Senders of pushes are few and fast. Times in ms. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
  // Off: Node's own answer to a request without Host would not have the vendor's format.
  requireHostHeader: false,
};

const handshakeTimeoutMs = 10_000;
/** How long a peer may take to close its side after an answer that ends the connection. */
const lingerMs = 2000;
/**
 * Maximum number of requests in progress on one connection. Senders wait for an answer before the next request. One that does not would
 * fill the memory while answers are delayed, as during a redeploy.
 */
const mostPipelined = 16;
const standardConnections: ConnectionLimits = { total: 2000, perAddress: 1000 };

/** Pauses before a port is tried again, in ms: each is twice the one before, up to the longest. Short failures are not reported. */
const firstPauseMs = 20;
const longestPauseMs = 30_000;
const patienceMs = 1000;

/** How often the certificate files are checked for changes, in ms. */
const renewEveryMs = 20_000;

/** A request that the server passes on. */
export interface ServedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Must be called before the body is read: a sender may wait for "100 Continue". */
  readonly wanted: () => void;
  /** To be called when the push is accepted: marks the connection as the platform's. */
  readonly proven: () => void;
}

/** What a server is given. */
export interface PushServerDeps {
  readonly handle: (served: ServedRequest) => void;
  /** Whether connections from an address are accepted. */
  readonly admits: (address: string) => boolean;
  /** Whether an address is known to belong to the platform or its proxy. */
  readonly isListed: (address: string) => boolean;
  /** A connection was closed because of its address. */
  readonly onRefused: () => void;
  /** The current problem; undefined: the problem is solved. */
  readonly onProblem: (problem: ReceivingProblem | undefined) => void;
  /** A renewed certificate cannot be used; the previous one stays in use. */
  readonly onBadCertificate: (error: Error) => void;
  readonly connections?: ConnectionLimits;
  readonly renewEveryMs?: number;
  readonly handshakeTimeoutMs?: number;
}

type Server = http.Server | https.Server;

/** A port. Listens, or retries, until it is closed. */
export class PushServer {
  readonly own: OwnPort;
  readonly #deps: PushServerDeps;
  readonly #admission: Admission<Socket>;
  readonly #sockets = new Set<Socket>();
  /** The number of requests in progress, by connection. */
  readonly #underWay = new WeakMap<Socket, number>();
  readonly #since = performance.now();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #stamps = "";
  #pauseMs = firstPauseMs;
  #problem: ReceivingProblem | undefined;
  #closed = false;

  constructor(own: OwnPort, deps: PushServerDeps) {
    this.own = own;
    this.#deps = deps;
    this.#admission = new Admission(deps.connections ?? standardConnections);
    this.#start();
    if (own.tls?.files !== undefined) {
      this.#stamps = stampsOf(own.tls);
      this.#renewal = setInterval(
        guarded(() => this.#renew()),
        deps.renewEveryMs ?? renewEveryMs,
      ).unref();
    }
  }

  /** The number of open connections. */
  get connections(): number {
    return this.#admission.size;
  }

  /** The current problem that was reported; undefined: none. */
  get problem(): ReceivingProblem | undefined {
    return this.#problem;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#renewal);
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #start(): void {
    if (this.#closed) return;
    let server: Server;
    try {
      server = this.#create();
    } catch (error) {
      // A key that does not load, or does not fit.
      this.#failed("certificate", error);
      return;
    }
    this.#server = server;
    server.on(
      "error",
      guarded((error: NodeJS.ErrnoException) => {
        // Errors of a single connection do not concern the port.
        if (this.#closed || server.listening) return;
        this.#server = undefined;
        server.close();
        this.#failed(error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND" ? "host" : "port", error);
      }),
    );
    server.on(
      "listening",
      guarded(() => {
        this.#pauseMs = firstPauseMs;
        this.#problem = undefined;
        this.#deps.onProblem(undefined);
      }),
    );
    const { port, host } = this.own;
    server.listen({ port, ...(host === "" ? {} : { host }) });
  }

  #failed(reason: ReceivingProblem["reason"], error: unknown): void {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    // A port may still be held for a moment by the server that had it before.
    if (reason !== "port" || this.#problem !== undefined || performance.now() - this.#since > patienceMs) {
      const detail = asError(error).message;
      const setting = reason === "certificate" ? "pushTls" : reason === "host" ? "pushHost" : "pushPort";
      this.#problem = { setting, reason, detail, retryAt: Date.now() + pauseMs };
      this.#deps.onProblem(this.#problem);
    }
    this.#timer = setTimeout(
      guarded(() => this.#start()),
      pauseMs,
    ).unref();
  }

  #create(): Server {
    const { tls } = this.own;
    const handshakeTimeout = this.#deps.handshakeTimeoutMs ?? handshakeTimeoutMs;
    // Read the stamps before the files: a file that changes in between is then reloaded by the next check.
    if (tls?.files !== undefined) this.#stamps = stampsOf(tls);
    const server =
      tls === undefined
        ? http.createServer(limits)
        : https.createServer({ ...limits, handshakeTimeout, ...certificatesOf(tls) });
    server.on(
      "connection",
      guarded((socket: Socket) => this.#connected(socket)),
    );
    server.on(
      "request",
      guarded((request, response) => this.#requested(request, response, () => undefined)),
    );
    server.on(
      "checkContinue",
      guarded((request, response) => this.#requested(request, response, () => response.writeContinue())),
    );
    server.on(
      "checkExpectation",
      guarded((request, response) => answer(request, response, "malformed")),
    );
    // A failed TLS handshake comes here too.
    server.on(
      "clientError",
      guarded((error: NodeJS.ErrnoException, socket: Socket) => refuseBytes(error, socket)),
    );
    return server;
  }

  #connected(socket: Socket): void {
    const { remoteAddress = "" } = socket;
    const key = keyOf(socket);
    if (!this.#deps.admits(remoteAddress)) {
      socket.destroy();
      this.#deps.onRefused();
      return;
    }
    const { admitted, victim } = this.#admission.admit(key, socket, remoteAddress, this.#deps.isListed(remoteAddress));
    victim?.destroy();
    if (!admitted) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on(
      "close",
      guarded(() => {
        this.#sockets.delete(socket);
        this.#admission.leave(key, socket);
      }),
    );
  }

  #requested(request: IncomingMessage, response: ServerResponse, wanted: () => void): void {
    const { socket } = request;
    const key = keyOf(socket);
    const count = (change: 1 | -1): number => {
      const now = (this.#underWay.get(socket) ?? 0) + change;
      this.#underWay.set(socket, now);
      this.#admission.mark(key, { busy: now > 0 });
      return now;
    };
    if (count(1) > mostPipelined) {
      socket.destroy();
      return;
    }
    response.on(
      "close",
      guarded(() => count(-1)),
    );
    const proven = () => this.#admission.mark(key, { proven: true });
    this.#deps.handle({ request, response, wanted, proven });
  }

  /** Reloads certificate files that have changed. */
  #renew(): void {
    const { tls } = this.own;
    const server = this.#server;
    if (tls === undefined || !(server instanceof https.Server)) return;
    try {
      const stamps = stampsOf(tls);
      if (stamps === this.#stamps) return;
      this.#stamps = stamps;
      server.setSecureContext(certificatesOf(tls));
    } catch (error) {
      this.#deps.onBadCertificate(asError(error));
    }
  }
}

/** A connection's key: its remote address and port. These are equal for a TLS socket and the TCP socket below it. */
const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** The certificates of a port, read from files if it has paths. Throws if a file is missing or unreadable. */
function certificatesOf({ files = {}, key, cert, ca, passphrase }: TlsSettings): https.ServerOptions {
  const read = (path: string | undefined, given: string | Uint8Array | undefined) =>
    path !== undefined ? readFileSync(path) : typeof given === "object" ? Buffer.from(given) : given;
  const options = { key: read(files.key, key), cert: read(files.cert, cert), ca: read(files.ca, ca), passphrase };
  if (options.key === undefined || options.cert === undefined) throw new Error("no key and certificate");
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A text that changes whenever one of the files changes. */
function stampsOf({ files = {} }: TlsSettings): string {
  const stamps = Object.values(files).map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat === undefined ? "" : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  });
  return stamps.join(", ");
}

/** Answers bytes that are not HTTP in the vendor's format too, then closes the socket whatever the peer does. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  const body = '{"result":{"error":8,"msg":"malformed request"}}';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  const timer = setTimeout(
    guarded(() => socket.destroy()),
    lingerMs,
  ).unref();
  socket.on(
    "close",
    guarded(() => clearTimeout(timer)),
  );
}
