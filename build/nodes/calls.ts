// sccc-calls: messages for the events of calls.
import { callEvents, callsSettings, defaultCallEvents } from "../../nodes/catalogue";
import { accountProperty, looks, nameProperty, portsProperty } from "./common";
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
    {
      kind: "events",
      name: "events",
      key: "node.calls.fields.events",
      icon: "bell-o",
      required: false,
      default: defaultCallEvents,
      events: callEvents,
      standard: defaultCallEvents,
    },
    {
      kind: "choice",
      name: "layout",
      key: "node.calls.fields.layout",
      icon: "sign-out",
      required: false,
      default: "one",
      choices: ["one", "perEvent"],
    },
    portsProperty,
    ...settings("setting.calls", callsSettings),
  ],
};
