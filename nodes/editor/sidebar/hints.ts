// What to do next: each hint with its remedy.
import type { Hint, HintCode } from "../../catalogue/sidebar";
import { addressRow, problemOf, selfTestButton, testButton } from "./account-parts";
import type { App } from "./app";
import { instruct } from "./ask";
import { type Child, h, type VNode } from "./dom";
import { startGuide } from "./guide";
import { editNode, nodeLabel } from "./nodes";
import { button, icon, orderButton, said } from "./parts";
import { everything } from "./traffic";
import { codeInWords, count, errorInWords, known, t } from "./words";

/** Hints about what does not work; the others only advise. */
const faults = new Set<HintCode>([
  "noPassword",
  "misconfigured",
  "pushesRefused",
  "queueFull",
  "clockApart",
  "unreachable",
  "receivingProblem",
  "deadLetters",
]);

/** Opens the node that a hint concerns. */
const editButton = ({ node }: Hint): Child =>
  node !== undefined &&
  RED.nodes.node(node) != null &&
  button({
    key: "edit",
    text: t("openNode", { node: nodeLabel(node) ?? node }),
    icon: "pencil",
    strong: true,
    act: () => editNode(node),
  });

const helpButton = (type: string): VNode =>
  button({ key: "help", text: t("help"), icon: "book", act: () => RED.sidebar.help.show(type) });

/** Shows the refused pushes of an account. */
const trafficButton = (app: App, { node = "" }: Hint, kind: "push" | "command"): VNode =>
  button({
    key: "traffic",
    text: t("showTraffic"),
    icon: "list",
    act: () => app.set({ view: "traffic", filter: { ...everything, kind, account: node, failures: true } }),
  });

/** The button with which a simulator's agent logs in, because a customer calls. */
function callButton(app: App): Child {
  const running = app.state.snapshot?.simulators.find((simulator) => simulator.running);
  if (running === undefined) return helpButton("sccc-agent-login");
  return orderButton({
    app,
    place: "hint call",
    text: t("guide.customerCalls"),
    icon: "phone",
    act: () =>
      void app.order("hint call", () => instruct(running.id, { do: "inbound", number: "13800138888", login: true })),
  });
}

/** The remedy of each hint. */
const remedies: Readonly<Record<HintCode, (app: App, hint: Hint) => readonly Child[]>> = {
  noAccount: (app) => [
    button({ key: "guide", text: t("guide.begin"), icon: "magic", strong: true, act: () => startGuide(app) }),
    button({
      key: "add",
      text: t("guide.ownPlatform"),
      icon: "plus",
      act: () => RED.editor.editConfig("", "sccc-account", "_ADD_"),
    }),
  ],
  noPassword: (_, hint) => [editButton(hint)],
  misconfigured: (_, hint) => [editButton(hint)],
  nobodyLoggedIn: (app) => [callButton(app), said(app, "hint call")],
  noPushYet: (app, { node = "" }) => {
    const { receiving } = app.accounts.find(({ id }) => id === node) ?? {};
    const place = `hint sample ${node}`;
    return [
      receiving !== undefined && addressRow(receiving.address),
      selfTestButton(app, node, place),
      helpButton("sccc-account"),
      said(app, place),
    ];
  },
  pushesRefused: (app, hint) => [editButton(hint), trafficButton(app, hint, "push")],
  queueFull: (app, hint) => [editButton(hint), trafficButton(app, hint, "command")],
  clockApart: (app, { node = "" }) => [testButton(app, node, `hint test ${node}`), said(app, `hint test ${node}`)],
  unreachable: (app, hint) => {
    const place = `hint test ${hint.node}`;
    return [editButton(hint), testButton(app, hint.node ?? "", place), said(app, place)];
  },
  receivingProblem: (_, hint) => [editButton(hint)],
  outsideHours: (_, hint) => [editButton(hint)],
  deadLetters: (app, { node = "" }) => [
    button({
      key: "dead",
      text: t("showDead"),
      icon: "inbox",
      strong: true,
      act: () => app.set({ view: "dead", deadOf: node, dead: undefined }),
    }),
    helpButton("sccc-confirm"),
  ],
  monitorOff: () => [helpButton("sccc-account")],
};

/** Why a setting is wrong, in words. */
const wrong = (reason: string, params: Hint["params"]): string =>
  known(`invalid.format.${reason}`, { variable: "", ...params }) ??
  known(`sidebar.problem.${reason}`, { detail: "", ...params }) ??
  reason;

/** What stands in the texts of the hints. */
function paramsOf(app: App, { code, node = "", params = {} }: Hint): Readonly<Record<string, unknown>> {
  const account = app.accounts.find(({ id }) => id === node);
  const { setting = "", reason = "", count: number, waiting, seconds } = params;
  return {
    label: account?.label || nodeLabel(node) || node,
    setting: known(`setting.account.${setting}.label`) ?? setting,
    reason: code === "pushesRefused" ? codeInWords("push", String(reason)) : wrong(String(reason), params),
    problem: account === undefined ? "" : problemOf(account, app.now),
    error: account?.lastError === undefined ? "" : errorInWords(account.lastError),
    count: count(Number(number ?? 0)),
    waiting: count(Number(waiting ?? 0)),
    seconds: count(Math.abs(Number(seconds ?? 0))),
    campaign: params.campaign ?? "",
  };
}

function hintNode(app: App, hint: Hint): VNode {
  const { code, node, params } = hint;
  const fault = faults.has(code);
  const words = t(`hint.${code}`, paramsOf(app, hint));
  return h(
    "section",
    {
      key: `${code} ${node}`,
      class: `sccc-side-hint ${fault ? "fault" : ""}`,
      label: t(fault ? "hint.fault" : "hint.next"),
    },
    icon(fault ? "exclamation-triangle" : "lightbulb-o"),
    h("p", {}, words),
    code === "pushesRefused" && h("p", { class: "sccc-side-note" }, known(`sidebar.refused.${params?.reason}`) ?? ""),
    h("div", { class: "sccc-side-buttons" }, ...remedies[code](app, hint)),
  );
}

export const hints = (app: App): readonly VNode[] => {
  const all = app.state.snapshot?.hints ?? [];
  const byWeight = [...all.filter(({ code }) => faults.has(code)), ...all.filter(({ code }) => !faults.has(code))];
  return byWeight.filter(({ code }) => code in remedies).map((hint) => hintNode(app, hint));
};
