// The nodes that follow the calls of an account. They are told of each call before it is dialled, and list the calls
// under way.
import type { Call } from "../../calls/call";
import type { ExpectedCall } from "../../calls/contexts";
import type { LiveCall } from "../../catalogue/sidebar";
import { guarded } from "../../util/guarded";

/** A node that joins the events of an account into calls. */
export interface CallFollower {
  /**
   * Whether it receives every push of the account. Other followers receive only the messages that the flow sends them.
   */
  readonly hearsAll: boolean;
  /** A call is about to be dialled. Resolves when it is on disk. */
  expect(expected: ExpectedCall): Promise<void>;
  /** An expected call was not dialled. */
  unexpect(id: string): void;
  /** The calls that have not ended, the most recently updated first. */
  open(): Iterable<Call>;
}

/** The longest text of a push that is shown, in characters. */
const longestText = 64;

const short = (text = ""): string => text.slice(0, longestText);

/** How long a call waits for its context to be written to disk, in ms. Then it is dialled without that. */
const patienceMs = 2000;

/** Callbacks that end waiting for a follower to write a call to disk. */
type Waiting = Set<() => void>;

/** The followers, by the IDs of their accounts. */
export class CallFollowers {
  readonly #followers = new Map<string, Map<CallFollower, Waiting>>();

  /** Adds a follower. Returns a function that removes it. */
  add(account: string, follower: CallFollower): () => void {
    const all = this.#followers.get(account) ?? new Map<CallFollower, Waiting>();
    const waiting: Waiting = new Set();
    this.#followers.set(account, all.set(follower, waiting));
    return () => {
      all.delete(follower);
      if (all.size === 0 && this.#followers.get(account) === all) this.#followers.delete(account);
      for (const goOn of [...waiting]) goOn();
    };
  }

  /**
   * Tells all followers of a call before its command is sent. Resolves when they have written it to disk. A follower
   * that closes, fails or has a slow disk does not delay the call.
   */
  async expect(account: string, expected: ExpectedCall): Promise<void> {
    const followers = [...(this.#followers.get(account) ?? [])];
    await Promise.all(followers.map(([follower, waiting]) => kept(() => follower.expect(expected), waiting)));
  }

  /** Tells all followers that a call was not dialled. */
  unexpect(account: string, id: string): void {
    for (const follower of this.#followers.get(account)?.keys() ?? []) follower.unexpect(id);
  }

  /** Whether some node receives all pushes of an account. */
  hearsAll(account: string): boolean {
    return [...(this.#followers.get(account)?.keys() ?? [])].some(({ hearsAll }) => hearsAll);
  }

  /**
   * The calls under way, the most recently updated first, at most `most` of each account. One follower lists them for
   * an account.
   */
  live(most: number): readonly LiveCall[] {
    return [...this.#followers].flatMap(([account, followers]) => {
      const all = [...followers.keys()];
      const calls: LiveCall[] = [];
      for (const call of (all.find(({ hearsAll }) => hearsAll) ?? all[0])?.open() ?? []) {
        if (calls.length === most) break;
        const { id, state, direction, agent, number, firstAt } = call;
        const known = direction === undefined ? {} : { direction };
        calls.push({ account, id, state, ...known, agent: short(agent), phone: short(number), since: firstAt });
      }
      return calls;
    });
  }
}

/** Resolves when `keep` has ended or failed, when it takes too long, or when the waiting is ended. */
function kept(keep: () => Promise<void>, waiting: Waiting): Promise<void> {
  return new Promise((resolve) => {
    const goOn = guarded(() => {
      clearTimeout(timer);
      waiting.delete(goOn);
      resolve();
    });
    const timer = setTimeout(goOn, patienceMs).unref();
    waiting.add(goOn);
    guarded(() => keep().finally(goOn))();
  });
}
