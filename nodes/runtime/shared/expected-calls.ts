// Calls with a context that are about to be dialled: whoever dials tells whoever joins the events of the same account into calls.
import type { ExpectedCall } from "../../calls/contexts";

/** Who joins an account's events into calls. */
export interface CallListener {
  /** A call is about to be dialled; resolves when that is safely kept. Must not reject. */
  expect(expected: ExpectedCall): Promise<void>;
  /** A call that was expected was not dialled. */
  unexpect(id: string): void;
}

const listeners = new Map<string, Set<CallListener>>();

/** Begins to listen for the calls of an account, by the id of its node; call what comes back to end it. */
export function listenForCalls(account: string, listener: CallListener): () => void {
  const all = listeners.get(account) ?? new Set();
  listeners.set(account, all.add(listener));
  return () => {
    all.delete(listener);
    if (all.size === 0 && listeners.get(account) === all) listeners.delete(account);
  };
}

/** Tells all listeners of a call, before its command is sent. */
export async function expectCall(account: string, expected: ExpectedCall): Promise<void> {
  await Promise.all([...(listeners.get(account) ?? [])].map((listener) => listener.expect(expected)));
}

/** Tells all listeners that a call was not dialled. */
export function unexpectCall(account: string, id: string): void {
  for (const listener of listeners.get(account) ?? []) listener.unexpect(id);
}
