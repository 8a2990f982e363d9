// Handles messages for every node type. Each message ends once; a failed one has a code. No message, however deeply
// nested, ends the process.
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from "node-red";
import type { Failure } from "./failure";
import { codeStatus, failureStatus, unforeseenStatus } from "./status";
import { errorOf, ScccError } from "./texts";

type Outputs = NodeMessage | (NodeMessage | null)[];
export type Send = (msg: Outputs) => void;

/** How a node handles its messages. */
export interface Handling {
  /** The command or node type, for texts. */
  readonly name: string;
  /** Handles one message: sends its results, and returns or throws its failure. */
  readonly handle: (msg: NodeMessageInFlow, send: Send) => Promise<Error | undefined> | Error | undefined;
  /**
   * Shows that a message was refused because it is nested too deep or throws when it is read. Default: a red status.
   */
  readonly refused?: (msg: NodeMessageInFlow, failure: Failure) => void;
  /** Shows that handling threw. Default: a red status, with the code if the error is ours. */
  readonly unforeseen?: (error: Error) => void;
}

/**
 * The deepest accepted message. Node-RED copies a message recursively for Catch, Complete and every further wire. Its stack overflows at about 700
 * nested maps or 1900 nested objects.
 */
export const deepestMessage = 500;

/** The problems of a message: the paths of values that are nested too deep, or that throw when they are read. */
export interface Survey {
  readonly deep?: string;
  readonly unreadable?: string;
}

/** An object whose values are being visited. `keys` is absent for a list, whose elements are counted. */
interface Frame {
  readonly source: object;
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  index: number;
  name: string;
}

/** A longer list may be sparse: only its existing elements are visited. */
const longestList = 1_000_000;

/** Properties that Node-RED does not copy. */
const uncopied: readonly string[] = ["req", "res"];

function frameOf(value: object, isMessage: boolean): Frame | undefined {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return undefined;
  const source = value instanceof Map ? [...value].flat(1) : value instanceof Set ? [...value] : value;
  if (Array.isArray(source) && source.length <= longestList) {
    return { source, keys: undefined, length: source.length, index: 0, name: "" };
  }
  const all = Object.keys(source);
  const keys = isMessage ? all.filter((key) => !uncopied.includes(key)) : all;
  return { source, keys, length: keys.length, index: 0, name: "" };
}

/** The beginning of the current value's path. */
const pathOf = (frames: readonly Frame[]): string =>
  `msg.${frames
    .map(({ name }) => name)
    .slice(0, 3)
    .join(".")}`;

/**
 * Visits each object of a message once, without recursion. The order is that of Node-RED's copy, so that the depth is
 * that of the copy's recursion. Values that throw when they are read are reported and skipped.
 */
export function survey(msg: object, limit = deepestMessage): Survey {
  const seen = new Set<object>([msg]);
  const frames: Frame[] = [];
  let unreadable: string | undefined;
  const enter = (value: object): void => {
    try {
      const frame = frameOf(value, frames.length === 0);
      if (frame !== undefined && frame.length > 0) frames.push(frame);
    } catch {
      unreadable ??= frames.length === 0 ? "msg" : pathOf(frames);
    }
  };
  enter(msg);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (frame.index >= frame.length) {
      frames.pop();
      continue;
    }
    const key = frame.keys?.[frame.index] ?? String(frame.index);
    frame.index += 1;
    let value: unknown;
    try {
      value = Reflect.get(frame.source, key);
    } catch {
      frame.name = key;
      unreadable ??= pathOf(frames);
    }
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    frame.name = key;
    if (frames.length >= limit) return { deep: pathOf(frames), ...(unreadable === undefined ? {} : { unreadable }) };
    seen.add(value);
    enter(value);
  }
  return unreadable === undefined ? {} : { unreadable };
}

const invalid = (field: string, key: string, got: string): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field,
  rule: { key, params: { limit: deepestMessage } },
  got,
});

/** Converts a thrown value to an error. */
export const asError = (thrown: unknown): Error => {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === "string" ? thrown : "something was thrown that is no error");
};

/** Node-RED calls hasOwnProperty of a message and its error, and throws if the method is missing. */
const lacksMethod = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "hasOwnProperty") !== "function";

/**
 * Replaces every property that Node-RED cannot copy by a text, so that Catch gets the error with all other properties.
 */
export function makeCopyable(RED: NodeAPI, msg: NodeMessage): void {
  Reflect.deleteProperty(msg, "hasOwnProperty");
  for (const key of Object.keys(msg)) {
    if (uncopied.includes(key)) continue;
    let copyable = false;
    try {
      const one = { payload: Reflect.get(msg, key) };
      copyable = survey(one).deep === undefined && !(key === "error" && lacksMethod(one.payload));
      if (copyable) RED.util.cloneMessage(one);
    } catch {
      copyable = false;
    }
    if (!copyable) {
      Reflect.defineProperty(msg, key, {
        value: RED._("errors.notCopied", { property: `msg.${key}` }),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  }
}

/** Sets a node's handler of messages. Use it instead of `node.on("input", …)`. */
export function takeMessages(RED: NodeAPI, node: Node, handling: Handling): void {
  const { name, handle } = handling;
  const refused = handling.refused ?? ((_msg, failure) => node.status(failureStatus(RED._, failure)));
  const unforeseen =
    handling.unforeseen ??
    ((error) => node.status(error instanceof ScccError ? codeStatus(error.code) : unforeseenStatus));

  node.on("input", (msg, send, done) => {
    const { deep, unreadable } = survey(msg);
    const isWhole = (): boolean =>
      (deep ?? unreadable) === undefined && !lacksMethod(msg) && !lacksMethod(Reflect.get(msg, "error"));

    const end = (error: Error | undefined): void => {
      try {
        if (error !== undefined && !isWhole()) makeCopyable(RED, msg);
        done(error);
        return;
      } catch {
        // A copy for a Catch or a Complete node failed.
      }
      try {
        if (error === undefined)
          throw new ScccError(RED._("errors.notCopied", { property: "msg" }), "SCCC_INVALID_FIELD", {});
        makeCopyable(RED, msg);
        done(error);
      } catch (thrown) {
        // Without the message, the error can only be logged.
        node.error(asError(error ?? thrown));
      }
    };

    /**
     * The failure for an exception. If a value of the message throws when it is read, a foreign error is attributed to
     * it.
     */
    const failed = (thrown: unknown): void => {
      const error = asError(thrown);
      if (error instanceof ScccError || (unreadable === undefined && !Object.isFrozen(msg))) {
        unforeseen(error);
        end(error);
        return;
      }
      const failure = invalid(unreadable ?? "msg", "unreadable", error.message);
      try {
        refused(msg, failure);
      } catch {
        // The error cannot be stored in such a message.
      }
      end(errorOf(RED._, name, failure));
    };

    const sendOn: Send = (outputs) => {
      try {
        send(outputs);
      } catch {
        throw new ScccError(RED._("errors.notCopied", { property: unreadable ?? "msg" }), "SCCC_INVALID_FIELD", {});
      }
    };

    if (deep !== undefined) {
      const failure = invalid(deep, "tooDeep", "an object");
      refused(msg, failure);
      end(errorOf(RED._, name, failure));
      return;
    }
    new Promise<Error | undefined>((resolve) => resolve(handle(msg, sendOn))).then(end, failed);
  });
}
