// Which proxy a platform is reached through: that of an `http proxy` node, or the environment's.
import { getProxyForUrl } from "proxy-from-env";

/** A proxy: its URL, perhaps with a user and a password in it, and hosts that are reached without it. */
export interface ProxySettings {
  readonly url: string;
  readonly noProxy: readonly string[];
}

/** A proxy that can't be used. `variable`: the environment's variable that names it. */
export class ProxyError extends TypeError {
  constructor(readonly variable?: string) {
    super("the proxy's address can't be used");
  }
}

/** A user or a password of a URL; undefined where its percent signs encode nothing. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The user and the password of a proxy's URL, as they are; undefined for none. */
export function proxyCredentials({ username, password }: URL): { username: string; password: string } | undefined {
  if (username === "" && password === "") return undefined;
  return { username: decoded(username) ?? username, password: decoded(password) ?? password };
}

/** The address of a proxy: http or https, a host, perhaps a port. Without a scheme it is http. undefined for what can't be used. */
export function proxyUrl(text: string): URL | undefined {
  const given = text.trim();
  const whole = given.includes("://") ? given : `http://${given}`;
  if (!/^https?:\/\//i.test(whole) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  const usable = url.port !== "0" && decoded(url.username) !== undefined && decoded(url.password) !== undefined;
  return usable ? url : undefined;
}

/** Whether a host is one of those that are reached without the proxy: the same name, or a domain that it belongs to. */
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

/** The variable that proxy-from-env takes a proxy from: the first that is set. */
function variableFor({ protocol }: URL): string | undefined {
  const names = [`${protocol.slice(0, -1)}_proxy`, "all_proxy"];
  return names.flatMap((name) => [name, name.toUpperCase()]).find((name) => (process.env[name] ?? "") !== "");
}

/** The proxy for a platform; undefined for none. Throws a ProxyError. @param settings absent: as http_proxy and its kin say */
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
