// One HTTP exchange with the platform: bounded, not redirected, never throwing.
import { setMaxListeners } from "node:events";
import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import axios, { type AxiosInstance, type AxiosProxyConfig } from "axios";
import { HttpsProxyAgent } from "hpagent";
import { codeOf, NoAnswer, overHttp, tooLong } from "./adapter";
import { decodedText } from "./charset";
import { excerptOf, type Failure } from "./failure";
import { type ProxySettings, proxyCredentials, proxyFor } from "./proxy";

/** How an account reaches its platform. */
export interface TransportOptions {
  /** http:// or https://, host and port. */
  readonly baseUrl: string;
  /** Options of node:tls, as a tls-config node gives them. */
  readonly tls?: https.AgentOptions;
  /** Absent: as http_proxy, https_proxy, all_proxy and no_proxy say. */
  readonly proxy?: ProxySettings;
  /** Bytes of an answer, after decompression; 64 MiB. A busy day's CDRs come in one answer of some 250 bytes each. */
  readonly maxAnswerBytes?: number;
  readonly maxConcurrent: number;
}

/** One request. `fresh`: on a connection of its own. */
export interface Post {
  readonly path: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  /** Takes secrets out of an error page or a Location. The text of a successful answer is left as it came. */
  readonly clean: (text: string) => string;
}

/** The text of a successful answer, or why there is none. `date` is the platform's clock in ms since 1970, if it tells. */
export type Posted = { readonly date?: number } & (
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly failure: Failure }
);

/** A file to be fetched. */
export interface Fetch {
  readonly url: string;
  readonly maxBytes: number;
  /** The longest silence, in ms: before the answer begins, and between two pieces of it. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Takes a piece; the next one is read only when it is done. A rejection ends the fetch and is passed on. */
  readonly write: (chunk: Buffer) => Promise<void>;
  /** Hears how many bytes have come, and of how many, if that is known. */
  readonly progress: (bytes: number, of: number | undefined) => void;
}

/** A file that came whole, or why not. */
export type Fetched =
  | { readonly ok: true; readonly bytes: number; readonly contentType: string }
  | { readonly ok: false; readonly failure: Failure };

/** Files at once, beside the requests: a long one must not keep a call waiting. */
export const maxDownloads = 4;

/** An exchange's bounds: what ends it, and why it has ended. */
interface Bounds {
  readonly signal: AbortSignal;
  readonly ended: () => Failure | undefined;
  /** The time begins anew. */
  readonly refresh: () => void;
  /** The exchange is over. */
  readonly release: () => void;
  /** The exchange is over, and what is left of its answer is not read. */
  readonly abandon: () => void;
}

const defaultMaxAnswerBytes = 64 * 1024 * 1024;

/** Errors of TLS that the next try would meet again. */
const lasting = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/;

const networkFailure = (systemCode: string, detail: string, neverLeft: boolean): Failure => ({
  kind: "network",
  code: "SCCC_NETWORK",
  systemCode,
  detail: excerptOf(detail),
  neverLeft,
  lasting: lasting.test(systemCode),
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

/** Why an exchange failed, from an error of the adapter or of an answer's stream. axios's own objects carry the request's body and must not get out. */
function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === tooLong) return protocolFailure("tooLarge", message);
  if (code.startsWith("HPE_")) return protocolFailure("notHttp", message);
  if (/^(?:Z_|ERR__ERROR|ERR_PADDING|BROTLI)/.test(code)) return protocolFailure("encoding", message);
  return networkFailure(code, message, error instanceof NoAnswer && error.neverLeft);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** How long a file is going to be, if that is known: not where it is compressed on the way. */
function lengthOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  if (textOf(headers["content-encoding"]) !== "") return undefined;
  const length = textOf(headers["content-length"]);
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Pages and messages of errors are no recordings, whatever the status says. */
const noFile = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml))/i;

/** The same by how it begins, for servers that call everything a stream of bytes. */
const isPage = (chunk: Buffer): boolean =>
  /^\s*(?:<!doctype|<html|<\?xml|\{\s*")/i.test(chunk.subarray(0, 64).toString("latin1"));

/** Why an answer is no file, as far as its head tells. */
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

const forwardProxy = (proxy: URL, credentials = proxyCredentials(proxy)): AxiosProxyConfig => ({
  protocol: proxy.protocol,
  host: proxy.hostname,
  port: Number(proxy.port) || (proxy.protocol === "https:" ? 443 : 80),
  ...(credentials === undefined ? {} : { auth: credentials }),
});

/**
 * Speaks HTTP to one platform. Two pools of connections: kept alive for what may be sent again, and a fresh connection for
 * what may not, because a kept one may be closed by the platform just as the request leaves, and then nobody knows.
 */
export class Transport {
  readonly #base: URL;
  readonly #axios: AxiosInstance;
  readonly #agents: { readonly kept: http.Agent; readonly fresh: http.Agent; readonly files: http.Agent };
  readonly #underWay = new Set<() => void>();
  readonly #tunnels = new AbortController();

  /** Throws a ProxyError for a proxy that can't be used, and a TypeError if the base URL is none. */
  constructor(options: TransportOptions) {
    this.#base = new URL(options.baseUrl);
    const proxy = proxyFor(this.#base, options.proxy);
    const secure = this.#base.protocol === "https:";
    setMaxListeners(0, this.#tunnels.signal);
    // hpagent hands these on to http.request: closing must also end a tunnel that its proxy never answers.
    const proxyRequestOptions: object = { signal: this.#tunnels.signal };
    const agent = (keepAlive: boolean, maxSockets = options.maxConcurrent): http.Agent => {
      const settings = { keepAlive, maxSockets, scheduling: "lifo" as const };
      if (!secure) {
        return proxy?.protocol === "https:" ? new https.Agent(settings) : new http.Agent(settings);
      }
      const tls = { ...options.tls, ...settings };
      return proxy === undefined ? new https.Agent(tls) : new HttpsProxyAgent({ ...tls, proxy, proxyRequestOptions });
    };
    this.#agents = { kept: agent(true), fresh: agent(false), files: agent(false, maxDownloads) };
    this.#axios = axios.create({
      adapter: overHttp,
      responseType: "arraybuffer",
      transformRequest: [],
      transformResponse: [],
      validateStatus: () => true,
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      maxContentLength: options.maxAnswerBytes ?? defaultMaxAnswerBytes,
      // A plain platform is asked through the proxy in absolute form, a TLS one through a tunnel of its agent.
      proxy: proxy === undefined || secure ? false : forwardProxy(proxy),
      headers: { Accept: "application/json", "Content-Type": "application/json", "User-Agent": "node-red-sccc" },
    });
  }

  /** Sends one request and reads its whole answer. Aborting the signal, or closing, gives SCCC_CLOSED. */
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

  /** What ends an exchange before its time: so many ms, its caller, or the end of all. Release it when the exchange is over. */
  #bound(ms: number, caller: AbortSignal): Bounds {
    const exchange = new AbortController();
    let ended: Failure | undefined;
    const end = (why: Failure) => {
      ended ??= why;
      exchange.abort();
    };
    const close = () => end({ kind: "closed", code: "SCCC_CLOSED" });
    const timer = setTimeout(() => end({ kind: "timeout", code: "SCCC_TIMEOUT", afterMs: ms }), ms);
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

  /** Fetches a file, piece by piece. Rejects only with what `write` rejects with. */
  async fetch({ url, maxBytes, idleMs, signal, write, progress }: Fetch): Promise<Fetched> {
    const bounds = this.#bound(idleMs, signal);
    let unwritten: { readonly error: unknown } | undefined;
    try {
      const response = await this.#axios.request<Readable>({
        method: "GET",
        url,
        responseType: "stream",
        signal: bounds.signal,
        httpAgent: this.#agents.files,
        httpsAgent: this.#agents.files,
        headers: { Accept: "*/*", "Content-Type": null },
        maxContentLength: -1,
      });
      const { status, headers, data } = response;
      // Once it has ended badly, it must not throw where nobody listens.
      data.on("error", () => undefined);
      const refusal = refusalOf(status, headers, maxBytes);
      if (refusal !== undefined) return { ok: false, failure: refusal };
      const length = lengthOf(headers);
      let bytes = 0;
      for await (const chunk of data as AsyncIterable<Buffer>) {
        bounds.refresh();
        if (bytes === 0 && isPage(chunk))
          return { ok: false, failure: protocolFailure("notFile", decodedText(chunk, headers["content-type"])) };
        bytes += chunk.length;
        if (bytes > maxBytes) return { ok: false, failure: protocolFailure("tooLarge", `${bytes} > ${maxBytes}`) };
        try {
          await write(chunk);
        } catch (error) {
          unwritten = { error };
          throw error;
        }
        progress(bytes, length);
      }
      const ended = bounds.ended();
      if (ended !== undefined) return { ok: false, failure: ended };
      if (bytes === 0) return { ok: false, failure: protocolFailure("emptyFile", "") };
      if (length !== undefined && length !== bytes) {
        return { ok: false, failure: protocolFailure("cutOff", `${bytes} of ${length} bytes`) };
      }
      return { ok: true, bytes, contentType: textOf(headers["content-type"]) };
    } catch (error) {
      if (unwritten !== undefined) throw unwritten.error;
      return { ok: false, failure: bounds.ended() ?? failureOf(error) };
    } finally {
      bounds.abandon();
    }
  }

  /** Ends what is under way and closes every connection. */
  close(): void {
    this.#tunnels.abort();
    for (const end of this.#underWay) end();
    this.#agents.kept.destroy();
    this.#agents.fresh.destroy();
    this.#agents.files.destroy();
  }
}
