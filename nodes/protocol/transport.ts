// One HTTP exchange with the platform: bounded, not redirected, never throwing.
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
  /** Takes secrets out of what the platform says, before any of it goes further. */
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
  /** In ms: the longest wait for the answer to begin, and from then on the time in which at least `minBytesPerSecond` come on average. */
  readonly idleMs: number;
  /** Only the beginning is wanted: what `write` gets first. */
  readonly beginningOnly?: boolean;
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

/** Files that are begun at once, beside the requests: a long one must not keep a call waiting. */
export const maxDownloads = 4;
/** Files at once that take longer, beside those: they must not keep short ones waiting. */
export const maxLongDownloads = 8;
/** A file that comes more slowly is given up. The smallest codecs of telephony have more than this for each second of speech. */
export const minBytesPerSecond = 1000;

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

const tlsCodes = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|EPROTO)/;

/** Whether a system code says that TLS failed: a bad certificate, or no TLS at all. The next try would fail in the same way. */
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

/** Why an exchange failed, from an error of the adapter or of an answer's stream. axios's own objects carry the request's body and must not get out. */
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

/** How long a file is going to be, if that is known: not where it is compressed on the way. */
function lengthOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  if (encodingsOf(headers["content-encoding"]).length > 0) return undefined;
  const length = textOf(headers["content-length"]);
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Pages and messages of errors are no recordings, whatever the status says. */
const noFile = /^(?:text|image|message|multipart)\/|^application\/(?:[\w.-]+\+)?(?:json|xml|javascript)/i;

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

/** A file that is to be had from somebody else. */
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
 * Speaks HTTP to one platform. Two pools of connections: kept alive for what may be sent again, and a fresh connection for
 * what may not, because a kept one may be closed by the platform just as the request leaves, and then nobody knows.
 */
export class Transport {
  readonly #base: URL;
  readonly #axios: AxiosInstance;
  readonly #agents: { readonly kept: http.Agent; readonly fresh: http.Agent };
  /** By the origins that files may be asked from. */
  readonly #files: ReadonlyMap<string, { readonly agent: http.Agent; readonly proxy: AxiosProxyConfig | false }>;
  readonly #underWay = new Set<() => void>();
  readonly #tunnels = new AbortController();

  /** Throws a ProxyError for a proxy that can't be used, and a TypeError if the base URL is none. */
  constructor(options: TransportOptions) {
    this.#base = new URL(options.baseUrl);
    setMaxListeners(0, this.#tunnels.signal);
    const own = this.#routeTo(this.#base, options);
    // A plain platform is asked through the proxy in absolute form, a TLS one through a tunnel of its agent.
    this.#agents = { kept: own.agent(true, options.maxConcurrent), fresh: own.agent(false, options.maxConcurrent) };
    this.#files = new Map(
      recordingOrigins(options).map((origin) => {
        const { agent, proxy } = this.#routeTo(new URL(origin), options);
        // How many at once is the client's to say: whoever waited for a socket here would already be timed.
        return [origin, { agent: agent(false, Number.POSITIVE_INFINITY), proxy }];
      }),
    );
    this.#axios = axios.create({
      adapter: overHttp,
      responseType: "arraybuffer",
      transformRequest: [],
      transformResponse: [],
      validateStatus: () => true,
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      maxContentLength: options.maxAnswerBytes ?? defaultMaxAnswerBytes,
      proxy: own.proxy,
      headers: { Accept: "application/json", "Content-Type": "application/json", "User-Agent": "node-red-sccc" },
    });
  }

  /** How an origin is reached: agents for it, and the proxy that is asked in absolute form, if there is one. */
  #routeTo(target: URL, options: TransportOptions) {
    const proxy = proxyFor(target, options.proxy);
    const secure = target.protocol === "https:";
    // hpagent hands these on to http.request: closing must also end a tunnel that its proxy never answers.
    const proxyRequestOptions: object = { signal: this.#tunnels.signal };
    // The server's name in the account's TLS settings is that of the account's platform.
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

  /** Fetches a file, piece by piece, from an origin of the account's recordings. Rejects only with what `write` rejects with. */
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
      // Once it has ended badly, it must not throw where nobody listens.
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
      /** What has come while that is too little to tell a recording from a page. */
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

  /** Ends what is under way and closes every connection. */
  close(): void {
    this.#tunnels.abort();
    for (const end of this.#underWay) end();
    this.#agents.kept.destroy();
    this.#agents.fresh.destroy();
    for (const { agent } of this.#files.values()) agent.destroy();
  }
}
