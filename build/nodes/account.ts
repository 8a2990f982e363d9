// sccc-account: a configuration node.
import { accountSettings, receivingSettings } from "../../nodes/catalogue";
import { looks } from "./common";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

export const account: NodeType = {
  type: "sccc-account",
  key: "node.account",
  config: true,
  ...looks("tools"),
  inputs: [],
  outputs: [],
  properties: settings("setting.account", [...accountSettings, ...receivingSettings]),
  does: ["customer"],
  tools: [{ kind: "connection" }, { kind: "address", section: "receiving" }],
};
