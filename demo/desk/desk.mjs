// The agent desk: the current call, what is known about the customer, and the agent's actions.
import {
  act,
  ask,
  dateOf,
  h,
  icon,
  inBothLanguages,
  lengthOf,
  live,
  numberOf,
  Problem,
  stateOf,
  t,
  timeOf,
  timer,
  words,
} from "./common.mjs";

const at = (id) => document.getElementById(id);

/** The agent of this desk. It survives a reload; each tab has its own. */
let agent = sessionStorage.getItem("agent") ?? "";
/** The agents to choose from. */
let agents = [];
let simulated = false;
/** The agent's state on the platform. */
let me = null;
/** The call on the screen, as reported by the flows: {call, customer, history, wrapUp}. */
let screen = null;
/** The customer that is shown while there is no call: {customer, history}. */
let viewed = null;
/** Today's calls, the newest first. */
let calls = [];
/** Unsaved notes, by the id of the call. */
const drafts = new Map();

const isOver = (call) => call.state === "ended" || call.state === "billed";
const isOnCall = () => screen !== null && !isOver(screen.call);
const loggedIn = () => agent !== "" && stateOf(me) !== "loggedOff";
const nameOf = (customer, number) => (customer === null ? numberOf(number) || t("unknown") : words(customer.name));
const detailsOf = (customer) => [words(customer?.company), words(customer?.city)].filter(Boolean).join(" · ");

// ------------------------------------------------------------------------------------------------ doing

function showProblem(problem) {
  at("problem").replaceChildren(
    h("span", {}, problem.text ?? String(problem)),
    h("button", { type: "button", class: "quiet", onclick: hideProblem }, t("close")),
  );
  at("problem").hidden = false;
}

function hideProblem() {
  at("problem").hidden = true;
}

/** Sends a request for an action; removes the previous error. */
function order(what, body) {
  hideProblem();
  return act(what, body);
}

/** Tries an action and shows its error; returns whether it succeeded. */
async function attempt(doing) {
  try {
    await doing();
    return true;
  } catch (problem) {
    showProblem(problem);
    return false;
  }
}

/** Announces a text to screen readers. */
function announce(text) {
  at("told").textContent = text;
}

const logIn = (staffNo) =>
  attempt(async () => {
    me = await order("login", { agent: staffNo });
    agent = staffNo;
    sessionStorage.setItem("agent", agent);
    greet();
  });

const logOut = () =>
  attempt(async () => {
    me = await order("logout", { agent });
    draw();
  });

const call = (number) =>
  attempt(async () => {
    await order("call", { agent, number });
    if (at("wanted").value === "") return;
    at("wanted").value = "";
    await findCustomers();
  });

const byTime = (a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt);

async function loadCalls() {
  const answer = await ask("calls", { agent });
  // Live messages that came meanwhile are newer than the answer.
  const heard = new Map(calls.map((one) => [one.id, one]));
  const loaded = (await answer.json()).map((one) => ({ ...one, ...heard.get(one.id) }));
  const ids = new Set(loaded.map(({ id }) => id));
  calls = [...loaded, ...calls.filter(({ id }) => !ids.has(id))].sort(byTime);
  drawToday();
}

const loadAll = () => attempt(() => Promise.all([findCustomers(), loadCalls()]));

// ------------------------------------------------------------------------------------------------ the bar

function drawMe() {
  const told = stateOf(me, screen?.wrapUp);
  // A platform need not push its agents' states; the state of the call on the screen is certain.
  const state = isOnCall() ? (screen.call.state === "answered" ? "talking" : "ringing") : told;
  const set = (what, label, pressed) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(pressed), onclick: () => attempt(() => order(what, { agent })) },
      t(label),
    );
  at("me").replaceChildren(
    ...(loggedIn()
      ? [
          h(
            "p",
            { class: `pill ${state}`, id: "state" },
            h("span", { class: "dot" }),
            h("strong", {}, t("whoAmI", { agent })),
            h("span", { id: "state-name" }, t(state)),
            timer(state === told ? me.since : undefined),
          ),
          h(
            "div",
            { class: "segments", role: "group", "aria-label": t("yourState") },
            set("idle", "setReady", me.workStatus === "ONLINE"),
            set("busy", "setBusy", me.workStatus === "BUSY"),
          ),
          h("button", { type: "button", class: "quiet", onclick: logOut }, t("logout")),
        ]
      : []),
  );
}

// ------------------------------------------------------------------------------------------------ logging in

function drawSignIn() {
  const chosen = at("agent")?.value ?? agent;
  const properties = { id: "agent", required: true };
  const choice =
    agents.length > 0
      ? h(
          "select",
          properties,
          agents.map((one) =>
            h("option", { value: one.agent, selected: one.agent === chosen }, `${one.agent} · ${one.name}`),
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
    ...(simulated ? [h("p", { class: "muted small" }, t("simulatedHint"))] : []),
  );
}

// ------------------------------------------------------------------------------------------------ customers

/** A circle with initials, in a colour derived from the number. */
function portrait(customer, number, big = false) {
  const digits = [...(number ?? "")].reduce((sum, one) => sum + one.charCodeAt(0), 0);
  const name = customer === null ? "?" : words(customer.name);
  const initials = /\p{Script=Han}/u.test(name)
    ? name.slice(0, 1)
    : name
        .split(/\s+/)
        .slice(0, 2)
        .map((part) => part.slice(0, 1))
        .join("")
        .toUpperCase();
  return h("span", { class: `portrait ${big ? "big" : ""} hue${digits % 6}`, "aria-hidden": "true" }, initials);
}

let customers = [];

async function findCustomers() {
  const wanted = at("wanted").value;
  const answer = await ask("customers", { q: wanted });
  const found = await answer.json();
  // Answers may arrive in another order than the requests.
  if (at("wanted").value !== wanted) return;
  customers = found;
  drawCustomers();
}

const dialled = () => {
  const typed = at("wanted").value.replace(/[\s()-]/g, "");
  return /^\+?[\d*#]{3,}$/.test(typed) ? typed : "";
};

function drawCustomers() {
  const disabled = isOnCall() || screen?.wrapUp;
  const number = dialled();
  at("dial").replaceChildren(
    ...(number === ""
      ? []
      : [
          h(
            "button",
            { type: "button", class: "primary wide", disabled, onclick: () => call(number) },
            icon("phone"),
            t("callNumber", { number: numberOf(number) }),
          ),
        ]),
  );
  at("customers").replaceChildren(
    ...customers.map((customer) =>
      h(
        "li",
        { class: "row" },
        h(
          "button",
          { type: "button", class: "plain", onclick: () => view(customer) },
          portrait(customer, customer.number),
          h(
            "span",
            { class: "who" },
            h("strong", {}, words(customer.name)),
            h("span", { class: "muted small" }, detailsOf(customer) || numberOf(customer.number)),
          ),
        ),
        h(
          "button",
          {
            type: "button",
            class: "round",
            disabled,
            title: numberOf(customer.number),
            "aria-label": t("callCustomer", { name: words(customer.name) }),
            onclick: () => call(customer.number),
          },
          icon("phone"),
        ),
      ),
    ),
    ...(customers.length === 0 ? [h("li", { class: "muted empty" }, t("noCustomers"))] : []),
  );
}

const view = (customer) =>
  attempt(async () => {
    const answer = await ask("calls", { number: customer.number });
    viewed = { customer, history: await answer.json() };
    drawCenter();
  });

// ------------------------------------------------------------------------------------------------ the middle

/** An earlier call, in a customer's history. */
function past(one) {
  const lost = one.outcome !== "answered";
  return h(
    "li",
    { class: "past" },
    h(
      "span",
      { class: `mark ${lost ? "lost" : one.direction}` },
      icon(lost && one.direction === "inbound" ? "missed" : one.direction),
    ),
    h(
      "div",
      { class: "stack tight" },
      h(
        "p",
        { class: "facts" },
        h("strong", {}, dateOf(one.startedAt)),
        h("span", { class: "muted" }, t("by", { agent: one.agent })),
        h("span", { class: "muted" }, lost ? t(`outcome.${one.outcome}`) : lengthOf(one.talkSeconds ?? 0)),
        one.disposition && h("span", { class: `chip ${one.disposition}` }, t(`disposition.${one.disposition}`)),
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
function drawIdle() {
  const busy = me?.workStatus === "BUSY";
  return [
    h(
      "div",
      { class: "idle" },
      h("div", { class: `portrait huge ${busy ? "resting" : ""}` }, icon("headset")),
      h("h3", { class: "name" }, t(busy ? "idleBusy" : "idleReady")),
      h("p", { class: "muted" }, t(busy ? "idleBusyHint" : "idleHint")),
      ...(simulated
        ? [
            h(
              "button",
              {
                type: "button",
                id: "inbound",
                class: "primary",
                disabled: busy,
                onclick: () => attempt(() => order("inbound", { agent })),
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

function drawViewed({ customer, history }) {
  const back = () => {
    viewed = null;
    drawCenter();
  };
  return [
    whoRow(
      customer,
      customer.number,
      h("button", { type: "button", class: "quiet", onclick: back }, icon("back"), t("back")),
      h("button", { type: "button", class: "primary", onclick: () => call(customer.number) }, icon("phone"), t("call")),
    ),
    ...pasts(history, t("noHistoryYet")),
  ];
}

/** Lets the agent enter the name of an unknown caller. */
function nameForm({ call, customer }) {
  if (customer !== null) return null;
  return h(
    "form",
    {
      class: "naming",
      onsubmit: (event) => {
        event.preventDefault();
        attempt(async () => {
          const named = await order("customer", { agent, id: call.id, name: at("new-name").value });
          if (screen?.call.id === call.id) screen = { ...screen, customer: named };
          shown = "";
          draw();
          const sameNumber = (one) => (one.numberE164 ?? one.number) === named.number;
          calls = calls.map((one) => (sameNumber(one) ? { ...one, customer: named } : one));
          drawToday();
          await findCustomers();
        });
      },
    },
    h("label", { for: "new-name" }, t("whoIsIt")),
    h("input", { id: "new-name", required: true, maxlength: 60, autocomplete: "off" }),
    h("button", { type: "submit" }, t("saveName")),
  );
}

const dispositions = ["resolved", "callback", "forwarded", "complaint", "unreached"];

/** Saves the note of a call. */
async function saveNote(call) {
  const { note, disposition } = drafts.get(call.id);
  noted(await order("note", { agent, id: call.id, note, disposition: disposition || standard(call) }));
}

function noteForm({ call }) {
  const draft = drafts.get(call.id) ?? { note: "", disposition: "" };
  drafts.set(call.id, draft);
  const save = (event) => {
    event.preventDefault();
    attempt(() => saveNote(screen.call));
  };
  return h(
    "form",
    { id: "noting", class: "noting stack", onsubmit: save },
    h(
      "fieldset",
      {},
      h("legend", {}, t("result")),
      dispositions.map((one) =>
        h(
          "label",
          { class: "choice" },
          h("input", {
            type: "radio",
            name: "disposition",
            value: one,
            checked: draft.disposition === one,
            onchange: () => {
              draft.disposition = one;
            },
          }),
          h("span", {}, t(`disposition.${one}`)),
        ),
      ),
    ),
    h("label", { for: "note" }, t("note")),
    withValue(
      h("textarea", {
        id: "note",
        rows: 3,
        maxlength: 2000,
        placeholder: t("noteHint"),
        oninput: (event) => {
          draft.note = event.target.value;
        },
        onkeydown: (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && screen?.wrapUp) at("noting").requestSubmit();
        },
      }),
      draft.note,
    ),
    h(
      "div",
      { class: "facts" },
      h("button", { type: "submit", id: "save", class: "primary", disabled: true }, t("saveNote")),
      h("span", { id: "save-hint", class: "muted small" }),
    ),
  );
}

function withValue(element, value) {
  element.value = value;
  return element;
}

/** The default result of a call. */
const standard = (call) => (call.outcome === "answered" ? "resolved" : "unreached");

function drawScreen() {
  const { call, customer, history } = screen;
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
      whoRow(
        customer,
        call.numberE164 ?? call.number,
        h(
          "button",
          { type: "button", id: "hangup", class: "danger", onclick: () => attempt(() => order("hangup", { agent })) },
          icon("hangUp"),
          t("hangUp"),
        ),
      ),
      call.userData &&
        call.userData !== "desk" &&
        h("p", { class: "said" }, t("customerSays", { data: call.userData })),
    ),
    nameForm(screen),
    noteForm(screen),
    ...pasts(history, t("noHistory")),
  ].filter(Boolean);
}

/** Updates the parts that change during a call, without touching fields that the agent may be editing. */
function updateScreen() {
  const { call, wrapUp } = screen;
  const over = isOver(call);
  const phase = over ? "ended" : call.state;
  at("call").className = `call ${phase} ${call.direction}`;
  const direction = t(call.direction ?? "inbound");
  at("call-state").textContent = over
    ? t(`outcome.${call.outcome ?? "unknown"}`)
    : [direction, t(`state.${phase}`), phase === "ringing" && call.direction === "inbound" ? t("pickUp") : ""]
        .filter(Boolean)
        .join(" · ");
  const time = at("call-time");
  delete time.dataset.since;
  if (phase === "answered") time.dataset.since = Date.parse(call.answeredAt);
  else time.textContent = over ? lengthOf(call.talkSeconds ?? 0) : "";
  at("hangup").hidden = over;
  const saving = at("save");
  const first = saving.disabled && wrapUp;
  saving.disabled = !wrapUp;
  at("save-hint").textContent = t(wrapUp ? "wrapUpHint" : "noteLater");
  if (!first) return;
  // The call has ended: move the focus to the note, unless the agent is typing elsewhere.
  const chosen = drafts.get(call.id).disposition || standard(call);
  document.querySelector(`#noting input[value="${chosen}"]`).checked = true;
  if (document.activeElement === document.body || document.activeElement === at("hangup")) at("note").focus();
}

/** Identifies what the middle shows; it is rebuilt only when this changes. */
let shown = "";

function drawCenter() {
  const showing =
    screen !== null
      ? `call ${screen.call.id}`
      : viewed !== null
        ? `customer ${viewed.customer.number}`
        : `idle ${me?.workStatus}`;
  if (showing !== shown || viewed !== null) {
    shown = showing;
    at("center").replaceChildren(
      ...(screen !== null ? drawScreen() : viewed !== null ? drawViewed(viewed) : drawIdle()),
    );
  }
  if (screen !== null) updateScreen();
  const ringing = screen !== null && screen.call.state === "ringing";
  const name = screen && nameOf(screen.customer, screen.call.numberE164 ?? screen.call.number);
  document.title = ringing ? `☎ ${name}` : t("desk");
}

// ------------------------------------------------------------------------------------------------ today

/** The open recording with its player and its object URL. */
let player;

function closePlayer() {
  if (player === undefined) return;
  URL.revokeObjectURL(player.url);
  player.element.remove();
  player = undefined;
}

const play = (one, row) =>
  attempt(async () => {
    const answer = await ask("recording", { id: one.id });
    const url = URL.createObjectURL(await answer.blob());
    closePlayer();
    const label = t("recordingOf", {
      time: timeOf(one.startedAt),
      name: nameOf(one.customer, one.numberE164 ?? one.number),
    });
    const element = h("audio", { controls: true, src: url, "aria-label": label });
    player = { id: one.id, url, element };
    row.append(element);
    // The browser may require a click on the player itself.
    await element.play().catch(() => {});
  });

function todayRow(one) {
  const lost = one.outcome !== "answered";
  const name = nameOf(one.customer, one.numberE164 ?? one.number);
  const time = timeOf(one.startedAt);
  const row = h(
    "li",
    { class: "row tall", "data-id": one.id },
    h(
      "span",
      { class: `mark ${lost ? "lost" : one.direction}` },
      icon(lost && one.direction === "inbound" ? "missed" : (one.direction ?? "inbound")),
    ),
    h(
      "div",
      { class: "stack tight grow" },
      h("p", { class: "facts spread" }, h("strong", {}, name), h("span", { class: "muted" }, time)),
      h(
        "p",
        { class: "facts" },
        h(
          "span",
          { class: "muted small" },
          lost ? t(`outcome.${one.outcome ?? "unknown"}`) : lengthOf(one.talkSeconds ?? 0),
        ),
        one.disposition && h("span", { class: `chip ${one.disposition}` }, t(`disposition.${one.disposition}`)),
      ),
      words(one.note) && h("p", { class: "said small" }, words(one.note)),
    ),
    one.recordFile &&
      h(
        "button",
        {
          type: "button",
          class: "round play",
          "aria-label": t("playRecording", { time, name }),
          onclick: () => play(one, row),
        },
        icon("play"),
      ),
  );
  if (player?.id === one.id) row.append(player.element);
  return row;
}

function drawToday() {
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
  at("today").replaceChildren(
    ...calls.map(todayRow),
    ...(calls.length === 0 ? [h("li", { class: "muted empty" }, t("noCalls"))] : []),
  );
}

/** Adds a call to today's calls, or updates it. */
function list(one) {
  const before = calls.find(({ id }) => id === one.id);
  calls = [{ customer: null, ...before, ...one }, ...calls.filter(({ id }) => id !== one.id)].sort(byTime);
  drawToday();
}

// ------------------------------------------------------------------------------------------------ hearing

/** A note was saved, here or at another desk of the same agent. */
function noted(activity) {
  drafts.delete(activity.id);
  if (screen?.call.id === activity.id) screen = null;
  list(activity);
  announce(t("noteSaved"));
  draw();
}

const hearing = {
  welcome(message) {
    ({ agents, simulated, screen } = message);
    me = message.state ?? me;
    draw();
    calls = [];
    if (loggedIn()) loadAll();
  },
  agents(message) {
    ({ agents } = message);
    draw();
  },
  state({ kind, now, ...state }) {
    const before = loggedIn();
    me = state;
    draw();
    // The flows may have greeted before the platform told them that the agent is logged in.
    if (loggedIn() && !before) loadAll();
  },
  call({ call, customer, history, wrapUp }) {
    const before = screen;
    // A new call replaces the one on the screen: the note of the previous call is saved.
    if (before?.wrapUp && !isOver(call) && before.call.id !== call.id) attempt(() => saveNote(before.call));
    if (!isOver(call) || wrapUp) screen = { call, customer, history, wrapUp };
    else if (screen?.call.id === call.id) screen = null;
    if (!isOver(call)) viewed = null;
    else list({ ...call, customer });
    const name = nameOf(customer, call.numberE164 ?? call.number);
    const told = `told.${isOver(call) ? "ended" : call.state}`;
    if (before?.call.id !== call.id || before.call.state !== call.state) {
      announce(
        t(["ringing", "dialing"].includes(call.state) ? `${told}.${call.direction ?? "outbound"}` : told, { name }),
      );
    }
    draw();
  },
  noted({ activity }) {
    noted(activity);
  },
  problem({ error }) {
    showProblem(new Problem(error));
  },
};

function draw() {
  at("signin").hidden = loggedIn();
  at("work").hidden = !loggedIn();
  drawMe();
  if (!loggedIn()) return drawSignIn();
  drawCustomers();
  drawCenter();
}

const greet = live(
  () => ({ agent }),
  (message) => hearing[message.kind]?.(message),
);

let typing;
at("wanted").addEventListener("input", () => {
  drawCustomers();
  clearTimeout(typing);
  typing = setTimeout(() => attempt(findCustomers), 150);
});
at("find").addEventListener("submit", (event) => {
  event.preventDefault();
  if (dialled() !== "" && !isOnCall()) call(dialled());
});

inBothLanguages(() => {
  shown = "";
  draw();
  drawToday();
});
