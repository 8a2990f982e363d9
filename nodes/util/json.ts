// JSON from outside: read without losing digits, and not too deep for Node-RED.

/** Deeper than this and Node-RED's clone of a message may end the process; nothing in the API comes near it. */
export const maxDepth = 64;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object and not an array or null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const index = /^(?:0|[1-9]\d{0,8})$/;

/**
 * The items of a list: of an array, or of an object whose keys are all numbers, in the order of these. PHP writes a list with a gap like this.
 * Undefined for all else, an object without keys among it.
 */
export function listItems(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return undefined;
  // JavaScript keeps such keys in their numeric order.
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => index.test(key)) ? Object.values(value) : undefined;
}

/** Strings and numbers, each whole: a number that matched in part would be tried again from every digit of it. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** So many digits may be more than a JavaScript number holds. */
const longNumber = 16;

/** Whether so many digits stand together. One of them is at a multiple of their count, so that only these places are looked at. */
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
 * JSON.parse, but integers that a JavaScript number can't hold become strings of their digits: an identifier must not change.
 * Throws a SyntaxError.
 */
export function parseJson(text: string): unknown {
  // What is no JSON must not get further: a string without an end would be tried again from every quote in it.
  const value: unknown = JSON.parse(text);
  if (!hasLongNumber(text)) return value;
  return JSON.parse(
    text.replace(stringOrNumber, (token) =>
      /[".eE]/.test(token) || Number.isSafeInteger(Number(token)) ? token : `"${token}"`,
    ),
  );
}

/**
 * An object as it will be sent: what is checked and what is sent must be the same, also where an object says itself how it is written.
 * Undefined for one that can't be written as a JSON object, because it contains itself or a bigint or does not want to be read, or that is
 * nested too deep.
 */
export function asJson(value: JsonObject): JsonObject | undefined {
  try {
    const written: unknown = JSON.parse(JSON.stringify(value));
    return isObject(written) && isWithin(written, maxDepth) ? written : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a parsed value is nested no deeper than `limit`, and each of its leaves is right. Goes no deeper than the limit itself. */
export function isWithin(value: unknown, limit: number, isRight: (leaf: unknown) => boolean = () => true): boolean {
  if (typeof value !== "object" || value === null) return isRight(value);
  for (const key in value) {
    if (limit <= 0 || !isWithin((value as JsonObject)[key], limit - 1, isRight)) return false;
  }
  return true;
}
