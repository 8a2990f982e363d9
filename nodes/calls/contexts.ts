// Contexts: what a command that dials brings along, kept until its call shows up. A context is only given to a call that it surely belongs to.
import { isObject, type JsonObject } from "../util/json";
import type { Call } from "./call";
import { Index } from "./index-of-calls";

/** A call that is about to be dialled, and what is to come back with its messages. */
export interface ExpectedCall {
  readonly id: string;
  /** When it was dialled, ms since 1970. */
  readonly at: number;
  readonly agent: string | undefined;
  /** What its number is compared by. */
  readonly keys: readonly string[];
  readonly seq: string | undefined;
  readonly userData: string | undefined;
  readonly taskID: string | undefined;
  /** Any JSON. */
  readonly context: unknown;
}

/** Without a seq in its events, a call has to begin so soon after its command, in ms. */
const beginsWithinMs = 120_000;

/** The platform's events may overtake the note of when the command was sent, in ms. */
const slackMs = 5000;

/** Contexts whose call never shows up must not fill the memory. */
const limit = 100_000;

const differ = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

const equal = (one: string | undefined, other: string | undefined): boolean => one !== undefined && one === other;

/** A hotline's number may be expected very often. */
const mostSearched = 256;

/** The calls that are expected. */
export class ExpectedCalls {
  readonly #all = new Map<string, ExpectedCall>();
  readonly #byNumber = new Index<ExpectedCall>();

  /** Expects a call. @returns what is forgotten for it, because there are too many */
  add(expected: ExpectedCall): readonly string[] {
    this.delete(expected.id);
    this.#all.set(expected.id, expected);
    for (const key of expected.keys) this.#byNumber.add(key, expected);
    return this.#dropOldest((size) => size > limit);
  }

  /** Expects a call no more: it was not dialled, or it has shown up. */
  delete(id: string): boolean {
    const expected = this.#all.get(id);
    if (expected === undefined) return false;
    this.#all.delete(id);
    for (const key of expected.keys) this.#byNumber.delete(key, expected);
    return true;
  }

  /** Forgets the calls that were dialled before a moment (ms since 1970). Returns their ids. */
  expire(before: number): readonly string[] {
    return this.#dropOldest((_, oldest) => oldest.at < before);
  }

  #dropOldest(isTooOld: (size: number, oldest: ExpectedCall) => boolean): readonly string[] {
    const dropped: string[] = [];
    for (const expected of this.#all.values()) {
      if (!isTooOld(this.#all.size, expected)) break;
      this.delete(expected.id);
      dropped.push(expected.id);
    }
    return dropped;
  }

  /** The one expected call that a call surely is; undefined where there is none, or where there may be several. */
  match(call: Call): ExpectedCall | undefined {
    if (this.#all.size === 0 || call.direction === "inbound") return undefined;
    const found = new Set<ExpectedCall>();
    for (const key of call.keys) for (const expected of this.#byNumber.of(key, mostSearched)) found.add(expected);
    const fitting = [...found].filter(
      ({ agent, userData, taskID }) =>
        !differ(agent, call.agent) && !differ(userData, call.userData) && !differ(taskID, call.taskID),
    );
    const named = fitting.filter(
      ({ seq, taskID }) => equal(taskID, call.taskID) || (!call.seqIsLoose && equal(seq, call.seq)),
    );
    if (named.length > 0) return only(named);
    // A platform may not repeat the command's seq. Then the call has to be the only one that was dialled in that time.
    if (!call.seqIsLoose && call.seq !== undefined) return undefined;
    return only(
      fitting.filter(
        ({ at, agent }) =>
          equal(agent, call.agent) && call.firstAt >= at - slackMs && call.firstAt <= at + beginsWithinMs,
      ),
    );
  }
}

const only = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined);

const textIn = (source: JsonObject, name: string): string | undefined => {
  const value = source[name];
  return typeof value === "string" ? value : undefined;
};

/** An expected call as JSON has it; undefined for anything else. */
export function restoreExpected(record: unknown): ExpectedCall | undefined {
  if (!isObject(record) || typeof record.id !== "string" || typeof record.at !== "number") return undefined;
  return {
    id: record.id,
    at: record.at,
    agent: textIn(record, "agent"),
    keys: Array.isArray(record.keys) ? record.keys.map(String) : [],
    seq: textIn(record, "seq"),
    userData: textIn(record, "userData"),
    taskID: textIn(record, "taskID"),
    context: record.context,
  };
}
