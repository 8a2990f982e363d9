// How a page gets to a flow: at once, or waited for until a confirm node has had the tokens of all its messages.
import { guarded } from "../../protocol/guarded";
import { sleep } from "../../protocol/sleep";
import { type Confirmation, Handover } from "../receive/tokens";

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
  send: (tokens: readonly string[]) => void,
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

function handOnce(
  count: number,
  send: (tokens: readonly string[]) => void,
  closing: AbortSignal,
): Promise<Confirmation | "closed"> {
  return new Promise((resolve) => {
    let open = count;
    const handovers: Handover[] = [];
    const settle = (outcome: Confirmation | "closed"): void => {
      closing.removeEventListener("abort", close);
      // What is confirmed from here on stands for nothing that waits.
      for (const handover of handovers) handover.forget();
      resolve(outcome);
    };
    const close = guarded(() => settle("closed"));
    closing.addEventListener("abort", close, { once: true });
    for (let index = 0; index < count; index += 1) {
      let pending = true;
      handovers.push(
        new Handover((confirmation) => {
          if (!pending) return false;
          pending = false;
          open -= 1;
          if (confirmation === "refused") settle("refused");
          else if (open === 0) settle("taken");
          return true;
        }),
      );
    }
    send(handovers.map((handover) => handover.token()));
  });
}
