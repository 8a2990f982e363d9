// The property for which a node's dialog is opened: its section is unfolded, and its input gets the focus.
import { input } from "./page";

let wanted: { readonly node: string; readonly property: string } | undefined;

/** Sets the property for which the next dialog of this node is opened. */
export const want = (node: string, property: string): void => {
  wanted = { node, property };
};

/** Shows the property for which this dialog was opened, if there is one. */
export function showWanted(node: EditorNode): void {
  if (wanted?.node !== node.id) return;
  const element = input(node, wanted.property);
  wanted = undefined;
  element.closest("details").attr("open", "");
  element.trigger("focus");
}
