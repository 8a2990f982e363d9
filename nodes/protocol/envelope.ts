// Builds the body of a request (docs/protocol.md, "Requests").
import { type Command, versions } from "../catalogue";
import { digestOf } from "./digest";

/** The credentials that sign requests. */
export interface Identity {
  readonly customer: string;
  readonly password: string;
  readonly lang: string;
  readonly debug: boolean;
}

/** A command to send: its ApiName, its entry in the catalogue if there is one, and its fields including seq. */
export interface PreparedCommand {
  readonly api: string;
  readonly command?: Command;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A signed request, and its digest, which must be kept secret. */
export interface SignedRequest {
  readonly body: string;
  readonly digest: string;
}

/** The version as written in the URL: 2.0.6 for "2.0.6", "V2.0.6" or " v2.0.6 ". */
export const versionText = (apiVersion: string): string => apiVersion.trim().replace(/^v/i, "");

/** Whether a version of the platform has a command; an unknown version counts as the newest. */
export function hasCommand(command: Command, apiVersion: string): boolean {
  const x = Number(/^2\.0\.(\d+)$/.exec(versionText(apiVersion))?.[1]);
  const version = versions.find((known) => known === x) ?? versions.at(-1);
  return version !== undefined && command.versions.includes(version);
}

/** The path of a command (§三.3). */
export const pathOf = (apiVersion: string, api: string): string =>
  `/openapi/V${encodeURIComponent(versionText(apiVersion))}/${encodeURIComponent(api)}`;

/** The agent that all commands share, if the vendor's sample shows `authentication.agent`. */
function agentOf(command: Command | undefined, requests: readonly Readonly<Record<string, unknown>>[]): object {
  if (command?.agentInAuthentication !== true) return {};
  const agents = new Set(requests.map((request) => request.agent));
  const [agent] = agents;
  return agents.size === 1 && typeof agent === "string" ? { agent } : {};
}

/**
 * Builds and signs a request with one command, or with several of the same kind.
 * @param now ms since 1970
 * @param requestSeq a number that was not used before
 */
export function signRequest(
  identity: Identity,
  command: Command | undefined,
  requests: readonly Readonly<Record<string, unknown>>[],
  options: { readonly list: boolean; readonly requestSeq: number; readonly now: number },
): SignedRequest {
  const { customer, password, lang, debug } = identity;
  const timestamp = String(options.now);
  const seq = String(options.requestSeq);
  const digest = digestOf({ customer, timestamp, seq, password });
  const body = JSON.stringify({
    authentication: { customer, timestamp, seq, digest, ...agentOf(command, requests) },
    param: debug ? { debug: true, lang } : { lang },
    ...(options.list ? { requests } : { request: requests[0] }),
  });
  return { body, digest };
}
