// What Node-RED loads: registers every type.
import type { NodeAPI } from "node-red";
import { registerAccount } from "./runtime/account";
import { registerCommands } from "./runtime/command";
import { registerSimulator } from "./runtime/simulator";

export = (RED: NodeAPI): void => {
  registerAccount(RED);
  registerCommands(RED);
  registerSimulator(RED);
};
