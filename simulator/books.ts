// Statistics of the calls that the platform has dialled, for tests that compare a flow's reports with the actual calls.
import { type EndingName, endingOf } from "./call-outcomes";
import type { Dialled, Ledger } from "./ledger";

/** Selects calls: all outbound calls, or those of a task or a number. */
export interface BooksFilter {
  readonly taskID?: string;
  readonly number?: string;
}

/** The number of calls and their results: `dialled` is the sum of the others. */
export interface Tally {
  readonly dialled: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly busy: number;
  readonly vacant: number;
  /** Hung up before the answer. */
  readonly cancelled: number;
  /** Lost in a restart that dropped the platform's state: never reported. */
  readonly lost: number;
  readonly underWay: number;
}

/** The totals, and the totals by number. */
export interface Books extends Tally {
  /** The same for each number. */
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

/** Counts outbound calls: ended ones, those in progress, and lost ones. */
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
