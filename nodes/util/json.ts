// Parses JSON from outside without losing digits, and checks its depth.

/** Maximum depth. Node-RED's clone of a deeper message may end the process; messages of the API are much flatter. */
export const maxDepth = 64;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object and not an array or null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Matches whole strings and whole numbers: after a partial match, a number would be tried again from each of its digits. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** From this many digits on, an integer may exceed what a JavaScript number can hold. */
const longNumber = 16;

/**
 * Whether a text has a run of this many digits. One digit of the run is at a multiple of that length, so only those positions are checked.
 */
function hasLongNumber(text: string): boolean {
  const isDigit = (index: number): boolean => {
    const code = text.charCodeAt(index);
    return code >= 48 && code <= 57;
  };
  for (let index = longNumber - 1; index < text.length; index += longNumber) {
    if (!isDigit(index)) continue;
    let [first, end] = [index, index + 1];
    while (first > 0 && isDigit(first - 1)) first -= 1;
    while (end < text.length && isDigit(end)) end += 1;
    if (end - first >= longNumber) return true;
  }
  return false;
}

/**
 * Like JSON.parse, but integers that a JavaScript number cannot hold become strings, so that identifiers do not change. Throws a
 * SyntaxError.
 */
export function parseJson(text: string): unknown {
  // Reject invalid JSON first: an unterminated string would be tried again from each of its quotes.
  const value: unknown = JSON.parse(text);
  if (!hasLongNumber(text)) return value;
  return JSON.parse(
    text.replace(stringOrNumber, (token) =>
      /[".eE]/.test(token) || Number.isSafeInteger(Number(token)) ? token : `"${token}"`,
    ),
  );
}

/** Whether a parsed value is nested no deeper than `limit` and all its leaves pass a test. Descends no deeper than `limit`. */
export function isWithin(value: unknown, limit: number, isRight: (leaf: unknown) => boolean = () => true): boolean {
  if (typeof value !== "object" || value === null) return isRight(value);
  for (const key in value) {
    if (limit <= 0 || !isWithin((value as JsonObject)[key], limit - 1, isRight)) return false;
  }
  return true;
}
