// Texts of the sidebar's views: times, durations, codes and states in the user's language.
import type { TrafficEntry } from "../../catalogue/sidebar";
import { text } from "../page";

/** A text of the sidebar. */
export const t = (key: string, params?: Readonly<Record<string, unknown>>): string => text(`sidebar.${key}`, params);

/** A text that may not exist, because its key comes from outside. Node-RED returns the key in that case. */
export function known(key: string, params?: Readonly<Record<string, unknown>>): string | undefined {
  if (!/^[\w.-]+$/.test(key)) return undefined;
  const found = text(key, params);
  return found.endsWith(key) ? undefined : found;
}

const language = (): string => RED.i18n.lang() || "en-US";

const sameDay = (one: Date, other: Date): boolean => one.toDateString() === other.toDateString();

/** A time of today, or a day and its time. */
export function clock(at: number, now: number): string {
  const date = new Date(at);
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false } as const;
  return sameDay(date, new Date(now))
    ? date.toLocaleTimeString(language(), time)
    : date.toLocaleString(language(), { month: "2-digit", day: "2-digit", ...time });
}

/** A time with its day and its milliseconds. */
export const exactly = (at: number): string => {
  const date = new Date(at);
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  return `${date.toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium", hour12: false })}.${milliseconds}`;
};

const steps = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** How long ago, in words. */
export function ago(at: number, now: number): string {
  const gone = Math.max(0, now - at);
  const [unit, ms] = steps.find(([, length]) => gone >= length) ?? ["second", 1000];
  const format = new Intl.RelativeTimeFormat(language(), { style: "short", numeric: "auto" });
  return format.format(-Math.floor(gone / ms), unit);
}

/** A span of time as minutes and seconds. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number: number): string => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours === 0 ? "" : `${hours}:`}${hours === 0 ? minutes : two(minutes)}:${two(seconds % 60)}`;
}

/** How long a command took. */
export const took = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** A count, with the separators of the user's language. */
export const count = (number: number): string => number.toLocaleString(language());

/** The label of a command's node. The node's type is the ApiName in lower case with dashes. */
function commandLabel(api: string): string | undefined {
  const type = `sccc-${api.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}`;
  return Object.hasOwn(DESCRIPTIONS, type) ? text(`${DESCRIPTIONS[type]?.key}.label`) : undefined;
}

/** The name of an entry: the label of the command's node, or the push's event in words. */
export function nameOf({ kind, name }: Pick<TrafficEntry, "kind" | "name">): string {
  if (name === "") return t("traffic.unreadable");
  return (kind === "push" ? known(`event.${name}.label`) : commandLabel(name)) ?? name;
}

/** The code of a result in words, or the code itself if it has no text. */
export const codeInWords = (kind: TrafficEntry["kind"], code: string): string =>
  (kind === "push"
    ? (known(`refusal.${code}`) ?? known(`sidebar.result.${code}`))
    : (known(`error.${code}`) ?? known(`status.${code}`))) ?? code;

/** How an entry ended. */
export function resultOf({ kind, result, count: all, failed }: TrafficEntry): string {
  if (all !== undefined && all > 1) return t("traffic.ofList", { count: count(all), failed: count(failed ?? 0) });
  if (result.ok && kind === "command") return t("traffic.ok");
  const words = codeInWords(kind, result.code);
  return result.text === undefined || result.text === "" ? words : `${words}: ${result.text}`;
}

/** An error of an account: the meaning of its code, and its text. */
export const errorInWords = ({ code, text: words }: { readonly code: string; readonly text: string }): string => {
  const meaning = codeInWords("command", code);
  // The platform's own text often repeats the meaning of the code in Chinese.
  return words === "" || words === meaning ? meaning : `${meaning}: ${words}`;
};
