// Parts that several views share.

import { text } from "../page";
import type { App, Said } from "./app";
import { type Child, h, type Props, type VNode } from "./dom";
import { t } from "./words";

/** An icon. Screen readers read the text beside it instead. */
export const icon = (name: string, more = ""): VNode =>
  h("i", { class: `fa fa-${name} ${more}`.trim(), hiddenFromReaders: true });

interface Button {
  readonly text: string;
  readonly icon?: string | undefined;
  readonly title?: string | undefined;
  readonly strong?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly key?: string | undefined;
  readonly act: () => void;
}

export const button = ({ text, icon: name, title, strong = false, disabled, key, act }: Button): VNode =>
  h(
    "button",
    {
      key,
      type: "button",
      class: `red-ui-button red-ui-button-small sccc-side-button${strong ? " primary" : ""}`,
      title,
      disabled,
      onClick: act,
    },
    name !== undefined && icon(name),
    name !== undefined && " ",
    text,
  );

interface Order extends Omit<Button, "act"> {
  readonly app: App;
  /** The place where its result is shown. */
  readonly place: string;
  readonly act: () => void;
}

/** A button that changes something. It is disabled for users without the permission; the view explains why. */
export const orderButton = ({ app, place, ...rest }: Order): VNode =>
  button({
    ...rest,
    key: place,
    disabled: rest.disabled === true || !app.mayWrite || app.state.busy.has(place),
    title: app.mayWrite ? rest.title : t("readOnly"),
  });

/** Why the buttons of a view can't be pressed. */
export const readOnly = (app: App): Child =>
  app.state.snapshot !== undefined &&
  !app.mayWrite &&
  h("p", { class: "sccc-side-note" }, icon("lock"), " ", t("readOnly"));

const saidNode = (key: string, { good, text }: Said): VNode =>
  h("p", { key, class: `sccc-side-said ${good ? "good" : "bad"}` }, icon(good ? "check" : "times"), " ", text);

/**
 * The results of the buttons at these places. The element exists before there is a result, so that screen readers
 * announce it.
 */
export const said = (app: App, ...places: readonly string[]): VNode =>
  h(
    "div",
    { role: "status", key: `said ${places.join(" ")}` },
    ...places.map((place) => {
      const one = app.state.said.get(place);
      if (one !== undefined) return saidNode(place, one);
      return app.state.busy.has(place) && h("p", { key: place, class: "sccc-side-note" }, t("underWay"));
    }),
  );

/** Shown if a list is empty. */
export const empty = (name: string, title: string, why?: string, ...more: readonly Child[]): VNode =>
  h(
    "div",
    { class: "sccc-side-empty", key: "empty" },
    icon(name),
    h("strong", {}, title),
    why !== undefined && h("p", {}, why),
    ...more,
  );

export type Tone = "good" | "bad" | "warn" | "quiet" | "busy";

/** A state in a word. */
export const pill = (tone: Tone, text: string): VNode => h("span", { class: `sccc-side-pill ${tone}` }, text);

/** A fact with its name and value. */
export const fact = (name: string, ...value: readonly Child[]): VNode =>
  h("div", { key: name, class: "sccc-side-fact" }, h("dt", {}, name), h("dd", {}, ...value));

interface Select {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly disabled?: boolean | undefined;
  readonly onInput: (value: string) => void;
}

export const select = ({ label, value, options, disabled, onInput }: Select): VNode =>
  h(
    "select",
    { key: label, class: "sccc-side-field", label, value, disabled, onInput },
    ...options.map((one) => h("option", { key: one.value, value: one.value }, one.text)),
  );

export const field = (props: Props): VNode => h("input", { type: "text", class: "sccc-side-field", ...props });

/** Copies a text. */
export const copyButton = (value: string): VNode =>
  h(
    "button",
    {
      key: "copy",
      type: "button",
      class: "red-ui-button red-ui-button-small",
      title: t("copy"),
      label: t("copy"),
      onClick: ({ currentTarget }) => {
        if (currentTarget instanceof HTMLElement) copy(value, currentTarget);
      },
    },
    icon("clipboard"),
  );

function copy(value: string, beside: HTMLElement): void {
  beside.setAttribute("id", "sccc-side-copied");
  RED.clipboard.copyText(value, $("#sccc-side-copied"), text("address.copied"));
  beside.removeAttribute("id");
}
