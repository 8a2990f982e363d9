// Reads typed inputs of a message.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { isObject } from "../../util/json";
import type { Expand, TypedInput } from "./config";

/** Reads one typed input. Rejects if a JSONata expression, JSON or a property's path is invalid. */
export type ReadValue = (msg: NodeMessage) => Promise<unknown>;

/**
 * Replaces every `${ENV}` in a text by variables of the flow and the environment. Node-RED itself replaces only a value
 * that is one variable.
 */
export const expander =
  (RED: NodeAPI, node: Node): Expand =>
  (text) =>
    /\$\{[^}]+\}/.test(text) ? String(RED.util.evaluateNodeProperty(text, "env", node, {})) : text;

/** Reads a property of a message. Node-RED throws for a missing or null payload; here that is an unset value. */
function messageProperty(RED: NodeAPI, msg: NodeMessage, property: string): unknown {
  try {
    return RED.util.getMessageProperty(msg, property);
  } catch (error) {
    if (isObject(error) && error.code === "INVALID_EXPR") throw error;
    return undefined;
  }
}

/** Prepares reading a typed input, so that expressions are compiled once and texts are expanded once. */
export function reader(RED: NodeAPI, node: Node, { value, type }: TypedInput): ReadValue {
  if (value === "" && type !== "date") return async () => undefined;
  switch (type) {
    case "msg":
      return async (msg) => messageProperty(RED, msg, value);
    // A number stays a text: JavaScript would drop the leading zeros of a staff number or a code.
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
