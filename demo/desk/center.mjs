// The middle of the desk: the call on the screen, the entry that the agent has opened, or neither.
import { at, h, icon, numberOf, t, words } from "./common.mjs";
import { findCustomers, portrait } from "./customers.mjs";
import { attempt, call as dial, order } from "./doing.mjs";
import { noteForm, updateNote } from "./notes.mjs";
import {
  callerOf,
  desk,
  detailsOf,
  draw,
  isLoggedIn,
  isOnCall,
  isWrappingUp,
  nameOf,
  onDraw,
  resultOf,
} from "./state.mjs";
import { dateOf, lengthOf, soonOf, timer } from "./times.mjs";

const isLost = ({ outcome }) => outcome !== "answered";
export const markOf = (call) =>
  h(
    "span",
    { class: `mark ${isLost(call) ? "lost" : call.direction}` },
    icon(isLost(call) && call.direction === "inbound" ? "missed" : (call.direction ?? "inbound")),
  );
export const lengthText = (call) => (isLost(call) ? t(resultOf(call)) : lengthOf(call.talkSeconds ?? 0));
export const chipOf = ({ disposition, notedAt }) =>
  disposition !== null && notedAt !== null
    ? h("span", { class: `chip ${disposition}` }, t(`disposition.${disposition}`))
    : null;

/** An earlier call, in a customer's history. */
function past(one) {
  return h(
    "li",
    { class: "past" },
    markOf(one),
    h(
      "div",
      { class: "stack tight" },
      h(
        "p",
        { class: "facts" },
        h("strong", {}, dateOf(one.startedAt)),
        h("span", { class: "muted" }, t("by", { agent: one.agent })),
        h("span", { class: "muted" }, lengthText(one)),
        chipOf(one),
      ),
      words(one.note) && h("p", { class: "said" }, words(one.note)),
    ),
  );
}

const pasts = (history, none) => [
  h("h3", {}, t("history")),
  history.length === 0 ? h("p", { class: "muted" }, none) : h("ol", { class: "history" }, history.map(past)),
];

function whoRow(customer, number, ...more) {
  return h(
    "div",
    { class: "caller" },
    portrait(customer, number, true),
    h(
      "div",
      { class: "stack tight grow" },
      h("h3", { id: "customer-name", class: "name" }, nameOf(customer, number)),
      h(
        "p",
        { class: "facts muted" },
        h("span", {}, detailsOf(customer)),
        // Without a customer, the number is shown as the name.
        customer !== null && h("span", { class: "number" }, numberOf(number)),
      ),
    ),
    ...more,
  );
}

/** Drawn while there is no call. */
function idle() {
  const busy = desk.me?.workStatus === "BUSY";
  return [
    h(
      "div",
      { class: "idle" },
      h("div", { class: `portrait huge ${busy ? "resting" : ""}` }, icon("headset")),
      h("h3", { class: "name" }, t(busy ? "idleBusy" : "idleReady")),
      h("p", { class: "muted" }, t(busy ? "idleBusyHint" : "idleHint")),
      ...(desk.simulated
        ? [
            h(
              "button",
              {
                type: "button",
                id: "inbound",
                class: "primary",
                disabled: busy,
                onclick: () => attempt(() => order("inbound")),
              },
              icon("inbound"),
              t("customerCalls"),
            ),
            h("p", { class: "muted small" }, t("simulatedHint")),
          ]
        : []),
    ),
  ];
}

const close = () => {
  desk.viewed = null;
  draw();
};

const openedButtons = (number) => [
  h("button", { type: "button", class: "quiet", id: "back", onclick: close }, icon("back"), t("back")),
  h(
    "button",
    { type: "button", id: "call-back", class: "primary", disabled: number === "", onclick: () => dial(number) },
    icon("phone"),
    t("call"),
  ),
];

/** A customer that the agent has opened. */
const customerView = ({ customer, history }) => [
  whoRow(customer, customer.number, ...openedButtons(customer.number)),
  ...pasts(history, t("noHistoryYet")),
];

/** Lets the agent enter the name of an unknown caller. */
function nameForm({ id, customer, number }) {
  if (customer !== null || number === "") return null;
  return h(
    "form",
    {
      class: "naming",
      onsubmit: (event) => {
        event.preventDefault();
        attempt(async () => {
          const named = await order("customer", { id, name: at("new-name").value });
          const rename = (one) => (one?.number === named.number ? { ...one, customer: named } : one);
          for (const shown of [desk.screen, desk.viewed]) if (shown !== null) shown.call = rename(shown.call);
          desk.calls = desk.calls.map(rename);
          desk.callbacks = desk.callbacks.map(rename);
          redraw();
          await findCustomers();
        });
      },
    },
    h("label", { for: "new-name" }, t("whoIsIt")),
    h("input", { id: "new-name", required: true, maxlength: 60, autocomplete: "off" }),
    h("button", { type: "submit" }, t("saveName")),
  );
}

/** A call: the one on the screen, or one of today's that the agent has opened. */
function callView({ call, history }, isOpened) {
  const hangUp = h(
    "button",
    { type: "button", id: "hangup", class: "danger", onclick: () => attempt(() => order("hangup")) },
    icon("hangUp"),
    t("hangUp"),
  );
  return [
    h(
      "div",
      { id: "call", class: "call" },
      h(
        "p",
        { class: "status" },
        icon(call.direction ?? "inbound"),
        h("span", { id: "call-state" }),
        h("span", { id: "call-time", class: "timer" }),
      ),
      whoRow(call.customer, call.number, ...(isOpened ? openedButtons(call.number) : [hangUp])),
      isOpened && h("p", { class: "muted" }, t("calledAt", { time: soonOf(call.startedAt) })),
      call.campaign && h("p", {}, t("ofCampaign", { name: call.campaign })),
      call.userData &&
        call.userData !== "desk" &&
        call.campaign === null &&
        h("p", { class: "said" }, t("customerSays", { data: call.userData })),
    ),
    nameForm(call),
    noteForm(call),
    ...pasts(history, t("noHistory")),
  ].filter(Boolean);
}

/** Updates the parts of a call that change, without touching fields that the agent may be editing. */
function updateCall(call) {
  const isOver = call.state === "over";
  at("call").className = `call ${isOver ? "ended" : call.state} ${call.direction}`;
  at("call-state").textContent = isOver
    ? t(resultOf(call))
    : [
        t(call.direction ?? "inbound"),
        t(`state.${call.state}`),
        call.state === "ringing" && call.direction === "inbound" ? t("pickUp") : "",
      ]
        .filter(Boolean)
        .join(" · ");
  const time = at("call-time");
  delete time.dataset.since;
  if (call.state === "answered" && call.answeredAt !== null) time.dataset.since = call.answeredAt;
  else time.textContent = isOver && call.outcome === "answered" ? lengthOf(call.talkSeconds ?? 0) : "";
  if (at("hangup")) at("hangup").hidden = isOver;
  const wasDisabled = at("save").disabled;
  updateNote(call);
  // When the call has ended, the note gets the focus, unless the agent is typing elsewhere.
  const { activeElement } = document;
  if (wasDisabled && !at("save").disabled && [document.body, at("hangup")].includes(activeElement)) at("note").focus();
}

/** Identifies what the middle shows; it is rebuilt only when this changes. */
let shown = "";

/** The content of the middle: an entry that the agent has opened, otherwise the call. */
function showing() {
  const { viewed, screen } = desk;
  if (viewed?.customer) return { key: `customer ${viewed.customer.number}`, build: () => customerView(viewed) };
  if (viewed !== null)
    return { key: `opened ${viewed.call.id}`, build: () => callView(viewed, true), call: viewed.call };
  if (screen !== null)
    return { key: `call ${screen.call.id}`, build: () => callView(screen, false), call: screen.call };
  return { key: `idle ${desk.me?.workStatus} ${desk.simulated}`, build: idle };
}

function drawCenter() {
  const { key, build, call } = showing();
  if (key !== shown) {
    shown = key;
    at("center").replaceChildren(...build());
  }
  if (call !== undefined) updateCall(call);
  if (at("call-back")) at("call-back").disabled = isOnCall() || isWrappingUp() || (call?.number ?? "1") === "";
}

/** Draws everything anew, in another language or with another name. */
export function redraw() {
  shown = "";
  draw();
}

/**
 * The current call, in a bar that stays visible when the middle is not: on a phone, or while the agent has opened
 * something else.
 */
function drawBar() {
  const call = desk.screen?.call;
  const bar = at("callbar");
  bar.hidden = call === undefined || !isLoggedIn();
  if (bar.hidden) return;
  bar.className = `callbar ${isOnCall() ? call.state : "ended"} ${desk.viewed === null ? "" : "always"}`;
  const open = () => {
    close();
    at("center").scrollIntoView({ block: "center" });
  };
  const hangUp = () => attempt(() => order("hangup"));
  const key = `${document.documentElement.lang} ${call.id} ${call.state} ${callerOf(call)}`;
  if (bar.dataset.key === key) return;
  bar.dataset.key = key;
  bar.replaceChildren(
    h(
      "button",
      { type: "button", class: "plain", onclick: open },
      icon(call.direction ?? "inbound"),
      h("strong", {}, callerOf(call)),
      h("span", {}, t(call.state === "over" ? "wrapUp" : `state.${call.state}`)),
      call.state === "answered" && timer(call.answeredAt),
    ),
    ...(isOnCall()
      ? [h("button", { type: "button", class: "danger", "aria-label": t("hangUp"), onclick: hangUp }, icon("hangUp"))]
      : []),
  );
}

onDraw(() => {
  drawBar();
  if (isLoggedIn()) drawCenter();
  const call = desk.screen?.call;
  document.title = call?.state === "ringing" ? `☎ ${callerOf(call)}` : t("desk");
});
