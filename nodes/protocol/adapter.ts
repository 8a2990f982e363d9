// axios's way to the network: node:http with the account's agents, for commands, whose answer is read whole, and for files, which are streams.
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { type AxiosAdapter, AxiosHeaders, type AxiosProxyConfig, type AxiosResponse } from "axios";
import { Bytes } from "../util/bytes";
import { unpacked } from "../util/content-encoding";
import { guarded } from "../util/guarded";
import { isObject } from "../util/json";

/** Why an exchange ended without a whole answer: `code` is Node's. */
export class NoAnswer extends Error {
  readonly code: string;

  /** @param neverLeft the connection never stood, so that surely no part of the request reached anybody */
  constructor(
    cause: unknown,
    readonly neverLeft: boolean,
  ) {
    super(cause instanceof Error && cause.message !== "" ? cause.message : "the connection was closed", { cause });
    this.code = codeOf(cause);
  }
}

/** The code of an error of a request or of its answer's stream. */
export function codeOf(error: unknown): string {
  const code = isObject(error) && typeof error.code === "string" ? error.code : "UNKNOWN";
  return code === "ERR_STREAM_PREMATURE_CLOSE" ? "ECONNRESET" : code;
}

const reset = (): Error =>
  Object.assign(new Error("the connection was closed before the answer"), { code: "ECONNRESET" });

/** An answer's body as it was before it was packed. That of an error can be done without: its status says enough. */
function bodyOf(response: IncomingMessage): Readable {
  const { statusCode: status = 0, headers } = response;
  try {
    return unpacked(response, headers["content-encoding"]);
  } catch (error) {
    if (status >= 200 && status < 300) throw error;
    response.resume();
    return Readable.from([]);
  }
}

function headersOf(response: IncomingMessage): AxiosResponse["headers"] {
  const headers = new AxiosHeaders();
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined) headers.set(name, value);
  return headers;
}

/** Where a request goes: to its URL, or to a proxy that is asked for the whole URL. */
function addressOf(target: URL, proxy: AxiosProxyConfig | undefined): https.RequestOptions {
  if (proxy === undefined) {
    const { protocol, hostname, port, pathname, search } = target;
    return { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, path: `${pathname}${search}` };
  }
  const { protocol = "http:", host, port } = proxy;
  return { protocol, hostname: host.replace(/^\[|\]$/g, ""), port, path: target.href };
}

function proxyHeaders(target: URL, proxy: AxiosProxyConfig | undefined): http.OutgoingHttpHeaders {
  if (proxy === undefined) return {};
  const { auth } = proxy;
  const credentials = auth && Buffer.from(`${auth.username}:${auth.password}`).toString("base64");
  return { Host: target.host, ...(credentials === undefined ? {} : { "Proxy-Authorization": `Basic ${credentials}` }) };
}

/**
 * Sends a request. Resolves with the answer: read whole and no longer than `maxContentLength`, or, for `responseType: "stream"`, as a stream.
 * Settles whatever the other side does, and when the signal is aborted; rejects with NoAnswer.
 */
export const overHttp: AxiosAdapter = (config) =>
  new Promise((resolve, reject) => {
    const { data, headers, signal, responseType, maxContentLength = -1 } = config;
    const target = new URL(config.url ?? "");
    const proxy = config.proxy === false ? undefined : config.proxy;
    const address = addressOf(target, proxy);
    const secure = address.protocol === "https:";
    const sent = data === undefined ? undefined : Buffer.from(String(data));
    const request = (secure ? https : http).request({
      ...address,
      method: config.method?.toUpperCase(),
      agent: secure ? config.httpsAgent : config.httpAgent,
      headers: {
        "Accept-Encoding": "gzip, deflate, br",
        ...headers.toJSON(),
        ...proxyHeaders(target, proxy),
        ...(sent === undefined ? {} : { "Content-Length": sent.length }),
      },
    });
    let response: IncomingMessage | undefined;
    let body: Readable | undefined;
    let left = false;
    const fail = (cause: unknown): void => {
      const error = new NoAnswer(cause, !left);
      reject(error);
      body?.destroy(error);
      request.destroy();
    };
    const answer = (from: IncomingMessage, content: unknown): void => {
      const { statusCode: status = 0, statusMessage: statusText = "" } = from;
      resolve({ data: content, status, statusText, headers: headersOf(from), config, request });
    };

    const connected = (): void => {
      left = true;
    };
    const onSocket = (socket: Socket): void => {
      // `secureConnecting` is not documented. Without it, a connection counts as standing, which is the careful reading.
      const handshaking = "secureConnecting" in socket && socket.secureConnecting === true;
      left = !socket.connecting && !handshaking;
      if (!left) socket.once(secure || handshaking ? "secureConnect" : "connect", guarded(connected));
    };
    const onResponse = (came: IncomingMessage): void => {
      response = came;
      if (responseType === "stream") {
        body = came;
        answer(came, came);
        return;
      }
      const stream = bodyOf(came);
      body = stream;
      const bytes = new Bytes();
      const take = (chunk: Buffer): void => {
        bytes.add(chunk);
        if (maxContentLength < 0 || bytes.size <= maxContentLength) return;
        fail(Object.assign(new Error(`maxContentLength of ${maxContentLength} exceeded`), { code: tooLong }));
      };
      stream.on("data", guarded(take, fail));
      stream.on(
        "end",
        guarded(() => answer(came, bytes.whole()), fail),
      );
      stream.on("error", guarded(fail));
      stream.on(
        "close",
        guarded(() => {
          if (!stream.readableEnded) fail(reset());
        }),
      );
    };
    // An unwanted upgrade is an answer without a body: nobody reads what follows on its connection.
    const onUpgrade = (came: IncomingMessage, socket: Duplex): void => {
      response = came;
      socket.destroy();
      answer(came, responseType === "stream" ? Readable.from([]) : Buffer.alloc(0));
    };
    // What comes after a whole answer does not spoil it; its stream still gives what was received.
    const onError = (error: Error): void => {
      if (response?.complete !== true) fail(error);
    };
    // Node closes some connections without any error. A whole answer, or a stream that was cut, ends by itself.
    const onClose = (): void => {
      if (response === undefined) fail(reset());
    };
    request.on("socket", guarded(onSocket, fail));
    request.on("response", guarded(onResponse, fail));
    request.on("upgrade", guarded(onUpgrade, fail));
    request.on("error", guarded(onError, fail));
    request.on("close", guarded(onClose, fail));
    // After the end of the connection Node ignores an aborted signal, so that it is heeded here.
    if (signal instanceof AbortSignal) {
      const abort = guarded(() => fail(signal.reason));
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    }
    request.end(sent);
  });

/** The code of an answer that is longer than it may be. */
export const tooLong = "ERR_TOO_LONG";
