// The view of the dead letters: pushes that were delivered as often as the account allows and were never confirmed.
import type { DeadLetterList } from "../../catalogue/sidebar";
import type { App } from "./app";
import { askDeadLetters, deleteDead, replayDead } from "./ask";
import { type Child, h, type VNode } from "./dom";
import { indented } from "./json-text";
import { reveal } from "./nodes";
import { button, copyButton, empty, orderButton, readOnly, said, select } from "./parts";
import { clock, count, nameOf, t } from "./words";

const place = "dead";
/** The place that is busy while the list is requested. */
const listing = "dead list";

/** The account whose letters are shown: the chosen one, otherwise the first with letters, otherwise the first. */
function accountOf(app: App): string | undefined {
  const { accounts } = app;
  const chosen = accounts.find(({ id }) => id === app.state.deadOf);
  return (chosen ?? accounts.find(({ deadLetters }) => deadLetters > 0) ?? accounts[0])?.id;
}

/** Requests the letters of the account that is shown. The letters on screen stay until the answer comes. */
function ask(app: App, account: string): void {
  const { state } = app;
  if (state.deadOf !== account || state.dead === undefined) state.dead = "asking";
  state.deadOf = account;
  state.deadSeen = state.snapshot;
  state.busy.add(listing);
  void askDeadLetters(account).then((dead) => {
    state.busy.delete(listing);
    if (state.deadOf === account) app.set({ dead });
  });
}

/** Whether the letters on screen are outdated: their number has changed, or there was no answer. */
function isOld(app: App, account: string): boolean {
  const { busy, dead, deadSeen, snapshot } = app.state;
  if (dead === "asking" || deadSeen === snapshot || busy.has(listing)) return false;
  if (dead !== undefined && "outcome" in dead) return true;
  const count = (of: typeof snapshot) => of?.accounts.find(({ id }) => id === account)?.deadLetters;
  return count(deadSeen) !== count(snapshot);
}

/** Hands letters to the flow again or deletes them, and requests the remaining ones. */
async function change(app: App, account: string, act: typeof replayDead, ids: readonly string[]): Promise<void> {
  app.set({ deleting: undefined });
  await app.order(place, () => act(account, ids));
  app.set({ dead: undefined });
}

function confirm(app: App, account: string, ids: readonly string[]): VNode {
  return h(
    "div",
    {
      key: "confirm",
      class: "sccc-side-hint fault",
      role: "alertdialog",
      label: t("dead.ask", { count: count(ids.length) }),
    },
    h("p", {}, t("dead.ask", { count: count(ids.length) })),
    h(
      "div",
      { class: "sccc-side-buttons" },
      button({
        key: "yes",
        text: t("dead.delete"),
        icon: "trash",
        strong: true,
        act: () => void change(app, account, deleteDead, ids),
      }),
      button({ key: "no", text: t("dead.keep"), act: () => app.set({ deleting: undefined }) }),
    ),
  );
}

function letterNode(app: App, account: string, letter: DeadLetterList["letters"][number]): VNode {
  const { id, node, at, event, delivery, text } = letter;
  const { deleting } = app.state;
  const name = nameOf({ kind: "push", name: event });
  const body = indented(text);
  return h(
    "details",
    { key: id, class: "sccc-side-card sccc-side-letter" },
    h(
      "summary",
      {},
      h("strong", {}, name),
      h("span", { class: "sccc-side-time" }, clock(at, app.now)),
      h("span", { class: "sccc-side-sub" }, t("dead.deliveries", { count: count(delivery) })),
    ),
    deleting?.length === 1 && deleting[0] === id
      ? confirm(app, account, deleting)
      : h(
          "div",
          { class: "sccc-side-buttons", key: "buttons" },
          orderButton({
            app,
            place,
            text: t("dead.replay"),
            icon: "repeat",
            act: () => void change(app, account, replayDead, [id]),
          }),
          button({
            key: "delete",
            text: t("dead.delete"),
            icon: "trash",
            disabled: !app.mayWrite,
            title: app.mayWrite ? undefined : t("readOnly"),
            act: () => app.set({ deleting: [id] }),
          }),
          reveal(node),
        ),
    h("div", { class: "sccc-side-code" }, h("h4", {}, t("traffic.request.push"), copyButton(body)), h("pre", {}, body)),
  );
}

function list(app: App, account: string, { letters, total }: DeadLetterList): readonly Child[] {
  const { deleting } = app.state;
  const ids = letters.map(({ id }) => id);
  if (letters.length === 0) {
    const receives = app.accounts.find(({ id }) => id === account)?.receiving !== undefined;
    return [empty("inbox", t("dead.none"), receives ? t("dead.noneWhy") : t("account.noListener"))];
  }
  return [
    h("p", { key: "why", class: "sccc-side-note" }, t("dead.why")),
    deleting !== undefined && deleting.length > 1
      ? confirm(app, account, deleting)
      : h(
          "div",
          { key: "all", class: "sccc-side-buttons" },
          orderButton({
            app,
            place,
            text: t("dead.replayAll", { count: count(ids.length) }),
            icon: "repeat",
            act: () => void change(app, account, replayDead, ids),
          }),
          button({
            key: "delete",
            text: t("dead.deleteAll", { count: count(ids.length) }),
            icon: "trash",
            disabled: !app.mayWrite,
            title: app.mayWrite ? undefined : t("readOnly"),
            act: () => app.set({ deleting: ids }),
          }),
        ),
    ...letters.map((letter) => letterNode(app, account, letter)),
    total > letters.length &&
      h("p", { key: "more", class: "sccc-side-note" }, t("dead.more", { count: count(total - letters.length) })),
  ];
}

export function deadView(app: App): readonly Child[] {
  const account = accountOf(app);
  const { dead, snapshot } = app.state;
  if (snapshot === undefined) return [];
  if (account === undefined) return [empty("inbox", t("dead.none"), t("dead.noneWhy"))];
  if (dead === undefined || app.state.deadOf !== account || isOld(app, account)) ask(app, account);
  const shown = app.state.dead;
  return [
    h(
      "div",
      { key: "scroll", class: "sccc-side-scroll" },
      app.accounts.length > 1 &&
        select({
          label: t("traffic.accountLabel"),
          value: account,
          options: app.accounts.map(({ id, label, deadLetters }) => ({
            value: id,
            text: deadLetters === 0 ? label : `${label} (${count(deadLetters)})`,
          })),
          onInput: (id) => {
            ask(app, id);
            app.set({ deleting: undefined });
          },
        }),
      readOnly(app),
      said(app, place),
      ...(shown === undefined || shown === "asking"
        ? [h("p", { key: "asking", class: "sccc-side-note" }, t("underWay"))]
        : "outcome" in shown
          ? [h("p", { key: "silent", class: "sccc-side-said bad" }, t(`outcome.${shown.outcome}`))]
          : list(app, account, shown)),
    ),
  ];
}
