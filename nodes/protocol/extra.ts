// Further fields of a request (`extra`), for platforms that accept more than the vendor's document describes.
import { type Command, extra, seqOf } from "../catalogue";
import { isObject, type JsonObject } from "../util/json";
import { checkFields, isUnset } from "./check";
import type { Failure } from "./failure";

type Given = Readonly<Record<string, unknown>>;

/** The given fields under the vendor's names; `extra` contains those that the command does not have. */
export type Filled =
  | { readonly ok: true; readonly given: Given & { readonly extra?: JsonObject } }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Sorts the fields in `given.extra`. A field that the command has is taken from there only if it was not given directly, and is then
 * checked like any other. Case is ignored: a platform that ignores case would use the last of two spellings. Applying this twice changes
 * nothing.
 */
export function fillUp(command: Command, given: Given): Filled {
  const checked = checkFields([extra], given, "UTC");
  if (!checked.ok) return checked;
  const { extra: _, ...own } = given;
  const more = checked.fields.extra;
  if (!isObject(more)) return { ok: true, given: own };
  const names = new Map([seqOf(command.seq), ...command.fields].map(({ name }) => [name.toLowerCase(), name]));
  const filled: Record<string, unknown> = own;
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(more)) {
    const known = names.get(name.toLowerCase());
    if (known === undefined) rest[name] = value;
    else if (isUnset(filled[known])) filled[known] = value;
  }
  return { ok: true, given: { ...filled, extra: rest } };
}

/**
 * Adds the fields of `extra` that a request does not have. Case is ignored, as above. The request's own fields have
 * priority, even empty ones.
 */
export function fillUpRaw(
  request: JsonObject,
  more: unknown,
): { readonly ok: true; readonly request: JsonObject } | { readonly ok: false; readonly failure: Failure } {
  const checked = checkFields([extra], { extra: more }, "UTC");
  if (!checked.ok) return checked;
  const given = Object.entries(isObject(checked.fields.extra) ? checked.fields.extra : {});
  const own = new Set(Object.keys(request).map((name) => name.toLowerCase()));
  const added = given
    .filter(([name]) => !own.has(name.toLowerCase()))
    .map(([name, value]) => [name.toLowerCase() === "seq" ? "seq" : name, value] as const);
  return { ok: true, request: { ...request, ...Object.fromEntries(added) } };
}
