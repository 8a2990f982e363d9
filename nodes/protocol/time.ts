// Times as the platform writes them: YYYY-MM-DD HH:mm:ss in its local time.

const form = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (found === undefined) {
    found = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    formatters.set(zone, found);
  }
  return found;
}

/** Whether a name is a time zone that this Node knows. */
export function isTimeZone(zone: string): boolean {
  try {
    formatter(zone);
    return true;
  } catch {
    return false;
  }
}

/** A moment (ms since 1970) as YYYY-MM-DD HH:mm:ss in an IANA time zone. */
export const localTime = (moment: number, zone: string): string => formatter(zone).format(moment);

/**
 * Reads a Date, ISO 8601 with an offset, an epoch in seconds or milliseconds (below 10^11 are seconds, protocol.md section 4),
 * or a time without an offset, which is the platform's own. Gives the platform's form, or undefined for what is no time.
 */
export function platformTime(value: unknown, zone: string): string | undefined {
  if (value instanceof Date) return fromMoment(value.getTime(), zone);
  if (typeof value === "number") return fromMoment(Math.abs(value) < 1e11 ? value * 1000 : value, zone);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d{9,14}$/.test(text)) return platformTime(Number(text), zone);
  const parts = form.exec(text);
  if (parts !== null) {
    const [, year, month, day, hour = "00", minute = "00", second = "00"] = parts;
    const local = `${year}-${month}-${day} ${hour}:${minute}:${second}`;
    const check = new Date(`${local.replace(" ", "T")}Z`);
    return !Number.isNaN(check.getTime()) && check.toISOString().startsWith(local.replace(" ", "T"))
      ? local
      : undefined;
  }
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? fromMoment(Date.parse(text), zone) : undefined;
}

const fromMoment = (moment: number, zone: string): string | undefined =>
  Number.isNaN(new Date(moment).getTime()) ? undefined : localTime(moment, zone);
