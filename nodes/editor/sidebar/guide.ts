// The guided start, shown while the flows have no node of this package: a platform, a first flow and a test call, each
// with one button.
import { addSimulatorAndAccount, simulatorType } from "../account";
import { text } from "../page";
import { callIn, inWords } from "../requests";
import type { App, Said } from "./app";
import { sendSample } from "./ask";
import { type Child, h, type VNode } from "./dom";
import { button, icon, said } from "./parts";
import { t } from "./words";

/** The nodes of a type in the editor's flows. */
function nodesOf(type: string): readonly EditorNode[] {
  const found: EditorNode[] = [...RED.nodes.filterNodes({ type })];
  RED.nodes.eachConfig((node) => {
    if (node.type === type) found.push(node);
  });
  return found;
}

/** Whether the flows have no node of this package. */
export const isNew = (): boolean => Object.keys(DESCRIPTIONS).every((type) => nodesOf(type).length === 0);

const listeners = (): readonly EditorNode[] => [...nodesOf("sccc-calls"), ...nodesOf("sccc-notify")];

export const startGuide = (app: App): void => app.set({ view: "accounts", guided: true });

/** A new node of a type, with its defaults. */
const fresh = (type: string, properties: object): object => ({
  ...Object.fromEntries(Object.entries(RED.nodes.getType(type).defaults).map(([name, { value }]) => [name, value])),
  type,
  ...properties,
});

/**
 * Adds one node for calls and one for pushes of an account, each with a debug node, below the existing nodes, and
 * deploys.
 */
function addFirstFlow(account: string): Said | undefined {
  const z = RED.workspaces.active();
  if (!RED.nodes.workspace(z) || RED.workspaces.isLocked(z)) return { good: false, text: text("simulate.noTab") };
  const lowest = Math.max(0, ...RED.nodes.filterNodes({ z }).map(({ y }) => Number(y) || 0));
  const dirty = RED.nodes.dirty();
  // The debug nodes have names, because each call produces several pushes and the debug sidebar shows both.
  const rows = [
    { type: "sccc-calls", name: text("node.calls.label"), y: lowest + 60 },
    { type: "sccc-notify", name: text("node.notify.label"), y: lowest + 120 },
  ].map((row) => ({ ...row, id: RED.nodes.id(), debug: RED.nodes.id() }));
  RED.nodes.import(
    rows.flatMap(({ type, name, y, id, debug }) => [
      fresh(type, { id, z, x: 180, y, account, wires: [[debug]] }),
      fresh("debug", { id: debug, z, x: 420, y, name, complete: "payload", targetType: "msg", wires: [] }),
    ]),
    { generateIds: false, markChanged: true },
  );
  RED.history.push({ t: "add", nodes: rows.flatMap(({ id, debug }) => [id, debug]), dirty });
  RED.nodes.dirty(true);
  RED.view.redraw(true);
  RED.actions.invoke("core:deploy-flows");
  return undefined;
}

/** Makes a customer call at the simulator, or sends a sample of a push through the account's address. */
async function testCall(account: string): Promise<Said> {
  const [simulator] = nodesOf(simulatorType);
  const answer = simulator === undefined ? await sendSample(account, "callin") : await callIn(simulator.id);
  const good = answer.outcome === "called" || answer.outcome === "taken";
  return { good, text: inWords(simulator === undefined ? "sample" : "inbound", answer) };
}

interface Step {
  readonly name: "platform" | "flow" | "call";
  readonly done: boolean;
  readonly current: boolean;
}

const stepNode = ({ name, done, current }: Step, ...inside: readonly Child[]): VNode =>
  h(
    "li",
    {
      key: name,
      class: `sccc-side-step ${done ? "done" : ""} ${current ? "current" : ""}`,
      current: current ? "step" : undefined,
    },
    h("h4", {}, t(`guide.${name}`), done && " ", done && icon("check")),
    (current || !done) && h("p", {}, t(`guide.${name}Why`)),
    h("div", { class: "sccc-side-buttons" }, ...inside),
  );

/** How far a user is. */
interface Progress {
  /** The ID of the first account. */
  readonly account: string | undefined;
  readonly hasListener: boolean;
  /** Whether a listener of the account runs. */
  readonly hasFlow: boolean;
}

function progress(): Progress {
  const [account] = nodesOf("sccc-account");
  const [listener] = listeners();
  const running = listener !== undefined && listener.changed !== true && !RED.nodes.dirty();
  return { account: account?.id, hasListener: listener !== undefined, hasFlow: account !== undefined && running };
}

function platformStep(app: App, { account }: Progress): VNode {
  const done = account !== undefined;
  const begin = (): void => {
    const added = addSimulatorAndAccount();
    app.say("guide platform", added === undefined ? { good: false, text: text("simulate.noTab") } : undefined);
  };
  return stepNode(
    { name: "platform", done, current: !done },
    !done && button({ key: "simulator", text: t("guide.simulator"), icon: "magic", strong: true, act: begin }),
    !done &&
      button({
        key: "own",
        text: t("guide.ownPlatform"),
        icon: "plus",
        act: () => RED.editor.editConfig("", "sccc-account", "_ADD_"),
      }),
    said(app, "guide platform"),
  );
}

function flowStep(app: App, { account, hasListener, hasFlow }: Progress): VNode {
  const hasAccount = account !== undefined;
  return stepNode(
    { name: "flow", done: hasFlow, current: hasAccount && !hasFlow },
    !hasFlow &&
      button({
        key: "flow",
        text: hasListener ? t("guide.deploy") : t("guide.addFlow"),
        icon: "rocket",
        strong: hasAccount,
        disabled: !hasAccount,
        act: () => {
          if (account === undefined) return;
          if (hasListener) RED.actions.invoke("core:deploy-flows");
          else app.say("guide flow", addFirstFlow(account));
        },
      }),
    said(app, "guide flow"),
  );
}

function callStep(app: App, { account, hasFlow }: Progress, called: boolean): VNode {
  const isSimulated = nodesOf(simulatorType).length > 0 || account === undefined;
  return stepNode(
    { name: "call", done: called, current: hasFlow && !called },
    button({
      key: "call",
      text: isSimulated ? t("guide.customerCalls") : text("sample.send"),
      icon: "phone",
      strong: hasFlow,
      disabled: !hasFlow || app.state.busy.has("guide call"),
      act: () => {
        if (account === undefined) return;
        RED.sidebar.show("debug");
        void app.doing("guide call", () => testCall(account));
      },
    }),
    said(app, "guide call"),
    called && h("p", { key: "look" }, t("guide.look")),
  );
}

export function guide(app: App): VNode {
  const now = progress();
  const called = app.state.said.get("guide call")?.good === true;
  const end = (): void => {
    app.say("guide call", undefined);
    app.set({ guided: "ended" });
  };
  return h(
    "section",
    { key: "guide", class: "sccc-side-guide", label: t("guide.title") },
    h("h3", {}, t("guide.title")),
    h("p", {}, t("guide.intro")),
    h("ol", {}, platformStep(app, now), flowStep(app, now), callStep(app, now, called)),
    button({ key: "end", text: called ? t("guide.finish") : t("guide.skip"), strong: called, act: end }),
  );
}
