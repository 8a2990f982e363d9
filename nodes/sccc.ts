// The entry that Node-RED loads: registers every type.
import type { NodeAPI } from "node-red";
import { registerAccount } from "./runtime/account/account";
import { serveEditor } from "./runtime/admin/routes";
import { registerTracker } from "./runtime/call-tracker/call-tracker";
import { registerCalls } from "./runtime/calls/calls";
import { registerCommands } from "./runtime/command/command";
import { registerConfirm } from "./runtime/confirm/confirm";
import { registerFeed } from "./runtime/feed/feed";
import { registerRecording } from "./runtime/get-recording/get-recording";
import { registerNotify } from "./runtime/notify/notify";
import { registerSimulator } from "./runtime/simulator/simulator";
import { runtimeOf } from "./runtime/state";

export = (RED: NodeAPI): void => {
  const runtime = runtimeOf(RED);
  registerAccount(runtime);
  registerCommands(runtime);
  registerRecording(runtime);
  registerFeed(runtime);
  registerNotify(runtime);
  registerConfirm(runtime);
  registerCalls(runtime);
  registerTracker(runtime);
  registerSimulator(runtime);
  serveEditor(runtime);
};
