// Logging in and out, and the agent's state: now, or after the call.
import { at, h, icon, t } from "./common.mjs";
import { attempt, order } from "./doing.mjs";
import { desk, draw, isLoggedIn, isOnCall, isWrappingUp, onDraw, stateNow } from "./state.mjs";
import { timer } from "./times.mjs";

/** @param onLogin called when an agent has logged in */
export function startMe(onLogin) {
  const logIn = (agent) =>
    attempt(async () => {
      desk.me = await order("login", { agent });
      desk.agent = agent;
      sessionStorage.setItem("agent", agent);
      onLogin();
      draw();
    });

  const logOut = () =>
    attempt(async () => {
      desk.me = await order("logout");
      draw();
    });

  /** Asks for confirmation if there is a call or an unsaved note. */
  function leave() {
    if (!isOnCall() && !isWrappingUp()) return logOut();
    at("leaving-why").textContent = t(isOnCall() ? "leavingCall" : "leavingNote");
    at("leaving").showModal();
  }
  at("leave").addEventListener("click", () => {
    at("leaving").close();
    logOut();
  });
  at("stay").addEventListener("click", () => at("leaving").close());

  onDraw(() => {
    drawMe(leave);
    at("signin").hidden = isLoggedIn();
    at("work").hidden = !isLoggedIn();
    if (!isLoggedIn()) drawSignIn(logIn);
  });
}

function drawMe(leave) {
  if (!isLoggedIn()) return at("me").replaceChildren();
  const state = stateNow();
  const { me, screen, agent } = desk;
  const isLater = isOnCall() || isWrappingUp();
  const isBusy = isLater ? screen.call.next === "busy" : me.workStatus === "BUSY";
  const set = (what, label, pressed) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(pressed),
        onclick: () =>
          attempt(() => (isLater ? order("next", { next: what }) : order(what === "busy" ? "busy" : "idle"))),
      },
      t(label),
    );
  const said = isLater ? "afterCall" : "yourState";
  const focused = document.activeElement?.closest("#me")?.contains(document.activeElement)
    ? [...at("me").querySelectorAll("button")].indexOf(document.activeElement)
    : -1;
  at("me").replaceChildren(
    h(
      "p",
      { class: `pill ${state}`, id: "state" },
      h("span", { class: "dot" }),
      h("strong", {}, t("whoAmI", { agent })),
      h("span", { id: "state-name" }, t(state)),
      timer(["ready", "busy", "away"].includes(state) ? me.since : undefined),
    ),
    h(
      "div",
      { class: "segments", id: "choose-state", role: "group", "aria-labelledby": "choose-state-name" },
      h("span", { id: "choose-state-name", class: isLater ? "small" : "unseen" }, t(said)),
      set("ready", "setReady", !isBusy),
      set("busy", "setBusy", isBusy),
    ),
    h("button", { type: "button", id: "logout", class: "quiet", onclick: leave }, t("logout")),
  );
  at("me").querySelectorAll("button")[focused]?.focus();
}

function drawSignIn(logIn) {
  const chosen = at("agent")?.value ?? desk.agent;
  const properties = { id: "agent", required: true };
  const choice =
    desk.agents.length > 0
      ? h(
          "select",
          properties,
          desk.agents.map((one) =>
            h(
              "option",
              { value: one.agent, selected: one.agent === chosen },
              one.name.includes(one.agent) ? t("whoAmI", one) : `${one.agent} · ${one.name}`,
            ),
          ),
        )
      : h("input", { ...properties, inputmode: "numeric", pattern: "[0-9]{1,8}", value: chosen });
  at("signin").replaceChildren(
    h("div", { class: "portrait big" }, icon("headset")),
    h("h2", {}, t("signIn")),
    h("p", { class: "muted" }, t("signInHint")),
    h(
      "form",
      {
        class: "stack",
        onsubmit: (event) => {
          event.preventDefault();
          logIn(at("agent").value);
        },
      },
      h("label", { for: "agent" }, t("agent")),
      choice,
      h("button", { type: "submit", class: "primary" }, t("login")),
    ),
    ...(desk.simulated ? [h("p", { class: "muted small" }, t("simulatedHint"))] : []),
  );
}
