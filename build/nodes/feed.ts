// sccc-feed: reads new records or CDRs.
import { feedSettings } from "../../nodes/catalogue";
import { accountProperty, looks, nameProperty } from "./common";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

export const feed: NodeType = {
  type: "sccc-feed",
  key: "node.feed",
  config: false,
  ...looks("record"),
  inputs: ["port.trigger"],
  outputs: ["port.items", "port.ran"],
  properties: [nameProperty, accountProperty, ...settings("setting.feed", feedSettings)],
  does: ["feed"],
};
