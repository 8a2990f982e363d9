// The wallboard: every agent's state and today's calls as figures and charts, separately for inbound and outbound.
import { at, h, inBothLanguages, legend, s, stateOf, t } from "./common.mjs";
import { act, live } from "./server.mjs";
import { lengthOf, now, timeOf, timer, zoneText } from "./times.mjs";

/** The totals from the flows; see the tab "Wallboard". */
let board;
let simulated = false;

const states = ["ready", "ringing", "talking", "wrapUp", "busy", "away", "loggedOff"];

const percent = (part, whole) => (whole === 0 ? "–" : `${Math.round((100 * part) / whole)}%`);
const length = (seconds) => (seconds === null ? "–" : lengthOf(seconds));

function drawFigures({ agents, inbound, outbound, serviceSeconds }) {
  const ready = agents.filter((one) => stateOf(one, one.wrapUp) === "ready").length;
  const loggedIn = agents.filter((one) => stateOf(one) !== "loggedOff").length;
  const figures = [
    ["inboundToday", inbound.calls, `${t("answered")} ${percent(inbound.answered, inbound.calls)}`],
    ["serviceLevel", percent(inbound.inTime, inbound.calls), t("within", { seconds: serviceSeconds })],
    [
      "longestWait",
      lengthOf(inbound.longestWait),
      inbound.waitingSince === null
        ? [t("averageWait", { time: length(inbound.wait) }), " · ", t("nobodyWaits")]
        : [t("waitingNow"), " ", timer(inbound.waitingSince)],
    ],
    [
      "outboundToday",
      outbound.calls,
      [`${t("reached")} ${percent(outbound.answered, outbound.calls)}`, " · ", t("busyVacant", outbound)],
    ],
    ["averageTalk", length(inbound.talk), t("inOut", { time: length(outbound.talk) })],
    [
      "inProgress",
      inbound.active + outbound.active,
      t("inAndOut", { inbound: inbound.active, outbound: outbound.active }),
    ],
    ["agentsReady", ready, t("of", { total: loggedIn })],
  ];
  at("figures").replaceChildren(
    ...figures.map(([key, value, more]) =>
      h(
        "div",
        { "data-figure": key },
        h("dt", {}, t(key)),
        h("dd", {}, String(value)),
        h("dd", { class: "muted small" }, more),
      ),
    ),
  );
}

/** The labels of an axis: at most four steps, in whole calls. */
function stepsUpTo(most) {
  const step = Math.max(1, Math.ceil(most / 4));
  return Array.from({ length: 5 }, (_, index) => index * step);
}

/** The bars of an hour, each of two parts, the first below. */
const bars = [
  {
    direction: "inbound",
    parts: [
      ["answered", "good"],
      ["lost", "bad"],
    ],
  },
  {
    direction: "outbound",
    parts: [
      ["answered", "accent"],
      ["lost", "warn"],
    ],
  },
];

/** Two bars for each hour. They are drawn at their real size, so that the labels are as large as other text. */
function drawHours({ hours }) {
  const width = Math.max(280, at("hours").clientWidth);
  const height = Math.max(150, at("hours").clientHeight);
  const [left, bottom, above] = [34, 24, 8];
  const all = hours.flatMap((hour) => bars.map(({ direction }) => hour[direction].answered + hour[direction].lost));
  const steps = stepsUpTo(Math.max(4, ...all));
  const floor = height - bottom;
  const tall = (calls) => (calls * (floor - above)) / (steps.at(-1) ?? 1);
  const each = (width - left) / Math.max(1, hours.length);
  const bar = Math.min(30, each * 0.36);
  const describe = ({ hour, inbound, outbound }) =>
    t("chart.hours", {
      hour,
      in: inbound.answered,
      missed: inbound.lost,
      out: outbound.answered,
      lost: outbound.lost,
    });
  const drawBar = (hour, { direction, parts }, x) => {
    let below = 0;
    return parts.map(([part, tone]) => {
      const calls = hour[direction][part];
      below += calls;
      return s("rect", { class: `fill-${tone}`, x, y: floor - tall(below), width: bar, height: tall(calls), rx: 2 });
    });
  };
  at("hours").replaceChildren(
    s(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        class: "chart",
        role: "img",
        "aria-label": `${t("callsPerHour")}. ${hours.map(describe).join("; ")}`,
      },
      steps.map((step) => [
        s("line", { class: "gridline", x1: left, x2: width, y1: floor - tall(step), y2: floor - tall(step) }),
        s("text", { x: left / 2, y: floor - tall(step) + 4 }, String(step)),
      ]),
      hours.map((hour, index) => {
        const middle = left + each * (index + 0.5);
        // If there is little space, only every second hour has a label.
        const isLabelled = each >= 44 || (hours.length - 1 - index) % 2 === 0;
        return s(
          "g",
          {},
          s("title", {}, describe(hour)),
          bars.map((one, place) => drawBar(hour, one, middle + (place - 1) * (bar + 2) + 1)),
          isLabelled && s("text", { x: middle, y: height - 6 }, `${hour.hour}:00`),
        );
      }),
    ),
  );
  at("hours-legend").replaceChildren(
    ...legend([
      ["tone-good", t("inboundAnswered")],
      ["tone-bad", t("inboundLost")],
      ["tone-accent", t("outboundReached")],
      ["tone-warn", t("outboundLost")],
    ]),
  );
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

function drawClock() {
  at("clock").textContent = timeOf(now());
  at("zone").textContent = zoneText();
}

function draw() {
  document.title = t("wallboard");
  drawClock();
  at("lively").hidden = !simulated;
  at("lively").title = t("livelyHint");
  if (board === undefined) return;
  at("lively").setAttribute("aria-pressed", String(board.lively));
  drawFigures(board);
  drawHours(board);
  drawAgents(board);
}

live(
  () => ({ board: true }),
  (message) => {
    if (message.kind === "welcome") ({ simulated } = message);
    if (message.kind === "board") board = message;
    draw();
  },
);

at("lively").addEventListener("click", () => act("lively", { on: !board?.lively }));
setInterval(drawClock, 1000);
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width === width) return;
  width = contentRect.width;
  if (board !== undefined) drawHours(board);
}).observe(at("hours"));
inBothLanguages(draw);
