// Today's calls and the call-backs. Each can be opened and called.

import { chipOf, lengthText, markOf } from "./center.mjs";
import { at, h, icon, t, words } from "./common.mjs";
import { callButton } from "./customers.mjs";
import { attempt, order } from "./doing.mjs";
import { ask } from "./server.mjs";
import { callerOf, desk, draw, isOnCall, isWrappingUp, onDraw } from "./state.mjs";
import { lengthOf, now, soonOf, timeOf, zoneText } from "./times.mjs";

const byTime = (a, b) => b.startedAt - a.startedAt;

export async function loadCalls() {
  const answer = await ask("calls", { agent: desk.agent });
  // Live messages that came meanwhile are newer than the answer.
  const heard = new Map(desk.calls.map((one) => [one.id, one]));
  const loaded = (await answer.json()).map((one) => heard.get(one.id) ?? one);
  const ids = new Set(loaded.map(({ id }) => id));
  desk.calls = [...loaded, ...desk.calls.filter(({ id }) => !ids.has(id))].sort(byTime);
  draw();
}

/** Adds a call to today's calls, or updates it. */
export function list(call) {
  desk.calls = [call, ...desk.calls.filter(({ id }) => id !== call.id)].sort(byTime);
}

const open = (call) =>
  attempt(async () => {
    // The call on the screen is not opened a second time.
    if (desk.screen?.call.id === call.id) desk.viewed = null;
    else {
      const answer = await ask("calls", { number: call.number });
      desk.viewed = { call, history: (await answer.json()).filter(({ id }) => id !== call.id) };
    }
    draw();
    at("center").scrollIntoView({ block: "nearest" });
  });

/** The open recording with its player and its object URL. */
let player;

function closePlayer() {
  if (player === undefined) return;
  URL.revokeObjectURL(player.url);
  player.element.remove();
  player = undefined;
}

const play = (call, row) =>
  attempt(async () => {
    const answer = await ask("recording", { id: call.id });
    const url = URL.createObjectURL(await answer.blob());
    closePlayer();
    const label = t("recordingOf", { time: timeOf(call.startedAt), name: callerOf(call) });
    const element = h("audio", { controls: true, src: url, "aria-label": label });
    player = { id: call.id, url, element };
    row.append(element);
    // The browser may require a click on the player itself.
    await element.play().catch(() => {});
  });

function todayRow(call) {
  const name = callerOf(call);
  const time = timeOf(call.startedAt);
  const row = h(
    "li",
    { class: "row tall", "data-id": call.id },
    h(
      "button",
      { type: "button", class: "plain open", onclick: () => open(call) },
      markOf(call),
      h(
        "span",
        { class: "stack tight grow" },
        h("span", { class: "facts spread" }, h("strong", {}, name), h("span", { class: "muted" }, time)),
        h(
          "span",
          { class: "facts" },
          h("span", { class: "muted small" }, lengthText(call)),
          chipOf(call),
          call.notedAt === null && words(call.note) !== "" && h("span", { class: "chip unreached" }, t("notSaved")),
        ),
        words(call.note) && h("span", { class: "said small" }, words(call.note)),
      ),
    ),
    call.hasRecording &&
      h(
        "button",
        {
          type: "button",
          class: "round play",
          "aria-label": t("playRecording", { time, name }),
          onclick: () => play(call, row),
        },
        icon("play"),
      ),
    callButton(name, call.number),
  );
  if (player?.id === call.id) row.append(player.element);
  return row;
}

function callbackRow(call) {
  const name = callerOf(call);
  const isLate = call.dueAt < now();
  return h(
    "li",
    { class: "row" },
    h(
      "button",
      { type: "button", class: "plain", onclick: () => open(call) },
      h(
        "span",
        { class: "who" },
        h("strong", {}, name),
        h(
          "span",
          { class: `small ${isLate ? "wrong" : "muted"}` },
          t(isLate ? "wasDue" : "isDue", { time: soonOf(call.dueAt) }),
        ),
      ),
    ),
    h(
      "button",
      {
        type: "button",
        class: "round",
        title: t("callbackDone", { name }),
        "aria-label": t("callbackDone", { name }),
        onclick: () => attempt(() => order("callback", { id: call.id })),
      },
      icon("check"),
    ),
    callButton(name, call.number),
  );
}

/** Rebuilds a list only if it has changed, so that the focus and an open player stay. */
function fill(id, rows, key) {
  const element = at(id);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...rows());
}

function drawCalls() {
  const { calls, callbacks } = desk;
  const answered = calls.filter(({ outcome }) => outcome === "answered");
  const talk = answered.reduce((sum, one) => sum + (one.talkSeconds ?? 0), 0);
  const sums = [
    ["calls", calls.length],
    ["talkTime", lengthOf(talk)],
    ["average", lengthOf(answered.length === 0 ? 0 : talk / answered.length)],
  ];
  at("sums").replaceChildren(
    ...sums.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, String(value)))),
  );
  const now = `${document.documentElement.lang} ${isOnCall() || isWrappingUp()}`;
  fill(
    "today",
    () => (calls.length === 0 ? [h("li", { class: "muted empty" }, t("noCalls"))] : calls.map(todayRow)),
    now + JSON.stringify(calls),
  );
  at("zone").textContent = zoneText();
  at("callbacks-part").hidden = callbacks.length === 0;
  const late = callbacks.filter(({ dueAt }) => dueAt < Date.now()).length;
  at("callbacks-count").textContent = String(callbacks.length);
  fill("callbacks", () => callbacks.map(callbackRow), `${now} ${late}${JSON.stringify(callbacks)}`);
}

onDraw(drawCalls);
// A call-back may become due while nothing else happens.
setInterval(drawCalls, 15_000);
