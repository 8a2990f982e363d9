// The nodes that follow the calls of an account. They hear of calls that are about to be dialled, and say which calls are under way.
import type { Call } from "../../calls/call";
import type { ExpectedCall } from "../../calls/contexts";
import type { LiveCall } from "../../catalogue/sidebar";

/** A node that joins the events of an account into calls. */
export interface CallFollower {
  /** Whether it hears every push of the account. Others hear what the flow gives them. */
  readonly hearsAll: boolean;
  /** A call is about to be dialled; resolves when that is safely kept. Must not reject. */
  expect(expected: ExpectedCall): Promise<void>;
  /** A call that was expected was not dialled. */
  unexpect(id: string): void;
  /** The calls that have not ended, the one heard of last first. */
  open(): Iterable<Call>;
}

/** The most characters of a text of a push. */
const longestText = 64;

const short = (text = ""): string => text.slice(0, longestText);

/** The followers, by the ids of their accounts. */
export class CallFollowers {
  readonly #followers = new Map<string, Set<CallFollower>>();

  /** A node begins to follow the calls of an account; call what comes back to end it. */
  add(account: string, follower: CallFollower): () => void {
    const all = this.#followers.get(account) ?? new Set();
    this.#followers.set(account, all.add(follower));
    return () => {
      all.delete(follower);
      if (all.size === 0 && this.#followers.get(account) === all) this.#followers.delete(account);
    };
  }

  /** Tells all followers of a call, before its command is sent. */
  async expect(account: string, expected: ExpectedCall): Promise<void> {
    await Promise.all([...(this.#followers.get(account) ?? [])].map((follower) => follower.expect(expected)));
  }

  /** Tells all followers that a call was not dialled. */
  unexpect(account: string, id: string): void {
    for (const follower of this.#followers.get(account) ?? []) follower.unexpect(id);
  }

  /** Whether a node joins all events of an account. */
  hearsAll(account: string): boolean {
    return [...(this.#followers.get(account) ?? [])].some(({ hearsAll }) => hearsAll);
  }

  /** The calls that are under way, those heard of last first; of each account at most so many. One node tells for an account. */
  live(most: number): readonly LiveCall[] {
    return [...this.#followers].flatMap(([account, followers]) => {
      const all = [...followers];
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
