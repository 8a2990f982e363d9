// Where the locales have the texts of a setting.

import type { Setting } from "../types";
import { accountSettings } from "./account";
import { callNumberSettings } from "./call-number";
import { callsSettings } from "./calls";
import { campaignSettings } from "./campaign";
import { feedSettings } from "./feed";
import { receivingSettings } from "./receiving";
import { recordingSettings } from "./recording";
import { simulatorSettings } from "./simulator";
import { trackerSettings } from "./tracker";

/** The settings by the part of the locales that has their texts. The account's come first: they fail for every node type. */
const groups: Readonly<Record<string, readonly Setting[]>> = {
  "setting.account": [...accountSettings, ...receivingSettings],
  "setting.simulator": simulatorSettings,
  "setting.campaign": campaignSettings,
  "setting.call-tracker": trackerSettings,
  "setting.calls": callsSettings,
  "setting.feed": feedSettings,
  "setting.get-recording": recordingSettings,
  "command.call-number.settings": callNumberSettings,
};

/**
 * The key of a setting's label; undefined if no setting has that name.
 * @param type the node type that has it; the setting may also be its account's
 */
export function settingKey(type: string, name: string): string | undefined {
  const has = (group: string): boolean => groups[group]?.some((setting) => setting.name === name) === true;
  const own = `setting.${type.replace(/^sccc-/, "")}`;
  const group = has(own) ? own : Object.keys(groups).find(has);
  return group === undefined ? undefined : `${group}.${name}.label`;
}
