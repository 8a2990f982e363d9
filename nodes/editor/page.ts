// The parts of the page that a form's script needs: texts, and the values in a node's form.
import { fill } from "../util/fill";
import type { Editor } from "./problem";

export const editor: Editor = {
  text: (key, params = {}) => fill(RED._(`${NAMESPACE}:${key}`), params),
  expression: (value, type) => RED.utils.validateTypedProperty(value, type, {}),
  region: (account) => {
    const found = typeof account === "string" ? RED.nodes.node(account)?.region : undefined;
    return typeof found === "string" && found !== "" ? found : "CN";
  },
};

/** A text of this package in the user's language. */
export const { text } = editor;

/**
 * An element that shows a text. Node-RED's notifications, popovers and lists take a string for HTML, and most texts
 * here have parts that come from the platform. Pass them this element instead.
 */
export const textElement = (shown: string): JQuery => $("<p>").text(shown);

/** Shows a text as a notification. */
export const warn = (shown: string): void => RED.notify(textElement(shown), { type: "warning" });

/** A text without the character that begins a tag, for a place that takes only a string and shows it as HTML. */
export const untagged = (shown: string): string => shown.replaceAll("<", "‹");

/** The input of a property in a node's form. */
export const input = (node: EditorNode, property: string): JQuery =>
  $(`#node-${node._def.category === "config" ? "config-" : ""}input-${property}`);

/** The key under which an input stores its node. Forms of several nodes may be open, one above the other. */
const owner = "scccNode";

/** Stores in an input that it belongs to this node's form. */
export const own = (node: EditorNode, property: string): void => void input(node, property).data(owner, node.id);

/** The value of a property that an older flow does not have: its default, as in the runtime. */
export const standard = (node: EditorNode, property: string): unknown => node._def.defaults[property]?.value;

const given = (element: JQuery): unknown => (element.is(":checkbox") ? element.prop("checked") : element.val());

/** Reads a node's properties, from its form if that is open. */
export const reader = (node: EditorNode) => (property: string) => {
  const element = input(node, property);
  return element.data(owner) === node.id ? given(element) : (node[property] ?? standard(node, property));
};
