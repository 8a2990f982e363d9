// sccc-confirm: acknowledges or refuses a delivery.
import { looks, nameProperty } from "./common";
import type { NodeType } from "./node-type";

export const confirm: NodeType = {
  type: "sccc-confirm",
  key: "node.confirm",
  config: false,
  ...looks("event"),
  inputs: ["port.handled"],
  outputs: ["port.unchanged"],
  properties: [
    nameProperty,
    {
      kind: "choice",
      name: "outcome",
      key: "node.confirm.fields.outcome",
      icon: "check",
      required: false,
      default: "auto",
      choices: ["auto", "taken", "refused"],
    },
    {
      kind: "typed",
      name: "token",
      key: "node.confirm.fields.token",
      icon: "ticket",
      required: true,
      default: "sccc.token",
      defaultType: "msg",
      types: ["msg", "flow", "global", "jsonata"],
      example: "sccc.token",
    },
  ],
};
