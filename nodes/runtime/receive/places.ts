// Where pushes come in: one entry for each (port, path), shared by all accounts that use it, and what holds pushes back during a redeploy.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { guarded } from "../../util/guarded";
import type { ConfigProblem } from "../shared/config";
import type { Place } from "./config";
import { answer, isJsonType, maxBodyBytes, parsed, pushIn, readBody, strangerBytes } from "./http";
import type { Receiver, Verdict } from "./receiver";

/** Limits of a server of our own: a sender of pushes is quick, and there are few of them. */
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
  maxConnections: 2000,
  // Node would refuse it in words of its own.
  requireHostHeader: false,
};

const unusableTls: ConfigProblem = { setting: "pushTls", reason: "tls" };

type OwnPort = NonNullable<Place["own"]>;

/** Who asks for a place: an account's receiver, and whom to tell what is wrong with it (undefined: nothing any more). */
export interface Tenant {
  readonly place: Place;
  readonly receiver: Receiver;
  readonly problem: (problem: ConfigProblem | undefined) => void;
}

const portKey = (place: Place): number => place.own?.port ?? 0;

/** The servers and the accounts behind them. One for the process: a place outlives the nodes that use it, from deploy to deploy. */
export class Places {
  readonly #tenants = new Set<Tenant>();
  readonly #servers = new Map<number, OwnServer>();
  #released: Promise<void> = Promise.resolve();
  #release: (() => void) | undefined;
  /** The paths of Node-RED's own server that were open before a redeploy. */
  #shared: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  /** The redeploy takes longer than a push can wait. */
  #late = false;
  #down = false;
  #closing: NodeJS.Timeout | undefined;

  /**
   * @param holdMs how long a push waits for a redeploy to be over
   * @param handshakeMs how long a TLS handshake may take
   */
  constructor(
    private readonly holdMs = 5000,
    private readonly handshakeMs = 10_000,
  ) {}

  /** An account receives at its place from now on; call what comes back when it ends. */
  add(tenant: Tenant): () => void {
    this.#tenants.add(tenant);
    this.hold();
    return () => this.#tenants.delete(tenant);
  }

  /** Nodes come or go: pushes wait until `settle`. Where that takes too long they are told to come again; the places stay as they are. */
  hold(): void {
    if (this.#release !== undefined) return;
    let release = (): void => undefined;
    this.#released = new Promise((resolve) => {
      release = resolve;
    });
    this.#release = release;
    const lapse = (): void => {
      this.#late = true;
      release();
    };
    this.#timer = setTimeout(guarded(lapse), this.holdMs).unref();
  }

  /** Whether pushes are let in; during a redeploy that shows when it is over. False if it takes too long, or if the process is about to end. */
  #ready(): boolean | Promise<boolean> {
    return this.#release === undefined ? !this.#down : this.#released.then(() => !this.#late && !this.#down);
  }

  /** Whether the process is about to end. */
  get down(): boolean {
    return this.#down;
  }

  /** Resolves when no redeploy is under way. */
  get settled(): Promise<void> {
    return this.#release === undefined ? Promise.resolve() : this.#released;
  }

  /** The process is about to end: whatever comes, or waits, is told to come again. */
  shutDown(): void {
    this.#down = true;
    this.#open();
  }

  /**
   * Flows have stopped, for a deploy or for good. Ports that nobody wants now do not keep the process from ending, and are closed unless
   * flows start within the time that a push waits: Node-RED does not tell the two apart.
   */
  stopped(): void {
    const unwanted = [...this.#servers].filter(([port]) => this.#at(port).length === 0);
    for (const [, server] of unwanted) server.keepAlive(false);
    const close = (): void => {
      for (const [port, server] of unwanted) if (this.#at(port).length === 0) this.#close(port, server);
    };
    clearTimeout(this.#closing);
    this.#closing = setTimeout(guarded(close), this.holdMs).unref();
  }

  /** Flows are about to start. */
  starting(): void {
    clearTimeout(this.#closing);
  }

  /** All nodes are there: opens what is wanted, closes what nobody wants, and lets the pushes in that waited. */
  settle(): void {
    this.starting();
    try {
      this.#arrange();
    } finally {
      this.#open();
    }
  }

  #arrange(): void {
    const ports = new Map<number, { own: OwnPort; tenants: Tenant[] }>();
    for (const tenant of this.#tenants) {
      const { own } = tenant.place;
      if (own === undefined) continue;
      const entry = ports.get(own.port) ?? { own, tenants: [] };
      entry.tenants.push(tenant);
      ports.set(own.port, entry);
    }
    for (const [port, server] of [...this.#servers]) {
      const wanted = ports.get(port);
      if (wanted !== undefined && sameServer(wanted.own, server.own)) server.keepAlive(true);
      else this.#close(port, server);
    }
    for (const [port, { own, tenants }] of ports) {
      const problem = tenants.some(({ place }) => place.own !== undefined && !sameServer(place.own, own))
        ? ({ setting: "pushPort", reason: "conflict" } as const)
        : this.#serve(port, own);
      if (problem?.reason === "conflict") this.#close(port, this.#servers.get(port));
      for (const tenant of tenants) guarded(tenant.problem)(problem);
    }
  }

  /** Opens a port unless it is open; what is wrong with it. The next deploy tries again. */
  #serve(port: number, own: OwnPort): ConfigProblem | undefined {
    if (this.#servers.has(port)) return undefined;
    // Without a certificate it would listen and refuse every handshake.
    const { key, cert, pfx } = own.tls ?? {};
    if (own.tls !== undefined && pfx === undefined && (key === undefined || cert === undefined)) return unusableTls;
    let server: OwnServer;
    try {
      server = new OwnServer(own, {
        handshakeMs: this.handshakeMs,
        handle: (request, response) => this.#own(port, request, response),
        failed: () => {
          if (this.#servers.get(port) === server) this.#servers.delete(port);
          for (const tenant of this.#at(port)) tenant.problem({ setting: "pushPort", reason: "port" });
        },
      });
    } catch {
      return unusableTls;
    }
    this.#servers.set(port, server);
    server.listen();
    return undefined;
  }

  #close(port: number, server: OwnServer | undefined): void {
    if (server === undefined || this.#servers.get(port) !== server) return;
    this.#servers.delete(port);
    server.close();
  }

  /** Whether somebody receives at a path of Node-RED's own server, or may again in a moment. */
  isShared(path: string): boolean {
    for (const { place } of this.#tenants) if (place.own === undefined && place.path === path) return true;
    return this.#release !== undefined && this.#shared.has(path);
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#late = false;
    this.#shared = new Set(this.#at(0).map(({ place }) => place.path));
    this.#release?.();
    this.#release = undefined;
  }

  #at(port: number, path?: string): readonly Tenant[] {
    return [...this.#tenants].filter(
      ({ place }) => portKey(place) === port && (path === undefined || place.path === path),
    );
  }

  #own(port: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    const fields = query === "" ? {} : Object.fromEntries(new URLSearchParams(query));
    return this.handle(port, path, fields, undefined, request, response);
  }

  /**
   * Takes a request: one of our own servers', or one of Node-RED's at a shared path.
   * @param body what Node-RED has parsed already, undefined if nothing
   */
  async handle(
    port: number,
    path: string,
    query: Readonly<Record<string, unknown>>,
    body: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      request.on("error", () => undefined);
      if (!(await this.#ready())) return answer(request, response, "busy");
      const here = this.#at(port, path);
      if (here.length === 0) return answer(request, response, "notFound");
      const { remoteAddress = "" } = request.socket;
      const forwarded = String(request.headers["x-forwarded-for"] ?? "");
      const arrival = { path, query, address: remoteAddress, forwarded };
      if (!here.some(({ receiver }) => receiver.admits(arrival))) {
        for (const { receiver } of here) receiver.refuseSender();
        return answer(request, response, "notAuthentic", strangerBytes);
      }
      if (request.method !== "POST") return answer(request, response, "notPost");
      if (!isJsonType(request.headers["content-type"])) return answer(request, response, "notJson");
      if (!/^(?:identity)?$/i.test(request.headers["content-encoding"] ?? "") && body === undefined) {
        return answer(request, response, "notJson");
      }
      if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return answer(request, response, "tooLarge");
      let given = body;
      if (given === undefined) {
        const read = await readBody(request);
        if (read === undefined) return;
        if ("refused" in read) return answer(request, response, read.refused);
        given = parsed(read.text);
      }
      const push = pushIn(given);
      if (push === undefined) return answer(request, response, "malformed");
      // What Node-RED has parsed has a length that was looked at, unless its sender gave none.
      const unmeasured = body !== undefined && request.headers["content-length"] === undefined;
      if (unmeasured && Buffer.byteLength(JSON.stringify(body)) > maxBodyBytes) {
        return answer(request, response, "tooLarge");
      }
      // A redeploy may have begun while the body came in: the nodes of before would let the push go by.
      if (!(await this.#ready())) return answer(request, response, "busy");
      const all = this.#at(port, path);
      if (all.length === 0) return answer(request, response, "notFound");
      // Where several accounts receive, those of the push's customer are asked; of an unknown one all, so that somebody counts it.
      const own = all.filter(({ receiver }) => receiver.config.signer.customer === push.authentication.customer);
      const tenants = own.length === 0 ? all : own;
      const verdicts = await Promise.all(tenants.map(({ receiver }) => receiver.receive({ ...push, arrival })));
      answer(request, response, summary(verdicts));
    } catch {
      answer(request, response, "busy");
    }
  }
}

/** What the platform is told where several accounts receive: taken if one took it and none has yet to. */
function summary(verdicts: readonly Verdict[]): "taken" | "busy" | "notAuthentic" {
  if (verdicts.some(({ kind }) => kind === "busy")) return "busy";
  return verdicts.some(({ kind }) => kind === "taken") ? "taken" : "notAuthentic";
}

const sameServer = (one: OwnPort, other: OwnPort): boolean =>
  one.port === other.port &&
  one.host === other.host &&
  JSON.stringify(one.tls ?? null) === JSON.stringify(other.tls ?? null);

interface OwnServerDeps {
  readonly handshakeMs: number;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The port can't be had. */
  readonly failed: () => void;
}

/** A server of our own, with limits of its own. */
class OwnServer {
  readonly #server: http.Server | https.Server;
  readonly #sockets = new Set<Socket>();
  readonly #failed: () => void;
  #keepAlive = true;
  #closed = false;

  /** Throws if its key and certificate do not load or do not fit each other. */
  constructor(
    readonly own: OwnPort,
    { handshakeMs, handle, failed }: OwnServerDeps,
  ) {
    const server =
      own.tls === undefined
        ? http.createServer(limits)
        : https.createServer({ ...limits, ...own.tls, handshakeTimeout: handshakeMs });
    this.#server = server;
    server.maxConnections = limits.maxConnections;
    const connected = (socket: Socket) => {
      if (!this.#keepAlive) socket.unref();
      this.#sockets.add(socket);
      socket.on(
        "close",
        guarded(() => this.#sockets.delete(socket)),
      );
    };
    let triesLeft = 50;
    const troubled = (error: NodeJS.ErrnoException) => {
      // What goes wrong with one connection is no matter of the port's.
      if (this.#closed || server.listening) return;
      // A port may still be held for a moment by the server that had it before.
      triesLeft -= 1;
      if (error.code === "EADDRINUSE" && triesLeft > 0)
        setTimeout(
          guarded(() => this.listen()),
          20,
        );
      else failed();
    };
    server.on("connection", guarded(connected));
    server.on("request", guarded(handle));
    server.on(
      "checkExpectation",
      guarded((request: IncomingMessage, response: ServerResponse) => answer(request, response, "malformed")),
    );
    // Before Node's own listener, which passes it on as a clientError: without a handshake no answer can be sent.
    server.prependListener(
      "tlsClientError",
      guarded((_error: Error, socket: Socket) => socket.destroy()),
    );
    server.on("clientError", guarded(refuseBytes));
    server.on("error", guarded(troubled));
    this.#failed = failed;
  }

  /** Begins to listen; `failed` hears if it can't. */
  listen(): void {
    const { port, host } = this.own;
    const listen = () => this.#server.listen({ port, ...(host === "" ? {} : { host }) });
    if (!this.#closed) guarded(listen, this.#failed)();
  }

  /** Whether it, and its connections, keep the process from ending. */
  keepAlive(keep: boolean): void {
    if (keep === this.#keepAlive) return;
    this.#keepAlive = keep;
    for (const one of [this.#server, ...this.#sockets]) keep ? one.ref() : one.unref();
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** How long a connection may stay open after it was refused, for its sender to read why. */
const refusedMs = 1000;

/** What is not HTTP gets an answer of ours too, in the vendor's shape. The connection ends, whether or not the sender ends it. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
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
    refusedMs,
  ).unref();
  socket.on(
    "close",
    guarded(() => clearTimeout(timer)),
  );
}
