// Further fields of a request (`extra`), for platforms that take more than the vendor's document says.
import { type Command, extra, seqOf } from "../catalogue";
import type { JsonObject } from "../util/json";
import { checkFields, isUnset } from "./check";
import type { Failure } from "./failure";

type Given = Readonly<Record<string, unknown>>;

/** Fields as they were given, under the vendor's names, and in `extra` those that the command does not have itself. */
export type Filled =
  | { readonly ok: true; readonly given: Given & { readonly extra?: JsonObject } }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Sorts what stands in `given.extra`: a field that the command has itself is taken from there only where it was not given, and is then checked
 * like any other. Platforms that do not look at upper and lower case would take the last one of two spellings, so the case of such a name does
 * not count. Doing it twice changes nothing.
 */
export function fillUp(command: Command, given: Given): Filled {
  const checked = checkFields([extra], given, "UTC");
  if (!checked.ok) return checked;
  const { extra: _, ...own } = given;
  const more = checked.fields.extra;
  if (more === undefined || typeof more !== "object") return { ok: true, given: own };
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
