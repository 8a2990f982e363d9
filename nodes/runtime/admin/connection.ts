// Tests an account as it is in the editor, saved or not. Returns an outcome whose text is in the editor's locales.
import type { NodeAPI } from "node-red";
import { type ListedAgent, type Probed, probe } from "../../protocol/probe";
import { isTlsError } from "../../protocol/transport";
import { isObject } from "../../util/json";
import { type AccountConfig, type ConfigProblem, isUsableTls, narrowAccount, proxyProblem } from "../shared/config";
import type { Failure } from "../shared/failure";
import { expander } from "../shared/values";
import type { Runtime } from "../state";

/**
 * An outcome: the last part of a key below `connection` or `sample` of the locales, and the parameters of that text.
 */
export interface AdminAnswer {
  readonly outcome: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** An account from the editor. */
export interface Draft {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
}

/** Reads the editor's request; undefined if it has no account. */
export function draftOf(body: unknown): Draft | undefined {
  if (!isObject(body) || !isObject(body.config)) return undefined;
  const { id, config, credentials } = body;
  return { id: typeof id === "string" ? id : "", config, credentials: isObject(credentials) ? credentials : {} };
}

/** The editor's placeholder for a stored password. */
const unchanged = "__PWRD__";

/** A value that is one variable, in either notation of Node-RED. */
const wholeVariable = /^\$(?:\{([^{}\s]+)\}|\(([^()\s]+)\))$/;

/**
 * A credential as Node-RED would deliver it to the running account. A value whose variable is not set stays as it is.
 */
function delivered(RED: NodeAPI, node: unknown, value: unknown): unknown {
  const [, braces, brackets] = (typeof value === "string" && wholeVariable.exec(value)) || [];
  const name = braces ?? brackets;
  if (name === undefined) return value;
  const util = RED.util as { readonly getSetting: (node: unknown, name: string) => unknown };
  return util.getSetting(node, name) ?? value;
}

/** The passwords of an account: those that the user typed, otherwise the stored ones. */
function passwordsOf(RED: NodeAPI, { id, credentials }: Draft): Readonly<Record<string, unknown>> {
  const stored: unknown = RED.nodes.getCredentials(id);
  const kept = isObject(stored) ? stored : {};
  const typed = Object.entries(credentials).filter(([, value]) => value !== unchanged && typeof value === "string");
  const node: unknown = RED.nodes.getNode(id) ?? undefined;
  const all = Object.entries({ ...kept, ...Object.fromEntries(typed) });
  return Object.fromEntries(all.map(([name, value]) => [name, delivered(RED, node, value)]));
}

/** The longest time for an answer, in ms. */
const patienceMs = 10_000;

/** A difference of the clocks that is reported, in ms: half of the default tolerance of pushes. */
const noticeableMs = 150_000;

/** A tested account: its configuration or its problem, and the platform's answer. */
export type Tried =
  | { readonly ok: false; readonly answer: AdminAnswer }
  | { readonly ok: true; readonly config: AccountConfig; readonly probed: Probed };

const settingAnswer = (problem: ConfigProblem): AdminAnswer => ({ outcome: "setting", params: { ...problem } });

/** Tests an account. */
export async function tryOut({ RED, state }: Runtime, draft: Draft, signal: AbortSignal): Promise<Tried> {
  const { id, config } = draft;
  const node = RED.nodes.getNode(id);
  const nodeOf = (other: string): unknown => RED.nodes.getNode(other);
  const narrowed = narrowAccount(config, passwordsOf(RED, draft), expander(RED, node), nodeOf);
  if (!narrowed.ok) return { ok: false, answer: settingAnswer(narrowed.problem) };
  if (narrowed.value.tls !== undefined && !isUsableTls(narrowed.value.tls)) {
    return { ok: false, answer: settingAnswer({ setting: "tls", reason: "tls" }) };
  }
  const timeoutMs = Math.min(narrowed.value.timeoutMs, patienceMs);
  try {
    return {
      ok: true,
      config: narrowed.value,
      probed: await probe({ ...narrowed.value, ...state.sequences, timeoutMs }, signal),
    };
  } catch (error) {
    return { ok: false, answer: settingAnswer(proxyProblem(error)) };
  }
}

/** The platform's codes that have their own text here. */
const platformOutcomes: Readonly<Record<string, string>> = {
  E_S_AUTH_FAIL: "password",
  E_G_PASSWORD_ERROR: "password",
  E_C_UNSUPPORT_API_VERSION: "version",
  E_C_UNSUPPORT_API_REQUEST: "version",
  E_S_ACCESS_FORBIDDEN: "forbidden",
};

function failureAnswer(failure: Failure, { baseUrl, apiVersion }: AccountConfig, clockOff: boolean): AdminAnswer {
  const { host, hostname } = new URL(baseUrl);
  switch (failure.kind) {
    case "network": {
      const { systemCode } = failure;
      if (systemCode === "ENOTFOUND" || systemCode === "EAI_AGAIN")
        return { outcome: "name", params: { host: hostname } };
      if (systemCode === "ECONNREFUSED") return { outcome: "refused", params: { host } };
      return { outcome: isTlsError(systemCode) ? "tls" : "unreachable", params: { host, systemCode } };
    }
    case "timeout":
      return { outcome: "timeout", params: { host, limit: Math.round(failure.afterMs / 100) / 10 } };
    case "http":
      return failure.location === undefined
        ? { outcome: "notSccc", params: { host, detail: `HTTP ${failure.status}` } }
        : { outcome: "redirect", params: { host, location: failure.location } };
    case "protocol":
      return { outcome: "notSccc", params: { host, detail: failure.excerpt || failure.reason } };
    case "platform": {
      const outcome = platformOutcomes[failure.code] ?? "other";
      if (outcome === "password" && clockOff) return { outcome: "clockOff" };
      if (outcome === "version") return { outcome, params: { version: apiVersion } };
      return outcome === "other" ? { outcome, params: { code: failure.code, said: failure.text } } : { outcome };
    }
    default:
      return { outcome: "silent" };
  }
}

/** The outcome of a test. */
export function testAnswer(tried: Tried): AdminAnswer {
  if (!tried.ok) return tried.answer;
  const { probed, config } = tried;
  const off = Math.abs(probed.offMs ?? 0);
  const clock = off < noticeableMs ? {} : { seconds: Math.round(off / 1000) };
  if (!probed.ok) {
    const failure = failureAnswer(probed.failure, config, off >= noticeableMs);
    return { ...failure, params: { ...failure.params, ...clock } };
  }
  const agents = probed.agents === undefined ? {} : { agents: probed.agents.length };
  return {
    outcome: "connected",
    params: { version: config.apiVersion, milliseconds: probed.durationMs, ...agents, ...clock },
  };
}

/** The agents of an account's platform, or why they cannot be read. */
export function agentsAnswer(tried: Tried): AdminAnswer & { readonly agents?: readonly ListedAgent[] } {
  if (!tried.ok || !tried.probed.ok) return testAnswer(tried);
  return tried.probed.agents === undefined
    ? { outcome: "noList" }
    : { outcome: "connected", agents: tried.probed.agents };
}
