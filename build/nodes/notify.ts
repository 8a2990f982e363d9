// sccc-notify: outputs the pushes of the platform.
import { pushes } from "../../nodes/catalogue";
import { accountProperty, eventsChoice, layoutChoice, looks, nameProperty, portsProperty } from "./common";
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
    eventsChoice("node.notify", pushes),
    layoutChoice("node.notify", "perType"),
    portsProperty,
  ],
  tools: [{ kind: "sample" }],
};
