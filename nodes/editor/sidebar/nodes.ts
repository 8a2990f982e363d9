// Shows and opens nodes of the editor.
import { want } from "../wanted";
import { h, type VNode } from "./dom";
import { button, icon } from "./parts";
import { t } from "./words";

/** A node of the editor. Node-RED looks IDs up in an object, so that it also finds something for "constructor". */
export function nodeOf(id: string): EditorNode | undefined {
  const node = RED.nodes.node(id);
  return node?.id === id ? node : undefined;
}

/** The name of a node in the editor. */
export function nodeLabel(id: string): string | undefined {
  const node = nodeOf(id);
  if (!node) return undefined;
  const label = RED.utils.getNodeLabel(node, node.type);
  return typeof label === "string" && label !== "" ? label : node.type;
}

/** A button that shows a node on the canvas, or a configuration node in its list. */
export function reveal(id: string): VNode {
  const label = nodeLabel(id);
  const text = t("showNode", { node: label ?? id });
  return label === undefined
    ? h("span", { key: `node ${id}`, class: "sccc-side-note" }, icon("eye-slash"), " ", t("nodeGone"))
    : button({ key: `node ${id}`, text, icon: "crosshairs", act: () => RED.view.reveal(id) });
}

/** Opens a node's dialog, at a property if one is given. */
export function editNode(id: string, property?: string): void {
  const node = nodeOf(id);
  if (!node) return;
  const { defaults, credentials = {} } = node._def;
  if (property !== undefined && Object.hasOwn({ ...defaults, ...credentials }, property)) want(id, property);
  if (node._def.category === "config") RED.editor.editConfig("", node.type, id);
  else RED.editor.edit(node);
}
