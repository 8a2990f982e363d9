// The nodes of the catalogue's commands.
import { type Command, propertyOf, type Text } from "../../nodes/catalogue";
import type { OtherOutputs } from "../../nodes/editor/description";
import { accountProperty, inputProperty, looks, nameProperty, portsProperty } from "./common";
import { extraProperty, fieldProperty, seqProperty } from "./field";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

/** The part of a locale key that identifies a node type. */
const short = (type: string) => type.replace(/^sccc-/, "");

/** The outputs of a command that waits for the call that it causes. */
const waitingOutputs: OtherOutputs = {
  property: "waitFor",
  unless: "accepted",
  outputs: ["port.reached", "port.notReached"],
};

/** The field names in a text that describes what a node will do. */
const fieldsIn = ({ en }: Text): readonly string[] => [...en.matchAll(/__(\w+?)__/g)].map(([, name = ""]) => name);

/** The node of a command. */
export function commandNode(command: Command): NodeType {
  const key = `command.${short(command.node)}`;
  return {
    type: command.node,
    key,
    config: false,
    ...looks(command.group),
    inputs: ["port.fields"],
    outputs: ["port.answer"],
    ...(command.waits ? { otherOutputs: waitingOutputs } : {}),
    properties: [
      nameProperty,
      accountProperty,
      ...command.fields.map((field) => fieldProperty(`${key}.fields.${propertyOf(field)}`, field, command.fields)),
      ...settings(`${key}.settings`, command.settings ?? []),
      ...(command.waits ? [portsProperty] : []),
      inputProperty,
      seqProperty(command.seq),
      extraProperty,
    ],
    ...(command.does === undefined ? {} : { does: fieldsIn(command.does) }),
    command,
  };
}
