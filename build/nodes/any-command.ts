// sccc-command: sends a command that the message names.
import { seenCommands, templateOf } from "../../nodes/catalogue";
import { accountProperty, inputProperty, looks, nameProperty } from "./common";
import { extraProperty, seqProperty } from "./field";
import type { NodeType, Property } from "./node-type";

/** The runtime only checks that these two are present. */
const anyCommandProperties: readonly Property[] = [
  {
    kind: "typed",
    name: "api",
    key: "node.command.fields.api",
    icon: "terminal",
    required: true,
    default: "",
    defaultType: "str",
    types: ["str", "msg", "flow", "global", "env", "jsonata"],
    example: "AgentLogin",
    suggestions: seenCommands.map((command) => {
      const template = templateOf(command);
      const { api } = command;
      return {
        value: api,
        key: `node.command.fields.api.suggestions.${api}`,
        ...(Object.keys(template).length === 0 ? {} : { template: JSON.stringify(template) }),
      };
    }),
  },
  {
    kind: "typed",
    name: "request",
    key: "node.command.fields.request",
    icon: "code",
    required: true,
    default: "payload",
    defaultType: "msg",
    types: ["msg", "flow", "global", "json", "env", "jsonata"],
    example: '{"agent":"1000"}',
  },
];

export const anyCommand: NodeType = {
  type: "sccc-command",
  key: "node.command",
  config: false,
  ...looks("tools"),
  inputs: ["port.fields"],
  outputs: ["port.answer"],
  properties: [
    nameProperty,
    accountProperty,
    ...anyCommandProperties,
    inputProperty,
    seqProperty("number"),
    extraProperty,
  ],
  tools: [{ kind: "template" }],
  does: ["api"],
};
