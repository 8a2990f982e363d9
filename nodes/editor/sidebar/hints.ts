// What to do next: each hint with its remedy.
import type { Hint, HintCode } from "../../catalogue/sidebar";
import { addressRow, problemOf, selfTestButton, testButton } from "./account-parts";
import type { App } from "./app";
import { instruct } from "./ask";
import { type Child, h, type VNode } from "./dom";
import { startGuide } from "./guide";
import { editNode, nodeLabel, nodeOf } from "./nodes";
import { button, icon, orderButton, said } from "./parts";
import { everything } from "./traffic";
import { codeInWords, count, errorInWords, known, t } from "./words";

/** Hints about problems; the other hints are advice. */
const faults = new Set<HintCode>([
  "noPassword",
  "passwordRefused",
  "misconfigured",
  "pushesRefused",
  "queueFull",
  "clockApart",
  "unreachable",
  "receivingProblem",
  "deadLetters",
]);

/** The account's setting that decides about pushes refused for a reason. */
const settingsOfReasons: Readonly<Record<string, string>> = {
  digest: "pushPassword",
  customer: "pushUser",
  timestamp: "pushTolerance",
  sender: "pushAllow",
  replay: "pushReplay",
};

/** The setting that a hint is about. */
function settingOf({ code, params = {} }: Hint): string | undefined {
  if (code === "noPassword" || code === "passwordRefused") return "password";
  if (code === "queueFull") return "maxConcurrent";
  if (code === "outsideHours") return "hours";
  if (code === "unreachable") return "baseUrl";
  if (code === "pushesRefused") return settingsOfReasons[String(params.reason)];
  return params.setting === undefined ? undefined : String(params.setting);
}

/** Opens the node that a hint concerns, at the setting that it is about. */
const editButton = (hint: Hint): Child => {
  const { node } = hint;
  return (
    node !== undefined &&
    nodeOf(node) !== undefined &&
    button({
      key: "edit",
      text: t("openNode", { node: nodeLabel(node) ?? node }),
      icon: "pencil",
      strong: true,
      act: () => editNode(node, settingOf(hint)),
    })
  );
};

/** A link to an anchor of the troubleshooting page, which Node-RED serves. */
const troubleshooting = (anchor: string): VNode =>
  button({
    key: "troubleshooting",
    text: t("troubleshooting.link"),
    icon: "book",
    act: () => {
      const page = RED.i18n.lang().startsWith("zh") ? "troubleshooting.zh-CN" : "troubleshooting";
      const module = NAMESPACE.replace(/\/[^/]*$/, "");
      window.open(`resources/${module}/${page}.html#${encodeURIComponent(anchor)}`, "_blank", "noopener");
    },
  });

/** The code of an account's last error. */
const lastCode = (app: App, node: string | undefined): string =>
  app.accounts.find(({ id }) => id === node)?.lastError?.code ?? "";

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

/** A button that makes a customer call at a simulator, where its agent then logs in. */
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
  passwordRefused: (app, hint) => {
    const place = `hint test ${hint.node}`;
    return [editButton(hint), testButton(app, hint.node ?? "", place), said(app, place)];
  },
  misconfigured: (_, hint) => [editButton(hint)],
  nobodyLoggedIn: (app) => [callButton(app), said(app, "hint call")],
  noPushYet: (app, { node = "" }) => {
    const { receiving } = app.accounts.find(({ id }) => id === node) ?? {};
    const place = `hint sample ${node}`;
    return [
      receiving !== undefined && addressRow(receiving.address),
      selfTestButton(app, node, place),
      troubleshooting(t("troubleshooting.pushes")),
      said(app, place),
    ];
  },
  pushesRefused: (app, hint) => [
    editButton(hint),
    trafficButton(app, hint, "push"),
    troubleshooting(t("troubleshooting.pushes")),
  ],
  queueFull: (app, hint) => [editButton(hint), trafficButton(app, hint, "command")],
  clockApart: (app, { node = "" }) => [testButton(app, node, `hint test ${node}`), said(app, `hint test ${node}`)],
  unreachable: (app, hint) => {
    const place = `hint test ${hint.node}`;
    return [
      editButton(hint),
      testButton(app, hint.node ?? "", place),
      troubleshooting(lastCode(app, hint.node)),
      said(app, place),
    ];
  },
  receivingProblem: (_, hint) => [editButton(hint), troubleshooting(t("troubleshooting.pushes"))],
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

/** The reason that a hint gives, in words. */
function reasonInWords(code: HintCode, params: NonNullable<Hint["params"]>): string {
  if (code === "pushesRefused") return codeInWords("push", String(params.reason));
  return code === "passwordRefused"
    ? codeInWords("command", String(params.code))
    : wrong(String(params.reason), params);
}

/** The values in the texts of the hints. */
function paramsOf(app: App, { code, node = "", params = {} }: Hint): Readonly<Record<string, unknown>> {
  const account = app.accounts.find(({ id }) => id === node);
  const { setting = "", count: number, waiting, seconds } = params;
  return {
    label: account?.label || nodeLabel(node) || node,
    setting: known(`setting.account.${setting}.label`) ?? setting,
    reason: reasonInWords(code, params),
    problem: account === undefined ? "" : problemOf(account, app.now),
    error: account?.lastError === undefined ? "" : errorInWords(account.lastError),
    count: count(Number(number ?? 0)),
    waiting: count(Number(waiting ?? 0)),
    seconds: count(Math.abs(Number(seconds ?? 0))),
    campaign: params.campaign ?? "",
    code: params.code ?? "",
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
