// Weekly windows as users enter them, and their check.
import { isObject } from "./json";

/** A weekly window as users give it. */
export interface HoursWindow {
  /** ISO weekdays: 1 = Monday to 7 = Sunday. A window that crosses midnight belongs to the day on which it begins. */
  readonly days: readonly number[];
  /** "HH:mm". */
  readonly from: string;
  /** "HH:mm" or "24:00"; the window ends before this minute. If it is not after `from`, it is on the next day. */
  readonly to: string;
}

/** The problem of a setting with windows: the index in the list, and the property. */
export interface HoursProblem {
  readonly index: number;
  readonly property: "window" | "days" | "from" | "to";
}

/** "HH:mm" in minutes since midnight; undefined if it is not a time. */
export function minutesOf(text: unknown, last: number): number | undefined {
  const [, hours, minutes] = /^(\d{2}):([0-5]\d)$/.exec(typeof text === "string" ? text : "") ?? [];
  const value = Number(hours) * 60 + Number(minutes);
  return hours !== undefined && value <= last ? value : undefined;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * Checks windows from outside: a list, or its JSON. Returns them, or the problem of the first wrong one. An empty list
 * means always open.
 */
export function readHours(
  value: unknown,
): { readonly hours: readonly HoursWindow[] } | { readonly problem: HoursProblem } {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return { hours: [] };
  const windows = typeof value === "string" ? parsed(value) : value;
  if (!Array.isArray(windows)) return { problem: { index: 0, property: "window" } };
  const hours: HoursWindow[] = [];
  for (const [index, window] of windows.entries()) {
    if (!isObject(window)) return { problem: { index, property: "window" } };
    const { days, from, to } = window;
    const areDays =
      Array.isArray(days) && days.length > 0 && days.every((one) => Number.isInteger(one) && one >= 1 && one <= 7);
    if (!areDays) return { problem: { index, property: "days" } };
    if (minutesOf(from, 24 * 60 - 1) === undefined) return { problem: { index, property: "from" } };
    if (minutesOf(to, 24 * 60) === undefined) return { problem: { index, property: "to" } };
    hours.push({ days: days as number[], from: String(from), to: String(to) });
  }
  return { hours };
}
