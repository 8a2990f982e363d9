// Properties and looks that several node types share.
import { type Group, groups, type Push } from "../../nodes/catalogue";
import { iconFor } from "./icon";
import type { NodeType, Property } from "./node-type";

/** The label on the canvas. */
export const nameProperty: Property = {
  kind: "text",
  name: "name",
  key: "setting.account.name",
  icon: iconFor("name", "text"),
  required: false,
  default: "",
};

/** The account of a node. */
export const accountProperty: Property = {
  kind: "node",
  name: "account",
  key: "form.account",
  icon: iconFor("account", "node"),
  required: true,
  type: "sccc-account",
};

/** One command for each message, or a list. */
export const inputProperty: Property = {
  kind: "choice",
  name: "input",
  key: "form.input",
  icon: "sign-in",
  required: false,
  section: "more",
  default: "one",
  choices: ["one", "list"],
};

/** Node-RED reads the number of outputs from the property with this name. */
export const portsProperty: Property = {
  kind: "ports",
  name: "outputs",
  key: "port.answer",
  icon: "",
  required: false,
  default: 1,
};

/** A choice of events. `standard`: the events that are meant if none is chosen; absent: all. */
export const eventsChoice = (key: string, events: readonly Push[], standard?: readonly string[]): Property => ({
  kind: "events",
  name: "events",
  key: `${key}.fields.events`,
  icon: "bell-o",
  required: false,
  default: standard ?? [],
  events,
  ...(standard === undefined ? {} : { standard }),
});

/** One output, or an output for each of the chosen events. */
export const layoutChoice = (key: string, each: string): Property => ({
  kind: "choice",
  name: "layout",
  key: `${key}.fields.layout`,
  icon: "sign-out",
  required: false,
  default: "one",
  choices: ["one", each],
});

/** Colour and icon of a group. */
export const looks = (group: Group): Pick<NodeType, "group" | "color" | "icon"> => ({
  group,
  color: groups[group].color,
  icon: groups[group].icon,
});
