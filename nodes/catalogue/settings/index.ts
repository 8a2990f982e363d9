// The settings of all nodes as data, one file for each kind of node. The runtime validates configurations with them; the editor builds its
// forms from them.
export { accountSettings } from "./account";
export { callNumberSettings } from "./call-number";
export { callsSettings } from "./calls";
export { campaignFields, campaignSettings } from "./campaign";
export { feedSettings } from "./feed";
export { settingKey } from "./keys";
export { receivingSettings } from "./receiving";
export { recordingSettings } from "./recording";
export type {} from "./setting";
export { simulatorSettings } from "./simulator";
export { trackerSettings } from "./tracker";
