// What becomes of a call: by the last digits of the number where users can rely on them, else drawn from the call's random stream.
import type { Random } from "./random";

/** How a call goes. Durations in simulated seconds. */
export interface Fate {
  readonly answered: boolean;
  /** A SIP code. */
  readonly releaseCause: string;
  /** callResult of the catalogue: 1 connected, 2 not connected, 3 vacant. */
  readonly result: string;
  /** How long the agent takes to pick up. */
  readonly pickUp: number;
  readonly ring: number;
  readonly talk: number;
  /** How long the agent's after-call work takes. */
  readonly wrapUp: number;
}

type Ending = Pick<Fate, "answered" | "releaseCause" | "result">;

/** How a number can end a call, by name. */
export const endings = {
  answered: { answered: true, releaseCause: "200", result: "1" },
  unanswered: { answered: false, releaseCause: "480", result: "2" },
  busy: { answered: false, releaseCause: "486", result: "2" },
  vacant: { answered: false, releaseCause: "404", result: "3" },
} as const satisfies Readonly<Record<string, Ending>>;

export type EndingName = keyof typeof endings;
export const endingNames = ["answered", "unanswered", "busy", "vacant"] as const satisfies readonly EndingName[];

/** What becomes of a call that is hung up before it is answered. */
export const cancelled: Ending = { answered: false, releaseCause: "487", result: "2" };

/** How a call that was made has ended, by its releaseCause and result. */
export const endingOf = (of: Pick<Fate, "releaseCause" | "result">): EndingName | "cancelled" =>
  endingNames.find((name) => endings[name].releaseCause === of.releaseCause && endings[name].result === of.result) ??
  "cancelled";

/** What numbers do, in both directions. */
export interface Numbers {
  /** By their last digits; the longest that fit count. They add to 8888, 0000, 0001 and 9999, or replace them. */
  readonly endings?: Readonly<Record<string, EndingName>>;
  /** How often the other numbers do what, in relation to each other. */
  readonly shares?: Readonly<Partial<Record<EndingName, number>>>;
}

/** What is wrong with what numbers are to do; undefined if nothing is. */
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

/** The last digits that mean something unless something else is said. */
const usualEndings: Readonly<Record<string, EndingName>> = {
  "8888": "answered",
  "0000": "unanswered",
  "0001": "busy",
  "9999": "vacant",
};

/** Every other number answers four times out of five. */
const usualShares: Readonly<Partial<Record<EndingName, number>>> = { answered: 0.8, unanswered: 0.2 };

/** Knows what becomes of calls. */
export class Fates {
  #endings: ReadonlyMap<string, EndingName> = new Map();
  #longest = 0;
  #shares: readonly (readonly [EndingName, number])[] = [];

  constructor(private readonly usual: Numbers = {}) {
    this.reset();
  }

  /** Replaces what numbers do; what is not said is as usual. */
  set({ endings: given = {}, shares = {} }: Numbers): void {
    this.#endings = new Map(Object.entries({ ...usualEndings, ...given }));
    this.#longest = Math.max(...[...this.#endings.keys()].map(({ length }) => length));
    this.#shares = endingNames.map(
      (name) => [name, (Object.keys(shares).length === 0 ? usualShares : shares)[name] ?? 0] as const,
    );
  }

  /** As it was at the start. */
  reset(): void {
    this.set(this.usual);
  }

  /** Draws a call's fate. Every value is drawn for every call, so that one choice does not shift the others. */
  of(number: string, random: Random): Fate {
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

  /** The ending that a number 0 <= n < 1 falls on. */
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
