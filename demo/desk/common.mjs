// What both pages share: elements, the two languages, questions to the flows, and what they hear live.
import { texts } from "./texts.mjs";

/** An element. Children are put in as text, never as HTML: nothing that a customer or a platform says can become code. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An element of a drawing. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children
      .flat(Number.POSITIVE_INFINITY)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** The drawings of buttons and lists, as paths in a square of 24. */
const icons = {
  phone:
    "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2a1 1 0 0 1 1-.25 11.4 11.4 0 0 0 3.6.57 1 1 0 0 1 1 1V20a1 1 0 0 1-1 1A17 17 0 0 1 3 4a1 1 0 0 1 1-1h3.5a1 1 0 0 1 1 1c0 1.25.2 2.45.57 3.57a1 1 0 0 1-.24 1.02z",
  hangUp:
    "M12 9c-1.6 0-3.15.25-4.6.72v3.1a1 1 0 0 1-.56.9c-.98.49-1.87 1.12-2.66 1.85a1 1 0 0 1-1.4-.02L.29 13.08a1 1 0 0 1 0-1.41C3.34 8.78 7.46 7 12 7s8.66 1.78 11.71 4.67a1 1 0 0 1 0 1.41l-2.48 2.48a1 1 0 0 1-1.4.02 11.3 11.3 0 0 0-2.67-1.85 1 1 0 0 1-.56-.9v-3.1A15.2 15.2 0 0 0 12 9z",
  play: "M8 5.5v13l11-6.5z",
  inbound: "M19 6.4 17.6 5 8 14.6V9H6v9h9v-2H9.4z",
  outbound: "M9 5v2h5.6L5 16.6 6.4 18 16 8.4V14h2V5z",
  missed: "M19.6 7 12 14.6 6.4 9H11V7H3v8h2v-4.6l7 7 9-9z",
  back: "M20 11H7.8l5.6-5.6L12 4l-8 8 8 8 1.4-1.4L7.8 13H20z",
  headset: "M12 3a9 9 0 0 0-9 9v7a2 2 0 0 0 2 2h4v-8H5v-1a7 7 0 0 1 14 0v1h-4v8h4a2 2 0 0 0 2-2v-7a9 9 0 0 0-9-9z",
};

/** A drawing beside a text, or in a button with a label of its own. */
export const icon = (name) =>
  s("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, s("path", { d: icons[name] }));

/** The language: as chosen, else as the browser says. */
const chosen = () => localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
export let language = chosen();

/** A text of the page. */
export function t(key, values = {}) {
  const text = texts[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** A text of the CRM: as somebody wrote it, or as the samples have it, in both languages. */
export const words = (text) => (typeof text === "object" && text !== null ? (text[language] ?? text.en) : (text ?? ""));

/** Puts the texts into what stands in the HTML, and draws the rest whenever the language is changed. */
export function inBothLanguages(draw) {
  const redraw = () => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
    for (const element of document.querySelectorAll("[data-label]"))
      element.setAttribute("aria-label", t(element.dataset.label));
    for (const element of document.querySelectorAll("[data-placeholder]"))
      element.placeholder = t(element.dataset.placeholder);
    draw();
  };
  const toggle = document.getElementById("language");
  toggle.addEventListener("click", () => {
    localStorage.setItem("language", language === "zh" ? "en" : "zh");
    language = chosen();
    redraw();
  });
  redraw();
}

const key = document.querySelector('meta[name="sccc-key"]').content;

/** Why something did not work: `code` for the text, `message` for what has none. */
export class Problem extends Error {
  constructor({ code, message = "" }) {
    super(message);
    this.code = code;
  }

  get text() {
    const known = `error.${this.code}` in texts.en;
    return known ? t(`error.${this.code}`) : t("error.other", { code: this.code, message: this.message });
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, "x-sccc-desk": key } });
  } catch {
    throw new Problem({ code: "DESK_OFFLINE" });
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Problem(error ?? { code: `HTTP ${response.status}` });
}

/** Asks the flows for something. */
export const ask = (what, query) => request(`desk/data/${what}?${new URLSearchParams(query)}`, {});

/** Has the flows do something. */
export const act = (what, body) =>
  request(`desk/do/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).then((response) => response.json());

/** How far this clock is ahead of the server's, in ms. */
let ahead = 0;
let timeZone;

/** The time by the server's clock. */
export const now = () => Date.now() - ahead;

/** A time of day where the call centre is. */
export const timeOf = (date) =>
  new Intl.DateTimeFormat(language, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    new Date(date),
  );

/** A day and a time of day where the call centre is. */
export const dateOf = (date) =>
  new Intl.DateTimeFormat(language, {
    timeZone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(date));

/** A duration: 1:05, 1:02:05. */
export function lengthOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A number as people write it. */
export const numberOf = (number) =>
  (number ?? "").replace(/^\+86(1\d\d)(\d{4})(\d{4})$/, "$1 $2 $3").replace(/^(1\d\d)(\d{4})(\d{4})$/, "$1 $2 $3");

/** An agent's state in a word: the name of its text and of its colour. */
export function stateOf(agent, wrapUp) {
  const { workStatus = "OFFLINE", serverStatus = "IDLE" } = agent ?? {};
  if (workStatus === "OFFLINE") return "loggedOff";
  if (serverStatus === "RINGING") return "ringing";
  if (serverStatus === "CALL_IN" || serverStatus === "CALL_OUT") return "talking";
  if (serverStatus === "PROCESS" || (wrapUp && workStatus === "BUSY")) return "wrapUp";
  if (workStatus === "BUSY") return "busy";
  return workStatus === "AWAY" ? "away" : "ready";
}

const sinceText = (since) => lengthOf((now() - Number(since)) / 1000);

/** A running time, since an instant in ms of the server's clock; empty without one. */
export const timer = (since, classes = "") =>
  since === undefined || since === null
    ? h("span", { class: `timer ${classes}` })
    : h("span", { class: `timer ${classes}`, "data-since": since }, sinceText(since));

/** Keeps them running. */
setInterval(() => {
  for (const element of document.querySelectorAll("[data-since]"))
    element.textContent = sinceText(element.dataset.since);
}, 250);

/**
 * Hears of what happens, from now on and over every interruption.
 * @param hello what the page says of itself when it connects
 * @param hear hears every message
 * @returns says hello again, as somebody else
 */
export function live(hello, hear) {
  const url = new URL("desk/live", location.href.replace(/^http/, "ws"));
  const banner = document.getElementById("offline");
  let socket;
  let pause = 500;
  const greet = () => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ key, ...hello() }));
  const connect = () => {
    socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      pause = 500;
      banner.hidden = true;
      greet();
    });
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      // Node-RED was started anew, and has another key.
      if (message.kind === "refused") return location.reload();
      ahead = Date.now() - message.now;
      if (message.timezone !== undefined) timeZone = message.timezone;
      hear(message);
    });
    socket.addEventListener("close", () => {
      banner.hidden = false;
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 8000);
    });
  };
  connect();
  return greet;
}
