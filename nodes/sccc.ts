// What Node-RED loads: registers every type.
import type { NodeAPI } from "node-red";
import { reportUncaughtTo } from "./protocol/guarded";
import { registerAccount } from "./runtime/account";
import { serveEditor } from "./runtime/admin/routes";
import { registerTracker } from "./runtime/calls/tracker";
import { registerCommands } from "./runtime/command";
import { registerFeed } from "./runtime/feed/feed";
import { registerConfirm } from "./runtime/receive/confirm";
import { registerNotify } from "./runtime/receive/notify";
import { registerRecording } from "./runtime/recording/recording";
import { registerSimulator } from "./runtime/simulator";

export = (RED: NodeAPI): void => {
  reportUncaughtTo((error) => RED.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  registerAccount(RED);
  registerCommands(RED);
  registerRecording(RED);
  registerFeed(RED);
  registerNotify(RED);
  registerConfirm(RED);
  registerTracker(RED);
  registerSimulator(RED);
  serveEditor(RED);
};
