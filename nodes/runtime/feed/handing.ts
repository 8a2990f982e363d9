// How a page gets to a flow: at once, or waited for until a confirm node has had the tokens of all its messages.
import type { Outcome } from "../../delivery/tokens";
import { guarded } from "../../util/guarded";
import { sleep } from "../../util/sleep";
import { pendingAcks } from "../receive/tokens";

/** The pauses before a page that was refused comes again, in ms: doubled from the first to the longest. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

export const defaultPauses: Pauses = { first: 1000, longest: 60_000 };

/**
 * Hands messages on and waits for their confirmations. Refused: all of them come again, after a while that grows, until they are taken.
 * @param send gets a token for each message
 * @param closing ends the waiting
 * @returns true when every token was taken, false if the feed closes
 */
export async function handUntilTaken(
  count: number,
  send: (tokens: readonly string[]) => Promise<void>,
  closing: AbortSignal,
  pauses: Pauses = defaultPauses,
): Promise<boolean> {
  for (let pause = pauses.first; !closing.aborted; pause = Math.min(pause * 2, pauses.longest)) {
    const outcome = await handOnce(count, send, closing);
    if (outcome === "taken") return true;
    if (outcome === "refused") await sleep(pause, closing);
  }
  return false;
}

async function handOnce(
  count: number,
  send: (tokens: readonly string[]) => Promise<void>,
  closing: AbortSignal,
): Promise<Outcome | "closed"> {
  let settle: (outcome: Outcome | "closed") => void = () => undefined;
  const settled = new Promise<Outcome | "closed">((resolve) => {
    settle = resolve;
  });
  let open = count;
  // Its own, so that nobody else's acknowledgements can void them.
  const acks = pendingAcks();
  const end = (outcome: Outcome | "closed"): void => {
    closing.removeEventListener("abort", close);
    // What is confirmed from here on stands for nothing that waits.
    acks.close();
    settle(outcome);
  };
  const close = guarded(() => end("closed"));
  const pendings = Array.from({ length: count }, () => {
    let pending = true;
    return acks.begin((outcome) => {
      if (!pending) return false;
      pending = false;
      open -= 1;
      if (outcome === "refused") end("refused");
      else if (open === 0) end("taken");
      return true;
    });
  });
  closing.addEventListener("abort", close, { once: true });
  try {
    // A page may be refused while its last messages are still to be sent: they must not come after the first ones of the next time.
    await send(pendings.map((one) => one.token()));
  } catch (error) {
    close();
    throw error;
  }
  return settled;
}
