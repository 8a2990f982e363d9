// Parses JSON from outside without losing digits, and checks its depth.

/** Maximum depth. Node-RED's clone of a deeper message may end the process; messages of the API are much flatter. */
export const maxDepth = 64;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object and not an array or null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const index = /^(?:0|[1-9]\d{0,8})$/;

/**
 * The items of a list: of an array, or of an object whose keys are all numbers, in numeric order. PHP writes a list with gaps as such an
 * object. Undefined for everything else, also for an object without keys.
 */
export function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return undefined;
  // JavaScript keeps such keys in numeric order.
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => index.test(key)) ? Object.values(value) : undefined;
}

/**
 * Strings and numbers as a whole: after a partial match of a number, the search would start again at each of its
 * digits.
 */
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

/**
 * An object as it will be sent. It is serialized first so that the checked and the sent value are the same, also with a toJSON method.
 * Undefined if it cannot be serialized as a JSON object (a cycle, a bigint, a getter that throws) or is nested too deep.
 */
export function asJson(value: JsonObject): JsonObject | undefined {
  try {
    const written: unknown = JSON.parse(JSON.stringify(value));
    return isObject(written) && isWithin(written, maxDepth) ? written : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a parsed value is nested no deeper than `limit`, and each of its leaves satisfies `isRight`. It does not
 * descend below the limit.
 */
export function isWithin(value: unknown, limit: number, isRight: (leaf: unknown) => boolean = () => true): boolean {
  if (typeof value !== "object" || value === null) return isRight(value);
  if (limit <= 0) return false;
  for (const key in value) {
    if (!isWithin((value as JsonObject)[key], limit - 1, isRight)) return false;
  }
  return true;
}
