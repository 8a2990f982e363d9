// What the editor's script has to know of node types; the rest of them is in the page that carries it.
import type { Described, Description } from "../../nodes/editor/description";
import { eventsOf, type NodeType, type Property } from "./node-type";

/** What the editor's script has to know of a property; nothing of most. */
export function described(property: Property): Described | undefined {
  const { key, onlyIf } = property;
  const common = { key, ...(onlyIf === undefined ? {} : { onlyIf }) };
  switch (property.kind) {
    case "typed": {
      const { types, required, example, field } = property;
      return { ...common, kind: "typed", types, required, example, ...(field === undefined ? {} : { field }) };
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

/** What the editor's script has to know of a node type. */
export function description(node: NodeType): Description {
  const events = eventsOf(node);
  return {
    key: node.key,
    inputs: node.inputs,
    outputs: node.outputs,
    ...(node.otherOutputs === undefined ? {} : { otherOutputs: node.otherOutputs }),
    ...(node.does === undefined ? {} : { does: node.does }),
    ...(events === undefined ? {} : { events: events.map(({ event }) => event) }),
    properties: Object.fromEntries(
      node.properties.flatMap((property) => {
        const found = described(property);
        return found === undefined ? [] : [[property.name, found]];
      }),
    ),
  };
}
