// Finds calls by the values that they share with a fact.

import { MultiMap } from "../util/multi-map";
import type { Call } from "./call";
import type { Fact } from "./facts";

/** Limits the search for a number with very many calls. */
const mostSearched = 256;

/** A key for two texts that is unique for each pair. */
const pair = (one: string, other: string): string => `${one.length}:${one}${other}`;

/** The key of calls whose number was withheld. */
const withheld: readonly string[] = [""];
const numberKeys = (keys: readonly string[]): readonly string[] => (keys.length === 0 ? withheld : keys);

/** The keys by which a call is found. */
interface Keys {
  readonly pairs: readonly string[];
  readonly numbers: readonly string[];
  readonly hints: readonly string[];
  readonly session: string | undefined;
  readonly agent: string | undefined;
}

/** All tracked calls, by their keys. */
export class CallIndex {
  readonly #byPair = new MultiMap<Call>();
  readonly #byNumber = new MultiMap<Call>();
  readonly #byHint = new MultiMap<Call>();
  readonly #bySession = new MultiMap<Call>();
  readonly #byAgent = new MultiMap<Call>();
  readonly #keys = new Map<Call, Keys>();

  /** Every call that was added and not removed. */
  calls(): Iterable<Call> {
    return this.#keys.keys();
  }

  /** The calls that a fact may belong to, found by its keys. */
  *candidates({ agent, keys, seq, userData, billing }: Fact): Generator<Call> {
    if (billing?.session !== undefined) yield* this.#bySession.of(billing.session);
    for (const key of numberKeys(keys)) {
      if (agent !== undefined) {
        yield* this.#byPair.of(pair(agent, key));
        yield* this.#byPair.of(pair("", key));
        continue;
      }
      if (seq !== undefined) yield* this.#byHint.of(pair(`s${seq}`, key), mostSearched);
      if (userData !== undefined) yield* this.#byHint.of(pair(`u${userData}`, key), mostSearched);
      yield* this.#byNumber.of(key, mostSearched);
    }
    if (keys.length === 0 && agent !== undefined) yield* this.#byAgent.of(agent, mostSearched);
  }

  /** The calls of an agent with one of these numbers. */
  *withAgent(agent: string, keys: readonly string[]): Generator<Call> {
    for (const key of numberKeys(keys)) yield* this.#byPair.of(pair(agent, key));
  }

  /** Adds a call, or updates its keys to its current values. */
  update(call: Call): void {
    const { agent = "", seq, userData, billing } = call;
    const keys = numberKeys(call.keys);
    const next: Keys = {
      pairs: keys.map((key) => pair(agent, key)),
      numbers: keys,
      hints: keys.flatMap((key) => [
        ...(seq === undefined ? [] : [pair(`s${seq}`, key)]),
        ...(userData === undefined ? [] : [pair(`u${userData}`, key)]),
      ]),
      session: billing?.session,
      agent: call.agent,
    };
    const before = this.#keys.get(call);
    const same =
      before !== undefined &&
      before.session === next.session &&
      before.agent === next.agent &&
      before.numbers === next.numbers &&
      before.hints.length === next.hints.length;
    if (same) return;
    this.remove(call);
    for (const key of next.pairs) this.#byPair.add(key, call);
    for (const key of next.numbers) this.#byNumber.add(key, call);
    for (const key of next.hints) this.#byHint.add(key, call);
    if (next.session !== undefined) this.#bySession.add(next.session, call);
    if (next.agent !== undefined) this.#byAgent.add(next.agent, call);
    this.#keys.set(call, next);
  }

  remove(call: Call): void {
    const keys = this.#keys.get(call);
    if (keys === undefined) return;
    for (const key of keys.pairs) this.#byPair.delete(key, call);
    for (const key of keys.numbers) this.#byNumber.delete(key, call);
    for (const key of keys.hints) this.#byHint.delete(key, call);
    if (keys.session !== undefined) this.#bySession.delete(keys.session, call);
    if (keys.agent !== undefined) this.#byAgent.delete(keys.agent, call);
    this.#keys.delete(call);
  }
}
