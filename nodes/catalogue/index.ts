// The catalogue: the platform's commands, pushes, error codes and enumerations as pure data. Imports only its own files.
import { all } from "./commands";
import { errorCodes } from "./errors";
import type { Command, ErrorCode } from "./types";

export { callEvents, defaultCallEvents } from "./call-events";
export { callTypeOf, customerSide } from "./directions";
export * as enumerations from "./enumerations";
export { errorCodes, notLoggedIn } from "./errors";
export { codesOf, type OwnCode, ownCodes } from "./failures";
export { extra, propertyOf, seqOf, standardInput } from "./fields";
export { groups } from "./groups";
export { type PaletteEntry, palette } from "./palette";
export { pushes } from "./pushes";
export { recording, recordingName } from "./recording";
export { type Section, sections } from "./sections";
export { seenCommands, templateOf } from "./seen-commands";
export {
  accountSettings,
  callNumberSettings,
  callsSettings,
  campaignFields,
  campaignSettings,
  feedSettings,
  receivingSettings,
  recordingSettings,
  settingKey,
  simulatorSettings,
  trackerSettings,
} from "./settings";
export { sipCauses } from "./sip";
export type * from "./types";
export { defaultApiVersion, versions } from "./versions";

/** Every command, in the vendor's order. */
export const commands: readonly Command[] = [...all].sort((a, b) => a.order - b.order);

const byLowerCaseApi = new Map(commands.map((command) => [command.api.toLowerCase(), command]));
const byValue = new Map(errorCodes.map((code) => [code.value, code]));
const byName = new Map(errorCodes.map((code) => [code.name, code]));

/** The command with an ApiName, in any case: the platform ignores case (docs/protocol.md, "Seen in the field"). */
export const commandOf = (api: string): Command | undefined => byLowerCaseApi.get(api.toLowerCase());

/** The error code with a value: -1, or unsigned. */
export const errorOfValue = (value: number): ErrorCode | undefined => byValue.get(value);

/** The error code with the vendor's name. */
export const errorOfName = (name: string): ErrorCode | undefined => byName.get(name);
