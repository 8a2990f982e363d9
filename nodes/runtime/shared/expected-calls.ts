// Calls with a context that are about to be dialled: whoever dials tells whoever joins the events of the same account into calls.
import type { ExpectedCall } from "../../calls/contexts";

/** Who joins an account's events into calls. */
export interface CallListener {
  /** A call is about to be dialled; resolves when that is safely kept. Must not reject. */
  expect(expected: ExpectedCall): Promise<void>;
  /** A call that was expected was not dialled. */
  unexpect(id: string): void;
}

/** Those who join events into calls, by the ids of their accounts. */
export class ExpectedCalls {
  readonly #listeners = new Map<string, Set<CallListener>>();

  /** Begins to listen for the calls of an account, by the id of its node; call what comes back to end it. */
  listen(account: string, listener: CallListener): () => void {
    const all = this.#listeners.get(account) ?? new Set();
    this.#listeners.set(account, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0 && this.#listeners.get(account) === all) this.#listeners.delete(account);
    };
  }

  /** Tells all listeners of a call, before its command is sent. */
  async expect(account: string, expected: ExpectedCall): Promise<void> {
    await Promise.all([...(this.#listeners.get(account) ?? [])].map((listener) => listener.expect(expected)));
  }

  /** Tells all listeners that a call was not dialled. */
  unexpect(account: string, id: string): void {
    for (const listener of this.#listeners.get(account) ?? []) listener.unexpect(id);
  }
}
