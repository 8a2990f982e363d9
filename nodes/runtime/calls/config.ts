// Narrows the properties of sccc-calls.
import { resolve } from "node:path";
import { type MessageEvent, type MessageSettings, messageEvents } from "../../calls/call-messages";
import { callsSettings, defaultCallEvents } from "../../catalogue/index";
import { dialPatterns } from "../../protocol/dial-only";
import { isObject } from "../../util/json";
import type { Exists } from "../get-recording/target";
import { type Expand, type Narrowed, narrow, Settings } from "../shared/config";

/** How recordings are delivered. */
export type RecordingTarget =
  | { readonly kind: "url" | "buffer" }
  | { readonly kind: "file"; readonly folder: string; readonly template: string; readonly exists: Exists };

/** The settings of a node. */
export interface CallsConfig extends Omit<MessageSettings, "context"> {
  readonly target: RecordingTarget;
  /** The output of an event, from 0. */
  readonly outputOf: (event: MessageEvent) => number;
}

/** Reads a node's properties; times in ms. @param userDir the base of relative folders */
export function narrowCalls(config: unknown, expand: Expand, userDir: string): Narrowed<CallsConfig> {
  return narrow(() => {
    const settings = new Settings(callsSettings, config, undefined, expand);
    const source = isObject(config) ? config : {};
    const given: readonly unknown[] = Array.isArray(source.events) ? source.events : [];
    const asked = messageEvents.filter((event) => given.includes(event));
    const events = asked.length > 0 ? asked : messageEvents.filter((event) => defaultCallEvents.includes(event));
    const direction = settings.text("direction");
    const patterns = dialPatterns(settings.text("agents"));
    const recording = settings.text("recording");
    const exists = settings.text("exists");
    return {
      events,
      direction: direction === "inbound" || direction === "outbound" ? direction : undefined,
      isWanted: patterns.length === 0 ? undefined : (agent) => patterns.some((pattern) => pattern.test(agent)),
      recordingWaitMs: settings.number("recordingWait") * 1000,
      windowMs: settings.number("window") * 1000,
      waitForBillingMs: settings.number("waitForBilling") * 1000,
      maxOpen: settings.number("maxOpen"),
      outputOf: source.layout === "perEvent" ? (event) => Math.max(0, events.indexOf(event)) : () => 0,
      target:
        recording === "file"
          ? {
              kind: "file",
              folder: resolve(userDir, settings.text("folder")),
              template: settings.text("fileName") || "{name}",
              exists: exists === "skip" || exists === "replace" ? exists : "fail",
            }
          : { kind: recording === "buffer" ? "buffer" : "url" },
    };
  });
}
