// Contexts of commands that dial. Each is kept until its call begins, and is given only to a call that certainly
// belongs to it.
import { isObject, type JsonObject } from "../util/json";
import { MultiMap } from "../util/multi-map";
import type { Call } from "./call";

/** A call that is about to be dialled, and the context for its messages. */
export interface ExpectedCall {
  readonly id: string;
  /** When it was dialled, ms since 1970. */
  readonly at: number;
  readonly agent: string | undefined;
  /** The keys of its number. */
  readonly keys: readonly string[];
  readonly seq: string | undefined;
  readonly userData: string | undefined;
  readonly taskID: string | undefined;
  /** Any JSON. */
  readonly context: unknown;
}

/** If its events have no seq, a call must begin within this time after its command, in ms. */
const beginsWithinMs = 120_000;

/** How much earlier than the time of the command the platform's events may come, in ms. */
const slackMs = 5000;

/** Limits the memory for contexts whose call never begins. */
const limit = 100_000;

const differ = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

const equal = (one: string | undefined, other: string | undefined): boolean => one !== undefined && one === other;

/** Limits the search, because a hotline's number may be expected very often. */
const mostSearched = 256;

/** The calls that are expected. */
export class ExpectedCalls {
  readonly #all = new Map<string, ExpectedCall>();
  readonly #byNumber = new MultiMap<ExpectedCall>();

  /** Expects a call. @returns the IDs of calls that were dropped because there are too many */
  add(expected: ExpectedCall): readonly string[] {
    this.delete(expected.id);
    this.#all.set(expected.id, expected);
    for (const key of expected.keys) this.#byNumber.add(key, expected);
    return this.#dropOldest((size) => size > limit);
  }

  /** Stops expecting a call: it was not dialled, or it has begun. */
  delete(id: string): boolean {
    const expected = this.#all.get(id);
    if (expected === undefined) return false;
    this.#all.delete(id);
    for (const key of expected.keys) this.#byNumber.delete(key, expected);
    return true;
  }

  /** Drops the calls that were dialled before a moment (ms since 1970). Returns their IDs. */
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

  /** The expected call that a call certainly is; undefined if there is none, or if several are possible. */
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
    // The platform may not repeat the command's seq. Then only one call to that number may have been dialled in that
    // time.
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

/** Restores an expected call from JSON; undefined for anything else. */
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
