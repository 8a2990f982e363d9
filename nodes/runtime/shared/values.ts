// Reads typed inputs of a message.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { isObject } from "../../util/json";
import type { Expand, TypedInput } from "./config";

/** Reads one typed input. Rejects where a JSONata expression, JSON or a property's path can't be read. */
export type ReadValue = (msg: NodeMessage) => Promise<unknown>;

/** Replaces every `${ENV}` of a text, by the flow's and the environment's variables. Node-RED itself does so only where the text is nothing else. */
export const expander =
  (RED: NodeAPI, node: Node): Expand =>
  (text) =>
    /\$\{[^}]+\}/.test(text) ? String(RED.util.evaluateNodeProperty(text, "env", node, {})) : text;

/** A message's property. Node-RED throws for a payload that is missing or null: that is unset, not an error. */
function messageProperty(RED: NodeAPI, msg: NodeMessage, property: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, property);
  } catch (error) {
    if (isObject(error) && error.code === "INVALID_EXPR") throw error;
    return undefined;
  }
}

/** Prepares the reading of a typed input, so that expressions are compiled once and texts expanded once. */
export function reader(RED: NodeAPI, node: Node, { value, type }: TypedInput): ReadValue {
  if (value === "" && type !== "date") return async () => undefined;
  switch (type) {
    case "msg":
      return async (msg) => messageProperty(RED, msg, value);
    // A number keeps its text: JavaScript would drop the zeros that a staff number or a code begins with.
    case "num":
    case "str": {
      const text = expander(RED, node)(value);
      return async () => text;
    }
    case "jsonata":
      return jsonata(RED, node, value);
    default:
      return (msg) =>
        new Promise((resolve, reject) => {
          RED.util.evaluateNodeProperty(value, type, node, msg, (error: Error | null, result: unknown) =>
            error ? reject(error) : resolve(result),
          );
        });
  }
}

function jsonata(RED: NodeAPI, node: Node, expression: string): ReadValue {
  let prepared: ReturnType<NodeAPI["util"]["prepareJSONataExpression"]> | undefined;
  return (msg) =>
    new Promise((resolve, reject) => {
      prepared ??= RED.util.prepareJSONataExpression(expression, node);
      RED.util.evaluateJSONataExpression(prepared, msg, (error: Error | null, result: unknown) =>
        error ? reject(error) : resolve(result),
      );
    });
}
