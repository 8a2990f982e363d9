// Times and durations, on the server's clock and in the call centre's time zone.
import { h, language, t } from "./common.mjs";

/** How far this machine's clock is ahead of the server's, in ms. */
let ahead = 0;
let timeZone;

/** Sets the clock from the server's time. */
export function setClock({ now, timezone }) {
  ahead = Date.now() - now;
  timeZone = timezone ?? timeZone;
}

/** The time of the server's clock. */
export const now = () => Date.now() - ahead;

const format = (date, options) =>
  new Intl.DateTimeFormat(language, { timeZone, hourCycle: "h23", ...options }).format(new Date(date));

const clock = { hour: "2-digit", minute: "2-digit" };

export const timeOf = (date) => format(date, clock);

export const dateOf = (date) => format(date, { day: "numeric", month: "short", ...clock });

/** The time of day if a date is today, otherwise the date as well. */
export const soonOf = (date) => {
  const day = { year: "numeric", month: "numeric", day: "numeric" };
  return format(date, day) === format(now(), day) ? timeOf(date) : dateOf(date);
};

/** The offset of the call centre's clocks from UTC: "GMT+8". */
export const offsetText = () =>
  new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" })
    .formatToParts(now())
    .find(({ type }) => type === "timeZoneName")?.value ?? "";

/** The time zone of every time on the page: "Asia/Shanghai, GMT+8". */
export function zoneText() {
  const { timeZone: name } = new Intl.DateTimeFormat(language, { timeZone }).resolvedOptions();
  return t("zone", { name, offset: offsetText() });
}

/** A duration: 1:05, 1:02:05. */
export function lengthOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A date and time that a spreadsheet reads as one: 2026-11-28 09:48:05. */
export const sheetTimeOf = (date) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(new Date(date));

/** A time as the value of a datetime-local field, in the call centre's time zone. */
export const fieldOf = (date) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" })
    .format(new Date(date))
    .replace(" ", "T");

/** The time that a datetime-local field gives; null if it gives none. */
export function timeIn(field) {
  const wanted = Date.parse(`${field}Z`);
  if (Number.isNaN(wanted)) return null;
  // The offset is applied twice, because it may differ between the first estimate and the result.
  const corrected = (instant) => instant + wanted - Date.parse(`${fieldOf(instant)}Z`);
  return corrected(corrected(wanted));
}

const sinceText = (since) => lengthOf((now() - Number(since)) / 1000);

/** A running timer, since an instant in ms of the server's clock; empty without one. */
export const timer = (since, classes = "") =>
  since === undefined || since === null
    ? h("span", { class: `timer ${classes}` })
    : h("span", { class: `timer ${classes}`, "data-since": since }, sinceText(since));

/** Updates the timers. */
setInterval(() => {
  for (const element of document.querySelectorAll("[data-since]"))
    element.textContent = sinceText(element.dataset.since);
}, 250);
