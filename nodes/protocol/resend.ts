// Decides which commands may be sent again, and when (docs/protocol.md, "Commands").
import { errorOfName, type Resend } from "../catalogue";
import type { Failure } from "./failure";

const tooFrequent = errorOfName("E_G_API_TO_FREQUENTLY")?.value;

/** Statuses of temporary failures. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether the answer was lost by a temporary failure: the command may have been carried out or not. */
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

/** Whether the platform refused the command because of too many requests. */
export const isTooFrequent = (failure: Failure): boolean =>
  failure.kind === "platform" && failure.value === tooFrequent;

/** Whether a command of this kind may be sent again after this failure. Newer commands for the same subject are not considered here. */
export function mayResend(resend: Resend, failure: Failure): boolean {
  if (isTooFrequent(failure)) return true;
  if (resend === "once") return failure.kind === "network" && failure.neverLeft && !failure.lasting;
  return isLost(failure);
}

/** In ms: the first pause after a lost answer, the first after E_G_API_TO_FREQUENTLY, and the longest. */
export interface Backoff {
  readonly first: number;
  readonly firstTooFrequent: number;
  readonly longest: number;
}

export const defaultBackoff: Backoff = { first: 250, firstTooFrequent: 1000, longest: 15_000 };

/**
 * The pause in ms before a retry (attempt 1 = the first retry). It doubles each time; half of it is random so that clients do not retry in
 * step.
 */
export function pauseBefore(attempt: number, failure: Failure, backoff: Backoff, random: () => number): number {
  const first = isTooFrequent(failure) ? backoff.firstTooFrequent : backoff.first;
  const full = Math.min(backoff.longest, first * 2 ** (attempt - 1));
  return full * (0.5 + random() / 2);
}

/**
 * Remembers which command for an agent or a task was sent last: a command that sets a state must not be sent again after a newer one. A
 * subject is remembered only while a command for it is in progress.
 */
export class Subjects {
  readonly #subjects = new Map<string, { newest: number; users: number }>();
  #ticket = 0;

  /** Registers that a command for the subject is sent now; returns its ticket. Call `left` when the command is finished. */
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

  /** Whether a newer command for the subject has been sent. */
  isOld(subject: string, ticket: number): boolean {
    return (this.#subjects.get(subject)?.newest ?? 0) > ticket;
  }

  /** Registers that a command is finished. */
  left(subject: string): void {
    const entry = this.#subjects.get(subject);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users === 0) this.#subjects.delete(subject);
  }
}
