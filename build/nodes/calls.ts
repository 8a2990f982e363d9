// sccc-calls: messages for the events of calls.
import { callEvents, callsSettings, defaultCallEvents } from "../../nodes/catalogue";
import { accountProperty, eventsChoice, layoutChoice, looks, nameProperty, portsProperty } from "./common";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

export const calls: NodeType = {
  type: "sccc-calls",
  key: "node.calls",
  config: false,
  ...looks("call"),
  inputs: [],
  outputs: ["port.every"],
  properties: [
    nameProperty,
    accountProperty,
    eventsChoice("node.calls", callEvents, defaultCallEvents),
    layoutChoice("node.calls", "perEvent"),
    portsProperty,
    ...settings("setting.calls", callsSettings),
  ],
};
