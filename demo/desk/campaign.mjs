// The campaign page: numbers in, a result for every number out.
import { at, h, inBothLanguages, legend, numberOf, t, words } from "./common.mjs";
import { csvCell, entriesOf, textOf } from "./numbers.mjs";
import { act, ask, live, Problem } from "./server.mjs";
import { now as clock, dateOf, lengthOf, sheetTimeOf, timeOf, zoneText } from "./times.mjs";

let agents = [];
let simulated = false;
/** The campaigns, the newest first, and the one that is shown. */
let campaigns = [];
let shown = sessionStorage.getItem("campaign") ?? "";
let results = [];
/** The agents who will dial. */
const chosen = new Set();

const current = () => campaigns.find(({ campaign }) => campaign === shown) ?? campaigns[0];

function say(problem) {
  const text = problem === undefined ? "" : (problem.text ?? String(problem));
  at("problem").hidden = text === "";
  at("problem").textContent = text;
}

async function attempt(doing) {
  say();
  try {
    await doing();
  } catch (problem) {
    say(problem);
  }
}

// ------------------------------------------------------------------------------------------------ a new campaign

const isThere = ({ workStatus = "OFFLINE" }) => workStatus !== "OFFLINE";

function drawAgents() {
  const there = agents.filter(isThere);
  const key = JSON.stringify([document.documentElement.lang, there.map(({ agent, name }) => [agent, name])]);
  if (at("agents").dataset.key === key) return;
  at("agents").dataset.key = key;
  at("agents").replaceChildren(
    ...there.map(({ agent, name }) =>
      h(
        "label",
        { class: "choice" },
        h("input", {
          type: "checkbox",
          value: agent,
          checked: chosen.has(agent),
          onchange: ({ target }) => (target.checked ? chosen.add(agent) : chosen.delete(agent)),
        }),
        h("span", {}, name.includes(agent) ? agent : `${agent} · ${name}`),
      ),
    ),
    ...(there.length === 0 ? [h("p", { class: "muted" }, t("nobodyThere"))] : []),
  );
}

/** Sample agents who answer automatically. Agents at a desk must write a note after each call. */
const helpers = ["1015", "1016", "1017", "1018", "1019"];

const logHelpersIn = () =>
  attempt(async () => {
    for (const agent of helpers) {
      await act("helper", { agent });
      chosen.add(agent);
    }
    delete at("agents").dataset.key;
    draw();
  });

function drawCount() {
  const count = at("numbers").value.trim() === "" ? 0 : entriesOf(at("numbers").value).length;
  at("count").textContent = t("entries", { count });
}

/** The page makes the ID, so that a repeated request starts only one campaign. */
const newId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
let nextId = newId();

const begin = () =>
  attempt(async () => {
    const numbers = entriesOf(at("numbers").value);
    if (numbers.length === 0) throw new Problem({ code: "DESK_NO_NUMBERS" });
    const dialling = agents.flatMap((one) => (isThere(one) && chosen.has(one.agent) ? [one.agent] : []));
    if (dialling.length === 0) throw new Problem({ code: "DESK_NO_AGENTS" });
    const name = at("name").value.trim() || t("unnamed", { time: dateOf(clock()) });
    at("begin").disabled = true;
    try {
      await act("campaign", { id: nextId, name, agents: dialling, numbers });
      show(nextId);
      nextId = newId();
      for (const field of ["numbers", "name", "file"]) at(field).value = "";
      drawCount();
    } finally {
      at("begin").disabled = false;
    }
  });

// ------------------------------------------------------------------------------------------------ campaigns

function show(id) {
  shown = id;
  sessionStorage.setItem("campaign", id);
  results = [];
  draw();
  loadResults();
}

const loadCampaigns = () =>
  attempt(async () => {
    campaigns = await (await ask("campaigns", {})).json();
    draw();
    await loadResults();
  });

/** The results are requested one at a time. */
let isLoading = false;
let isStale = false;

async function loadResults() {
  if (isLoading) {
    isStale = true;
    return;
  }
  const campaign = current()?.campaign;
  if (campaign === undefined) return;
  isLoading = true;
  await attempt(async () => {
    const found = await (await ask("results", { campaign })).json();
    if (current()?.campaign === campaign) results = found;
  });
  isLoading = false;
  draw();
  if (isStale) {
    isStale = false;
    await loadResults();
  }
}

const control = (what) => attempt(() => act("control", { do: what, campaign: current().campaign }));

/** The buttons of a campaign, by its state. */
const controls = {
  waiting: ["pause", "cancel"],
  dialling: ["pause", "cancel"],
  outsideHours: ["pause", "cancel"],
  paused: ["resume", "cancel"],
};

const figures = [
  ["good", "answered"],
  ["warn", "unanswered"],
  ["none", "excluded"],
  ["none", "cancelled"],
  ["bad", "unknown"],
];

function drawCampaign() {
  const one = current();
  at("none-yet").hidden = one !== undefined;
  at("running").hidden = one === undefined;
  if (one === undefined) return;
  at("running-title").textContent = one.name;
  at("running-state").textContent = t(`campaign.${one.state}`);
  at("running-state").className = `chip campaign-${one.state}`;
  at("bar").max = one.total;
  at("bar").value = one.done;
  at("bar").setAttribute("aria-valuetext", t("doneOf", one));
  at("done").textContent = t("doneOf", one);
  at("eta").textContent = one.etaAt && one.remaining > 0 ? t("eta", { time: timeOf(one.etaAt) }) : "";
  at("figures").replaceChildren(
    ...legend(figures.map(([tone, name]) => [`tone-${tone}`, t(`figure.${name}`), one[name]])),
  );
  const wanted = controls[one.state] ?? [];
  for (const what of ["pause", "resume", "cancel"]) at(what).hidden = !wanted.includes(what);
  at("all").replaceChildren(
    ...campaigns.map(({ campaign, name, createdAt }) =>
      h("option", { value: campaign, selected: campaign === one.campaign }, `${name} · ${dateOf(createdAt)}`),
    ),
  );
  at("results").replaceChildren(
    ...results.map((result) =>
      h(
        "tr",
        {},
        h("td", { class: "number" }, numberOf(result.number ?? textOfRow(result.row))),
        h("td", { class: "note" }, nameOfRow(result.row)),
        h("td", {}, h("span", { class: `chip result-${result.outcome}` }, t(`result.${result.outcome}`))),
        h("td", {}, result.talkSeconds === null ? "" : lengthOf(result.talkSeconds)),
        h("td", {}, result.agent ?? ""),
        h("td", {}, result.startedAt === null ? "" : timeOf(result.startedAt)),
      ),
    ),
  );
  at("results-hint").textContent = t(results.length < 100 ? "resultsAll" : "resultsLatest", { zone: zoneText() });
}

const isRow = (row) => typeof row === "object" && row !== null;
const textOfRow = (row) => String((isRow(row) ? row.number : row) ?? "").slice(0, 60);
/** The values of a row without its number. */
const nameOfRow = (row) =>
  isRow(row)
    ? Object.entries(row)
        .flatMap(([name, value]) => (name === "number" || value === "" ? [] : [words(value)]))
        .join(" · ")
        .slice(0, 80)
    : "";

/** The columns of the file: those of the list, then the result's. */
async function exportResults() {
  const { campaign, name } = current();
  const all = await (await ask("results", { campaign, all: true })).json();
  const own = [...new Set(all.flatMap(({ row }) => (isRow(row) ? Object.keys(row) : ["number"])))];
  const added = ["result", "reason", "attempts", "agent", "startedAt", "talkSeconds"];
  const lines = all.map((one) => [
    ...own.map((key) => (isRow(one.row) ? one.row[key] : key === "number" ? one.row : "")),
    ...[t(`result.${one.outcome}`), one.reason, one.attempts, one.agent],
    ...[one.startedAt === null ? "" : sheetTimeOf(one.startedAt), one.talkSeconds],
  ]);
  const head = [
    ...own.map((key) => (key === "number" ? t("column.number") : key)),
    ...added.map((key) => t(`column.${key}`)),
  ];
  const text = [head, ...lines].map((line) => line.map(csvCell).join(",")).join("\r\n");
  // Spreadsheets recognise UTF-8 by the mark at the beginning.
  const url = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv" }));
  h("a", { href: url, download: `${name.replace(/[^\p{L}\p{N} _-]/gu, "_")}.csv` }).click();
  URL.revokeObjectURL(url);
}

// ------------------------------------------------------------------------------------------------ hearing

function draw() {
  drawAgents();
  drawCampaign();
  drawCount();
  at("helpers").hidden = !simulated;
  document.title = t("campaigns");
}

const hearing = {
  welcome(message) {
    ({ agents, simulated } = message);
    loadCampaigns();
  },
  agents({ agents: all }) {
    agents = all.map((one) => ({ ...agents.find(({ agent }) => agent === one.agent), ...one }));
    draw();
  },
  state({ kind, now, ...state }) {
    agents = [...agents.filter(({ agent }) => agent !== state.agent), state].sort((a, b) => a.agent - b.agent);
    draw();
  },
  campaign({ campaign }) {
    const before = campaigns.find((one) => one.campaign === campaign.campaign);
    campaigns = [campaign, ...campaigns.filter((one) => one !== before)].sort((a, b) => b.createdAt - a.createdAt);
    draw();
    if (campaign.campaign === current()?.campaign && campaign.done !== before?.done) loadResults();
  },
};

live(
  () => ({ campaign: true }),
  (message) => hearing[message.kind]?.(message),
);

at("order").addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
at("numbers").addEventListener("input", drawCount);
at("file").addEventListener("change", ({ target }) =>
  attempt(async () => {
    const [file] = target.files;
    if (file === undefined) return;
    at("numbers").value = await textOf(file);
    if (at("name").value === "") at("name").value = file.name.replace(/\.\w+$/, "").slice(0, 60);
    drawCount();
  }),
);
at("helpers").addEventListener("click", logHelpersIn);
for (const what of ["pause", "resume", "cancel"]) at(what).addEventListener("click", () => control(what));
at("all").addEventListener("change", ({ target }) => show(target.value));
at("export").addEventListener("click", () => attempt(exportResults));
inBothLanguages(draw);
