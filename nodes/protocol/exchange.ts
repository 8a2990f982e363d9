// Sends one request with its commands, including retries, and determines the outcome of each command.
import type { Command } from "../catalogue";
import type { JsonObject } from "../util/json";
import { sleep } from "../util/sleep";
import { type Answer, type CommandAnswer, type Reading, readAnswer, readLongAnswer } from "./answer";
import { type Identity, type PreparedCommand, pathOf, signRequest } from "./envelope";
import type { Failure, Result } from "./failure";
import type { RequestQueue } from "./request-queue";
import { type Backoff, mayResend, pauseBefore, type Subjects } from "./resend";
import { secretsOf } from "./secrets";
import type { Sequence } from "./sequence";
import type { Transport } from "./transport";

/** The outcome of one command. `fields` are the fields that were sent. */
export type Outcome = { readonly fields: Readonly<Record<string, unknown>> } & (
  | { readonly ok: true; readonly response: JsonObject; readonly list?: readonly unknown[]; readonly result: Result }
  | { readonly ok: false; readonly response: JsonObject; readonly failure: Failure }
);

/** Outcomes in the order of the commands, with details of their request. `requestSeq` is that of the last try, `body` its whole answer. */
export interface Exchanged {
  readonly outcomes: readonly Outcome[];
  readonly requestSeq?: number;
  readonly tries: number;
  readonly body?: JsonObject;
}

/** The result of a request with a single command. */
export interface ExchangedOne extends Exchanged {
  readonly outcome: Outcome;
}

/** A finished exchange. `at` is when its first request was sent, otherwise when it ended; ms since 1970. */
export interface EndedExchange {
  readonly api: string;
  readonly command: Command | undefined;
  readonly isList: boolean;
  readonly at: number;
  /** In ms; undefined: no request was sent. */
  readonly durationMs?: number;
  readonly outcomes: readonly Outcome[];
  /** The last answer without secrets. Of a long one, only the beginning of its text. */
  readonly answer?: JsonObject | string;
  /** How far the platform's clock is ahead of ours, in ms, if the answer has a date. */
  readonly clockOffMs?: number;
  /** The id of the node that sent it. */
  readonly node?: string;
}

/** The progress of a request: it waits for its turn or the next try, is being sent, or is finished. */
export type Progress = "waiting" | "requesting" | "over";

/** The account's settings and objects that an exchange needs. Times in ms. */
export interface ExchangeDeps extends Identity {
  readonly apiVersion: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoff: Backoff;
  readonly queue: RequestQueue;
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly requestSequence: Sequence;
  readonly random: () => number;
  readonly now: () => number;
  /** Aborted when the account closes. */
  readonly closing: AbortSignal;
  /** Called after every exchange. Must not throw. */
  readonly onEnded?: ((ended: EndedExchange) => void) | undefined;
}

/** Options of the caller. */
export interface SendOptions {
  readonly signal: AbortSignal;
  /** The id of the node that sends. */
  readonly node?: string;
  /** Called for each request to be made; the returned function receives the progress of that request. */
  readonly track?: () => (progress: Progress) => void;
  /** Called for each list; the returned function receives the number of requests that remain to be made. */
  readonly backlog?: () => (requests: number) => void;
  /**
   * In ms since 1970: no request may be sent later. A command that was never sent gets SCCC_BUSY, as if the queue were
   * full.
   */
  readonly notAfter?: number;
}

/** How an exchange belongs to a list. */
export interface Part {
  /** Sends the commands as `requests`, even a single one. */
  readonly list: boolean;
  /** Whether it belongs to a list that the queue has accepted. */
  readonly admitted: boolean;
}

/** A command without a final answer. */
interface Pending {
  readonly index: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly subject?: string;
}

/** In characters. Parsing this many takes one or two milliseconds. */
const longBody = 200_000;

/** How much of a longer answer is passed to `onEnded`, in characters. */
const shownBody = 17 * 1024;

const unanswered: CommandAnswer = {
  ok: false,
  response: {},
  failure: { kind: "protocol", code: "SCCC_PROTOCOL", reason: "noAnswerForCommand", excerpt: "" },
};

const failed = (failure: Failure): CommandAnswer => ({ ok: false, response: {}, failure });

/** The subject of a command that changes something. Reads have none: they may be repeated freely and do not supersede other commands. */
function subjectOf(command: Command | undefined, fields: Readonly<Record<string, unknown>>): { subject?: string } {
  if (command?.subject === undefined || command.resend === "read") return {};
  return { subject: `${command.subject}:${String(fields[command.subject])}` };
}

/** Sends commands of one kind in one request, and sends those again that failed and may be repeated. */
export class Exchange {
  readonly #deps: ExchangeDeps;
  readonly #signal: AbortSignal;
  readonly #report: (progress: Progress) => void;
  readonly #api: string;
  readonly #command: Command | undefined;
  readonly #resend: Command["resend"];
  readonly #part: Part;
  readonly #notAfter: number;
  readonly #node: string | undefined;
  readonly #answers: (CommandAnswer | undefined)[];
  /** Tickets of the agents and tasks to which this exchange has sent a command. */
  readonly #tickets = new Map<string, number>();
  #pending: readonly Pending[];
  #last: Omit<Exchanged, "outcomes" | "tries"> = {};
  #tries = 0;
  #deadline = Number.POSITIVE_INFINITY;
  #firstAt: number | undefined;
  /** The beginning of the last answer, if it was long; and how far the platform's clock was ahead. */
  #seen: { readonly text?: string; readonly clockOffMs?: number } = {};

  constructor(
    deps: ExchangeDeps,
    { api, command }: Pick<PreparedCommand, "api" | "command">,
    part: Part,
    options: SendOptions,
  ) {
    this.#deps = deps;
    this.#api = api;
    this.#command = command;
    // Unknown commands are not retried: they may not be idempotent.
    this.#resend = command?.resend ?? "once";
    this.#part = part;
    this.#signal = options.signal;
    this.#node = options.node;
    this.#notAfter = options.notAfter ?? Number.POSITIVE_INFINITY;
    this.#report = options.track?.() ?? (() => undefined);
    this.#answers = [];
    this.#pending = [];
  }

  /** Runs the exchange with a single command. Never throws. */
  async runOne(command: PreparedCommand): Promise<ExchangedOne> {
    const exchanged = await this.run([command]);
    return { ...exchanged, outcome: this.#outcomeOf(command, 0) };
  }

  #outcomeOf({ fields }: PreparedCommand, index: number): Outcome {
    return { ...(this.#answers[index] ?? unanswered), fields };
  }

  /** Runs the exchange; may be called once. Never throws; resolves when every command has an outcome. */
  async run(commands: readonly PreparedCommand[]): Promise<Exchanged> {
    const { queue, retries, backoff, random, closing } = this.#deps;
    const signal = this.#signal;
    this.#pending = commands.map(({ fields }, index) => ({ index, fields, ...subjectOf(this.#command, fields) }));
    this.#report(queue.full ? "waiting" : "requesting");
    for (;;) {
      const turn = await queue.run(() => this.#try(), {
        signal,
        again: this.#tries > 0,
        admitted: this.#part.admitted,
      });
      if (turn.kind === "busy") this.#settle(failed({ kind: "busy", code: "SCCC_BUSY", waiting: turn.waiting }));
      if (turn.kind === "closed") this.#settle(failed(this.#closedInQueue));
      if (turn.kind !== "done" || turn.value === undefined || this.#tries > retries) break;
      const pause = pauseBefore(this.#tries, turn.value, backoff, random);
      if (performance.now() + pause >= this.#deadline) break;
      this.#report("waiting");
      // If a signal has ended the pause, the queue returns "closed".
      await sleep(pause, signal, closing);
    }
    this.#report("over");
    for (const subject of this.#tickets.keys()) this.#deps.subjects.left(subject);
    const outcomes = commands.map((command, index) => this.#outcomeOf(command, index));
    this.#reportEnd(outcomes);
    return { ...this.#last, tries: this.#tries, outcomes };
  }

  /** Commands that must not be repeated are only sent again if the previous try was certainly not carried out. */
  get #closedInQueue(): Failure {
    const neverLeft = this.#tries === 0 || this.#resend === "once";
    return { kind: "closed", code: "SCCC_CLOSED", ...(neverLeft ? { neverLeft } : {}) };
  }

  #reportEnd(outcomes: readonly Outcome[]): void {
    const { onEnded, now } = this.#deps;
    if (onEnded === undefined) return;
    const { text, clockOffMs } = this.#seen;
    const answer = text ?? this.#last.body;
    const [end, firstAt] = [now(), this.#firstAt];
    onEnded({
      api: this.#api,
      command: this.#command,
      isList: this.#part.list,
      at: firstAt ?? end,
      ...(firstAt === undefined ? {} : { durationMs: Math.max(0, end - firstAt) }),
      outcomes,
      ...(answer === undefined ? {} : { answer }),
      ...(clockOffMs === undefined ? {} : { clockOffMs }),
      ...(this.#node === undefined ? {} : { node: this.#node }),
    });
  }

  /** Sets the same answer for all pending commands. */
  #settle(answer: CommandAnswer): void {
    for (const { index } of this.#pending) this.#answers[index] = answer;
  }

  /** Makes one try. Keeps commands that may be sent again in `#pending` and returns the reason; undefined if there are none. */
  async #try(): Promise<Failure | undefined> {
    const { timeoutMs, retries, subjects } = this.#deps;
    this.#pending = this.#pending.filter(({ subject }) => subject === undefined || !this.#isOld(subject));
    if (this.#pending.length === 0) return undefined;
    if (this.#deps.now() >= this.#notAfter) {
      // The answer to an earlier try stays valid.
      if (this.#tries === 0)
        this.#settle(failed({ kind: "busy", code: "SCCC_BUSY", waiting: this.#deps.queue.waiting }));
      return undefined;
    }
    this.#report("requesting");
    if (this.#tries === 0) this.#deadline = performance.now() + timeoutMs * (retries + 1);
    this.#tries += 1;
    for (const { subject } of this.#pending) {
      if (subject !== undefined && !this.#tickets.has(subject)) this.#tickets.set(subject, subjects.sent(subject));
    }
    const answer = await this.#send(Math.max(1, Math.min(timeoutMs, this.#deadline - performance.now())));
    const commands = answer.ok ? answer.commands : this.#pending.map(() => failed(answer.failure));
    let why: Failure | undefined;
    this.#pending = this.#pending.filter(({ index }, place) => {
      const command = commands[place] ?? unanswered;
      this.#answers[index] = command;
      const again = !command.ok && mayResend(this.#resend, command.failure);
      if (again) why ??= command.failure;
      return again;
    });
    return why;
  }

  #isOld(subject: string): boolean {
    const ticket = this.#tickets.get(subject);
    return ticket !== undefined && this.#deps.subjects.isOld(subject, ticket);
  }

  /** Signs and sends one request and reads its answer. */
  async #send(timeoutMs: number): Promise<Answer> {
    const { password, apiVersion, requestSequence, transport, now } = this.#deps;
    const requests = this.#pending.map((one) => one.fields);
    const requestSeq = requestSequence.next();
    const sentAt = now();
    this.#firstAt ??= sentAt;
    const { body, digest } = signRequest(this.#deps, this.#command, requests, {
      list: this.#part.list,
      requestSeq,
      now: sentAt,
    });
    const secrets = secretsOf(digest, password);
    const posted = await transport.post({
      path: pathOf(apiVersion, this.#api),
      body,
      timeoutMs,
      fresh: this.#resend === "once",
      signal: this.#signal,
      clean: secrets.text,
    });
    if (this.#deps.onEnded !== undefined) {
      this.#seen = {
        ...(posted.ok && posted.text.length > shownBody ? { text: secrets.text(posted.text.slice(0, shownBody)) } : {}),
        ...(posted.date === undefined ? {} : { clockOffMs: posted.date - (sentAt + now()) / 2 }),
      };
    }
    const answer: Answer = posted.ok
      ? await read(posted.text, {
          command: this.#command,
          seqs: requests.map((request) => String(request.seq)),
          secrets,
        })
      : { ok: false, failure: posted.failure };
    // The password is wrong, or another installation has used this seq. In the latter case it has probably used the following ones too.
    if (!answer.ok && answer.failure.code === "E_S_AUTH_FAIL") requestSequence.leap();
    this.#last = { requestSeq, ...(answer.body === undefined ? {} : { body: answer.body }) };
    return answer;
  }
}

const read = async (text: string, reading: Reading): Promise<Answer> =>
  text.length > longBody ? readLongAnswer(text, reading) : readAnswer(text, reading);
