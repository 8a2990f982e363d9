// Dates in the platform's format: its local time is Asia/Shanghai, eight hours ahead of UTC all year.

const aheadOfUtc = 8 * 3600;
const pattern = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

/** YYYY-MM-DD HH:mm:ss of an instant in seconds since 1970. */
export const localTime = (seconds: number): string =>
  new Date((seconds + aheadOfUtc) * 1000).toISOString().slice(0, 19).replace("T", " ");

/** How a bill writes an instant in seconds since 1970; 0 means none. */
export const timeForms = {
  local: (seconds: number): string => (seconds === 0 ? "" : localTime(seconds)),
  epoch: (seconds: number): string => String(seconds),
} as const;

/** Seconds since 1970 of YYYY-MM-DD HH:mm:ss, or undefined if it is not a valid date. */
export const instantOf = (text: string): number | undefined => {
  if (!pattern.test(text)) return undefined;
  const seconds = Date.parse(`${text.replace(" ", "T")}Z`) / 1000 - aheadOfUtc;
  // Date.parse reads February 30 as March 2.
  return Number.isNaN(seconds) || localTime(seconds) !== text ? undefined : seconds;
};

/** The first and the last second of the day that contains an instant. */
export const dayOf = (seconds: number): { readonly from: number; readonly to: number } => {
  const from = Math.floor((seconds + aheadOfUtc) / 86_400) * 86_400 - aheadOfUtc;
  return { from, to: from + 86_399 };
};
