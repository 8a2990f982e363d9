// Tests an account without changing anything on the platform: sends a harmless query and compares clocks.
import { type Command, errorOfName } from "../catalogue";
import { getAgentInfo } from "../catalogue/commands/get-agent-info";
import { getAgentStatus } from "../catalogue/commands/get-agent-status";
import { isObject } from "../util/json";
import { type Answer, readAnswer } from "./answer";
import type { ClientOptions } from "./client";
import { hasCommand, pathOf, signRequest } from "./envelope";
import { excerptOf, type Failure } from "./failure";
import { secretsOf } from "./secrets";
import { Sequence } from "./sequence";
import { Transport } from "./transport";

/** An agent as returned by getAgentInfo (§七). */
export interface ListedAgent {
  readonly staffNo: string;
  readonly name: string;
}

/**
 * The result of a test. `agents`: if the version can list them. `offMs`: how far the platform's clock is ahead of ours, if the answer has a
 * date.
 */
export type Probed = { readonly offMs?: number } & (
  | { readonly ok: true; readonly agents?: readonly ListedAgent[]; readonly durationMs: number }
  | { readonly ok: false; readonly failure: Failure }
);

/** An agent that does not exist, for versions without a list of agents: only the authentication matters. */
const nobody = { agent: "00000000" };

/** Errors that still prove valid credentials: too many requests, or no such agent. */
const admitting: ReadonlySet<number | undefined> = new Set(
  ["E_G_API_TO_FREQUENTLY", "E_G_STAFF_NO_EXIST", "E_G_RES_NOT_EXIST"].map((name) => errorOfName(name)?.value),
);

const unsupported = errorOfName("E_C_UNSUPPORT_API_REQUEST")?.value;

/** Maximum length of an agent's name or number, in characters; longer ones are ignored. */
const longest = 100;

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? excerptOf(String(value), longest) : "";

const agentsIn = (list: readonly unknown[]): readonly ListedAgent[] =>
  list
    .filter(isObject)
    .map(({ staffNo, name }) => ({ staffNo: textOf(staffNo), name: textOf(name) }))
    .filter(({ staffNo }) => staffNo !== "");

/** Sends one query. Never rejects; an aborted signal gives SCCC_CLOSED. */
export async function probe(options: ClientOptions, signal: AbortSignal): Promise<Probed> {
  const transport = new Transport(options);
  try {
    const withList = hasCommand(getAgentInfo, options.apiVersion);
    const probed = await ask(transport, options, withList ? getAgentInfo : getAgentStatus, signal);
    const lacksList = !probed.ok && probed.failure.kind === "platform" && probed.failure.value === unsupported;
    return withList && lacksList ? await ask(transport, options, getAgentStatus, signal) : probed;
  } finally {
    transport.close();
  }
}

async function ask(
  transport: Transport,
  options: ClientOptions,
  command: Command,
  signal: AbortSignal,
): Promise<Probed> {
  const requestSeq = (options.requestSequence ?? new Sequence()).next();
  const seq = command.seq === "string" ? String(requestSeq) : requestSeq;
  const request = { seq, ...(command.subject === "agent" ? nobody : {}) };
  const start = Date.now();
  const { body, digest } = signRequest(options, command, [request], { list: false, requestSeq, now: start });
  const secrets = secretsOf(digest, options.password);
  const posted = await transport.post({
    path: pathOf(options.apiVersion, command.api),
    body,
    timeoutMs: options.timeoutMs,
    fresh: true,
    signal,
    clean: secrets.text,
  });
  const durationMs = Date.now() - start;
  const off = posted.date === undefined ? {} : { offMs: posted.date - (start + durationMs / 2) };
  if (!posted.ok) return { ...off, ok: false, failure: posted.failure };
  const answer = readAnswer(posted.text, { command, seqs: [String(seq)], secrets });
  const failure = failureOf(answer);
  if (failure !== undefined) return { ...off, ok: false, failure };
  const [first] = answer.ok ? answer.commands : [];
  const list = first?.ok ? first.list : undefined;
  return { ...off, ok: true, durationMs, ...(list === undefined ? {} : { agents: agentsIn(list) }) };
}

/** Why the account cannot be used; undefined if it can. A refused command shows that its request was accepted. */
function failureOf(answer: Answer): Failure | undefined {
  if (!answer.ok) return isAdmitting(answer.failure) ? undefined : answer.failure;
  const [first] = answer.commands;
  return first === undefined || first.ok || first.failure.kind === "platform" ? undefined : first.failure;
}

const isAdmitting = (failure: Failure): boolean => failure.kind === "platform" && admitting.has(failure.value);
