// The data about node types that the editor's script needs; the page that contains it has the rest.
import type { Described, Description } from "../../nodes/editor/description";
import { eventsProperty, type NodeType, type Property, passwordsOf } from "./node-type";

/** The data about a property that the editor's script needs; undefined for most. */
export function described(property: Property): Described | undefined {
  const { key, onlyIf } = property;
  const common = { key, ...(onlyIf === undefined ? {} : { onlyIf }) };
  switch (property.kind) {
    case "typed": {
      const { types, required, example, field, suggestions } = property;
      return {
        ...common,
        kind: "typed",
        types,
        required,
        example,
        ...(field === undefined ? {} : { field }),
        ...(suggestions === undefined ? {} : { suggestions }),
      };
    }
    case "number": {
      const { min, max, integer } = property;
      return { ...common, kind: "number", min, max, integer };
    }
    case "hours":
      return { ...common, kind: "hours" };
    case "text": {
      const { required, format } = property;
      if (!required && format === undefined) break;
      return { ...common, kind: "text", required, ...(format === undefined ? {} : { format }) };
    }
  }
  return onlyIf === undefined ? undefined : { ...common, kind: "plain" };
}

/** The data about a node type that the editor's script needs. */
export function description(node: NodeType): Description {
  const { events, standard } = eventsProperty(node) ?? {};
  const passwords = passwordsOf(node).map(({ name, key }) => ({ name, key }));
  return {
    key: node.key,
    inputs: node.inputs,
    outputs: node.outputs,
    ...(node.otherOutputs === undefined ? {} : { otherOutputs: node.otherOutputs }),
    ...(node.does === undefined ? {} : { does: node.does }),
    ...(events === undefined ? {} : { events: events.map(({ event }) => event) }),
    ...(standard === undefined ? {} : { standardEvents: standard }),
    ...(passwords.length === 0 ? {} : { passwords }),
    properties: Object.fromEntries(
      node.properties.flatMap((property) => {
        const found = described(property);
        return found === undefined ? [] : [[property.name, found]];
      }),
    ),
  };
}
