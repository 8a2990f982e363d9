// The view of what is under way: calls, agents and campaigns.
import type { LiveAgent, LiveCall, LiveCampaign } from "../../catalogue/sidebar";
import type { App } from "./app";
import { type Child, h, type VNode } from "./dom";
import { reveal } from "./nodes";
import { empty, icon, pill, type Tone } from "./parts";
import { clock, count, known, span, t } from "./words";

const callTones: ReadonlyMap<string, Tone> = new Map([
  ["answered", "good"],
  ["ringing", "busy"],
  ["dialing", "busy"],
]);

const agentTones: ReadonlyMap<string, Tone> = new Map([
  ["OFFLINE", "quiet"],
  ["ONLINE", "good"],
  ["IDLE", "good"],
  ["BUSY", "warn"],
  ["AWAY", "warn"],
  ["PROCESS", "warn"],
  ["RINGING", "busy"],
  ["CALL_IN", "busy"],
  ["CALL_OUT", "busy"],
]);

const campaignTones: ReadonlyMap<string, Tone> = new Map([
  ["dialling", "busy"],
  ["finished", "good"],
  ["cancelled", "quiet"],
  ["waiting", "quiet"],
  ["paused", "warn"],
  ["outsideHours", "warn"],
]);

/** A state in words, or the state itself if it has no text. */
const inWords = (kind: "call" | "agent" | "campaign", state: string): string =>
  known(`sidebar.state.${kind}.${state}`) ?? state;

const section = (name: "calls" | "agents" | "campaigns", number: number, ...inside: readonly Child[]): VNode =>
  h(
    "section",
    { key: name, class: "sccc-side-section", label: t(`live.${name}`) },
    h("h3", {}, t(`live.${name}`), h("span", { class: "sccc-side-badge" }, count(number))),
    ...inside,
  );

function callNode(app: App, { id, account, state, direction, agent, phone, since }: LiveCall): VNode {
  const way = direction === "inbound" ? "arrow-down" : "arrow-up";
  return h(
    "li",
    { key: `${account} ${id}`, class: "sccc-side-item" },
    h(
      "span",
      { class: "sccc-side-mark call", title: direction === undefined ? undefined : t(`direction.${direction}`) },
      icon(direction === undefined ? "phone" : way),
    ),
    h(
      "span",
      { class: "sccc-side-who" },
      h("strong", {}, phone === "" ? t("live.withheld") : phone),
      agent !== "" && h("span", {}, ` ${t("live.withAgent", { agent })}`),
    ),
    pill(callTones.get(state) ?? "quiet", inWords("call", state)),
    h("span", { class: "sccc-side-time" }, span(app.now - since)),
  );
}

const agentNode = (app: App, { account, staffNo, name, status, since }: LiveAgent): VNode =>
  h(
    "li",
    { key: `${account} ${staffNo}`, class: "sccc-side-item" },
    h("span", { class: "sccc-side-mark agent" }, icon("user")),
    h("span", { class: "sccc-side-who" }, h("strong", {}, staffNo), name !== undefined && name !== "" && ` ${name}`),
    pill(agentTones.get(status) ?? "quiet", inWords("agent", status)),
    h("span", { class: "sccc-side-time" }, span(app.now - since)),
  );

function campaignNode(app: App, one: LiveCampaign): VNode {
  const { node, campaign, state, total, done, answered, unanswered, remaining, etaAt } = one;
  const share = (part: number): number => (total === 0 ? 0 : Math.min(100, (100 * part) / total));
  const figures = t("live.figures", { done: count(done), total: count(total), answered: count(answered) });
  const eta = etaAt === undefined ? Number.NaN : Date.parse(etaAt);
  return h(
    "li",
    { key: `${node} ${campaign}`, class: "sccc-side-card" },
    h("header", {}, h("h4", {}, campaign), pill(campaignTones.get(state) ?? "quiet", inWords("campaign", state))),
    h(
      "span",
      {
        class: "sccc-side-bar wide",
        role: "progressbar",
        label: campaign,
        valueNow: done,
        valueMax: total,
        valueText: figures,
      },
      h("span", { key: "a", class: "good", width: share(answered) }),
      h("span", { key: "u", class: "warn", width: share(unanswered) }),
      h("span", { key: "o", class: "quiet", width: share(Math.max(0, done - answered - unanswered)) }),
    ),
    h(
      "p",
      { class: "sccc-side-sub" },
      `${figures}, `,
      t("live.more", { unanswered: count(unanswered), remaining: count(remaining) }),
      Number.isNaN(eta) ? "" : ` · ${t("live.eta", { time: clock(eta, app.now) })}`,
    ),
    h("div", { class: "sccc-side-buttons" }, reveal(node)),
  );
}

const none = (key: string): VNode => h("p", { key: "none", class: "sccc-side-note" }, t(key));

export function liveView(app: App): readonly Child[] {
  const { snapshot } = app.state;
  if (snapshot === undefined) return [];
  const { calls, agents, campaigns } = snapshot;
  if (calls.length + agents.length + campaigns.length === 0) {
    return [empty("headphones", t("live.none"), t("live.noneWhy"))];
  }
  return [
    h(
      "div",
      { key: "scroll", class: "sccc-side-scroll", tabIndex: 0 },
      section(
        "calls",
        calls.length,
        calls.length === 0 ? none("live.noCalls") : h("ul", {}, ...calls.map((call) => callNode(app, call))),
      ),
      section(
        "agents",
        agents.length,
        agents.length === 0 ? none("live.noAgents") : h("ul", {}, ...agents.map((agent) => agentNode(app, agent))),
      ),
      campaigns.length > 0 &&
        section("campaigns", campaigns.length, h("ul", {}, ...campaigns.map((one) => campaignNode(app, one)))),
    ),
  ];
}
