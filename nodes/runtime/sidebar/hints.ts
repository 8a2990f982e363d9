// Hints on what to do next, computed from the data of the accounts. Pure: does not use Node-RED.
import { notLoggedIn } from "../../catalogue/index";
import type { AccountHealth, Hint, HintCode, LiveAgent, LiveCampaign } from "../../catalogue/sidebar";

/** What hints need to know of an account, besides its health. */
export interface HintedAccount {
  readonly health: AccountHealth;
  /** Why it can't be used. */
  readonly problem?: { readonly setting: string; readonly reason: string };
  /** Why nothing can be received for it. */
  readonly receivingProblem?: { readonly setting: string; readonly reason: string } | undefined;
  /** The platform has refused the last command because of the password. */
  readonly passwordRefused?: boolean;
  /** When a command found no room in the queue. */
  readonly busyAt?: number;
  /** How far the platform's clock is ahead of ours, in ms: by its answers, and by a push that was refused for it. */
  readonly clockOffMs?: number;
  /** When pushes were refused last, by reason. */
  readonly refusedAt: ReadonlyMap<string, number>;
  readonly agents: readonly LiveAgent[];
}

/** All that hints are computed from. */
export interface HintSource {
  readonly now: number;
  readonly recording: boolean;
  /** Whether the flows have an account, running or not. */
  readonly hasAccount: boolean;
  readonly accounts: readonly HintedAccount[];
  readonly campaigns: readonly LiveCampaign[];
}

/** How long refused pushes and a full queue are reported, in ms. */
const recentMs = 600_000;
const busyMs = 60_000;
/** The difference of clocks that is reported, in ms: half of the default tolerance of pushes. */
const clockApartMs = 150_000;
/** The part of a queue that must be used for a report. */
const fullShare = 0.9;

const isRecent = (at: number | undefined, now: number, withinMs: number): boolean =>
  at !== undefined && now - at <= withinMs;

function* hintsOfAccount(account: HintedAccount, now: number): Generator<Hint> {
  const { health, problem, receivingProblem, busyAt, clockOffMs, refusedAt, agents } = account;
  const { id: node, receiving, lastError, waiting, maxQueue } = health;
  const hint = (code: HintCode, params?: Hint["params"]): Hint => ({ code, node, ...(params && { params }) });
  if (problem !== undefined) {
    const { setting, reason } = problem;
    const isPassword = setting === "password" && reason === "missing";
    yield isPassword ? hint("noPassword") : hint("misconfigured", { setting, reason });
    return;
  }
  if (receivingProblem !== undefined) {
    const { setting, reason } = receivingProblem;
    yield hint("misconfigured", { setting, reason });
  }
  if (health.reachable === false) {
    yield hint("unreachable", { code: lastError?.code ?? "", text: lastError?.text ?? "" });
  }
  if (account.passwordRefused === true) yield hint("passwordRefused", { code: lastError?.code ?? "" });
  if (receiving?.problem !== undefined) {
    const { setting, reason, detail } = receiving.problem;
    yield hint("receivingProblem", { setting, reason, detail });
  }
  const refused = Object.entries(receiving?.refused ?? {});
  for (const [reason, count] of refused) {
    if (isRecent(refusedAt.get(reason), now, recentMs)) yield hint("pushesRefused", { reason, count });
  }
  if (receiving !== undefined && receiving.problem === undefined && receiving.taken === 0 && refused.length === 0) {
    yield hint("noPushYet", { address: receiving.address });
  }
  if (clockOffMs !== undefined && Math.abs(clockOffMs) >= clockApartMs) {
    yield hint("clockApart", { seconds: Math.round(clockOffMs / 1000) });
  }
  if ((maxQueue > 0 && waiting >= maxQueue * fullShare) || isRecent(busyAt, now, busyMs)) {
    yield hint("queueFull", { waiting, maxQueue });
  }
  const isOffline = ({ status }: LiveAgent): boolean => status === "OFFLINE";
  const wasRefused = lastError?.code === notLoggedIn && isRecent(lastError.at, now, recentMs);
  if (agents.every(isOffline) && (agents.length > 0 || wasRefused)) {
    yield hint("nobodyLoggedIn", { agents: agents.length });
  }
  if (health.deadLetters > 0) yield hint("deadLetters", { count: health.deadLetters });
}

/** The hints, in the order of the accounts. */
export function hintsOf({ now, recording, hasAccount, accounts, campaigns }: HintSource): readonly Hint[] {
  const hints: Hint[] = !hasAccount ? [{ code: "noAccount" }] : [];
  for (const account of accounts) hints.push(...hintsOfAccount(account, now));
  for (const { node, campaign, state } of campaigns) {
    if (state === "outsideHours") hints.push({ code: "outsideHours", node, params: { campaign } });
  }
  if (!recording) hints.push({ code: "monitorOff" });
  return hints;
}
