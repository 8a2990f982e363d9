// An account's client: sends commands, one or a list, and says of each what became of it.
import { setMaxListeners } from "node:events";
import { type Command, seqOf } from "../catalogue";
import { guarded } from "../util/guarded";
import { isObject, isWithin, type JsonObject, maxDepth } from "../util/json";
import { checkFields, render } from "./check";
import { forbiddenNumber } from "./dial-only";
import { hasCommand, type Identity, type PreparedCommand, versionText } from "./envelope";
import { Exchange, type ExchangeDeps, type Exchanged, type ExchangedOne, type SendOptions } from "./exchange";
import type { Failure } from "./failure";
import { recordUrl } from "./recording-url";
import { type QueueLimits, RequestQueue } from "./request-queue";
import { type Backoff, defaultBackoff, Subjects } from "./resend";
import { commandSequence, requestSequence, type Sequence } from "./sequence";
import {
  type Fetch,
  type Fetched,
  maxDownloads,
  maxLongDownloads,
  Transport,
  type TransportOptions,
} from "./transport";

/** Everything that a client needs to know of its account. Times in ms. */
export interface ClientOptions extends Identity, QueueLimits, Omit<TransportOptions, "maxConcurrent"> {
  readonly apiVersion: string;
  /** IANA name of the platform's local time. */
  readonly timezone: string;
  /** Per try. */
  readonly timeoutMs: number;
  /** Further tries. */
  readonly retries: number;
  /** Patterns of numbers that may be dialled; none: any. */
  readonly dialOnly: readonly RegExp[];
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly now?: () => number;
  /** How long a download may keep others waiting, in ms; 5000. */
  readonly downloadTurnMs?: number;
  readonly requestSequence?: Sequence;
  readonly commandSequence?: Sequence;
}

/** Commands per request of a list. */
export const listChunk = 100;

/** A command that passed the checks, ready to be sent; or why not. */
export type Prepared =
  | { readonly ok: true; readonly call: PreparedCommand }
  | { readonly ok: false; readonly failure: Failure };

/** Speaks for one account. Never throws for what the platform or the network does: failures are outcomes. */
export class Client {
  readonly #options: ClientOptions;
  readonly #means: ExchangeDeps;
  readonly #commandSequence: Sequence;
  readonly #files: RequestQueue;
  #longDownloads = 0;
  readonly #closing = new AbortController();

  /** Throws a TypeError if a URL is none. */
  constructor(options: ClientOptions) {
    setMaxListeners(0, this.#closing.signal);
    this.#options = options;
    this.#files = new RequestQueue({ maxConcurrent: maxDownloads, minInterval: 0, maxQueue: options.maxQueue });
    this.#commandSequence = options.commandSequence ?? commandSequence;
    this.#means = {
      ...options,
      backoff: options.backoff ?? defaultBackoff,
      random: options.random ?? Math.random,
      now: options.now ?? Date.now,
      requestSequence: options.requestSequence ?? requestSequence,
      lane: new RequestQueue(options),
      transport: new Transport(options),
      subjects: new Subjects(),
      closing: this.#closing.signal,
    };
  }

  /** How many requests wait for their turn. */
  get waiting(): number {
    return this.#means.lane.waiting;
  }

  /** The version as it stands in the URL, without its V. */
  get version(): string {
    return versionText(this.#options.apiVersion);
  }

  /** Checks a command of the catalogue: its version, its fields (under the vendor's names, `seq` among them), and dialOnly. */
  prepare(command: Command, given: Readonly<Record<string, unknown>>): Prepared {
    if (!hasCommand(command, this.#options.apiVersion)) {
      const has = command.versions.map((x) => `2.0.${x}`).join(", ");
      return { ok: false, failure: { kind: "unsupported", code: "SCCC_UNSUPPORTED", version: this.version, has } };
    }
    const checked = checkFields([seqOf(command.seq), ...command.fields], given, this.#options.timezone);
    if (!checked.ok) return checked;
    return this.#allowed({ api: command.api, command, fields: checked.fields });
  }

  /** A command as somebody wrote it, for what the catalogue does not know: only its seq and dialOnly are looked at. */
  prepareRaw(api: string, command: Command | undefined, request: JsonObject): Prepared {
    const { seq, ...fields } = request;
    const checked = checkFields([seqOf(command?.seq ?? "number")], { seq }, this.#options.timezone);
    if (!checked.ok) return checked;
    const written = asJson(fields);
    if (written === undefined) {
      const rule = { key: "json", params: {} };
      return {
        ok: false,
        failure: { kind: "field", code: "SCCC_INVALID_FIELD", field: "request", rule, got: render(fields) },
      };
    }
    return this.#allowed({
      api,
      ...(command === undefined ? {} : { command }),
      fields: { ...checked.fields, ...written },
    });
  }

  /** Whether the account's dialOnly has a number. */
  mayDial(number: string): boolean {
    return forbiddenNumber(this.#options.dialOnly, undefined, { callee: number }) === undefined;
  }

  #allowed(call: PreparedCommand): Prepared {
    const failure = forbiddenNumber(this.#options.dialOnly, call.command, call.fields);
    if (failure !== undefined) return { ok: false, failure };
    const seq = call.fields.seq ?? this.#commandSequence.next();
    return {
      ok: true,
      call: { ...call, fields: { seq: call.command?.seq === "string" ? String(seq) : seq, ...call.fields } },
    };
  }

  /** Sends one command. */
  send(call: PreparedCommand, options: SendOptions): Promise<ExchangedOne> {
    return new Exchange(this.#means, call, { list: false, admitted: false }, options).runOne(call);
  }

  /**
   * Sends commands of one kind, a request for each hundred, and gives their outcomes in their order. The queue takes the whole list or, with
   * SCCC_BUSY, nothing of it. No more requests of it are made than may run at once; other commands get their turn between them.
   */
  async sendList(calls: readonly PreparedCommand[], options: SendOptions): Promise<readonly Exchanged[]> {
    const [first] = calls;
    if (first === undefined) return [];
    const { lane } = this.#means;
    const part = { list: true, admitted: lane.hasRoom };
    const count = Math.ceil(calls.length / listChunk);
    if (!part.admitted) {
      const failure: Failure = { kind: "busy", code: "SCCC_BUSY", waiting: lane.waiting };
      const outcomes = calls.map(({ fields }) => ({ ok: false as const, response: {}, failure, fields }));
      return [{ tries: 0, outcomes }];
    }
    const exchanged: Exchanged[] = new Array(count);
    const report = options.backlog?.();
    let next = 0;
    const sendRest = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        const chunk = calls.slice(index * listChunk, (index + 1) * listChunk);
        const sending = new Exchange(this.#means, first, part, options).run(chunk);
        report?.(count - next);
        exchanged[index] = await sending;
      }
    };
    await Promise.all(Array.from({ length: Math.min(count, this.#options.maxConcurrent) }, sendRest));
    return exchanged;
  }

  /** Where a recording of this account is; undefined if its name leads elsewhere. */
  urlOf(filename: string): string | undefined {
    return recordUrl(filename, this.#options);
  }

  /**
   * Fetches a file when its turn comes. One that takes longer than its turn goes on beside, if there is room, and lets the next one begin.
   * Rejects only with what `write` rejects with.
   */
  async fetch(file: Omit<Fetch, "idleMs">): Promise<Fetched> {
    const { timeoutMs, downloadTurnMs = 5000 } = this.#options;
    // In an object: a promise that resolves with a promise would wait for it.
    const task = async (): Promise<{ readonly fetched: Promise<Fetched> }> => {
      const fetched = this.#means.transport.fetch({ ...file, idleMs: timeoutMs });
      // Whoever asked hears of a rejection, later.
      fetched.catch(() => undefined);
      await this.#turnOf(fetched, downloadTurnMs);
      return { fetched };
    };
    const passage = await this.#files.run(task, { signal: file.signal });
    if (passage.kind === "done") return passage.value.fetched;
    if (passage.kind === "closed") return { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED" } };
    return { ok: false, failure: { kind: "busy", code: "SCCC_BUSY", waiting: passage.waiting } };
  }

  /** Resolves when a download is over, or has had its turn and there is room for it among the long ones. Never rejects. */
  #turnOf(fetched: Promise<unknown>, turnMs: number): Promise<void> {
    return new Promise((resolve) => {
      let isLong = false;
      const goOn = () => {
        if (this.#longDownloads >= maxLongDownloads) {
          timer.refresh();
          return;
        }
        isLong = true;
        this.#longDownloads += 1;
        resolve();
      };
      const timer = setTimeout(guarded(goOn), turnMs);
      const end = () => {
        clearTimeout(timer);
        if (isLong) this.#longDownloads -= 1;
        resolve();
      };
      fetched.then(end, end);
    });
  }

  /** Ends everything with SCCC_CLOSED and closes the connections. */
  close(): void {
    this.#closing.abort();
    this.#means.lane.close();
    this.#files.close();
    this.#means.transport.close();
  }
}

/**
 * An object as it will be sent: what is checked and what is sent must be the same, also where an object says itself how it is written.
 * Undefined for one that can't be written as JSON, because it contains itself or a bigint or does not want to be read, or that is nested too deep.
 */
function asJson(value: JsonObject): JsonObject | undefined {
  try {
    const written: unknown = JSON.parse(JSON.stringify(value));
    return isObject(written) && isWithin(written, maxDepth) ? written : undefined;
  } catch {
    return undefined;
  }
}
