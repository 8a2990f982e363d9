// The view of the accounts: what to do next, then each account with its health.
import type { AccountHealth } from "../../catalogue/sidebar";
import { text } from "../page";
import { addressRow, problemOf, selfTestButton, testButton } from "./account-parts";
import type { App } from "./app";
import { type Child, h, type VNode } from "./dom";
import { guide } from "./guide";
import { hints } from "./hints";
import { editNode } from "./nodes";
import { button, empty, fact, pill, said } from "./parts";
import { ago, codeInWords, count, errorInWords, known, t } from "./words";

function reachability({ reachable }: AccountHealth): VNode {
  if (reachable === undefined) return pill("quiet", t("account.notAsked"));
  return reachable ? pill("good", t("account.answers")) : pill("bad", t("account.noAnswer"));
}

/** The part of the queue that is taken. */
function queue({ sending, waiting, maxQueue }: AccountHealth): VNode {
  const words = t("account.queueIs", { sending: count(sending), waiting: count(waiting), maxQueue: count(maxQueue) });
  const share = maxQueue === 0 ? 0 : Math.min(100, (100 * waiting) / maxQueue);
  return fact(
    t("account.queue"),
    words,
    waiting > 0 &&
      h(
        "span",
        { class: "sccc-side-bar", hiddenFromReaders: true },
        h("span", { class: share > 80 ? "bad" : "good", width: Math.max(1, share) }),
      ),
  );
}

/** The refused pushes in words, with the remedy, unless a hint shows it already. */
const refusals = (refused: Readonly<Record<string, number>>, hinted: ReadonlySet<unknown>): VNode =>
  h(
    "ul",
    { class: "sccc-side-refused" },
    ...Object.entries(refused)
      .filter(([, times]) => times > 0)
      .map(([reason, times]) =>
        h(
          "li",
          { key: reason },
          h("b", {}, t("account.refusedTimes", { times: count(times), reason: codeInWords("push", reason) })),
          " ",
          hinted.has(reason) ? "" : (known(`sidebar.refused.${reason}`) ?? ""),
        ),
      ),
  );

function receivingFacts(app: App, account: AccountHealth): readonly Child[] {
  const { receiving } = account;
  const { now } = app;
  const hints = app.state.snapshot?.hints ?? [];
  if (receiving === undefined) return [fact(t("account.pushes"), t("account.noListener"))];
  const { address, taken, lastAt, refused } = receiving;
  const hinted = new Set(hints.filter(({ node }) => node === account.id).map(({ params }) => params?.reason));
  const refusedOnes = Object.values(refused).some((times) => times > 0);
  return [
    fact(text("address.label"), addressRow(address)),
    fact(
      t("account.pushes"),
      lastAt === undefined
        ? t("account.noPush")
        : t("account.lastPush", { ago: ago(lastAt, now), taken: count(taken) }),
    ),
    receiving.problem !== undefined && fact(t("account.problem"), h("span", { class: "bad" }, problemOf(account, now))),
    refusedOnes && fact(t("account.refused"), refusals(refused, hinted)),
  ];
}

function card(app: App, account: AccountHealth): VNode {
  const { id, label, baseUrl, customer, lastAnswerAt, lastError, deadLetters } = account;
  const { now } = app;
  const [test, sample] = [`test ${id}`, `sample ${id}`];
  return h(
    "section",
    { key: id, class: "sccc-side-card", label },
    h("header", {}, h("h3", {}, label), reachability(account)),
    h("p", { class: "sccc-side-sub" }, `${baseUrl} · ${customer}`),
    h(
      "dl",
      {},
      lastAnswerAt !== undefined && fact(t("account.lastAnswer"), ago(lastAnswerAt, now)),
      lastError !== undefined &&
        fact(
          t("account.lastError"),
          h("span", { class: "bad" }, errorInWords(lastError)),
          ` (${ago(lastError.at, now)})`,
        ),
      queue(account),
      ...receivingFacts(app, account),
      deadLetters > 0 &&
        fact(
          t("account.dead"),
          button({
            text: t("account.showDead", { count: count(deadLetters) }),
            act: () => app.set({ view: "dead", deadOf: id, dead: undefined }),
          }),
        ),
    ),
    h(
      "div",
      { class: "sccc-side-buttons" },
      testButton(app, id, test),
      account.receiving !== undefined && selfTestButton(app, id, sample),
      button({ key: "edit", text: t("account.edit"), icon: "pencil", act: () => editNode(id) }),
    ),
    said(app, test, sample),
  );
}

export function accountsView(app: App): readonly Child[] {
  const { snapshot, guided } = app.state;
  if (guided === true) return [h("div", { key: "scroll", class: "sccc-side-scroll" }, guide(app))];
  return [
    h(
      "div",
      { key: "scroll", class: "sccc-side-scroll" },
      ...hints(app),
      ...app.accounts.map((account) => card(app, account)),
      snapshot !== undefined &&
        app.accounts.length === 0 &&
        !snapshot.hints.some(({ code }) => code === "noAccount") &&
        empty("phone", t("account.none"), t("account.noneWhy")),
    ),
  ];
}
