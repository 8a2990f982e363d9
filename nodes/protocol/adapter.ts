// An axios adapter over node:http that uses the account's agents. It follows no redirects. Answers to commands are read whole; files are streams.
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { type AxiosAdapter, AxiosHeaders, type AxiosProxyConfig, type AxiosResponse } from "axios";
import { Bytes } from "../util/bytes";
import { unpacked } from "../util/content-encoding";
import { guarded } from "../util/guarded";
import { isObject } from "../util/json";

/** A request ended without a complete answer: `code` is Node's error code. */
export class NoAnswer extends Error {
  readonly code: string;

  /** @param neverLeft the connection was never established, so no part of the request can have reached anybody */
  constructor(
    cause: unknown,
    readonly neverLeft: boolean,
  ) {
    super(cause instanceof Error && cause.message !== "" ? cause.message : "the connection was closed", { cause });
    this.code = codeOf(cause);
  }
}

/** The code of an error of a request, or of the stream of its answer. */
export function codeOf(error: unknown): string {
  const code = isObject(error) && typeof error.code === "string" ? error.code : "UNKNOWN";
  return code === "ERR_STREAM_PREMATURE_CLOSE" ? "ECONNRESET" : code;
}

const reset = (): Error =>
  Object.assign(new Error("the connection was closed before the answer"), { code: "ECONNRESET" });

/** The decoded body of an answer. If an error answer cannot be decoded, its status is enough. */
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

/** Where a request is sent: to its URL, or to a proxy that gets the absolute URL. */
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
 * Sends a request. Resolves with the answer: read whole, up to `maxContentLength`; or, for `responseType: "stream"`, as a stream. Settles
 * whatever the other side does, and when the signal is aborted; rejects with NoAnswer.
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
      // `secureConnecting` is undocumented. Without it, the connection counts as established, which is the cautious choice.
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
    // An unwanted upgrade is an answer without a body: the data that follows is not read.
    const onUpgrade = (came: IncomingMessage, socket: Duplex): void => {
      response = came;
      socket.destroy();
      answer(came, responseType === "stream" ? Readable.from([]) : Buffer.alloc(0));
    };
    // Errors after a complete answer are ignored. The stream still yields the received data.
    const onError = (error: Error): void => {
      if (response?.complete !== true) fail(error);
    };
    // Node closes some connections without an error. A complete answer, and a stream that was cut off, end by themselves.
    const onClose = (): void => {
      if (response === undefined) fail(reset());
    };
    request.on("socket", guarded(onSocket, fail));
    request.on("response", guarded(onResponse, fail));
    request.on("upgrade", guarded(onUpgrade, fail));
    request.on("error", guarded(onError, fail));
    request.on("close", guarded(onClose, fail));
    // Node ignores an aborted signal once the connection has ended, so it is handled here.
    if (signal instanceof AbortSignal) {
      const abort = guarded(() => fail(signal.reason));
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    }
    request.end(sent);
  });

/** The code of an answer that exceeds the maximum length. */
export const tooLong = "ERR_TOO_LONG";
