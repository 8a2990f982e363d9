// The view of the last commands and pushes: the list with its filter, and the entry that is open.
import type { TrafficEntry } from "../../catalogue/sidebar";
import type { App, Opened } from "./app";
import { askEntry, replay } from "./ask";
import { type Child, h, type VNode } from "./dom";
import { indented } from "./json-text";
import { VirtualList } from "./list";
import { reveal } from "./nodes";
import { button, copyButton, empty, fact, field, icon, orderButton, pill, said, select } from "./parts";
import { everything, type Filter, filtered } from "./traffic";
import { clock, codeInWords, count, exactly, nameOf, resultOf, t, took } from "./words";

/** The height of a row, in px; the style has the same. */
const rowHeight = 46;

const closeId = "sccc-side-close";

const iconOf = ({ kind }: TrafficEntry): string => (kind === "command" ? "arrow-up" : "arrow-down");

function row(app: App, entry: TrafficEntry): VNode {
  const { kind, at, agent, phone, result, duration, direction } = entry;
  const more = [phone, agent, direction === undefined ? "" : t(`direction.${direction}`)].filter(Boolean).join(" · ");
  const several = app.accounts.length > 1;
  return h(
    "div",
    { class: `sccc-side-row ${result.ok ? "good" : "bad"}` },
    h("span", { class: `sccc-side-mark ${kind}`, title: t(`traffic.kind.${kind}`) }, icon(iconOf(entry))),
    h(
      "span",
      { class: "sccc-side-line" },
      h("span", { class: "sccc-side-name" }, nameOf(entry)),
      h("span", { class: "sccc-side-time" }, clock(at, app.now)),
    ),
    h(
      "span",
      { class: "sccc-side-line" },
      h(
        "span",
        { class: "sccc-side-more" },
        (!result.ok || more === "") && h("b", {}, resultOf(entry)),
        !result.ok && more !== "" && " · ",
        more,
      ),
      several && h("span", { class: "sccc-side-end sccc-side-account" }, app.label(entry.account)),
      duration !== undefined && h("span", { class: "sccc-side-end" }, took(duration)),
    ),
  );
}

/** The state that the view keeps between two drawings. */
export class TrafficView {
  readonly #list: VirtualList<TrafficEntry>;
  #shown: readonly TrafficEntry[] = [];
  #from: { readonly entries: readonly TrafficEntry[]; readonly filter: Filter } | undefined;
  /** The newest entry at the time when the list was last at its beginning. */
  #seen = 0;
  #top = true;

  constructor(private readonly app: App) {
    this.#list = new VirtualList<TrafficEntry>({
      label: t("traffic.list"),
      rowHeight,
      draw: (entry) => row(app, entry),
      select: (entry) => this.#open(entry),
      enter: () => {
        const close = document.getElementById(closeId);
        close?.focus();
        return close !== null;
      },
      leave: () => this.#close(),
      onTop: (top) => {
        this.#top = top;
        app.redraw();
      },
    });
  }

  #open(entry: TrafficEntry): void {
    const { app } = this;
    if (app.state.opened?.entry === entry) return;
    app.state.said.delete("replay");
    app.set({ opened: { entry, detail: "asking" } });
    void askEntry(entry.number).then((answer) => {
      if (app.state.opened?.entry !== entry) return;
      const gone = "outcome" in answer && answer.outcome === "gone";
      app.set({ opened: { entry, detail: gone ? "gone" : (answer as Exclude<typeof answer, { outcome: "gone" }>) } });
    });
  }

  #close(): void {
    this.app.set({ opened: undefined });
    this.#list.element.focus();
  }

  /** Filters anew only when the entries or the filter changed. */
  #filter(): readonly TrafficEntry[] {
    const { entries } = this.app.traffic;
    const { filter } = this.app.state;
    if (this.#from?.entries !== entries || this.#from.filter !== filter) {
      this.#from = { entries, filter };
      this.#shown = filtered(
        entries,
        filter,
        (entry) => `${nameOf(entry)} ${codeInWords(entry.kind, entry.result.code)}`,
      );
    }
    return this.#shown;
  }

  draw(): readonly Child[] {
    const { app } = this;
    const { opened, snapshot } = app.state;
    const shown = this.#filter();
    if (this.#top) this.#seen = shown[0]?.number ?? 0;
    const unseen = shown.findIndex(({ number }) => number <= this.#seen);
    // The list can draw itself once it has its size.
    queueMicrotask(() => this.#list.show(shown, opened?.entry.number));
    return [
      this.#tools(shown.length),
      h(
        "div",
        { key: "list", class: "sccc-side-listing" },
        this.#list.element,
        shown.length === 0 && this.#nothing(snapshot?.recording === false),
        !this.#top &&
          unseen > 0 &&
          h(
            "button",
            {
              key: "news",
              type: "button",
              class: "sccc-side-news",
              onClick: () => {
                this.#list.toTop();
                this.#list.element.focus();
              },
            },
            icon("arrow-up"),
            " ",
            t("traffic.news", { count: count(unseen) }),
          ),
      ),
      opened !== undefined && this.#entry(opened),
    ];
  }

  #nothing(off: boolean): VNode {
    const { app } = this;
    if (app.traffic.entries.length > 0) {
      return empty(
        "filter",
        t("traffic.filteredOut"),
        undefined,
        button({ text: t("traffic.clear"), act: () => app.set({ filter: everything }) }),
      );
    }
    return off
      ? empty("pause-circle-o", t("hint.monitorOff"))
      : empty("exchange", t("traffic.none"), t("traffic.noneWhy"));
  }

  #tools(shown: number): VNode {
    const { app } = this;
    const { filter } = app.state;
    const change = (part: Partial<Filter>): void => app.set({ filter: { ...app.state.filter, ...part } });
    const several = app.accounts.length > 1;
    return h(
      "div",
      { key: "tools", class: "sccc-side-tools", role: "search" },
      field({
        key: "text",
        type: "search",
        label: t("traffic.search"),
        placeholder: t("traffic.search"),
        value: filter.text,
        onInput: (text) => change({ text }),
      }),
      select({
        label: t("traffic.kindLabel"),
        value: filter.kind,
        options: [
          { value: "", text: t("traffic.all") },
          { value: "command", text: t("traffic.commands") },
          { value: "push", text: t("traffic.pushes") },
        ],
        onInput: (kind) => change({ kind: kind === "command" || kind === "push" ? kind : "" }),
      }),
      several &&
        select({
          label: t("traffic.accountLabel"),
          value: filter.account,
          options: [
            { value: "", text: t("traffic.allAccounts") },
            ...app.accounts.map(({ id, label }) => ({ value: id, text: label })),
          ],
          onInput: (account) => change({ account }),
        }),
      h(
        "button",
        {
          key: "failures",
          type: "button",
          class: `red-ui-button red-ui-button-small sccc-side-toggle${filter.failures ? " selected" : ""}`,
          pressed: filter.failures,
          onClick: () => change({ failures: !filter.failures }),
        },
        icon("exclamation-triangle"),
        " ",
        t("traffic.failures"),
      ),
      h(
        "span",
        { key: "count", class: "sccc-side-count", role: "status" },
        t("traffic.count", { count: count(shown) }),
      ),
    );
  }

  #entry(opened: Opened): VNode {
    const { app } = this;
    const { entry, detail } = opened;
    const { kind, at, name, agent, phone, result, duration, nodes, replayable } = entry;
    const failed = detail !== "asking" && (detail === "gone" || "outcome" in detail);
    return h(
      "section",
      {
        key: "entry",
        class: "sccc-side-entry",
        label: nameOf(entry),
        onKeyDown: (event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          this.#close();
        },
      },
      h(
        "header",
        {},
        h("span", { class: `sccc-side-mark ${kind}` }, icon(iconOf(entry))),
        h("h3", {}, nameOf(entry)),
        pill(result.ok ? "good" : "bad", result.ok ? t("traffic.ok") : t("traffic.failed")),
        h(
          "button",
          {
            key: "close",
            id: closeId,
            type: "button",
            class: "red-ui-button red-ui-button-small",
            title: t("close"),
            label: t("close"),
            onClick: () => this.#close(),
          },
          icon("times"),
        ),
      ),
      h(
        "div",
        { key: `actions ${entry.number}`, class: "sccc-side-buttons" },
        ...[...new Set(nodes)].map((id) => reveal(id)),
        kind === "push" &&
          replayable === true &&
          orderButton({
            app,
            place: "replay",
            text: t("traffic.replay"),
            icon: "repeat",
            title: t("traffic.replayHint"),
            act: () => void app.order("replay", () => replay(entry.number)),
          }),
      ),
      kind === "push" && !app.mayWrite && replayable === true && h("p", { class: "sccc-side-note" }, t("readOnly")),
      said(app, "replay"),
      h(
        "dl",
        { key: "facts" },
        fact(t("traffic.result"), resultOf(entry)),
        kind === "push" && !result.ok && refusedFact(result.code),
        fact(t("traffic.time"), exactly(at)),
        nameOf(entry) !== name && name !== "" && fact(t(`traffic.nameOf.${kind}`), h("code", {}, name)),
        entry.direction !== undefined && fact(t("traffic.direction"), t(`direction.${entry.direction}`)),
        agent !== undefined && agent !== "" && fact(t("traffic.agent"), agent),
        phone !== undefined && phone !== "" && fact(t("traffic.phone"), phone),
        duration !== undefined && fact(t("traffic.duration"), took(duration)),
        app.accounts.length > 1 && fact(t("traffic.accountLabel"), app.label(entry.account)),
      ),
      detail === "asking" && h("p", { class: "sccc-side-note" }, t("underWay")),
      failed && h("p", { class: "sccc-side-said bad" }, t(`outcome.${detail === "gone" ? "gone" : detail.outcome}`)),
      ...(detail !== "asking" && detail !== "gone" && "entry" in detail
        ? [
            code(t(`traffic.request.${kind}`), detail.request),
            code(t(`traffic.answer.${kind}`), detail.answer),
            detail.cut && h("p", { class: "sccc-side-note" }, t("traffic.cut")),
          ]
        : []),
    );
  }
}

function refusedFact(reason: string): Child {
  const advice = t(`refused.${reason}`);
  return !advice.endsWith(`refused.${reason}`) && fact(t("traffic.advice"), advice);
}

function code(title: string, json: string | undefined): Child {
  if (json === undefined) return undefined;
  const text = indented(json);
  return h(
    "div",
    { key: title, class: "sccc-side-code" },
    h("h4", {}, title, copyButton(text)),
    h("pre", { tabIndex: 0, role: "region", label: title }, text),
  );
}
