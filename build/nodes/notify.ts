// sccc-notify: outputs the pushes of the platform.
import { pushes } from "../../nodes/catalogue";
import { accountProperty, looks, nameProperty, portsProperty } from "./common";
import type { NodeType } from "./node-type";

export const notify: NodeType = {
  type: "sccc-notify",
  key: "node.notify",
  config: false,
  ...looks("event"),
  inputs: [],
  outputs: ["port.every"],
  properties: [
    nameProperty,
    accountProperty,
    {
      kind: "events",
      name: "events",
      key: "node.notify.fields.events",
      icon: "bell-o",
      required: false,
      default: [],
      events: pushes,
    },
    {
      kind: "choice",
      name: "layout",
      key: "node.notify.fields.layout",
      icon: "sign-out",
      required: false,
      default: "one",
      choices: ["one", "perType"],
    },
    portsProperty,
  ],
  tools: [{ kind: "sample" }],
};
