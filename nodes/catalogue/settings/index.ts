// The properties of the nodes that are not commands, as data, a file for each kind of node: the runtime narrows a configuration by it, the
// editor draws its forms from it.
export { accountSettings } from "./account";
export { callNumberSettings } from "./call-number";
export { campaignFields, campaignSettings } from "./campaign";
export { feedSettings } from "./feed";
export { receivingSettings } from "./receiving";
export { recordingSettings } from "./recording";
export type {} from "./setting";
export { simulatorSettings } from "./simulator";
export { trackerSettings } from "./tracker";
