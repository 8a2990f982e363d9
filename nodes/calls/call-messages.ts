// One message for each event of a call: which, when, and with what. Knows nothing of Node-RED, files or HTTP.

import type { Direction } from "../catalogue";
import { guarded } from "../util/guarded";
import type { Call, TrackedCall } from "./call";
import type { ExpectedCall } from "./contexts";
import type { Fact } from "./facts";
import { type CallRecord, CallTracker, type News, realTiming, type Timing, type TrackerSettings } from "./tracker";

/** The events that a call's messages are for, in the order in which a call has them. A call has `ringing` or `dialing`, not both. */
export const messageEvents = ["ringing", "dialing", "answered", "finished", "recording"] as const;

export type MessageEvent = (typeof messageEvents)[number];

/** Which messages are wanted. */
export interface MessageSettings extends TrackerSettings {
  readonly events: readonly MessageEvent[];
  /** undefined: both. */
  readonly direction: Direction | undefined;
  /** Whether an agent's calls are wanted; undefined: all calls are. */
  readonly isWanted: ((agent: string) => boolean) | undefined;
  /** How long after its end a call's recording is waited for, in ms. */
  readonly recordingWaitMs: number;
}

/** A message to be given to a flow. */
export interface CallMessage {
  readonly event: MessageEvent;
  readonly call: TrackedCall;
  /** Why there is no recording. */
  readonly recordingError?: RecordingError;
}

/** Why there is no recording: no bill named one in time, or it could not be fetched. */
export type RecordingError =
  | { readonly kind: "notNamed" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

/** The result of fetching a recording. JSON can hold it. */
export type Fetched =
  | { readonly ok: true; readonly recording: unknown }
  | { readonly ok: false; readonly error: RecordingError };

/** Changes and messages. Both are written to disk together, before any message is sent. */
export interface Step {
  readonly records: readonly CallRecord[];
  readonly messages: readonly CallMessage[];
}

export interface MessageDeps {
  /** Called when time has caused a step. */
  readonly onStep: (step: Step) => void;
  /**
   * Fetches the recording of a call that has a recordFile. Tries for this many ms. Never rejects. `again`: an earlier
   * process may have fetched it already.
   */
  readonly fetch: (call: TrackedCall, withinMs: number, again: boolean) => Promise<Fetched>;
  readonly timing?: Timing;
}

/** A call whose recording message is still to come. */
interface Awaited {
  readonly call: Call;
  /** When waiting ends, in ms of the monotonic clock. */
  readonly due: number;
  /** An earlier process waited for it. */
  readonly again: boolean;
  fetching: boolean;
}

/**
 * Makes messages from the facts about calls. Each call gives each of its events once and in order, even if pushes are
 * lost, late or repeated. If the push of an event was lost, its message comes when a later push shows that the event
 * happened.
 */
export class CallMessages {
  readonly #deps: MessageDeps;
  readonly #timing: Timing;
  readonly #tracker: CallTracker;
  readonly #awaited = new Map<string, Awaited>();
  #settings: MessageSettings;
  #timer: (() => void) | undefined;
  #closed = false;
  #restoring = false;

  constructor(settings: MessageSettings, deps: MessageDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#timing = deps.timing ?? realTiming;
    this.#tracker = new CallTracker(remembering(settings), (news) => deps.onStep(this.#step(news)), this.#timing);
    // Makes the tracker collect changed records from now on.
    this.#tracker.records();
  }

  /** The number of followed calls, including those that wait for their bill. */
  get size(): number {
    return this.#tracker.size;
  }

  /** The calls that have not ended, the most recently updated first. */
  open(): Iterable<Call> {
    return this.#tracker.open();
  }

  /**
   * Continues with the newest record of each key. Must be called before any fact is processed. Returns what is due at
   * once.
   */
  restore(records: Iterable<unknown>): Step {
    this.#tracker.restore(records);
    const messages: CallMessage[] = [];
    this.#restoring = true;
    for (const call of this.#tracker.all()) if (call.finished) messages.push(...this.#due(call));
    this.#restoring = false;
    return { records: this.#tracker.records(), messages };
  }

  /** Processes a fact. */
  hear(fact: Fact): Step {
    return this.#step(this.#tracker.hear(fact));
  }

  /** A call is about to be dialled, with a context. */
  expect(expected: ExpectedCall): Step {
    this.#tracker.expect(expected);
    return this.#step([]);
  }

  /** An expected call was not dialled. */
  unexpect(id: string): Step {
    this.#tracker.unexpect(id);
    return this.#step([]);
  }

  /** Ends all timers. */
  close(): void {
    this.#closed = true;
    this.#tracker.pause();
    this.#timer?.();
  }

  #step(news: readonly News[]): Step {
    const messages: CallMessage[] = [];
    for (const { of } of news) messages.push(...this.#due(of));
    // Taken last, because the records contain which messages were given.
    const records = this.#tracker.records();
    for (const { key, value } of records) {
      const awaited = value === undefined ? this.#awaited.get(key.slice(1)) : undefined;
      // Too many calls have ended since. The call is forgotten, so no bill can be joined to it any more.
      if (awaited !== undefined && !awaited.fetching) messages.push(this.#recorded(awaited, notNamed));
    }
    return { records, messages };
  }

  /** The messages for events of a call that were not given yet. */
  #due(call: Call): readonly CallMessage[] {
    const messages: CallMessage[] = [];
    for (const event of messageEvents) {
      if (call.wasGiven(event) || !hasHad(call, event)) continue;
      // Marked as given, so that a later deploy with more events does not report past ones.
      if (!this.#settings.events.includes(event)) this.#markGiven(call, event);
      else if (!this.#wants(call)) continue;
      else if (event === "recording") this.#await(call);
      else {
        this.#markGiven(call, event);
        messages.push({ event, call: call.tracked(this.#settings.context) });
      }
    }
    return messages;
  }

  #markGiven(call: Call, event: MessageEvent): void {
    call.markGiven(event);
    this.#tracker.touch(call);
  }

  #wants(call: Call): boolean {
    const { direction, isWanted } = this.#settings;
    if (direction !== undefined && call.direction !== direction) return false;
    return isWanted === undefined || (call.agent !== undefined && isWanted(call.agent));
  }

  /** Waits for the recording of a finished call, or fetches it if its name is known. */
  #await(call: Call): void {
    let awaited = this.#awaited.get(call.id);
    if (awaited === undefined) {
      const { recordingWaitMs } = this.#settings;
      const left = call.endAt + recordingWaitMs - this.#timing.date();
      // If the clock was set, a recording is not waited for longer than configured.
      const due = this.#timing.now() + Math.max(0, Math.min(left, recordingWaitMs));
      awaited = { call, due, again: this.#restoring, fetching: false };
      this.#awaited.set(call.id, awaited);
    }
    if (call.billing?.recordFile) this.#fetch(awaited);
    else this.#arm();
  }

  #fetch(awaited: Awaited): void {
    if (awaited.fetching) return;
    awaited.fetching = true;
    const tracked = awaited.call.tracked(this.#settings.context);
    const within = Math.max(0, awaited.due - this.#timing.now());
    guarded(async () => {
      const fetched = await this.#deps.fetch(tracked, within, awaited.again);
      if (this.#closed) return;
      const message = this.#recorded(awaited, fetched);
      this.#deps.onStep({ records: this.#tracker.records(), messages: [message] });
    })();
  }

  #recorded({ call }: Awaited, fetched: Fetched): CallMessage {
    this.#awaited.delete(call.id);
    this.#markGiven(call, "recording");
    const tracked = call.tracked(this.#settings.context);
    return fetched.ok
      ? { event: "recording", call: { ...tracked, recording: fetched.recording } }
      : { event: "recording", call: tracked, recordingError: fetched.error };
  }

  /** Sets the single timer, for the recording that is given up first. */
  #arm(): void {
    if (this.#timer !== undefined || this.#closed) return;
    let next = Number.POSITIVE_INFINITY;
    for (const { due, fetching } of this.#awaited.values()) if (!fetching) next = Math.min(next, due);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#timing.after(Math.max(leastPauseMs, next - this.#timing.now()), () => {
      this.#timer = undefined;
      this.#giveUp();
      this.#arm();
    });
  }

  #giveUp(): void {
    const now = this.#timing.now();
    const late = [...this.#awaited.values()].filter(({ fetching, due }) => !fetching && due <= now);
    const messages = late.map((awaited) => this.#recorded(awaited, notNamed));
    if (messages.length > 0) this.#deps.onStep({ records: this.#tracker.records(), messages });
  }
}

const notNamed: Fetched = { ok: false, error: { kind: "notNamed" } };

/** Recordings that are given up at about the same time are given up together. */
const leastPauseMs = 100;

/** A call must be remembered for as long as its recording is waited for. */
const remembering = (settings: MessageSettings): TrackerSettings => ({
  ...settings,
  rememberMs: Math.max(settings.windowMs, settings.events.includes("recording") ? settings.recordingWaitMs : 0),
});

/** Whether a call has had an event, as far as is known. Everything that precedes a known event has happened too. */
function hasHad(call: Call, event: MessageEvent): boolean {
  switch (event) {
    case "ringing":
      return call.direction === "inbound";
    case "dialing":
      return call.direction === "outbound";
    case "answered":
      return call.wasAnswered;
    case "finished":
      return call.finished;
    case "recording":
      return call.finished && call.outcome === "answered";
  }
}
