// HTTP requests to the platform: limited in time and size, without redirects, failures as values.
import { setMaxListeners } from "node:events";
import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import axios, { type AxiosInstance, type AxiosProxyConfig } from "axios";
import { HttpsProxyAgent } from "hpagent";
import { decodedText } from "../util/charset";
import { encodingsOf, unpacked } from "../util/content-encoding";
import { guarded } from "../util/guarded";
import { codeOf, NoAnswer, overHttp, tooLong } from "./adapter";
import { isEnough, isNoRecording } from "./beginning";
import { excerptOf, type Failure } from "./failure";
import { type ProxySettings, proxyCredentials, proxyFor } from "./proxy";
import { type RecordingSite, recordingOrigins } from "./recording-url";

/** How an account reaches its platform. */
export interface TransportOptions extends RecordingSite {
  /** http:// or https://, host and port. */
  readonly baseUrl: string;
  /** Options of node:tls, as a tls-config node gives them. */
  readonly tls?: https.AgentOptions;
  /** Absent: http_proxy, https_proxy, all_proxy and no_proxy decide. */
  readonly proxy?: ProxySettings;
  /**
   * Maximum size of an answer in bytes after decompression; default 64 MiB. One answer may hold the CDRs of a busy day, about 250 bytes
   * each.
   */
  readonly maxAnswerBytes?: number;
  readonly maxConcurrent: number;
}

/** One request. `fresh`: uses a new connection. */
export interface Post {
  readonly path: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  /** Removes secrets from the platform's text before it is used in any way. */
  readonly clean: (text: string) => string;
}

/** The text of a successful answer, or why there is none. `date`: the platform's clock in ms since 1970, if the answer has one. */
export type Posted = { readonly date?: number } & (
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly failure: Failure }
);

/** A file to download. */
export interface Fetch {
  readonly url: string;
  readonly maxBytes: number;
  /** In ms: the longest wait for the answer to begin; afterwards, the time within which `minBytesPerSecond` must be reached on average. */
  readonly idleMs: number;
  /** Only the beginning is needed: the first chunk for `write`. */
  readonly beginningOnly?: boolean;
  readonly signal: AbortSignal;
  /** Receives a chunk; the next one is read when the promise resolves. A rejection ends the download and is passed on. */
  readonly write: (chunk: Buffer) => Promise<void>;
  /** Receives the number of bytes so far, and the total if it is known. */
  readonly progress: (bytes: number, of: number | undefined) => void;
}

/** The result of a download: complete, or why not. */
export type Fetched =
  | { readonly ok: true; readonly bytes: number; readonly contentType: string }
  | { readonly ok: false; readonly failure: Failure };

/** Downloads that may start at once. They do not count as requests, so that a long download does not delay a call. */
export const maxDownloads = 4;
/** Additional slots for downloads that take longer, so that they do not delay short ones. */
export const maxLongDownloads = 8;
/** Minimum speed; slower downloads are aborted. Even the smallest telephony codecs need more for each second of speech. */
export const minBytesPerSecond = 1000;

/** What may end a request early, and the reason if it has ended. */
interface Bounds {
  readonly signal: AbortSignal;
  readonly ended: () => Failure | undefined;
  /** Restarts the time limit. */
  readonly refresh: () => void;
  /** To be called when the request is finished. */
  readonly release: () => void;
  /** To be called when the request is finished and the rest of its answer is not read. */
  readonly abandon: () => void;
}

const defaultMaxAnswerBytes = 64 * 1024 * 1024;

const tlsCodes = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/;

/** Whether an error code means that TLS failed: a bad certificate, or a server without TLS. A retry would fail the same way. */
export const isTlsError = (systemCode: string): boolean => tlsCodes.test(systemCode);

const networkFailure = (systemCode: string, detail: string, neverLeft: boolean): Failure => ({
  kind: "network",
  code: "SCCC_NETWORK",
  systemCode,
  detail: excerptOf(detail),
  neverLeft,
  lasting: isTlsError(systemCode),
});

const protocolFailure = (
  reason: "tooLarge" | "notHttp" | "encoding" | "notFile" | "emptyFile" | "cutOff",
  detail: string,
): Failure => ({
  kind: "protocol",
  code: "SCCC_PROTOCOL",
  reason,
  excerpt: excerptOf(detail),
});

/**
 * The failure for an error of the adapter or of an answer's stream. Errors of axios contain the request's body and must not be passed on.
 */
function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === tooLong) return protocolFailure("tooLarge", message);
  if (code.startsWith("HPE_")) return protocolFailure("notHttp", message);
  if (/^(?:Z_|ZSTD_|ERR_CONTENT_ENCODING|ERR__ERROR|ERR_PADDING|ERR_BROTLI|BROTLI)/.test(code)) {
    return protocolFailure("encoding", message);
  }
  return networkFailure(code, message, error instanceof NoAnswer && error.neverLeft);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The size of a file, if known: not if the transfer is compressed. */
function lengthOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  if (encodingsOf(headers["content-encoding"]).length > 0) return undefined;
  const length = textOf(headers["content-length"]);
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Content types of error pages and messages, which are not recordings whatever the status says. */
const noFile = /^(?:text|image|message|multipart)\/|^application\/(?:[\w.-]+\+)?(?:json|xml|javascript)/i;

/** Why an answer is not a file, as far as its headers tell. */
function refusalOf(status: number, headers: Readonly<Record<string, unknown>>, maxBytes: number): Failure | undefined {
  if (status < 200 || status >= 300) {
    const location = textOf(headers.location);
    const where = location === "" ? {} : { location: excerptOf(location) };
    return { kind: "http", code: `SCCC_HTTP_${status}`, status, excerpt: "", ...where };
  }
  const type = textOf(headers["content-type"]);
  if (status !== 200 || noFile.test(type)) return protocolFailure("notFile", `HTTP ${status} ${type}`);
  const length = lengthOf(headers);
  return length !== undefined && length > maxBytes ? protocolFailure("tooLarge", `${length} > ${maxBytes}`) : undefined;
}

/** The failure for a file on a foreign origin. */
const foreign = (url: string): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "filename",
  rule: { key: "recordingName", params: {} },
  got: excerptOf(url),
});

const forwardProxy = (proxy: URL, credentials = proxyCredentials(proxy)): AxiosProxyConfig => ({
  protocol: proxy.protocol,
  host: proxy.hostname,
  port: Number(proxy.port) || (proxy.protocol === "https:" ? 443 : 80),
  ...(credentials === undefined ? {} : { auth: credentials }),
});

/**
 * HTTP client for one platform, with two pools of connections. Requests that may be repeated use kept-alive connections. Requests that may
 * not be repeated use a fresh connection: the platform may close a kept-alive one just when the request is sent, and the result would be
 * unknown.
 */
export class Transport {
  readonly #base: URL;
  readonly #axios: AxiosInstance;
  readonly #agents: { readonly kept: http.Agent; readonly fresh: http.Agent };
  /** By the origins that files may be requested from. */
  readonly #files: ReadonlyMap<string, { readonly agent: http.Agent; readonly proxy: AxiosProxyConfig | false }>;
  readonly #underWay = new Set<() => void>();
  readonly #tunnels = new AbortController();

  /** Throws a ProxyError for a proxy that cannot be used, and a TypeError for an invalid base URL. */
  constructor(options: TransportOptions) {
    this.#base = new URL(options.baseUrl);
    setMaxListeners(0, this.#tunnels.signal);
    const own = this.#routeTo(this.#base, options);
    // The proxy gets requests to an http platform in absolute form; an https platform is reached through the agent's tunnel.
    this.#agents = { kept: own.agent(true, options.maxConcurrent), fresh: own.agent(false, options.maxConcurrent) };
    this.#files = new Map(
      recordingOrigins(options).map((origin) => {
        const { agent, proxy } = this.#routeTo(new URL(origin), options);
        // No limit here: the client limits concurrency. A request that waited for a socket would already use up its time limit.
        return [origin, { agent: agent(false, Number.POSITIVE_INFINITY), proxy }];
      }),
    );
    this.#axios = axios.create({
      adapter: overHttp,
      responseType: "arraybuffer",
      transformRequest: [],
      transformResponse: [],
      validateStatus: () => true,
      maxBodyLength: Number.POSITIVE_INFINITY,
      maxContentLength: options.maxAnswerBytes ?? defaultMaxAnswerBytes,
      proxy: own.proxy,
      headers: { Accept: "application/json", "Content-Type": "application/json", "User-Agent": "node-red-sccc" },
    });
  }

  /** How an origin is reached: its agents, and the proxy for requests in absolute form, if there is one. */
  #routeTo(target: URL, options: TransportOptions) {
    const proxy = proxyFor(target, options.proxy);
    const secure = target.protocol === "https:";
    // hpagent passes these options to http.request: closing must also abort a CONNECT that the proxy never answers.
    const proxyRequestOptions: object = { signal: this.#tunnels.signal };
    // The server name in the account's TLS settings is for the account's platform only.
    const { servername, ...others } = options.tls ?? {};
    const tls = target.origin === this.#base.origin ? options.tls : others;
    const agent = (keepAlive: boolean, maxSockets: number): http.Agent => {
      const settings = { keepAlive, maxSockets, scheduling: "lifo" as const };
      if (!secure) {
        return proxy?.protocol === "https:" ? new https.Agent(settings) : new http.Agent(settings);
      }
      const all = { ...tls, ...settings };
      return proxy === undefined ? new https.Agent(all) : new HttpsProxyAgent({ ...all, proxy, proxyRequestOptions });
    };
    return { agent, proxy: proxy === undefined || secure ? (false as const) : forwardProxy(proxy) };
  }

  /** Sends one request and reads its whole answer. An aborted signal, or closing, gives SCCC_CLOSED. */
  async post({ path, body, timeoutMs, fresh, signal, clean }: Post): Promise<Posted> {
    const bounds = this.#bound(timeoutMs, signal);
    const agent = fresh ? this.#agents.fresh : this.#agents.kept;
    try {
      const response = await this.#axios.request<Buffer>({
        method: "POST",
        url: new URL(path, this.#base).href,
        data: body,
        signal: bounds.signal,
        httpAgent: agent,
        httpsAgent: agent,
      });
      const { location, date } = response.headers;
      const text = decodedText(response.data, response.headers["content-type"]);
      const moment = typeof date === "string" ? Date.parse(date) : Number.NaN;
      const clock = Number.isNaN(moment) ? {} : { date: moment };
      if (response.status >= 200 && response.status < 300) return { ...clock, ok: true, text };
      return {
        ...clock,
        ok: false,
        failure: {
          kind: "http",
          code: `SCCC_HTTP_${response.status}`,
          status: response.status,
          excerpt: excerptOf(clean(text.slice(0, 4096))),
          ...(typeof location === "string" ? { location: excerptOf(clean(location)) } : {}),
        },
      };
    } catch (error) {
      return { ok: false, failure: bounds.ended() ?? failureOf(error) };
    } finally {
      bounds.release();
    }
  }

  /** Ends a request early: after `ms`, by its caller, or by closing. Call `release` when the request is finished. */
  #bound(ms: number, caller: AbortSignal): Bounds {
    const exchange = new AbortController();
    let ended: Failure | undefined;
    const end = (why: Failure) => {
      ended ??= why;
      exchange.abort();
    };
    const close = guarded(() => end({ kind: "closed", code: "SCCC_CLOSED" }));
    const timer = setTimeout(
      guarded(() => end({ kind: "timeout", code: "SCCC_TIMEOUT", afterMs: ms })),
      ms,
    );
    caller.addEventListener("abort", close, { once: true });
    this.#underWay.add(close);
    if (caller.aborted || this.#tunnels.signal.aborted) close();
    const release = () => {
      clearTimeout(timer);
      caller.removeEventListener("abort", close);
      this.#underWay.delete(close);
    };
    return {
      signal: exchange.signal,
      ended: () => ended,
      refresh: () => void timer.refresh(),
      release,
      abandon: () => {
        release();
        exchange.abort();
      },
    };
  }

  /** Downloads a file in chunks from an origin of the account's recordings. Rejects only with what `write` rejects with. */
  async fetch({ url, maxBytes, idleMs, signal, beginningOnly, write, progress }: Fetch): Promise<Fetched> {
    const route = URL.canParse(url) ? this.#files.get(new URL(url).origin) : undefined;
    if (route === undefined) return { ok: false, failure: foreign(url) };
    const bounds = this.#bound(idleMs, signal);
    const enoughBytes = (minBytesPerSecond * idleMs) / 1000;
    let unwritten: { readonly error: unknown } | undefined;
    try {
      const response = await this.#axios.request<Readable>({
        method: "GET",
        url,
        responseType: "stream",
        signal: bounds.signal,
        httpAgent: route.agent,
        httpsAgent: route.agent,
        proxy: route.proxy,
        headers: { Accept: "*/*", "Accept-Encoding": "identity", "Content-Type": null },
        maxContentLength: -1,
      });
      bounds.refresh();
      const { status, headers, data } = response;
      // A later error must not become an uncaught exception.
      data.on("error", () => undefined);
      const refusal = refusalOf(status, headers, maxBytes);
      if (refusal !== undefined) return { ok: false, failure: refusal };
      const length = lengthOf(headers);
      const contentType = textOf(headers["content-type"]);
      const body = unpacked(data, headers["content-encoding"]);
      body.on("error", () => undefined);
      let bytes = 0;
      let recent = 0;
      const take = async (chunk: Buffer) => {
        try {
          await write(chunk);
        } catch (error) {
          unwritten = { error };
          throw error;
        }
        progress(bytes, length);
      };
      /** The data so far, while it is too short to tell a recording from a page. */
      let head: Buffer | undefined = Buffer.alloc(0);
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) return { ok: false, failure: protocolFailure("tooLarge", `${bytes} > ${maxBytes}`) };
        recent += chunk.length;
        if (recent >= enoughBytes) {
          bounds.refresh();
          recent = 0;
        }
        if (head === undefined) {
          await take(chunk);
          continue;
        }
        head = Buffer.concat([head, chunk]);
        if (!isEnough(head)) continue;
        if (isNoRecording(head, contentType, false))
          return { ok: false, failure: protocolFailure("notFile", decodedText(head, contentType)) };
        await take(head);
        if (beginningOnly) return { ok: true, bytes, contentType };
        head = undefined;
      }
      const ended = bounds.ended();
      if (ended !== undefined) return { ok: false, failure: ended };
      if (bytes === 0) return { ok: false, failure: protocolFailure("emptyFile", "") };
      if (length !== undefined && length !== bytes) {
        return { ok: false, failure: protocolFailure("cutOff", `${bytes} of ${length} bytes`) };
      }
      if (head !== undefined) {
        if (isNoRecording(head, contentType, true))
          return { ok: false, failure: protocolFailure("notFile", decodedText(head, contentType)) };
        await take(head);
      }
      return { ok: true, bytes, contentType };
    } catch (error) {
      if (unwritten !== undefined) throw unwritten.error;
      return { ok: false, failure: bounds.ended() ?? failureOf(error) };
    } finally {
      bounds.abandon();
    }
  }

  /** Aborts running requests and closes every connection. */
  close(): void {
    this.#tunnels.abort();
    for (const end of this.#underWay) end();
    this.#agents.kept.destroy();
    this.#agents.fresh.destroy();
    for (const { agent } of this.#files.values()) agent.destroy();
  }
}
