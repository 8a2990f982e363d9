// The tab "SCCC" of the editor's sidebar: asks the runtime while the tab is visible, and draws the open view.
import { accountsView } from "./accounts-view";
import { App, type ViewName, views } from "./app";
import { askSnapshot } from "./ask";
import { deadView } from "./dead-view";
import { type Child, create, h, patch, type VNode } from "./dom";
import { isNew } from "./guide";
import { liveView } from "./live-view";
import { icon } from "./parts";
import { Poller } from "./poller";
import { simulatorView } from "./simulator-view";
import { TrafficView } from "./traffic-view";
import { count, t } from "./words";

const tabId = "sccc";

const icons: Readonly<Record<ViewName, string>> = {
  accounts: "heartbeat",
  traffic: "exchange",
  dead: "inbox",
  live: "headphones",
  simulator: "flask",
};

/** The number on an icon of the navigation. */
function badgeOf({ state, accounts }: App, view: ViewName): number {
  const { snapshot } = state;
  if (snapshot === undefined) return 0;
  if (view === "dead") return accounts.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  if (view === "live") return snapshot.calls.length;
  return 0;
}

const idOf = (view: ViewName): string => `sccc-side-tab-${view}`;

/** Moves to the next view with the arrow keys, as in any list of tabs. */
function move(app: App, event: KeyboardEvent): void {
  const at = views.indexOf(app.state.view);
  const moves: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1 + views.length,
    Home: 0,
    End: views.length - 1,
  };
  const view = views[(moves[event.key] ?? -1) % views.length];
  if (view === undefined) return;
  event.preventDefault();
  app.set({ view });
  document.getElementById(idOf(view))?.focus();
}

const navigation = (app: App): VNode =>
  h(
    "div",
    {
      key: "views",
      class: "sccc-side-views",
      role: "tablist",
      label: t("views"),
      onKeyDown: (event) => move(app, event),
    },
    ...views.map((view) => {
      const selected = view === app.state.view;
      const badge = badgeOf(app, view);
      return h(
        "button",
        {
          key: view,
          id: idOf(view),
          type: "button",
          role: "tab",
          class: selected ? "selected" : "",
          selected,
          controls: selected ? "sccc-side-view" : undefined,
          tabIndex: selected ? 0 : -1,
          onClick: () => app.set({ view }),
        },
        h("span", { class: "sccc-side-tab-icon" }, icon(icons[view]), badge > 0 && h("b", {}, count(badge))),
        h("span", {}, t(`view.${view}`)),
      );
    }),
  );

/** Builds the tab's content. */
function build(): { readonly root: HTMLElement; readonly close: () => void } {
  const root = create(h("div", { class: "sccc-side" }));
  const app = new App(draw);
  const traffic = new TrafficView(app);
  const drawView: Readonly<Record<ViewName, () => readonly Child[]>> = {
    accounts: () => accountsView(app),
    traffic: () => traffic.draw(),
    dead: () => deadView(app),
    live: () => liveView(app),
    simulator: () => simulatorView(app),
  };

  function draw(): void {
    const { view, silence, snapshot } = app.state;
    patch(root, [
      navigation(app),
      h(
        "div",
        { key: "silence", role: "status" },
        silence !== undefined &&
          h("p", { class: "sccc-side-silence" }, icon("chain-broken"), " ", t(`silence.${silence}`)),
      ),
      h(
        "div",
        {
          key: `view ${view}`,
          id: "sccc-side-view",
          class: `sccc-side-view ${view}`,
          role: "tabpanel",
          labelledBy: idOf(view),
        },
        ...(snapshot === undefined && silence === undefined && app.state.guided !== true
          ? [h("p", { key: "first", class: "sccc-side-note" }, t("underWay"))]
          : drawView[view]()),
      ),
    ]);
  }

  let inSight = false;
  const poller = new Poller({
    isWatched: () => inSight && document.visibilityState === "visible",
    later: (ms, then) => {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    ask: async () => {
      if (app.state.guided === false && isNew()) app.set({ guided: true });
      const answer = await askSnapshot(app.traffic.newest);
      if ("outcome" in answer) {
        app.set({ silence: answer.outcome });
        return false;
      }
      const whole = app.traffic.take(answer);
      app.set({ snapshot: answer, silence: undefined, ahead: answer.now - Date.now() });
      if (!whole) app.set({ opened: undefined, dead: undefined });
      if (!whole || answer.more) poller.wake();
      return true;
    },
  });
  app.wake = () => poller.wake();

  const observer = new IntersectionObserver((seen) => {
    inSight = seen.at(-1)?.isIntersecting === true;
    poller.look();
  });
  observer.observe(root);
  const look = (): void => poller.look();
  document.addEventListener("visibilitychange", look);
  draw();
  return {
    root,
    close: () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
      inSight = false;
      poller.look();
    },
  };
}

let open: ReturnType<typeof build> | undefined;

/** Adds the tab with the first node type of the package, and removes it with the package. */
export function watchSidebar(): void {
  const first = Object.keys(DESCRIPTIONS)[0];
  RED.events.on("registry:node-type-added", (type) => {
    if (type !== first || open !== undefined) return;
    open = build();
    RED.sidebar.addTab({
      id: tabId,
      label: "SCCC",
      name: "SCCC",
      iconClass: "fa fa-phone",
      content: open.root,
      action: "sccc:show-sidebar",
      enableOnEdit: true,
    });
    RED.actions.add("sccc:show-sidebar", () => RED.sidebar.show(tabId));
  });
  RED.events.on("registry:node-type-removed", (type) => {
    if (type !== first || open === undefined) return;
    open.close();
    open = undefined;
    RED.sidebar.removeTab(tabId);
    RED.actions.remove("sccc:show-sidebar");
  });
}
