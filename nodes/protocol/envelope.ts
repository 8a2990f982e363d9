// Writes a request (docs/protocol.md, "Requests").
import { type Command, versions } from "../catalogue";
import { digestOf } from "./digest";

/** Who signs. */
export interface Identity {
  readonly customer: string;
  readonly password: string;
  readonly lang: string;
  readonly debug: boolean;
}

/** A command to send: its ApiName, the catalogue's entry if there is one, and its fields with its seq. */
export interface PreparedCommand {
  readonly api: string;
  readonly command?: Command;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A signed request, and the digest in it, which must not get out. */
export interface SignedRequest {
  readonly body: string;
  readonly digest: string;
}

/** The version as it stands in the URL: 2.0.6 of "2.0.6", "V2.0.6" or " v2.0.6 ". */
export const versionText = (apiVersion: string): string => apiVersion.trim().replace(/^v/i, "");

/** Whether the platform's version has a command; an unknown version counts as the newest. */
export function hasCommand(command: Command, apiVersion: string): boolean {
  const x = Number(/^2\.0\.(\d+)$/.exec(versionText(apiVersion))?.[1]);
  const version = versions.find((known) => known === x) ?? versions.at(-1);
  return version !== undefined && command.versions.includes(version);
}

/** The path of a command (§三.3). */
export const pathOf = (apiVersion: string, api: string): string =>
  `/openapi/V${encodeURIComponent(versionText(apiVersion))}/${encodeURIComponent(api)}`;

/** The agent that all commands share, where the vendor's sample shows `authentication.agent`. */
function agentOf(command: Command | undefined, requests: readonly Readonly<Record<string, unknown>>[]): object {
  if (command?.agentInAuthentication !== true) return {};
  const agents = new Set(requests.map((request) => request.agent));
  const [agent] = agents;
  return agents.size === 1 && typeof agent === "string" ? { agent } : {};
}

/**
 * A request with one command, or with several of the same kind.
 * @param now ms since 1970
 * @param requestSeq must not have been used before
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
