// The outcome and the durations of a call: determined by the last digits of the number if these have a meaning, otherwise drawn from the call's random stream.
import type { Random } from "./random";

/** The outcome of a call, and how long its parts take. Durations in simulated seconds. */
export interface CallOutcome {
  readonly answered: boolean;
  /** A SIP code. */
  readonly releaseCause: string;
  /** callResult of the catalogue: 1 connected, 2 not connected, 3 vacant. */
  readonly result: string;
  /** How long the agent takes to answer. */
  readonly pickUp: number;
  readonly ring: number;
  readonly talk: number;
  /** Duration of the agent's after-call work. */
  readonly wrapUp: number;
}

type Ending = Pick<CallOutcome, "answered" | "releaseCause" | "result">;

export type EndingName = "answered" | "unanswered" | "busy" | "vacant";

/** How a call to a number can end, by name. */
export const endings: Readonly<Record<EndingName, Ending>> = {
  answered: { answered: true, releaseCause: "200", result: "1" },
  unanswered: { answered: false, releaseCause: "480", result: "2" },
  busy: { answered: false, releaseCause: "486", result: "2" },
  vacant: { answered: false, releaseCause: "404", result: "3" },
};

export const endingNames: readonly EndingName[] = ["answered", "unanswered", "busy", "vacant"];

/** The ending of a call that is hung up before it is answered. */
export const cancelled: Ending = { answered: false, releaseCause: "487", result: "2" };

/** The ending of an outbound call, by its releaseCause and result. */
export const endingOf = (of: Pick<CallOutcome, "releaseCause" | "result">): EndingName | "cancelled" =>
  endingNames.find((name) => endings[name].releaseCause === of.releaseCause && endings[name].result === of.result) ??
  "cancelled";

/** How numbers behave, in both directions. */
export interface Numbers {
  /** By the last digits; the longest match applies. Added to 8888, 0000, 0001 and 9999, or replacing them. */
  readonly endings?: Readonly<Record<string, EndingName>>;
  /** Relative frequencies of the endings of all other numbers. */
  readonly shares?: Readonly<Partial<Record<EndingName, number>>>;
}

/** What is wrong with the given behaviour of numbers; undefined if it is valid. */
export const numbersProblem = ({ endings: given = {}, shares = {} }: Numbers): string | undefined => {
  const isEnding = (name: string) => endingNames.some((known) => known === name);
  const digits = Object.keys(given).find((one) => !/^\d{1,32}$/.test(one));
  if (digits !== undefined) return `"${digits}" is not the last digits of a number`;
  const stray = [...Object.values(given), ...Object.keys(shares)].find((name) => !isEnding(name));
  if (stray !== undefined) return `"${stray}" is not one of ${endingNames.join(", ")}`;
  const parts = Object.values(shares);
  const good = parts.every((part) => part >= 0) && (parts.length === 0 || parts.some((part) => part > 0));
  return good ? undefined : "the shares must be numbers from 0, and not all of them 0";
};

/** Default meanings of last digits. */
const usualEndings: Readonly<Record<string, EndingName>> = {
  "8888": "answered",
  "0000": "unanswered",
  "0001": "busy",
  "9999": "vacant",
};

/** By default, four of five calls to other numbers are answered. */
const usualShares: Readonly<Partial<Record<EndingName, number>>> = { answered: 0.8, unanswered: 0.2 };

/** Determines the outcomes of calls. */
export class CallOutcomes {
  #endings: ReadonlyMap<string, EndingName> = new Map();
  #longest = 0;
  #shares: readonly (readonly [EndingName, number])[] = [];

  constructor(private readonly usual: Numbers = {}) {
    this.reset();
  }

  /** Replaces the behaviour of numbers; omitted parts have their defaults. */
  set({ endings: given = {}, shares = {} }: Numbers): void {
    this.#endings = new Map(Object.entries({ ...usualEndings, ...given }));
    this.#longest = Math.max(...[...this.#endings.keys()].map(({ length }) => length));
    this.#shares = endingNames.map(
      (name) => [name, (Object.keys(shares).length === 0 ? usualShares : shares)[name] ?? 0] as const,
    );
  }

  /** Restores the initial behaviour. */
  reset(): void {
    this.set(this.usual);
  }

  /** Draws the outcome of a call. Every value is drawn for every call, so that fixing one does not change the others. */
  of(number: string, random: Random): CallOutcome {
    const drawn = this.#drawn(random.next());
    return {
      ...endings[this.#reliable(number) ?? drawn],
      pickUp: random.integer(1, 4),
      ring: random.integer(2, 15),
      talk: random.integer(5, 180),
      wrapUp: random.integer(3, 10),
    };
  }

  #reliable(number: string): EndingName | undefined {
    for (let length = Math.min(this.#longest, number.length); length > 0; length--) {
      const ending = this.#endings.get(number.slice(-length));
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  /** The ending for a random number 0 <= n < 1. */
  #drawn(n: number): EndingName {
    const all = this.#shares.reduce((sum, [, share]) => sum + share, 0);
    let left = n * all;
    for (const [name, share] of this.#shares) {
      if (left < share) return name;
      left -= share;
    }
    return "unanswered";
  }
}
