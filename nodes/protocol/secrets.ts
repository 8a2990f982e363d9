// Removes secrets that the platform echoes in its answers, and leaves ordinary values unchanged.
import { isObject } from "../util/json";

/** Removes the secrets of one request. */
export interface Secrets {
  /** From text for people, such as an error page or a Location: every form of the password and the digest. */
  readonly text: (text: string) => string;
  /** From a parsed answer. Returns the same value if it contains no secret. @param json the text that it was parsed from */
  readonly answer: (value: unknown, json: string) => unknown;
}

const hidden = "***";

/** Minimum lengths: shorter passwords occur by chance in harmless texts and values. */
const shortest = { prose: 4, digitsInProse: 6, values: 8 };

/** A password of digits may also occur as a phone number, which is an ordinary value. */
const isNumber = (password: string): boolean => /^\+?\d+$/.test(password);

/** Whether a field's text is for people or debugging, so that flows read no number from it. An error may be a code or words. */
const isProse = (key: string, value: unknown): boolean =>
  /^(?:msg|message|logs?|debug|exception|stack|trace)$/i.test(key) ||
  (/^error$/i.test(key) && typeof value === "string" && /\s/.test(value.trim()));

/** Fields that contain nothing but secrets. */
const isSecret = (key: string): boolean => /^(?:digest|pass(?:word|wd)?|pwd|secret)$/i.test(key);

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

/** Replaces every form of a secret. Forms of digits are replaced only if they are not part of a longer number. */
function remover(forms: readonly string[], flags: string): (text: string) => string {
  const unique = [...new Set(forms)].filter((form) => form !== "").sort((a, b) => b.length - a.length);
  if (unique.length === 0) return (text) => text;
  const whole = (form: string) => (isNumber(form) ? `(?<!\\d)${literal(form)}(?!\\d)` : literal(form));
  const pattern = new RegExp(unique.map(whole).join("|"), flags);
  return (text) => text.replace(pattern, hidden);
}

/** The forms of a text in JSON and in a URL. */
const formsOf = (text: string): readonly string[] => {
  const json = JSON.stringify(text).slice(1, -1);
  return [text, json, json.replaceAll("/", "\\/"), encodeURIComponent(text)];
};

/** Whether JSON may contain a text in a form that a search cannot find: with escaped letters. */
const mayHide = (json: string, text: string): boolean =>
  json.includes("\\u00") || (/[^\x20-\x7e]/.test(text) && json.includes("\\u"));

/** A cache, because creating the remover of a password takes longer than sending a command. */
const removers = new Map<string, (text: string) => string>();
const mostRemovers = 100;

/** Replaces every form of a password that is long enough. */
function passwordRemover(password: string): (text: string) => string {
  let remove = removers.get(password);
  if (remove === undefined) {
    const leastLength = isNumber(password) ? shortest.digitsInProse : shortest.prose;
    remove = remover(password.length < leastLength ? [] : formsOf(password), "g");
    if (removers.size >= mostRemovers) removers.clear();
    removers.set(password, remove);
  }
  return remove;
}

/**
 * Replaces a digest in any case. Every request has a new digest, so its pattern is made only if the text contains it.
 */
function digestRemover(digest: string): (text: string) => string {
  const lower = digest.toLowerCase();
  return (text) => (lower !== "" && text.toLowerCase().includes(lower) ? remover([digest], "gi")(text) : text);
}

/** The secrets of a request: its digest and the password. */
export function secretsOf(digest: string, password: string): Secrets {
  const withoutDigest = digestRemover(digest);
  const withoutPassword = passwordRemover(password);
  const prose = (text: string): string => withoutPassword(withoutDigest(text));
  const value = password.length < shortest.values || isNumber(password) ? withoutDigest : prose;
  const walk = (item: unknown, clean: (text: string) => string): unknown => {
    if (typeof item === "string") return clean(item);
    if (Array.isArray(item)) return item.map((inner) => walk(inner, clean));
    if (!isObject(item)) return item;
    return Object.fromEntries(
      Object.entries(item).map(([key, inner]) => {
        if (isSecret(key) && String(inner) === password) return [value(key), hidden];
        return [value(key), walk(inner, isProse(key, inner) ? prose : clean)];
      }),
    );
  };
  const holds = (json: string): boolean =>
    prose(json) !== json || mayHide(json, password) || (isNumber(password) && json.includes(password));
  return {
    text: prose,
    answer: (item, json) => (holds(json) ? walk(item, value) : item),
  };
}

/** For texts without secrets. */
export const noSecrets: Secrets = { text: (text) => text, answer: (value) => value };
