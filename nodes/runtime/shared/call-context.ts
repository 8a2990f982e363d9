// The context of a call: any JSON up to a limit. It comes back with the call's messages.
import { render } from "../../protocol/check";
import type { FieldFailure } from "../../protocol/failure";
import { isWithin, maxDepth } from "../../util/json";
import type { Failure } from "./failure";

/** The largest context, in bytes of JSON in UTF-8. */
export const mostContextBytes = 16 * 1024;

export type Read<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

/** The refusal of a context. */
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

/** Reads a context: a copy of the value as JSON, or undefined if there is none. */
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
