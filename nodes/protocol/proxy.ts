// Selects the proxy for a platform: from an `http proxy` node or from the environment.
import { getProxyForUrl } from "proxy-from-env";

/** A proxy: its URL, optionally with user and password, and hosts that are reached directly. */
export interface ProxySettings {
  readonly url: string;
  readonly noProxy: readonly string[];
}

/** A proxy that cannot be used. `variable`: the environment variable that names it. */
export class ProxyError extends TypeError {
  constructor(readonly variable?: string) {
    super("the proxy's address can't be used");
  }
}

/** A decoded user or password of a URL; undefined if its percent-encoding is invalid. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The decoded user and password of a proxy's URL; undefined if there are none. */
export function proxyCredentials({ username, password }: URL): { username: string; password: string } | undefined {
  if (username === "" && password === "") return undefined;
  return { username: decoded(username) ?? username, password: decoded(password) ?? password };
}

/** The URL of a proxy: http or https, a host, optionally a port. Without a scheme, http. Undefined if it cannot be used. */
export function proxyUrl(text: string): URL | undefined {
  const given = text.trim();
  const whole = given.includes("://") ? given : `http://${given}`;
  if (!/^https?:\/\//i.test(whole) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  const usable = url.port !== "0" && decoded(url.username) !== undefined && decoded(url.password) !== undefined;
  return usable ? url : undefined;
}

/** Whether a host is reached without the proxy: its name is in the list, or its domain is. */
function isDirect(host: string, noProxy: readonly string[]): boolean {
  return noProxy
    .map((entry) =>
      entry
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ""),
    )
    .some((entry) => entry === "*" || (entry !== "" && (host === entry || host.endsWith(`.${entry}`))));
}

/** The environment variable that proxy-from-env uses: the first one that is set. */
function variableFor({ protocol }: URL): string | undefined {
  const names = [`${protocol.slice(0, -1)}_proxy`, "all_proxy"];
  return names.flatMap((name) => [name, name.toUpperCase()]).find((name) => (process.env[name] ?? "") !== "");
}

/** The proxy for a platform; undefined for none. Throws a ProxyError. @param settings absent: the environment decides (http_proxy etc.) */
export function proxyFor(target: URL, settings: ProxySettings | undefined): URL | undefined {
  if (settings === undefined) {
    const fromEnvironment = getProxyForUrl(target.href);
    if (fromEnvironment === "") return undefined;
    const url = proxyUrl(fromEnvironment);
    if (url === undefined) throw new ProxyError(variableFor(target));
    return url;
  }
  const direct = [target.hostname, target.host].some((host) => isDirect(host.toLowerCase(), settings.noProxy));
  if (direct) return undefined;
  const url = proxyUrl(settings.url);
  if (url === undefined) throw new ProxyError();
  return url;
}
