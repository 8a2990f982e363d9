// Reads the properties of sccc-campaign.
import { type HoursWindow, readHours } from "../../campaign/hours";
import type { CampaignSettings } from "../../campaign/types";
import { campaignSettings } from "../../catalogue/index";
import { isObject } from "../../util/json";
import {
  type Expand,
  type Narrowed,
  narrow,
  Settings,
  type TypedInput,
  typedInput,
  variableIn,
  wrong,
} from "../shared/config";

export interface CampaignConfig {
  readonly settings: Omit<CampaignSettings, "agents">;
  readonly numberField: string;
  readonly agents: TypedInput;
  readonly numbers: TypedInput;
  readonly doNotCall: TypedInput;
}

/** Windows as a node stores them, or as JSON. Each text may contain variables. */
function hoursOf(value: unknown, expand: Expand): readonly HoursWindow[] {
  const expanded = (text: unknown): unknown => {
    if (typeof text !== "string" || text.trim() === "") return text;
    const known = expand(text).trim();
    // An empty text would mean "at any time".
    return known === "" ? wrong("hours", "variable", variableIn(text)) : known;
  };
  const times = (window: unknown): unknown =>
    isObject(window) ? { ...window, from: expanded(window.from), to: expanded(window.to) } : window;
  const read = readHours(Array.isArray(value) ? value.map(times) : expanded(value));
  return "hours" in read ? read.hours : wrong("hours", "hours");
}

/** Reads a node's configuration. */
export const narrowCampaign = (config: unknown, expand: Expand): Narrowed<CampaignConfig> =>
  narrow(() => {
    const settings = new Settings(campaignSettings, config, undefined, expand);
    const mode = settings.text("mode");
    const callers = settings
      .text("callers")
      .split(/[\s,，;；、]+/)
      .filter((caller) => caller !== "");
    const given = isObject(config) ? config : {};
    return {
      settings: {
        mode: Number(mode),
        multiplier: settings.number("multiplier"),
        ...(mode === "2" && callers.length > 0 ? { callers } : {}),
        taskName: settings.text("taskName"),
        attempts: settings.number("attempts"),
        retryAfter: settings.number("retryAfter"),
        hours: hoursOf(given.hours, expand),
        maxPerDay: settings.number("maxPerDay"),
        resultWait: settings.number("resultWait"),
        reconcile: given.reconcile === undefined || settings.flag("reconcile"),
      },
      numberField: settings.text("numberField"),
      agents: typedInput(config, "agents", { value: "", type: "json" }),
      numbers: typedInput(config, "numbers", { value: "payload", type: "msg" }),
      doNotCall: typedInput(config, "doNotCall", { value: "", type: "json" }),
    };
  });
