// The target of a request: a path and a query.

/** A parsed target: the decoded path, and the text behind the first `?`. */
export interface Target {
  readonly path: string;
  readonly query: string;
}

/** A parsed query: a key that occurs several times has an array of its values. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/**
 * A path with its escapes decoded, so that `/推送` and its encoded form are equal. An encoded slash stays encoded because it does not
 * separate segments.
 */
function decodedPath(path: string): string | undefined {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path.replace(/%2f/gi, "%252F"));
  } catch {
    return undefined;
  }
}

/** The path of an endpoint in the form in which targets are compared with it. */
export const endpointPath = (path: string): string => decodedPath(path) ?? path;

/** Parses the query of a target. */
export function readQuery(text: string): Query {
  if (text === "") return {};
  const query = new Map<string, string | string[]>();
  for (const [key, value] of new URLSearchParams(text)) {
    const before = query.get(key);
    if (before === undefined) query.set(key, value);
    else if (typeof before === "string") query.set(key, [before, value]);
    else before.push(value);
  }
  return Object.fromEntries(query);
}

/** Parses a request's target, also in absolute form (`http://host/path`). Undefined if its path cannot be decoded. */
export function readTarget(url: string): Target | undefined {
  const relative = url.replace(/^https?:\/\/[^/?#]*/i, "");
  const mark = relative.indexOf("?");
  const path = decodedPath((mark < 0 ? relative : relative.slice(0, mark)) || "/");
  if (path === undefined) return undefined;
  return { path, query: mark < 0 ? "" : relative.slice(mark + 1) };
}
