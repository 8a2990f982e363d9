// What the pushes say: the catalogue decides which fields a notify has, the caller brings the values.
import { type Push, pushes } from "../nodes/catalogue";
import type { Json } from "./narrow";

/** The push of an event's name, in any case. */
export const pushOf = (event: string): Push | undefined => pushes.find((push) => push.event === event.toLowerCase());

/**
 * The notify of an event: the catalogue's fields, with the values given; a field without a value is left out if it may be, else "".
 * Values that the event has no field for are left out: a screen pop has neither type nor userData (§19).
 */
export const notifyOf = (push: Push, values: Json): Json => {
  // §五 promises an agent status push and shows none; this shape is the simulator's own.
  const type = push.type ?? (push.event === "agentstatus" ? push.event : undefined);
  const fields = push.fields.flatMap(({ name, optional }) => {
    const value = values[name];
    if (value !== undefined) return [[name, value] as const];
    return optional ? [] : [[name, ""] as const];
  });
  return { ...(type === undefined ? {} : { type }), ...Object.fromEntries(fields) };
};
