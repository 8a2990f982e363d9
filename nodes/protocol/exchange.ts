// One request with its commands, from the queue to the last try: what became of each of them.
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

/** What became of one command. `fields` are those that were sent. */
export type Outcome = { readonly fields: Readonly<Record<string, unknown>> } & (
  | { readonly ok: true; readonly response: JsonObject; readonly list?: readonly unknown[]; readonly result: Result }
  | { readonly ok: false; readonly response: JsonObject; readonly failure: Failure }
);

/** Outcomes in the order of the commands, and how their request went. `requestSeq` is that of the last try, `body` its whole answer. */
export interface Exchanged {
  readonly outcomes: readonly Outcome[];
  readonly requestSeq?: number;
  readonly tries: number;
  readonly body?: JsonObject;
}

/** How the request of a single command went. */
export interface ExchangedOne extends Exchanged {
  readonly outcome: Outcome;
}

/** Where an exchange is: it waits for its turn or for its next try, it is under way, it is over. */
export type Progress = "waiting" | "requesting" | "over";

/** What an exchange takes from its account. Times in ms. */
export interface ExchangeDeps extends Identity {
  readonly apiVersion: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoff: Backoff;
  readonly lane: RequestQueue;
  readonly transport: Transport;
  readonly subjects: Subjects;
  readonly requestSequence: Sequence;
  readonly random: () => number;
  readonly now: () => number;
  /** Aborted when the account closes. */
  readonly closing: AbortSignal;
}

/** What a caller may give beside the commands. */
export interface SendOptions {
  readonly signal: AbortSignal;
  /** Called for each request that is to be made; what it gives is told how that request gets on. */
  readonly track?: () => (progress: Progress) => void;
  /** Called for each list; what it gives is told how many of the list's requests are still to be made. */
  readonly backlog?: () => (requests: number) => void;
  /** In ms since 1970: a request that has not left by then must not leave. One that never left is answered like one that found no room (SCCC_BUSY). */
  readonly notAfter?: number;
}

/** What an exchange is a part of. */
export interface Part {
  /** The commands go as `requests`, also if it is only one. */
  readonly list: boolean;
  /** It belongs to a list that the queue has let in. */
  readonly admitted: boolean;
}

/** A command that is not settled. */
interface Pending {
  readonly index: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly subject?: string;
}

/** In characters: a millisecond or two of parsing. */
const longBody = 200_000;

const closed: Failure = { kind: "closed", code: "SCCC_CLOSED" };

const unanswered: CommandAnswer = {
  ok: false,
  response: {},
  failure: { kind: "protocol", code: "SCCC_PROTOCOL", reason: "noAnswerForCommand", excerpt: "" },
};

const failed = (failure: Failure): CommandAnswer => ({ ok: false, response: {}, failure });

/** Whom a command that changes something is about; reads neither are repeats to fear nor make others old. */
function subjectOf(command: Command | undefined, fields: Readonly<Record<string, unknown>>): { subject?: string } {
  if (command?.subject === undefined || command.resend === "read") return {};
  return { subject: `${command.subject}:${String(fields[command.subject])}` };
}

/** Sends commands of one kind in one request and, where that does no harm, sends again what was not carried out. */
export class Exchange {
  readonly #means: ExchangeDeps;
  readonly #signal: AbortSignal;
  readonly #report: (progress: Progress) => void;
  readonly #api: string;
  readonly #command: Command | undefined;
  readonly #resend: Command["resend"];
  readonly #part: Part;
  readonly #notAfter: number;
  readonly #answers: (CommandAnswer | undefined)[];
  /** For each agent or task, when it was last sent something by this exchange. */
  readonly #tickets = new Map<string, number>();
  #pending: readonly Pending[];
  #last: Omit<Exchanged, "outcomes" | "tries"> = {};
  #tries = 0;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(
    means: ExchangeDeps,
    { api, command }: Pick<PreparedCommand, "api" | "command">,
    part: Part,
    options: SendOptions,
  ) {
    this.#means = means;
    this.#api = api;
    this.#command = command;
    // Of a command that nobody knows, nobody knows what a second one does.
    this.#resend = command?.resend ?? "once";
    this.#part = part;
    this.#signal = options.signal;
    this.#notAfter = options.notAfter ?? Number.POSITIVE_INFINITY;
    this.#report = options.track?.() ?? (() => undefined);
    this.#answers = [];
    this.#pending = [];
  }

  /** Runs it with a single command. Never throws. */
  async runOne(call: PreparedCommand): Promise<ExchangedOne> {
    const exchanged = await this.run([call]);
    return { ...exchanged, outcome: this.#outcomeOf(call, 0) };
  }

  #outcomeOf({ fields }: PreparedCommand, index: number): Outcome {
    return { ...(this.#answers[index] ?? unanswered), fields };
  }

  /** Runs it once. Never throws; resolves when every command is settled. */
  async run(calls: readonly PreparedCommand[]): Promise<Exchanged> {
    const { lane, retries, backoff, random, closing } = this.#means;
    const signal = this.#signal;
    this.#pending = calls.map(({ fields }, index) => ({ index, fields, ...subjectOf(this.#command, fields) }));
    this.#report(lane.full ? "waiting" : "requesting");
    for (;;) {
      const passage = await lane.run(() => this.#try(), {
        signal,
        again: this.#tries > 0,
        admitted: this.#part.admitted,
      });
      if (passage.kind === "busy") this.#settle(failed({ kind: "busy", code: "SCCC_BUSY", waiting: passage.waiting }));
      if (passage.kind === "closed") this.#settle(failed(closed));
      if (passage.kind !== "done" || passage.value === undefined || this.#tries > retries) break;
      const pause = pauseBefore(this.#tries, passage.value, backoff, random);
      if (performance.now() + pause >= this.#deadline) break;
      this.#report("waiting");
      // Whether it slept or was stopped, the lane says what comes next.
      await sleep(pause, signal, closing);
    }
    this.#report("over");
    for (const subject of this.#tickets.keys()) this.#means.subjects.left(subject);
    const outcomes = calls.map((call, index) => this.#outcomeOf(call, index));
    return { ...this.#last, tries: this.#tries, outcomes };
  }

  /** Gives everything that is not settled the same answer. */
  #settle(answer: CommandAnswer): void {
    for (const { index } of this.#pending) this.#answers[index] = answer;
  }

  /** One try, when its turn has come. Keeps in `#pending` what may be sent again, and says why; undefined if nothing may. */
  async #try(): Promise<Failure | undefined> {
    const { timeoutMs, retries, subjects } = this.#means;
    this.#pending = this.#pending.filter(({ subject }) => subject === undefined || !this.#isOld(subject));
    if (this.#pending.length === 0) return undefined;
    if (this.#means.now() >= this.#notAfter) {
      // What an earlier try was answered with stands.
      if (this.#tries === 0)
        this.#settle(failed({ kind: "busy", code: "SCCC_BUSY", waiting: this.#means.lane.waiting }));
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
    return ticket !== undefined && this.#means.subjects.isOld(subject, ticket);
  }

  /** One request and its answer, signed anew. */
  async #send(timeoutMs: number): Promise<Answer> {
    const { password, apiVersion, requestSequence, transport, now } = this.#means;
    const requests = this.#pending.map((one) => one.fields);
    const requestSeq = requestSequence.next();
    const { body, digest } = signRequest(this.#means, this.#command, requests, {
      list: this.#part.list,
      requestSeq,
      now: now(),
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
    const answer: Answer = posted.ok
      ? await read(posted.text, {
          command: this.#command,
          seqs: requests.map((request) => String(request.seq)),
          secrets,
        })
      : { ok: false, failure: posted.failure };
    // A wrong password, or a seq that another installation has used. It would have used the next ones too.
    if (!answer.ok && answer.failure.code === "E_S_AUTH_FAIL") requestSequence.leap();
    this.#last = { requestSeq, ...(answer.body === undefined ? {} : { body: answer.body }) };
    return answer;
  }
}

const read = async (text: string, reading: Reading): Promise<Answer> =>
  text.length > longBody ? readLongAnswer(text, reading) : readAnswer(text, reading);
