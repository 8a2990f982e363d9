// sccc-campaign: dials a list of numbers and gives a result for each.
import { campaignFields, campaignSettings } from "../../nodes/catalogue";
import { accountProperty, looks, nameProperty } from "./common";
import { iconFor } from "./icon";
import type { NodeType, Property } from "./node-type";
import { settings } from "./setting";

const key = "setting.campaign";
const { agents, numbers, doNotCall } = campaignFields;

/** A field that comes from the message or the node. Numbers may be rows, so their format is not checked. */
const typed = (field: typeof agents, value: string, type: string, isChecked: boolean): Property => ({
  kind: "typed",
  name: field.name,
  key: `${key}.${field.name}`,
  icon: iconFor(field.name, "list"),
  required: field.required,
  default: value,
  defaultType: type,
  types: ["json", "msg", "flow", "global", "str", "env", "jsonata"],
  example: field.example,
  ...(isChecked ? { field } : {}),
});

export const campaign: NodeType = {
  type: "sccc-campaign",
  key: "node.campaign",
  config: false,
  ...looks("task"),
  inputs: ["port.numbers"],
  outputs: ["port.result", "port.progress", "port.campaignFinished"],
  properties: [
    nameProperty,
    accountProperty,
    typed(agents, "", "json", true),
    typed(numbers, "payload", "msg", false),
    ...settings(key, campaignSettings),
    typed(doNotCall, "", "json", true),
  ],
};
