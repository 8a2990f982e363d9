// Derives every node type from the catalogue: properties with defaults, position in the palette, looks. Forms, registrations, help and the
// editor's checks are generated from these records.
import { commands } from "../../nodes/catalogue";
import type { Descriptions } from "../../nodes/editor/description";
import { account } from "./account";
import { anyCommand } from "./any-command";
import { tracker } from "./call-tracker";
import { calls } from "./calls";
import { commandNode } from "./command";
import { confirm } from "./confirm";
import { description } from "./description";
import { feed } from "./feed";
import { getRecording } from "./get-recording";
import type { NodeType } from "./node-type";
import { notify } from "./notify";
import { simulator } from "./simulator";

export { described } from "./description";
export { eventsOf, type NodeType, type Property, sections, type Tool } from "./node-type";

/** Every node type, in the order of the palette. */
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
  simulator,
];

/** The data about all node types that the editor's script needs. */
export const descriptions: Descriptions = Object.fromEntries(nodeTypes.map((node) => [node.type, description(node)]));
