// Notes: drafts are kept on the server while the agent types, and saved with the button.
import { at, h, t, words } from "./common.mjs";
import { attempt, order } from "./doing.mjs";
import { act } from "./server.mjs";
import { desk, draw } from "./state.mjs";
import { fieldOf, now, offsetText, timeIn } from "./times.mjs";

const dispositions = ["resolved", "callback", "forwarded", "complaint", "unreached"];

/** Distinguishes this page from the agent's other pages. */
export const pageId = Math.random().toString(36).slice(2);

/** Drafts that the server does not have yet, by the id of the call. They survive a reload. */
const unsent = new Map(JSON.parse(sessionStorage.getItem("unsent") ?? "[]"));
const remember = () => sessionStorage.setItem("unsent", JSON.stringify([...unsent]));

/** The pauses before a note is sent: after a key press, and after a failure, in ms. */
const pauses = { typing: 300, failure: 2000 };

let timer;
let isSending = false;

const later = (pause) => {
  clearTimeout(timer);
  timer = setTimeout(sendAll, pause);
};

/** Sends the drafts that are not on the server. */
export async function sendAll() {
  if (isSending || unsent.size === 0) return;
  isSending = true;
  let hasFailed = false;
  for (const [id, draft] of [...unsent]) {
    try {
      await act("draft", { agent: desk.agent, id, ...draft, page: pageId });
    } catch (problem) {
      // A call that is not in the CRM will not appear there later.
      if (problem.code !== "DESK_NO_CALL") {
        hasFailed = true;
        continue;
      }
    }
    for (const shown of [desk.screen?.call, desk.viewed?.call]) if (shown?.id === id) Object.assign(shown, draft);
    if (unsent.get(id) === draft) unsent.delete(id);
  }
  remember();
  isSending = false;
  showKept(hasFailed);
  if (unsent.size > 0) later(hasFailed ? pauses.failure : 0);
}

const draftOf = (call) =>
  unsent.get(call.id) ?? { note: words(call.note), disposition: call.disposition, dueAt: call.dueAt };

/** The current state of a shown call: a form exists longer than the call object that it was made from. */
const shownCall = (id) => [desk.viewed?.call, desk.screen?.call].find((call) => call?.id === id);

function keep(id, change) {
  unsent.set(id, { ...draftOf(shownCall(id)), ...change });
  remember();
  showKept(false);
  later(pauses.typing);
}

function showKept(hasFailed) {
  const shown = at("kept");
  if (shown === null) return;
  const isKept = !unsent.has(shown.dataset.id);
  shown.textContent = t(isKept ? "kept" : hasFailed ? "notKept" : "keeping");
}

/**
 * A note on the screen changes if another page of the agent has changed it. If this page sent the change, its own text
 * is newer.
 */
export function withOwnDraft(screen, by) {
  const isOthers = by !== undefined && by !== pageId;
  if (screen === null || isOthers || desk.screen?.call.id !== screen.call.id) return screen;
  const { note, disposition, dueAt } = desk.screen.call;
  return { ...screen, call: { ...screen.call, note, disposition, dueAt } };
}

async function save(id) {
  const draft = draftOf(shownCall(id));
  const hint = at("result-hint");
  hint.hidden = draft.disposition !== null;
  if (draft.disposition === null) return document.querySelector("#noting input").focus();
  await attempt(async () => {
    const { call: saved } = await order("note", { id, ...draft });
    unsent.delete(id);
    remember();
    onSaved(saved);
  });
}

let onSaved = () => {};
export const whenSaved = (then) => {
  onSaved = then;
};

const minute = 60_000;

/** The times that have a button. */
const soon = {
  inQuarter: () => now() + 15 * minute,
  inHour: () => now() + 60 * minute,
  tomorrow: () => timeIn(`${fieldOf(now() + 24 * 60 * minute).slice(0, 10)}T09:00`),
};

function dueRow(id) {
  const setDue = (dueAt) => {
    at("due").value = fieldOf(dueAt);
    keep(id, { dueAt });
  };
  return h(
    "div",
    { id: "due-row", class: "facts", hidden: true },
    h("label", { for: "due" }, t("due", { offset: offsetText() })),
    h("input", {
      id: "due",
      type: "datetime-local",
      onchange: ({ target }) => keep(id, { dueAt: timeIn(target.value) }),
    }),
    Object.entries(soon).map(([name, time]) =>
      h("button", { type: "button", class: "small", onclick: () => setDue(time()) }, t(`soon.${name}`)),
    ),
  );
}

/** The form for a call's note. */
export function noteForm({ id }) {
  const choose = (disposition) => {
    const dueAt = disposition === "callback" ? (draftOf(shownCall(id)).dueAt ?? soon.inHour()) : null;
    at("result-hint").hidden = true;
    keep(id, { disposition, dueAt });
    updateNote(shownCall(id));
  };
  return h(
    "form",
    {
      id: "noting",
      class: "noting stack",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        save(id);
      },
    },
    h(
      "fieldset",
      { "aria-describedby": "result-hint" },
      h("legend", {}, t("result")),
      dispositions.map((one) =>
        h(
          "label",
          { class: "choice" },
          h("input", { type: "radio", name: "disposition", value: one, onchange: () => choose(one) }),
          h("span", {}, t(`disposition.${one}`)),
        ),
      ),
    ),
    h("p", { id: "result-hint", class: "wrong small", role: "alert", hidden: true }, t("resultMissing")),
    dueRow(id),
    h("label", { for: "note" }, t("note")),
    h("textarea", {
      id: "note",
      rows: 3,
      maxlength: 2000,
      placeholder: t("noteHint"),
      oninput: ({ target }) => keep(id, { note: target.value }),
      onkeydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !at("save").disabled)
          at("noting").requestSubmit();
      },
    }),
    h(
      "div",
      { class: "facts" },
      h("button", { type: "submit", id: "save", class: "primary" }),
      h("span", { id: "kept", class: "muted small", role: "status", "data-id": id }),
      h("span", { id: "save-hint", class: "muted small" }),
    ),
  );
}

/** Shows what has changed of a note, here or in another window, and whether it can be saved. */
export function updateNote(call) {
  const { note, disposition, dueAt } = draftOf(call);
  if (at("note").value !== note) at("note").value = note;
  for (const input of document.querySelectorAll("#noting input[type=radio]"))
    input.checked = input.value === disposition;
  at("due-row").hidden = disposition !== "callback";
  const due = dueAt === null ? "" : fieldOf(dueAt);
  if (document.activeElement !== at("due", { offset: offsetText() })) at("due").value = due;
  const isOver = call.state === "over";
  at("save").disabled = !isOver;
  at("save").textContent = t(!call.wrapUp ? "save" : call.next === "busy" ? "saveBusy" : "saveReady");
  at("save-hint").textContent = t(!isOver ? "noteLater" : call.wrapUp ? "wrapUpHint" : "");
  showKept(false);
}

/** Sends the remaining drafts as soon as there is a connection again. */
export const resend = () => {
  sendAll();
  draw();
};
