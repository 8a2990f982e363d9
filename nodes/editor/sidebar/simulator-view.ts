// The view of the simulators: calls of customers, pushes, and faults.
import { pushes } from "../../catalogue/pushes";
import type { LiveSimulator } from "../../catalogue/sidebar";
import { text } from "../page";
import type { App } from "./app";
import { instruct } from "./ask";
import { type Child, h, type VNode } from "./dom";
import { reveal } from "./nodes";
import { empty, field, orderButton, pill, readOnly, said, select } from "./parts";
import { t } from "./words";

/** How a push is sent: as the platform does, or wrong on purpose. */
const styles = ["valid", "forged", "old", "stranger", "repeat", "junk"] as const;

/** A fault, as an instruction of the simulator (docs/simulator.md). */
const faults = {
  slow: { kind: "slow", ms: 5000 },
  hang: { kind: "hang" },
  drop: { kind: "drop" },
  tooFrequent: { kind: "tooFrequent" },
  staff: { kind: "error", error: "E_G_STAFF_NO_EXIST" },
  status: { kind: "status", status: 503 },
  html: { kind: "html" },
  wrongDigest: { kind: "wrongDigest" },
  dropPush: { kind: "dropPush" },
  duplicate: { kind: "duplicate" },
} as const;

const endings = ["8888", "0000", "0001", "9999"] as const;

/** What the forms of one simulator share. */
class Form {
  readonly place: string;

  constructor(
    readonly app: App,
    readonly simulator: LiveSimulator,
  ) {
    this.place = `simulator ${simulator.id}`;
  }

  value(name: string, standard: string): string {
    return this.app.state.fields.get(`${name} ${this.simulator.id}`) ?? standard;
  }

  /** Keeps what a user enters or chooses. */
  keep(name: string): (now: string) => void {
    return (now) => {
      this.app.state.fields.set(`${name} ${this.simulator.id}`, now);
      this.app.redraw();
    };
  }

  /** A button that instructs the simulator. */
  button(name: string, icon: string, instruction: object, strong = false): VNode {
    const { app, place } = this;
    const { id, running } = this.simulator;
    return orderButton({
      app,
      place: `${name} ${id}`,
      text: t(`simulator.${name}`),
      icon,
      strong,
      disabled: !running || app.state.busy.has(place),
      act: () => void app.order(place, () => instruct(id, instruction)),
    });
  }
}

const section = (name: string, ...inside: readonly Child[]): VNode =>
  h(
    "fieldset",
    { key: name },
    h("legend", {}, t(`simulator.${name}Title`)),
    h("div", { class: "sccc-side-fields" }, ...inside),
  );

function callSection(form: Form): VNode {
  const number = form.value("number", `1380013${endings[0]}`);
  return section(
    "call",
    field({
      key: "number",
      label: t("simulator.number"),
      inputMode: "tel",
      value: number,
      onInput: form.keep("number"),
    }),
    form.button("call", "phone", { do: "inbound", number, login: true }, true),
    h("p", { key: "hint", class: "sccc-side-note" }, t("simulator.endings")),
  );
}

function pushSection(form: Form): VNode {
  const event = form.value("event", "callin");
  const style = form.value("style", "valid");
  const hasOwnEvent = style !== "repeat" && style !== "junk";
  return section(
    "push",
    select({
      label: t("simulator.event"),
      value: event,
      options: pushes.map((push) => ({ value: push.event, text: push.event })),
      onInput: form.keep("event"),
    }),
    select({
      label: t("simulator.style"),
      value: style,
      options: styles.map((one) => ({ value: one, text: t(`simulator.styles.${one}`) })),
      onInput: form.keep("style"),
    }),
    form.button("push", "paper-plane-o", { do: "push", as: style, ...(hasOwnEvent ? { event } : {}) }),
  );
}

function faultSection(form: Form): VNode {
  const fault = form.value("fault", "slow");
  return section(
    "fault",
    select({
      label: t("simulator.fault"),
      value: fault,
      options: Object.keys(faults).map((one) => ({ value: one, text: t(`simulator.faults.${one}`) })),
      onInput: form.keep("fault"),
    }),
    form.button("fault", "bolt", { do: "fault", ...faultOf(fault) }),
    form.button("noFaults", "eraser", { do: "fault", kind: "none" }),
  );
}

function card(app: App, simulator: LiveSimulator): VNode {
  const { id, running, address } = simulator;
  const label = simulator.label || text("node.simulator.label");
  const form = new Form(app, simulator);
  return h(
    "section",
    { key: id, class: "sccc-side-card", label },
    h(
      "header",
      {},
      h("h3", {}, label),
      running ? pill("good", t("simulator.running")) : pill("quiet", t("simulator.stopped")),
    ),
    h("p", { class: "sccc-side-sub" }, address ?? ""),
    callSection(form),
    pushSection(form),
    faultSection(form),
    said(app, form.place),
    h("div", { class: "sccc-side-buttons" }, reveal(id), form.button("reset", "undo", { do: "reset" })),
  );
}

const faultOf = (name: string): object => Object.entries(faults).find(([key]) => key === name)?.[1] ?? faults.slow;

export function simulatorView(app: App): readonly Child[] {
  const { snapshot } = app.state;
  if (snapshot === undefined) return [];
  const { simulators } = snapshot;
  if (simulators.length === 0) return [empty("flask", t("simulator.none"), t("simulator.noneWhy"))];
  return [
    h(
      "div",
      { key: "scroll", class: "sccc-side-scroll" },
      readOnly(app),
      ...simulators.map((simulator) => card(app, simulator)),
    ),
  ];
}
