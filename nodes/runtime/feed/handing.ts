// Hands a page to a flow, and waits until all its messages are confirmed.
import type { Outcome } from "../../delivery/tokens";
import { guarded } from "../../util/guarded";
import { sleep } from "../../util/sleep";
import type { Tokens } from "../receive/tokens";

/** Pauses before a refused page is handed over again, in ms. They double up to the longest. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

export const defaultPauses: Pauses = { first: 1000, longest: 60_000 };

export interface Handing {
  readonly tokens: Tokens;
  /** The number of messages. */
  readonly count: number;
  /** Sends the messages, each with one of these tokens. */
  readonly send: (tokens: readonly string[]) => Promise<void>;
  /** Aborted when the waiting must end. */
  readonly closing: AbortSignal;
  readonly pauses?: Pauses;
}

/**
 * Sends messages and waits for their confirmations. If one is refused, all are sent again after a pause.
 * @returns true when all were taken, false if the feed closes
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
  // A separate owner, so that no other owner can invalidate these tokens.
  const acks = tokens.pendingAcks();
  const end = (outcome: Outcome | "closed"): void => {
    closing.removeEventListener("abort", close);
    // The tokens of this attempt are invalid from now on.
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
    // Completed even if the page is refused meanwhile: its remaining messages must not follow the first ones of the
    // next attempt.
    await send(pendings.map((one) => one.token()));
  } catch (error) {
    close();
    throw error;
  }
  return settled;
}
