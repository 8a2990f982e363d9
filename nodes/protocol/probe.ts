// Tries an account out without changing anything on the platform: asks for what any account may ask for, and looks at the clock.
import { type Command, commandOf, errorOfName } from "../catalogue";
import { isObject } from "../util/json";
import { type Answer, readAnswer } from "./answer";
import type { ClientOptions } from "./client";
import { hasCommand, pathOf, signRequest } from "./envelope";
import { excerptOf, type Failure } from "./failure";
import { secretsOf } from "./secrets";
import { Sequence } from "./sequence";
import { Transport } from "./transport";

/** An agent as getAgentInfo has it (§七). */
export interface ListedAgent {
  readonly staffNo: string;
  readonly name: string;
}

/** What a try came to. `agents` where the version has such a list, `offMs`: how far the platform's clock is ahead of ours, if it tells. */
export type Probed = { readonly offMs?: number } & (
  | { readonly ok: true; readonly agents?: readonly ListedAgent[]; readonly durationMs: number }
  | { readonly ok: false; readonly failure: Failure }
);

/** An agent that no platform has, for versions without a list of agents: what matters is that the question is let in. */
const nobody = { agent: "00000000" };

/** The platform lets the question in, and has no answer to it: it was asked too often, or there is no such agent. */
const admitting: ReadonlySet<number | undefined> = new Set(
  ["E_G_API_TO_FREQUENTLY", "E_G_STAFF_NO_EXIST", "E_G_RES_NOT_EXIST"].map((name) => errorOfName(name)?.value),
);

const unsupported = errorOfName("E_C_UNSUPPORT_API_REQUEST")?.value;

/** The longest name or number of an agent that is taken over, in characters. */
const longest = 100;

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? excerptOf(String(value), longest) : "";

const agentsIn = (list: readonly unknown[]): readonly ListedAgent[] =>
  list
    .filter(isObject)
    .map(({ staffNo, name }) => ({ staffNo: textOf(staffNo), name: textOf(name) }))
    .filter(({ staffNo }) => staffNo !== "");

const known = (api: string): Command => {
  const command = commandOf(api);
  if (command === undefined) throw new Error(`the catalogue has no ${api}`);
  return command;
};

/** Asks once. Never rejects; a signal ends it with SCCC_CLOSED. */
export async function probe(options: ClientOptions, signal: AbortSignal): Promise<Probed> {
  const transport = new Transport(options);
  try {
    const withList = hasCommand(known("getAgentInfo"), options.apiVersion);
    const probed = await ask(transport, options, known(withList ? "getAgentInfo" : "getAgentStatus"), signal);
    const lacksList = !probed.ok && probed.failure.kind === "platform" && probed.failure.value === unsupported;
    return withList && lacksList ? await ask(transport, options, known("getAgentStatus"), signal) : probed;
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

/** Why the account can't be used, if that is so. That a command was refused says that its request was not. */
function failureOf(answer: Answer): Failure | undefined {
  if (!answer.ok) return isAdmitting(answer.failure) ? undefined : answer.failure;
  const [first] = answer.commands;
  return first === undefined || first.ok || first.failure.kind === "platform" ? undefined : first.failure;
}

const isAdmitting = (failure: Failure): boolean => failure.kind === "platform" && admitting.has(failure.value);
