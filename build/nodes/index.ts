// Derives every node type from the catalogue: properties with defaults, position in the palette, looks. Forms, registrations, help and the
// editor's checks are generated from these records.
import { commands, palette } from "../../nodes/catalogue";
import type { Descriptions } from "../../nodes/editor/description";
import { account } from "./account";
import { anyCommand } from "./any-command";
import { tracker } from "./call-tracker";
import { calls } from "./calls";
import { campaign } from "./campaign";
import { commandNode } from "./command";
import { confirm } from "./confirm";
import { description } from "./description";
import { feed } from "./feed";
import { getRecording } from "./get-recording";
import type { NodeType } from "./node-type";
import { notify } from "./notify";
import { simulator } from "./simulator";

export { described } from "./description";
export { eventsOf, keywordsOf, type NodeType, type Property, passwordsOf, type Tool } from "./node-type";

/** A node type's position in the palette. Throws if it has none: Node-RED shows node types in the order in which they are registered. */
function positionOf({ type, config }: NodeType): number {
  const found = palette.findIndex((entry) => entry.type === type);
  if (found < 0 && !config) throw new Error(`nodes/catalogue/palette.ts has no entry for ${type}`);
  return found;
}

/** Every node type: the configuration nodes, then the others in the order of the palette. */
export const nodeTypes: readonly NodeType[] = [
  account,
  ...commands.map(commandNode),
  getRecording,
  anyCommand,
  feed,
  notify,
  confirm,
  calls,
  tracker,
  campaign,
  simulator,
].sort((one, other) => positionOf(one) - positionOf(other));

/** The data about all node types that the editor's script needs. */
export const descriptions: Descriptions = Object.fromEntries(nodeTypes.map((node) => [node.type, description(node)]));
