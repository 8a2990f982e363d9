// Shared by all pages: elements, the two languages, names of states.
import { texts } from "./texts.mjs";

/** Creates an element. Children are inserted as text, never as HTML: no text of a customer or a platform can become code. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Creates an SVG element. */
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

/** The icons of buttons and lists, as paths in a square of 24. */
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
  bell: "M12 22a2 2 0 0 0 2-2h-4a2 2 0 0 0 2 2zm6-6v-5c0-3.1-1.6-5.6-4.5-6.3V4a1.5 1.5 0 0 0-3 0v.7C7.6 5.4 6 7.9 6 11v5l-2 2v1h16v-1z",
  sound:
    "M3 9v6h4l5 5V4L7 9zm13.5 3A4.5 4.5 0 0 0 14 8v8a4.5 4.5 0 0 0 2.5-4zM14 3.2v2.1a7 7 0 0 1 0 13.4v2.1a9 9 0 0 0 0-17.6z",
  check: "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z",
  headset: "M12 3a9 9 0 0 0-9 9v7a2 2 0 0 0 2 2h4v-8H5v-1a7 7 0 0 1 14 0v1h-4v8h4a2 2 0 0 0 2-2v-7a9 9 0 0 0-9-9z",
};

/** An icon next to a text, or in a button that has its own label. */
export const icon = (name) =>
  s("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, s("path", { d: icons[name] }));

/** The language: as chosen, otherwise the browser's. */
const chosen = () => localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
export let language = chosen();

/** A text of the page. */
export function t(key, values = {}) {
  const text = texts[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const at = (id) => document.getElementById(id);

/** An entry of a legend. */
export const legend = (entries) =>
  entries.map(([tone, text, count]) =>
    h("li", { class: tone }, h("span", { class: "dot" }), text, count !== undefined && h("strong", {}, String(count))),
  );

/** A text of the CRM: as a user wrote it, or in the page's language if it is a sample. */
export const words = (text) => (typeof text === "object" && text !== null ? (text[language] ?? text.en) : (text ?? ""));

/** Inserts the texts into the HTML, and draws the rest whenever the language changes. */
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

/** A phone number, formatted for reading. */
export const numberOf = (number) =>
  (number ?? "").replace(/^\+86(1\d\d)(\d{4})(\d{4})$/, "$1 $2 $3").replace(/^(1\d\d)(\d{4})(\d{4})$/, "$1 $2 $3");

/** An agent's state as the name of its text and of its colour. After-call work means that there is a note to write. */
export function stateOf(agent, wrapUp) {
  const { workStatus = "OFFLINE", serverStatus = "IDLE" } = agent ?? {};
  if (workStatus === "OFFLINE") return "loggedOff";
  if (serverStatus === "RINGING") return "ringing";
  if (serverStatus === "CALL_IN" || serverStatus === "CALL_OUT") return "talking";
  if (wrapUp) return "wrapUp";
  if (workStatus === "BUSY") return "busy";
  return workStatus === "AWAY" ? "away" : "ready";
}
