// Says where a value was looked for in a message, and what the message has there.
import type { NodeMessage } from "node-red";
import { render } from "../../protocol/check";
import type { FieldFailure, Origin } from "../../protocol/failure";
import { isObject } from "../../util/json";
import type { TypedInput } from "./config";

/** How many property names an error lists. */
const mostNames = 8;

/** Names that do not help to find the mistake. */
const hiddenNames: readonly string[] = ["_msgid", "req", "res"];

/** The first property names of an object, shortened. */
function namesOf(object: object): readonly string[] {
  const names = Object.keys(object).filter((name) => !hiddenNames.includes(name));
  const shown = names.slice(0, mostNames).map((name) => (name.length > 40 ? `${name.slice(0, 40)}…` : name));
  return names.length > mostNames ? [...shown, "…"] : shown;
}

/** Describes the message at the point where a path leads no further. */
function foundIn(msg: NodeMessage, path: string): Pick<Origin, "at" | "names" | "value"> {
  let current: unknown = msg;
  let at = "msg";
  for (const name of path.split(".")) {
    const next: unknown = isObject(current) ? Reflect.get(current, name) : undefined;
    if (next === undefined) break;
    at = `${at}.${name}`;
    current = next;
  }
  return isObject(current) ? { at, names: namesOf(current) } : { at, value: render(current) };
}

/** Where a typed input was looked for, and what the message has there. */
export function originOf({ value, type }: TypedInput, msg: NodeMessage): Origin {
  if (type !== "msg") {
    const where = ["flow", "global", "env"].includes(type) ? `${type}.${value}` : "";
    return { where };
  }
  try {
    return { where: `msg.${value}`, ...foundIn(msg, value) };
  } catch {
    // A value of the message throws when it is read.
    return { where: `msg.${value}` };
  }
}

/** Adds the origin to the failure of a field. @param inputs the typed inputs by field name */
export function withOrigin(
  failure: FieldFailure,
  inputs: ReadonlyMap<string, TypedInput>,
  msg: NodeMessage,
): FieldFailure {
  const input = inputs.get(failure.field);
  return input === undefined ? failure : { ...failure, origin: originOf(input, msg) };
}
