// sccc-call-tracker: joins events into calls.
import { trackerSettings } from "../../nodes/catalogue";
import { accountProperty, looks, nameProperty } from "./common";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

export const tracker: NodeType = {
  type: "sccc-call-tracker",
  key: "node.call-tracker",
  config: false,
  ...looks("call"),
  inputs: ["port.events"],
  outputs: ["port.change", "port.finished"],
  properties: [nameProperty, accountProperty, ...settings("setting.call-tracker", trackerSettings)],
};
