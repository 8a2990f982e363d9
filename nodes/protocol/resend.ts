// What may be sent again, and when (docs/protocol.md, "Commands").
import { errorOfName, type Resend } from "../catalogue";
import type { Failure } from "./failure";

const tooFrequent = errorOfName("E_G_API_TO_FREQUENTLY")?.value;

/** Statuses that say "not now" rather than "not so". */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether the answer got lost in a way that the next try may not: the command may have been carried out, or not. */
function isLost(failure: Failure): boolean {
  switch (failure.kind) {
    case "timeout":
      return true;
    case "network":
      return !failure.lasting;
    case "http":
      return passing.has(failure.status);
    default:
      return false;
  }
}

/** The platform refused to carry the command out for now. */
export const isTooFrequent = (failure: Failure): boolean =>
  failure.kind === "platform" && failure.value === tooFrequent;

/** Whether a command of this kind may be sent again after this failure, as far as the failure alone tells. */
export function mayResend(resend: Resend, failure: Failure): boolean {
  if (isTooFrequent(failure)) return true;
  if (resend === "once") return failure.kind === "network" && failure.neverLeft && !failure.lasting;
  return isLost(failure);
}

/** The first pause in ms after a lost answer, the first one after E_G_API_TO_FREQUENTLY, and the longest. */
export interface Backoff {
  readonly first: number;
  readonly firstTooFrequent: number;
  readonly longest: number;
}

export const defaultBackoff: Backoff = { first: 250, firstTooFrequent: 1000, longest: 15_000 };

/** The pause in ms before try `attempt` (1 = the first repeat): doubled each time, and drawn from its upper half so that clients part. */
export function pauseBefore(attempt: number, failure: Failure, backoff: Backoff, random: () => number): number {
  const first = isTooFrequent(failure) ? backoff.firstTooFrequent : backoff.first;
  const full = Math.min(backoff.longest, first * 2 ** (attempt - 1));
  return full * (0.5 + random() / 2);
}

/**
 * Which command was the last to go out for an agent or a task: one that sets a state must not be sent again after a newer one.
 * Remembers a subject only while a command for it is under way.
 */
export class Subjects {
  readonly #subjects = new Map<string, { newest: number; users: number }>();
  #ticket = 0;

  /** A command for the subject goes out now. Call `left` with its ticket when it is over. */
  sent(subject: string): number {
    this.#ticket += 1;
    const entry = this.#subjects.get(subject);
    if (entry === undefined) this.#subjects.set(subject, { newest: this.#ticket, users: 1 });
    else {
      entry.newest = this.#ticket;
      entry.users += 1;
    }
    return this.#ticket;
  }

  /** Whether a newer command for the subject has gone out. */
  isOld(subject: string, ticket: number): boolean {
    return (this.#subjects.get(subject)?.newest ?? 0) > ticket;
  }

  /** The command is over. */
  left(subject: string): void {
    const entry = this.#subjects.get(subject);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users === 0) this.#subjects.delete(subject);
  }

  /** How many subjects are remembered. */
  get size(): number {
    return this.#subjects.size;
  }
}
