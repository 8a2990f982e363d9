// How a page gets to a flow: at once, or waited for until a confirm node has had the tokens of all its messages.
import type { Outcome } from "../../delivery/tokens";
import { guarded } from "../../util/guarded";
import { sleep } from "../../util/sleep";
import type { Tokens } from "../receive/tokens";

/** The pauses before a page that was refused comes again, in ms: doubled from the first to the longest. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

export const defaultPauses: Pauses = { first: 1000, longest: 60_000 };

/** What is handed on, and how. */
export interface Handing {
  readonly tokens: Tokens;
  /** How many messages there are. */
  readonly count: number;
  /** Sends them; it gets a token for each. */
  readonly send: (tokens: readonly string[]) => Promise<void>;
  /** Ends the waiting. */
  readonly closing: AbortSignal;
  readonly pauses?: Pauses;
}

/**
 * Hands messages on and waits for their confirmations. Refused: all of them come again, after a while that grows, until they are taken.
 * @returns true when every token was taken, false if the feed closes
 */
export async function handUntilTaken(handing: Handing): Promise<boolean> {
  const { closing, pauses = defaultPauses } = handing;
  for (let pause = pauses.first; !closing.aborted; pause = Math.min(pause * 2, pauses.longest)) {
    const outcome = await handOnce(handing);
    if (outcome === "taken") return true;
    if (outcome === "refused") await sleep(pause, closing);
  }
  return false;
}

async function handOnce({ tokens, count, send, closing }: Handing): Promise<Outcome | "closed"> {
  let settle: (outcome: Outcome | "closed") => void = () => undefined;
  const settled = new Promise<Outcome | "closed">((resolve) => {
    settle = resolve;
  });
  let open = count;
  // Its own, so that nobody else's acknowledgements can void them.
  const acks = tokens.pendingAcks();
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
