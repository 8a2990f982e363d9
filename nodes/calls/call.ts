// A single call: the facts received so far and the state derived from them.
import { type Direction, enumerations } from "../catalogue/index";
import type { PushContext } from "../protocol/push";
import { recordUrl } from "../protocol/recording-url";
import { newId } from "../util/id";
import { isObject, type JsonObject } from "../util/json";
import { isoTime } from "../util/time";
import { type Bill, type Fact, type Kind, kinds } from "./facts";
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
  /** Why the call ended, where the platform gave a cause. */
  readonly reason: string | null;
  readonly direction: Direction | null;
  readonly agent: string | null;
  readonly number: string | null;
  readonly numberE164: string | null;
  readonly userData: string | null;
  /** The context that the command's node was given; absent if the join is not certain. */
  readonly context?: unknown;
  readonly seq: string | null;
  readonly session: string | null;
  readonly startedAt: string | null;
  readonly answeredAt: string | null;
  readonly endedAt: string | null;
  readonly ringSeconds: number | null;
  readonly talkSeconds: number | null;
  readonly recordFile: string | null;
  readonly recordUrl: string | null;
  /** A URL, a Buffer or a path; null except in the message that brings the recording. */
  readonly recording: unknown;
  readonly events: readonly CallEvent[];
}

/** The outputs that got a change, for when the change is delivered again. */
export interface CallHistory {
  readonly topic: State;
  readonly finished: boolean;
}

/** A remembered event of a call. */
export interface Entry {
  readonly fact: Pick<Fact, "kind" | "eventId" | "at" | "seq">;
  reported: CallHistory | undefined;
  /** Whether a repeated bill that first named a recording was reported. */
  amended: boolean;
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
  previous: Call | undefined;
  next: Call | undefined;
  queue: Queue<Call> | undefined;

  readonly id: string;
  state: State;
  /** Whether its end was reported to the flow. */
  finished = false;
  /** Whether its end was inferred: a newer call began, or there was no event for too long. */
  presumed = false;
  /** Whether it was dropped before its end was known. */
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
  taskID: string | undefined;
  /** The context of the command that dialled; undefined if there is none or it is not known. */
  context: unknown;
  billing: Bill | undefined;
  /** When its first and last facts were received, in ms since 1970. */
  firstAt: number;
  lastAt: number;
  #openedAt: number | undefined;
  #rangAt: number | undefined;
  #answeredAt: number | undefined;
  #endedAt: number | undefined;
  readonly #entries: Entry[] = [];
  #heard = 0;
  /** The messages that were given for it. */
  #given: readonly string[] = [];

  private constructor(id: string, state: State, at: number) {
    this.id = id;
    this.state = state;
    this.firstAt = at;
    this.lastAt = at;
  }

  /** Creates a call for a fact. The fact itself is not added yet. */
  static begin(fact: Fact): Call {
    const id = fact.eventId ?? newId().replaceAll("-", "");
    return new Call(id, stateOf(fact, fact.direction), fact.at);
  }

  /** Restores a call from the output of `toJSON`; undefined for anything else. */
  static restore(record: unknown): Call | undefined {
    if (!isObject(record)) return undefined;
    const { id, firstAt, lastAt, entries } = record;
    const state = states.find((one) => one === record.state);
    if (typeof id !== "string" || state === undefined || typeof firstAt !== "number" || !Array.isArray(entries)) {
      return undefined;
    }
    const call = new Call(id, state, firstAt);
    if (typeof lastAt === "number") call.lastAt = lastAt;
    for (const entry of entries) {
      const restored = entryOf(entry);
      if (restored === undefined) return undefined;
      call.#entries.push(restored);
      call.#heard |= bitOf(restored.fact.kind);
    }
    for (const name of textNames) call[name] = textIn(record, name);
    for (const name of flagNames) call[name] = record[name] === true;
    if (Array.isArray(record.keys)) call.keys = record.keys.map(String);
    if (Array.isArray(record.told)) call.#given = record.told.map(String);
    call.direction = record.direction === "inbound" || record.direction === "outbound" ? record.direction : undefined;
    call.billing = billOf(record.billing);
    call.context = record.context;
    [call.#openedAt, call.#rangAt, call.#answeredAt, call.#endedAt] = (
      ["openedAt", "rangAt", "answeredAt", "endedAt"] as const
    ).map((name) => numberIn(record, name));
    return call;
  }

  /** The complete state as JSON. */
  toJSON(): JsonObject {
    return {
      id: this.id,
      state: this.state,
      firstAt: this.firstAt,
      lastAt: this.lastAt,
      ...Object.fromEntries([...textNames, ...flagNames].map((name) => [name, this[name]])),
      keys: this.keys,
      told: this.#given,
      direction: this.direction,
      // The catalogue's entry is looked up again by its value.
      billing: this.billing && { ...this.billing, service: this.billing.service?.value },
      context: this.context,
      openedAt: this.#openedAt,
      rangAt: this.#rangAt,
      answeredAt: this.#answeredAt,
      endedAt: this.#endedAt,
      entries: this.#entries.map(({ fact: { kind, eventId, at, seq }, reported, amended }) => ({
        kind,
        eventId,
        at,
        seq,
        ...(reported && { topic: reported.topic, finished: reported.finished }),
        ...(amended && { amended }),
      })),
    };
  }

  /** Whether a fact of a kind was received. */
  has(kind: Kind): boolean {
    return (this.#heard & bitOf(kind)) !== 0;
  }

  /** Whether a message was given for it. */
  wasGiven(message: string): boolean {
    return this.#given.includes(message);
  }

  /** Marks a message as given. */
  markGiven(message: string): void {
    if (!this.wasGiven(message)) this.#given = [...this.#given, message];
  }

  /** Whether it was answered, as far as is known. */
  get wasAnswered(): boolean {
    if (this.billing?.tells) return this.billing.answered;
    return this.#answeredAt !== undefined || this.billing?.answered === true;
  }

  /** The remembered event with an ID. */
  entryOf(eventId: string | undefined): Entry | undefined {
    return eventId === undefined ? undefined : this.#entries.find(({ fact }) => fact.eventId === eventId);
  }

  /** The event of a kind. */
  entryOfKind(kind: Kind): Entry | undefined {
    return this.#entries.find(({ fact }) => fact.kind === kind);
  }

  /** When a kind was heard, ms since 1970. */
  heardAt(kind: Kind): number | undefined {
    return this.entryOfKind(kind)?.fact.at;
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
    this.taskID ??= fact.taskID;
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
    const entry: Entry = {
      fact: { kind, eventId: fact.eventId, at, seq: fact.seq },
      reported: undefined,
      amended: false,
    };
    this.#entries.push(entry);
    return entry;
  }

  /** Processes a repeated bill. Returns whether it names a recording for the first time; otherwise nothing changes. */
  amend(bill: Bill): boolean {
    if (this.billing === undefined || this.billing.recordFile !== "" || bill.recordFile === "") return false;
    this.billing = { ...this.billing, recordFile: bill.recordFile };
    const entry = this.entryOfKind("billing");
    if (entry !== undefined) entry.amended = true;
    return true;
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
      reason: (outcome && billing?.reason) ?? null,
      direction: this.direction ?? null,
      agent: this.agent ?? null,
      number: this.number ?? null,
      numberE164: this.numberE164 ?? null,
      userData: this.userData ?? null,
      ...(this.context === undefined ? {} : { context: this.context }),
      seq: this.seq ?? null,
      session: billing?.session ?? null,
      startedAt: iso(billing?.startAt ?? this.#openedAt ?? this.#answeredAt),
      answeredAt: iso(answeredAt ?? (billing?.answered ? this.#answeredAt : undefined)),
      endedAt: iso(endedAt),
      ringSeconds: this.#ringSeconds() ?? null,
      talkSeconds: outcome === undefined ? null : (this.#talkSeconds(outcome) ?? null),
      recordFile,
      recordUrl: (recordFile === null ? undefined : recordUrl(recordFile, context)) ?? null,
      recording: null,
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

const textNames = ["account", "agent", "number", "numberE164", "seq", "userData", "taskID"] as const;
const flagNames = ["finished", "presumed", "givenUp", "seqIsLoose"] as const;

const textIn = (source: JsonObject, name: string): string | undefined => {
  const value = source[name];
  return typeof value === "string" ? value : undefined;
};

const numberIn = (source: JsonObject, name: string): number | undefined => {
  const value = source[name];
  return typeof value === "number" ? value : undefined;
};

function entryOf(record: unknown): Entry | undefined {
  if (!isObject(record)) return undefined;
  const kind = kinds.find((one) => one === record.kind);
  const at = numberIn(record, "at");
  if (kind === undefined || at === undefined) return undefined;
  const topic = states.find((one) => one === record.topic);
  return {
    fact: { kind, at, eventId: textIn(record, "eventId"), seq: textIn(record, "seq") },
    reported: topic && { topic, finished: record.finished === true },
    amended: record.amended === true,
  };
}

function billOf(record: unknown): Bill | undefined {
  if (!isObject(record)) return undefined;
  const side = record.side === "caller" || record.side === "callee" ? record.side : undefined;
  return {
    service: enumerations.serviceType.find(({ value }) => value === record.service),
    startAt: numberIn(record, "startAt"),
    ringAt: numberIn(record, "ringAt"),
    answerAt: numberIn(record, "answerAt"),
    byeAt: numberIn(record, "byeAt"),
    answered: record.answered === true,
    durationSeconds: numberIn(record, "durationSeconds"),
    side,
    recordFile: textIn(record, "recordFile") ?? "",
    session: textIn(record, "session"),
    tells: record.tells === true,
    reason: textIn(record, "reason"),
  };
}
