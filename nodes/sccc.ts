// What Node-RED loads: registers every type.
import type { NodeAPI } from "node-red";
import { registerAccount } from "./runtime/account/account";
import { serveEditor } from "./runtime/admin/routes";
import { registerTracker } from "./runtime/call-tracker/call-tracker";
import { registerCampaign } from "./runtime/campaign/campaign";
import { registerCommands } from "./runtime/command/command";
import { registerConfirm } from "./runtime/confirm/confirm";
import { registerFeed } from "./runtime/feed/feed";
import { registerRecording } from "./runtime/get-recording/get-recording";
import { registerNotify } from "./runtime/notify/notify";
import { registerSimulator } from "./runtime/simulator/simulator";
import { reportUncaughtTo } from "./util/guarded";

export = (RED: NodeAPI): void => {
  reportUncaughtTo((error) => RED.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  registerAccount(RED);
  registerCommands(RED);
  registerRecording(RED);
  registerFeed(RED);
  registerNotify(RED);
  registerConfirm(RED);
  registerTracker(RED);
  registerCampaign(RED);
  registerSimulator(RED);
  serveEditor(RED);
};
