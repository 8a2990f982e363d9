// The context of a call: any JSON up to a size, which comes back with the call's messages.
import { render } from "../../protocol/check";
import type { FieldFailure } from "../../protocol/failure";
import { isWithin, maxDepth } from "../../util/json";
import type { Failure } from "./failure";

/** The most that a context may be, in bytes of JSON in UTF-8. */
export const mostContextBytes = 16 * 1024;

export type Read<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

/** A context that can't be taken. */
export const invalidContext = (key: string, got: string): Read<never, FieldFailure> => ({
  ok: false,
  failure: {
    kind: "field",
    code: "SCCC_INVALID_FIELD",
    field: "context",
    rule: { key, params: { max: mostContextBytes, depth: maxDepth } },
    got,
  },
});

/** A value as a context: a copy, as JSON has it; undefined for nothing. */
export function contextOf(value: unknown): Read<unknown, FieldFailure> {
  if (value === undefined || value === null || value === "") return { ok: true, value: undefined };
  if (!isWithin(value, maxDepth)) return invalidContext("contextDeep", render(value));
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  if (text === undefined) return invalidContext("contextJson", render(value));
  if (Buffer.byteLength(text) > mostContextBytes)
    return invalidContext("contextSize", `${Buffer.byteLength(text)} bytes`);
  return { ok: true, value: JSON.parse(text) };
}
