// The wallboard: every agent's state and today's calls, as figures and charts.
import { act, h, inBothLanguages, lengthOf, live, now, s, stateOf, t, timeOf, timer } from "./common.mjs";

const at = (id) => document.getElementById(id);

/** The totals from the flows; see the tab "Wallboard". */
let board = {
  lively: false,
  agents: [],
  hours: [],
  answered: 0,
  missed: 0,
  unanswered: 0,
  talk: 0,
  ring: 0,
  active: 0,
};
let simulated = false;

const states = ["ready", "ringing", "talking", "wrapUp", "busy", "away", "loggedOff"];

const percent = (part, whole) => (whole === 0 ? "–" : `${Math.round((100 * part) / whole)}%`);

function drawFigures({ agents, answered, missed, unanswered, talk, ring, active }) {
  const all = answered + missed + unanswered;
  const ready = agents.filter((one) => stateOf(one, one.wrapUp) === "ready").length;
  const loggedIn = agents.filter((one) => stateOf(one) !== "loggedOff").length;
  const figures = [
    ["callsToday", all],
    ["inProgress", active],
    ["answeredRate", percent(answered, all), t("of", { total: all })],
    ["averageTalk", lengthOf(talk)],
    ["averageRing", lengthOf(ring)],
    ["agentsReady", ready, t("of", { total: loggedIn })],
  ];
  at("figures").replaceChildren(
    ...figures.map(([key, value, more]) =>
      h(
        "div",
        {},
        h("dt", {}, t(key)),
        h("dd", {}, String(value), more && h("span", { class: "muted small" }, ` ${more}`)),
      ),
    ),
  );
}

const legend = (entries) =>
  entries.map(([tone, text, count]) =>
    h("li", { class: tone }, h("span", { class: "dot" }), text, count !== undefined && h("strong", {}, String(count))),
  );

/** The labels of an axis: at most four steps, in whole calls. */
function stepsUpTo(most) {
  const step = Math.max(1, Math.ceil(most / 4));
  return Array.from({ length: 5 }, (_, index) => index * step);
}

/** A bar for each hour: answered below, not answered on top. */
function drawHours({ hours }) {
  const [width, height, left, bottom] = [760, 260, 34, 24];
  const steps = stepsUpTo(Math.max(4, ...hours.map(({ answered, lost }) => answered + lost)));
  const top = steps.at(-1) ?? 1;
  const tall = (calls) => (calls * (height - bottom - 10)) / top;
  const floor = height - bottom;
  const each = (width - left) / Math.max(1, hours.length);
  const bar = Math.min(48, each * 0.62);
  const describe = ({ hour, answered, lost }) => t("chart.hours", { hour, answered, lost });
  at("hours").replaceChildren(
    s(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        class: "chart",
        role: "img",
        "aria-label": `${t("callsPerHour")}. ${hours.map(describe).join("; ")}`,
      },
      steps.map((step) => [
        s("line", { class: "gridline", x1: left, x2: width, y1: floor - tall(step), y2: floor - tall(step) }),
        s("text", { x: left / 2, y: floor - tall(step) + 4 }, String(step)),
      ]),
      hours.map((one, index) => {
        const x = left + each * index + (each - bar) / 2;
        return s(
          "g",
          {},
          s("title", {}, describe(one)),
          s("rect", {
            class: "fill-good",
            x,
            y: floor - tall(one.answered),
            width: bar,
            height: tall(one.answered),
            rx: 3,
          }),
          s("rect", {
            class: "fill-bad",
            x,
            y: floor - tall(one.answered + one.lost),
            width: bar,
            height: tall(one.lost),
            rx: 3,
          }),
          s("text", { x: x + bar / 2, y: height - 4 }, `${one.hour}:00`),
        );
      }),
    ),
  );
  at("hours-legend").replaceChildren(
    ...legend([
      ["tone-good", t("answered")],
      ["tone-bad", t("notAnswered")],
    ]),
  );
}

/** A ring chart of the results of calls. */
function drawOutcomes({ answered, missed, unanswered }) {
  const parts = [
    ["good", t("answered"), answered],
    ["bad", t("missed"), missed],
    ["warn", t("unanswered"), unanswered],
  ];
  const all = answered + missed + unanswered;
  const around = 2 * Math.PI * 80;
  let before = 0;
  const arcs = parts.map(([tone, , count]) => {
    const length = all === 0 ? 0 : (around * count) / all;
    const arc = s("circle", {
      class: `ring fill-${tone}`,
      cx: 110,
      cy: 110,
      r: 80,
      fill: "none",
      "stroke-dasharray": `${Math.max(0, length - 2)} ${around}`,
      "stroke-dashoffset": -before,
      transform: "rotate(-90 110 110)",
    });
    before += length;
    return arc;
  });
  at("outcomes").replaceChildren(
    s(
      "svg",
      {
        viewBox: "0 0 220 220",
        class: "chart donut",
        role: "img",
        "aria-label": `${t("outcomes")}. ${parts.map(([, text, count]) => `${text}: ${count}`).join("; ")}`,
      },
      s("circle", { class: "ring fill-none", cx: 110, cy: 110, r: 80 }),
      arcs,
      s("text", { class: "total", x: 110, y: 118 }, String(all)),
      s("text", { x: 110, y: 138 }, t("calls")),
    ),
  );
  at("outcomes-legend").replaceChildren(...legend(parts.map(([tone, ...rest]) => [`tone-${tone}`, ...rest])));
}

function drawAgents({ agents }) {
  const counted = states.map((state) => [state, agents.filter((one) => stateOf(one, one.wrapUp) === state).length]);
  const there = counted.filter(([, count]) => count > 0);
  let before = 0;
  at("share").replaceChildren(
    s(
      "svg",
      {
        viewBox: `0 0 ${Math.max(1, agents.length)} 1`,
        preserveAspectRatio: "none",
        class: "share",
        role: "img",
        "aria-label": `${t("agentsByState")}. ${there.map(([state, count]) => `${t(state)}: ${count}`).join("; ")}`,
      },
      there.map(([state, count]) => {
        const part = s("rect", { class: state, x: before, y: 0, width: count, height: 1 });
        before += count;
        return part;
      }),
    ),
  );
  at("states").replaceChildren(...legend(there.map(([state, count]) => [state, t(state), count])));
  at("agents").replaceChildren(
    ...agents.map((one) => {
      const state = stateOf(one, one.wrapUp);
      return h(
        "li",
        { class: state },
        h("span", { class: "dot" }),
        h("strong", {}, one.agent),
        timer(state === "loggedOff" ? undefined : one.since, "small muted"),
        h("span", { class: "what" }, t(state)),
      );
    }),
    ...(agents.length === 0 ? [h("li", { class: "loggedOff" }, t("noAgents"))] : []),
  );
}

function draw() {
  drawFigures(board);
  drawHours(board);
  drawOutcomes(board);
  drawAgents(board);
  at("lively").hidden = !simulated;
  at("lively").title = t("livelyHint");
  at("lively").setAttribute("aria-pressed", String(board.lively));
  document.title = t("wallboard");
}

live(
  () => ({ board: true }),
  (message) => {
    if (message.kind === "welcome") ({ simulated } = message);
    if (message.kind === "board") board = message;
    draw();
  },
);

at("lively").addEventListener("click", () => act("lively", { on: !board.lively }));
setInterval(() => {
  at("clock").textContent = timeOf(now());
}, 1000);
inBothLanguages(draw);
