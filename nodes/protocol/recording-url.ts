// Builds the URL of a recording from its filename: by the account's address, or by a template for the installation. Also runs in the
// editor.

/** Where an account's recordings are. */
export interface RecordingSite {
  /** The account's origin, or "". */
  readonly baseUrl: string;
  /**
   * A path on the account's origin, or an absolute http(s) URL, with `{filename}` (encoded segment by segment) or `{filename:query}` (encoded
   * as one value). Absent or "": `{filename}`.
   */
  readonly recordingUrl?: string;
}

/** How a placeholder encodes a filename. */
type Encoding = "segments" | "value";

/** A parsed template: fixed texts and placeholders for the filename. */
interface Template {
  readonly origin: string;
  readonly parts: readonly (string | Encoding)[];
}

const placeholder = /(\{filename(?::query)?\})/;

/** Characters that a template may not contain: those that URL parsers drop or replace, fragments, other braces, a % without an escape. */
const unfit = /[\s\\#{}\p{Cc}\p{Cs}]|%(?![\da-f]{2})/iu;

/**
 * Names that are URLs, or that a parser might take for one: `scheme://…`, `//host`, schemes without slashes, and `user:password@host`. Any
 * other colon is an ordinary character: `rec-2026-03-01-10:00:00.wav`.
 */
const address =
  /^(?:[a-z][a-z\d+.-]*:)?\/\/|^(?:https?|ftps?|wss?|file|data|blob|about|javascript|vbscript):|^[^/]*:[^/]*@/i;

/** Names that leave the folder, and names with characters that no URL can contain. */
const unsafe = /(?:^|\/)\.{1,2}(?:\/|$)|[\\\p{Cc}\p{Cs}]/u;

/** Parses a URL; undefined if invalid. Calling canParse first would parse each URL twice. */
function parse(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** Parses a template; undefined if it is invalid, or if it needs an origin and there is none. */
function parseTemplate({ baseUrl, recordingUrl = "" }: RecordingSite): Template | undefined {
  const text = recordingUrl.trim() || "{filename}";
  const parts = text.split(placeholder);
  if (parts.length < 2) return undefined;
  if (parts.some((part, index) => index % 2 === 0 && unfit.test(part))) return undefined;
  const absolute = /^https?:\/\/[^/?]/i.test(text);
  if (!absolute && (/^[a-z][a-z\d+.-]*:/i.test(text) || text.startsWith("//"))) return undefined;
  const path = absolute || text.startsWith("/") ? text : `/${text}`;
  // Try two filenames: if host or port change, the filename is part of them.
  const [one, other] = ["a", "b"].map((name) =>
    parse(path.replaceAll(new RegExp(placeholder, "g"), name), absolute ? undefined : baseUrl),
  );
  if (one === undefined || other === undefined || one.origin !== other.origin) return undefined;
  if (!/^https?:$/.test(one.protocol) || one.username !== "" || one.password !== "") return undefined;
  const start = absolute ? (/^https?:\/\/[^/?]*/i.exec(path)?.[0].length ?? 0) : 0;
  return {
    origin: one.origin,
    parts: path
      .slice(start)
      .split(placeholder)
      .map((part, index) => (index % 2 === 0 ? part : part === "{filename}" ? "segments" : "value"))
      .filter((part) => part !== ""),
  };
}

/**
 * A cache of templates by site, because all records of an account have the same one. A site lives as long as its
 * account.
 */
const templates = new WeakMap<RecordingSite, Template | { readonly origin: undefined }>();

function templateOf(site: RecordingSite): Template | undefined {
  let template = templates.get(site);
  if (template === undefined) {
    template = parseTemplate(site) ?? { origin: undefined };
    templates.set(site, template);
  }
  return template.origin === undefined ? undefined : template;
}

const encoders: Readonly<Record<Encoding, (name: string, before: string) => string>> = {
  // After a slash, the filename's own leading slash would make an empty segment.
  segments: (name, before) =>
    (before.endsWith("/") ? name.replace(/^\//, "") : name).split("/").map(encodeURIComponent).join("/"),
  value: (name) => encodeURIComponent(name),
};

const isEncoding = (part: string): part is Encoding => Object.hasOwn(encoders, part);

/** Whether a template is valid, whatever the account's origin is. */
export const isRecordingUrl = (recordingUrl: string): boolean =>
  parseTemplate({ baseUrl: "http://localhost", recordingUrl }) !== undefined;

/** The origins that recordings may be requested from: the account's own and its template's. */
export function recordingOrigins(site: RecordingSite): readonly string[] {
  const own = parse(site.baseUrl)?.origin;
  const other = templateOf(site)?.origin;
  return [...new Set([own, other])].filter((origin) => origin !== undefined);
}

/**
 * The URL of a recording, always on its template's origin. Undefined if the name is empty, is a URL itself, leaves the folder or cannot be
 * written in a URL, or if there is no origin. The name is encoded, so its `%`, `?` and `#` have no special meaning.
 * @param filename a record's or CDR's `filename`, a bill's `recordFile`
 */
export function recordUrl(filename: unknown, site: RecordingSite): string | undefined {
  const name = typeof filename === "string" || typeof filename === "number" ? String(filename).trim() : "";
  if (/^\/?$/.test(name) || address.test(name) || unsafe.test(name)) return undefined;
  const template = templateOf(site);
  if (template === undefined) return undefined;
  const path = template.parts.reduce<string>(
    (before, part) => before + (isEncoding(part) ? encoders[part](name, before) : part),
    "",
  );
  const url = parse(template.origin + path);
  return url?.origin === template.origin ? url.href : undefined;
}
