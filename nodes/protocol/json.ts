// JSON from outside: read without losing digits, and not too deep for Node-RED.

/** Deeper than this and Node-RED's clone of a message may end the process; nothing in the API comes near it. */
export const maxDepth = 64;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object and not an array or null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Strings and numbers, each whole: a number that matched in part would be tried again from every digit of it. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON.parse, but integers that a JavaScript number can't hold become strings of their digits: an identifier must not change.
 * Throws a SyntaxError.
 */
export function parseJson(text: string): unknown {
  // What is no JSON must not get further: a string without an end would be tried again from every quote in it.
  const value: unknown = JSON.parse(text);
  if (!/\d{16}/.test(text)) return value;
  return JSON.parse(
    text.replace(stringOrNumber, (token) =>
      /[".eE]/.test(token) || Number.isSafeInteger(Number(token)) ? token : `"${token}"`,
    ),
  );
}

/**
 * Whether a parsed value is nested no deeper than `limit`, and each of its leaves is right. Does not recurse, so that depth can't hurt it
 * either.
 */
export function isWithin(value: unknown, limit: number, isRight: (leaf: unknown) => boolean = () => true): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === "object" && item !== null) for (const inner of Object.values(item)) next.push(inner);
      else if (!isRight(item)) return false;
    }
    if (next.length > 0 && depth >= limit) return false;
    level = next;
  }
  return true;
}
