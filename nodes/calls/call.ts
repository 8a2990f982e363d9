// A single call: the facts received so far and the state derived from them.
import type { Direction } from "../catalogue";
import type { PushContext } from "../protocol/push";
import { recordUrl } from "../protocol/recording-url";
import { newId } from "../util/id";
import { isoTime } from "../util/time";
import type { Fact, Kind } from "./facts";
import type { Queue, Queued } from "./queue";

/** The states of a call, in order. */
export const states = ["dialing", "ringing", "answered", "ended", "billed"] as const;

export type State = (typeof states)[number];

/** How an ended call went. `unknown`: its end, or whether it was answered, was not reported. */
export type Outcome = "answered" | "missed" | "unanswered" | "unknown";

/** An event of a call, in order of arrival; each kind occurs once. */
export interface CallEvent {
  readonly event: Kind;
  /** ISO 8601. */
  readonly at: string;
  readonly eventId: string | null;
}

/** A tracked call: `msg.payload`. Times are ISO 8601 with the account's offset; unknown values are null. */
export interface TrackedCall {
  readonly id: string;
  readonly state: State;
  readonly outcome: Outcome | null;
  readonly direction: Direction | null;
  readonly agent: string | null;
  readonly number: string | null;
  readonly numberE164: string | null;
  readonly userData: string | null;
  readonly seq: string | null;
  readonly session: string | null;
  readonly startedAt: string | null;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly ringSeconds: number | null;
  readonly talkSeconds: number | null;
  readonly recordFile: string | null;
  readonly recordUrl: string | null;
  readonly events: readonly CallEvent[];
}

/** Which outputs a change came out of, for the day it is handed over again. */
export interface CallHistory {
  readonly topic: State;
  readonly finished: boolean;
}

interface Entry {
  readonly fact: Pick<Fact, "kind" | "eventId" | "at">;
  told: CallHistory | undefined;
}

/** The kinds that precede an answer. */
const opening: readonly Kind[] = ["dialing", "callin", "callout", "screenpop"];

export const isOpening = (kind: Kind): boolean => opening.includes(kind);

/** Whether a fact's seq may differ from that of the command that caused the call. */
export const isSeqLoose = ({ kind, direction }: Fact): boolean => kind === "screenpop" || direction === "inbound";

const rankOf = (state: State): number => states.indexOf(state);

/** The state that a single fact implies. An inbound "ringing" rings the agent; an outbound one precedes the ringing of the customer. */
function stateOf({ kind }: Fact, direction: Direction | undefined): State {
  switch (kind) {
    case "callin":
      return direction === "inbound" ? "ringing" : "dialing";
    case "dialing":
    case "callout":
      return "dialing";
    case "screenpop":
      return "ringing";
    case "callstart":
      return "answered";
    case "callend":
      return "ended";
    case "billing":
      return "billed";
  }
}

const seconds = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : Math.round((to - from) / 1000);

const least = (one: number | undefined, other: number): number => (one === undefined ? other : Math.min(one, other));

/** A call and its facts. */
export class Call implements Queued<Call> {
  since = 0;
  before: Call | undefined;
  after: Call | undefined;
  queue: Queue<Call> | undefined;

  readonly id: string;
  state: State;
  /** Whether its end was reported to the flow. */
  finished = false;
  /** Its end was concluded, not received: a newer call began, or there was no event for too long. */
  presumed = false;
  /** It was dropped before its end was known. */
  givenUp = false;
  account: string | undefined;
  agent: string | undefined;
  number: string | undefined;
  numberE164: string | undefined;
  keys: readonly string[] = [];
  direction: Direction | undefined;
  seq: string | undefined;
  /** Whether the seq may not be a command's: a screen pop's is "a sequence number" (§19), and inbound calls have no command. */
  seqIsLoose = true;
  userData: string | undefined;
  billing: Fact["billing"];
  /** Time of the first and the last fact, ms since 1970. */
  firstAt: number;
  lastAt: number;
  #openedAt: number | undefined;
  #rangAt: number | undefined;
  #answeredAt: number | undefined;
  #endedAt: number | undefined;
  readonly #entries: Entry[] = [];
  #heard = 0;

  constructor(fact: Fact) {
    this.id = fact.eventId ?? newId().replaceAll("-", "");
    this.state = stateOf(fact, fact.direction);
    this.firstAt = fact.at;
    this.lastAt = fact.at;
  }

  /** Whether a fact of a kind was received. */
  has(kind: Kind): boolean {
    return (this.#heard & bitOf(kind)) !== 0;
  }

  /** The stored fact with this event id. */
  entryOf(eventId: string | undefined): Entry | undefined {
    return eventId === undefined ? undefined : this.#entries.find(({ fact }) => fact.eventId === eventId);
  }

  /** When a fact of a kind was received, ms since 1970. */
  heardAt(kind: Kind): number | undefined {
    return this.#entries.find(({ fact }) => fact.kind === kind)?.fact.at;
  }

  get ended(): boolean {
    return rankOf(this.state) >= rankOf("ended");
  }

  /** When its end was received, by the local clock: ms since 1970. */
  get endAt(): number {
    return this.#endedAt ?? this.heardAt("billing") ?? this.lastAt;
  }

  /** Whether it is a verification call: only its bill is ever received. */
  get isVerification(): boolean {
    return this.billing?.service?.verification === true;
  }

  get outcome(): Outcome | undefined {
    if (!this.ended) return undefined;
    const { billing } = this;
    if (billing?.tells) return billing.answered ? "answered" : this.#notAnswered;
    if (this.givenUp) return "unknown";
    if (this.#answeredAt !== undefined) return "answered";
    return this.presumed || this.#openedAt === undefined ? "unknown" : this.#notAnswered;
  }

  get #notAnswered(): Outcome {
    return this.direction === "inbound" ? "missed" : "unanswered";
  }

  /** Adds a fact. Returns its stored entry. */
  hear(fact: Fact): Entry {
    const { kind, at } = fact;
    this.#heard |= bitOf(kind);
    this.account ??= fact.account;
    this.agent ??= fact.agent;
    if (this.number === undefined && fact.number !== undefined) {
      this.number = fact.number;
      this.numberE164 = fact.numberE164;
      this.keys = fact.keys;
    } else if (this.keys.length === 0) this.keys = fact.keys;
    this.direction ??= fact.direction;
    if (fact.seq !== undefined && this.seqIsLoose) {
      this.seqIsLoose = isSeqLoose(fact);
      if (!this.seqIsLoose || this.seq === undefined) this.seq = fact.seq;
    }
    this.userData ??= fact.userData;
    this.billing ??= fact.billing;
    this.firstAt = Math.min(this.firstAt, at);
    this.lastAt = Math.max(this.lastAt, at);
    const state = stateOf(fact, this.direction);
    if (isOpening(kind)) this.#openedAt = least(this.#openedAt, at);
    if (state === "ringing") this.#rangAt = least(this.#rangAt, at);
    if (kind === "callstart") this.#answeredAt = least(this.#answeredAt, at);
    if (kind === "callend") {
      this.#endedAt = least(this.#endedAt, at);
      this.presumed = false;
      this.givenUp = false;
    }
    if (rankOf(state) > rankOf(this.state)) this.state = state;
    const entry: Entry = { fact: { kind, eventId: fact.eventId, at }, told: undefined };
    this.#entries.push(entry);
    return entry;
  }

  /** Ends a call whose end was not reported. */
  presumeEnd(): void {
    this.presumed = true;
    this.state = "ended";
  }

  /** A text of all values that a flow sees; it changes whenever one of them does. */
  get summary(): string {
    return `${this.state}|${this.outcome ?? ""}|${this.agent ?? ""}|${this.number ?? ""}`;
  }

  /** The call as a flow receives it. @param state the state to report; default: the current one */
  tracked(context: PushContext, state: State = this.state): TrackedCall {
    const { timezone } = context;
    const { billing } = this;
    const outcome = rankOf(state) >= rankOf("ended") ? this.outcome : undefined;
    const iso = (moment: number | undefined): string | null =>
      moment === undefined ? null : isoTime(moment, timezone);
    const answeredAt = billing?.tells ? billing.answerAt : this.#answeredAt;
    const endedAt = billing?.byeAt ?? this.#endedAt;
    const recordFile = billing?.recordFile || null;
    return {
      id: this.id,
      state,
      outcome: outcome ?? null,
      direction: this.direction ?? null,
      agent: this.agent ?? null,
      number: this.number ?? null,
      numberE164: this.numberE164 ?? null,
      userData: this.userData ?? null,
      seq: this.seq ?? null,
      session: billing?.session ?? null,
      startedAt: iso(billing?.startAt ?? this.#openedAt ?? this.#answeredAt),
      answeredAt: iso(answeredAt ?? (billing?.answered ? this.#answeredAt : undefined)),
      endedAt: iso(endedAt),
      ringSeconds: this.#ringSeconds() ?? null,
      talkSeconds: outcome === undefined ? null : (this.#talkSeconds(outcome) ?? null),
      recordFile,
      recordUrl: (recordFile === null ? undefined : recordUrl(recordFile, context)) ?? null,
      events: this.#entries.map(({ fact }) => ({
        event: fact.kind,
        at: isoTime(fact.at, timezone),
        eventId: fact.eventId ?? null,
      })),
    };
  }

  /** Seconds from the start of ringing to the answer, or to the end of an unanswered call. */
  #ringSeconds(): number | undefined {
    const { billing } = this;
    const billed =
      billing && seconds(billing.ringAt, billing.answerAt ?? (billing.answered ? undefined : billing.byeAt));
    return billed ?? seconds(this.#rangAt, this.#answeredAt ?? this.#endedAt);
  }

  #talkSeconds(outcome: Outcome): number | undefined {
    const { billing } = this;
    if (billing?.tells && billing.durationSeconds !== undefined) return billing.durationSeconds;
    if (outcome === "missed" || outcome === "unanswered") return 0;
    return seconds(this.#answeredAt, this.#endedAt);
  }
}

const bits: Readonly<Record<Kind, number>> = {
  dialing: 1,
  callin: 2,
  callout: 4,
  screenpop: 8,
  callstart: 16,
  callend: 32,
  billing: 64,
};

const bitOf = (kind: Kind): number => bits[kind];
