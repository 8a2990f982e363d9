// The client of an account: sends a command or a list of commands and returns the outcome of each.
import { setMaxListeners } from "node:events";
import { type Command, seqOf } from "../catalogue";
import { guarded } from "../util/guarded";
import { asJson, type JsonObject } from "../util/json";
import { checkFields, render } from "./check";
import { forbiddenNumber } from "./dial-only";
import { hasCommand, type Identity, type PreparedCommand, versionText } from "./envelope";
import {
  type EndedExchange,
  Exchange,
  type ExchangeDeps,
  type Exchanged,
  type ExchangedOne,
  type SendOptions,
} from "./exchange";
import { fillUp } from "./extra";
import type { Failure } from "./failure";
import { recordUrl } from "./recording-url";
import { type QueueLimits, RequestQueue } from "./request-queue";
import { type Backoff, defaultBackoff, Subjects } from "./resend";
import { newSequences, type Sequence, type Sequences } from "./sequence";
import {
  type Fetch,
  type Fetched,
  maxDownloads,
  maxLongDownloads,
  Transport,
  type TransportOptions,
} from "./transport";

/** The account's settings. Times in ms. */
export interface ClientOptions
  extends Identity,
    QueueLimits,
    Omit<TransportOptions, "maxConcurrent">,
    Partial<Sequences> {
  readonly apiVersion: string;
  /** IANA name of the platform's time zone. */
  readonly timezone: string;
  /** For each try. */
  readonly timeoutMs: number;
  /** Number of retries. */
  readonly retries: number;
  /** Patterns of numbers that may be dialled; empty: every number. */
  readonly dialOnly: readonly RegExp[];
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly now?: () => number;
  /** Called after every exchange. Must not throw. */
  readonly onEnded?: (ended: EndedExchange) => void;
  /** After this time, a download no longer delays the next one, in ms; default 5000. */
  readonly downloadTurnMs?: number;
}

/** Maximum number of commands in one request of a list. */
export const listChunk = 100;

/**
 * The number of commands in one request. A command that cannot be batched has a request of its own, because several
 * answers in one response could not be told apart.
 */
const chunkOf = ({ command }: PreparedCommand): number => (command?.batch === false ? 1 : listChunk);

/** A checked command that is ready to be sent, or why it was refused. */
export type Prepared =
  | { readonly ok: true; readonly call: PreparedCommand }
  | { readonly ok: false; readonly failure: Failure };

/** The client of one account. Failures of the platform or the network are returned as outcomes, never thrown. */
export class Client {
  readonly #options: ClientOptions;
  readonly #deps: ExchangeDeps;
  readonly #commandSequence: Sequence;
  readonly #files: RequestQueue;
  #longDownloads = 0;
  readonly #closing = new AbortController();

  /** Throws a TypeError for an invalid URL. */
  constructor(options: ClientOptions) {
    setMaxListeners(0, this.#closing.signal);
    this.#options = options;
    this.#files = new RequestQueue({ maxConcurrent: maxDownloads, minInterval: 0, maxQueue: options.maxQueue });
    const sequences = { ...newSequences(), ...options };
    this.#commandSequence = sequences.commandSequence;
    this.#deps = {
      ...sequences,
      backoff: options.backoff ?? defaultBackoff,
      random: options.random ?? Math.random,
      now: options.now ?? Date.now,
      queue: new RequestQueue(options),
      transport: new Transport(options),
      subjects: new Subjects(),
      closing: this.#closing.signal,
      onEnded: options.onEnded,
    };
  }

  /** The number of waiting requests. */
  get waiting(): number {
    return this.#deps.queue.waiting;
  }

  /** The number of requests that are under way. */
  get sending(): number {
    return this.#deps.queue.running;
  }

  /** The version as written in the URL, without its V. */
  get version(): string {
    return versionText(this.#options.apiVersion);
  }

  /**
   * Checks a command of the catalogue: whether the version has it, its fields (under the vendor's names, including `seq`, further ones in
   * `extra`), and dialOnly.
   */
  prepare(command: Command, given: Readonly<Record<string, unknown>>): Prepared {
    if (!hasCommand(command, this.#options.apiVersion)) {
      const has = command.versions.map((x) => `2.0.${x}`).join(", ");
      return { ok: false, failure: { kind: "unsupported", code: "SCCC_UNSUPPORTED", version: this.version, has } };
    }
    const filled = fillUp(command, given);
    if (!filled.ok) return filled;
    const checked = checkFields([seqOf(command.seq), ...command.fields], filled.given, this.#options.timezone);
    if (!checked.ok) return checked;
    return this.#allowed({ api: command.api, command, fields: { ...filled.given.extra, ...checked.fields } });
  }

  /** Checks a command that need not be in the catalogue: only its seq and dialOnly are checked. */
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

  /** Whether dialOnly allows a number. */
  mayDial(number: string): boolean {
    return forbiddenNumber(this.#options.dialOnly, undefined, { callee: number }) === undefined;
  }

  #allowed(prepared: PreparedCommand): Prepared {
    const failure = forbiddenNumber(this.#options.dialOnly, prepared.command, prepared.fields);
    if (failure !== undefined) return { ok: false, failure };
    const seq = prepared.fields.seq ?? this.#commandSequence.next();
    return {
      ok: true,
      call: {
        ...prepared,
        fields: { seq: prepared.command?.seq === "string" ? String(seq) : seq, ...prepared.fields },
      },
    };
  }

  /** Sends one command. */
  send(command: PreparedCommand, options: SendOptions): Promise<ExchangedOne> {
    return new Exchange(this.#deps, command, { list: false, admitted: false }, options).runOne(command);
  }

  /**
   * Sends commands of one kind, and returns their outcomes in order. A request has at most 100 commands, or one that
   * cannot be batched. The queue accepts the whole list, or refuses all of it with SCCC_BUSY. A list has at most `maxConcurrent` requests in the queue, so that other commands are sent in between.
   */
  async sendList(commands: readonly PreparedCommand[], options: SendOptions): Promise<readonly Exchanged[]> {
    const [first] = commands;
    if (first === undefined) return [];
    const { queue } = this.#deps;
    const size = chunkOf(first);
    const part = { list: size > 1, admitted: queue.hasRoom };
    const count = Math.ceil(commands.length / size);
    if (!part.admitted) {
      const failure: Failure = { kind: "busy", code: "SCCC_BUSY", waiting: queue.waiting };
      const outcomes = commands.map(({ fields }) => ({ ok: false as const, response: {}, failure, fields }));
      return [{ tries: 0, outcomes }];
    }
    const exchanged: Exchanged[] = new Array(count);
    const report = options.backlog?.();
    let next = 0;
    const sendRest = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        const chunk = commands.slice(index * size, (index + 1) * size);
        const sending = new Exchange(this.#deps, first, part, options).run(chunk);
        report?.(count - next);
        exchanged[index] = await sending;
      }
    };
    await Promise.all(Array.from({ length: Math.min(count, this.#options.maxConcurrent) }, sendRest));
    return exchanged;
  }

  /** The URL of a recording; undefined if its name leads outside the account's recordings. */
  urlOf(filename: string): string | undefined {
    return recordUrl(filename, this.#options);
  }

  /**
   * Downloads a file when its turn comes. A download that takes longer than its turn continues if there is room for another long one, and
   * the next download begins. Rejects only with what `write` rejects with.
   */
  async fetch(file: Omit<Fetch, "idleMs">): Promise<Fetched> {
    const { timeoutMs, downloadTurnMs = 5000 } = this.#options;
    // Wrapped in an object because a promise that resolves with a promise would wait for it.
    const task = async (): Promise<{ readonly fetched: Promise<Fetched> }> => {
      const fetched = this.#deps.transport.fetch({ ...file, idleMs: timeoutMs });
      // The caller receives the rejection later; without this handler it would count as unhandled meanwhile.
      fetched.catch(() => undefined);
      await this.#turnOf(fetched, downloadTurnMs);
      return { fetched };
    };
    const turn = await this.#files.run(task, { signal: file.signal });
    if (turn.kind === "done") return turn.value.fetched;
    if (turn.kind === "closed") return { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED" } };
    return { ok: false, failure: { kind: "busy", code: "SCCC_BUSY", waiting: turn.waiting } };
  }

  /** Resolves when a download has ended, or when its turn is over and there is room for it among the long downloads. Never rejects. */
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

  /** Ends all requests with SCCC_CLOSED and closes the connections. */
  close(): void {
    this.#closing.abort();
    this.#deps.queue.close();
    this.#files.close();
    this.#deps.transport.close();
  }
}
