// The platform's own books of what it has dialled: for tests that compare what a flow says with what really was.
import { type EndingName, endingOf } from "./fates";
import type { Dialled, Ledger } from "./ledger";

/** Which calls are asked about: all that were made, unless a task or a number is named. */
export interface BooksFilter {
  readonly taskID?: string;
  readonly number?: string;
}

/** How many calls were made, and what came of them: `dialled` is the sum of the others. */
export interface Tally {
  readonly dialled: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly busy: number;
  readonly vacant: number;
  /** Hung up before they were answered. */
  readonly cancelled: number;
  /** Cut off by a restart that dropped its state: nothing was ever said of them. */
  readonly lost: number;
  readonly underWay: number;
}

/** What was dialled. */
export interface Books extends Tally {
  /** The same for every number. */
  readonly numbers: ReadonlyMap<string, Tally>;
}

type Counted = { -readonly [Key in keyof Tally]: Tally[Key] };

const nothing = (): Counted => ({
  dialled: 0,
  answered: 0,
  unanswered: 0,
  busy: 0,
  vacant: 0,
  cancelled: 0,
  lost: 0,
  underWay: 0,
});

/** Counts the calls that were made: the ended ones, those under way, and those that were lost. */
export const booksOf = (ledger: Ledger, underWay: readonly Dialled[], filter: BooksFilter): Books => {
  const total = nothing();
  const numbers = new Map<string, Counted>();
  const count = ({ number, taskID }: Dialled, outcome: EndingName | "cancelled" | "lost" | "underWay"): void => {
    if ((filter.taskID ?? taskID) !== taskID || (filter.number ?? number) !== number) return;
    const ofNumber = numbers.get(number) ?? nothing();
    numbers.set(number, ofNumber);
    for (const tally of [total, ofNumber]) {
      tally.dialled += 1;
      tally[outcome] += 1;
    }
  };
  for (const { facts } of ledger.cdrs) {
    if (!facts.inbound) count({ number: facts.callee, taskID: facts.taskID }, endingOf(facts));
  }
  for (const call of ledger.lost) count(call, "lost");
  for (const call of underWay) count(call, "underWay");
  return { ...total, numbers };
};
