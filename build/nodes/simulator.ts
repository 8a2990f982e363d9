// sccc-simulator: a simulated platform.
import { simulatorSettings } from "../../nodes/catalogue";
import { looks } from "./common";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

export const simulator: NodeType = {
  type: "sccc-simulator",
  key: "node.simulator",
  config: false,
  ...looks("tools"),
  inputs: ["port.instruction"],
  outputs: ["port.done"],
  properties: settings("setting.simulator", simulatorSettings),
  press: "callIn",
};
