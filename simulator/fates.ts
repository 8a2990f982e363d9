// What becomes of a call: drawn from its random stream, except for numbers that users can rely on.
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

export const connected: Ending = { answered: true, releaseCause: "200", result: "1" };
export const noAnswer: Ending = { answered: false, releaseCause: "480", result: "2" };
const busy: Ending = { answered: false, releaseCause: "486", result: "2" };
const vacant: Ending = { answered: false, releaseCause: "404", result: "3" };

/** What becomes of a call that is hung up before it is answered. */
export const cancelled: Ending = { answered: false, releaseCause: "487", result: "2" };

/** What numbers with these last digits always do, in both directions; every other number answers four times out of five. */
const reliable: Readonly<Record<string, Ending>> = {
  "8888": connected,
  "0000": noAnswer,
  "0001": busy,
  "9999": vacant,
};

/** How likely any other number is to answer. */
const answerRate = 0.8;

/** Draws a call's fate. Every value is drawn for every call, so that one choice does not shift the others. */
export const fateOf = (number: string, random: Random): Fate => {
  const drawn = random.next() < answerRate ? connected : noAnswer;
  return {
    ...(reliable[number.slice(-4)] ?? drawn),
    pickUp: random.integer(1, 4),
    ring: random.integer(2, 15),
    talk: random.integer(5, 180),
    wrapUp: random.integer(3, 10),
  };
};
