// The nodes that follow the calls of an account. They hear of calls that are about to be dialled, and say which calls are under way.
import type { Call } from "../../calls/call";
import type { ExpectedCall } from "../../calls/contexts";
import type { LiveCall } from "../../catalogue/sidebar";
import { guarded } from "../../util/guarded";

/** A node that joins the events of an account into calls. */
export interface CallFollower {
  /** Whether it hears every push of the account. Others hear what the flow gives them. */
  readonly hearsAll: boolean;
  /** A call is about to be dialled; resolves when that is kept on disk. */
  expect(expected: ExpectedCall): Promise<void>;
  /** A call that was expected was not dialled. */
  unexpect(id: string): void;
  /** The calls that have not ended, the one heard of last first. */
  open(): Iterable<Call>;
}

/** The most characters of a text of a push. */
const longestText = 64;

const short = (text = ""): string => text.slice(0, longestText);

/** A call is dialled although its context is not on disk after so long, in ms. */
const patienceMs = 2000;

/** Those who wait for a follower to keep what it was told. */
type Waiting = Set<() => void>;

/** The followers, by the ids of their accounts. */
export class CallFollowers {
  readonly #followers = new Map<string, Map<CallFollower, Waiting>>();

  /** A node begins to follow the calls of an account; call what comes back to end it. */
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
   * Tells all followers of a call, before its command is sent. Resolves when they have kept it. A follower that closes, that fails or whose
   * disk takes long does not hold up the call.
   */
  async expect(account: string, expected: ExpectedCall): Promise<void> {
    const followers = [...(this.#followers.get(account) ?? [])];
    await Promise.all(followers.map(([follower, waiting]) => kept(() => follower.expect(expected), waiting)));
  }

  /** Tells all followers that a call was not dialled. */
  unexpect(account: string, id: string): void {
    for (const follower of this.#followers.get(account)?.keys() ?? []) follower.unexpect(id);
  }

  /** Whether a node joins all events of an account. */
  hearsAll(account: string): boolean {
    return [...(this.#followers.get(account)?.keys() ?? [])].some(({ hearsAll }) => hearsAll);
  }

  /** The calls that are under way, those heard of last first; of each account at most so many. One node tells for an account. */
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

/** Resolves when something is kept, has failed, has taken too long, or is waited for no more. */
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
