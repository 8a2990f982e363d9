// Defines a node type. Reading properties, refusing, errors and closing are the same for all types; a type adds its own
// reading and its work.
import type { Node, NodeAPI } from "node-red";
import type { Setting } from "../../catalogue/index";
import type { Runtime } from "../state";
import { type ConfigProblem, configFailure, credentialsOf, type Expand } from "./config";
import type { Failure } from "./failure";
import { type Handling, takeMessages } from "./input";
import { NodeOutput } from "./node-output";
import { failureStatus } from "./status";
import { describe, errorOf } from "./texts";
import { expander } from "./values";

/** What a type's `read` and `start` are given. */
export interface NodeSource {
  readonly runtime: Runtime;
  readonly node: Node;
  /** Its unchecked properties. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: unknown;
  readonly expand: Expand;
  /** What the node sends and reports while it handles no message. */
  readonly output: NodeOutput;
}

/** A node's configuration, or why the node cannot work: a failure such as its account's, or an invalid property. */
export type Reading<C> =
  | { readonly ok: true; readonly value: C }
  | (Refused & { readonly failure: Failure })
  | (Refused & { readonly problem: ConfigProblem });

interface Refused {
  readonly ok: false;
  /** Another node has logged the reason, such as the account with the wrong setting. One cause is logged once. */
  readonly isReported?: boolean;
}

/** The work of a node. A node without an input has no `handle`. */
export interface Behaviour extends Partial<Omit<Handling, "name">> {
  /** Ends running work; Node-RED waits for it. @param removed whether the node was deleted, not only redeployed */
  readonly close?: (removed: boolean) => void | Promise<void>;
}

/** A node type. C is its configuration. */
export interface NodeType<C> {
  readonly type: string;
  /** The name in error texts; by default the type. */
  readonly name?: string;
  /** The settings; those that are secrets become credentials. */
  readonly secretsOf?: readonly Setting[];
  /** Reads a node's properties, once. */
  readonly read: (source: NodeSource) => Reading<C>;
  /** Starts a node whose properties are valid. */
  readonly start: (value: C, source: NodeSource) => Behaviour;
  /** Called when a node is deleted, whether it worked or not. */
  readonly forget?: (id: string, runtime: Runtime) => void;
}

/** Why a node cannot work, and whether another node has logged it. */
interface Trouble {
  readonly failure: Failure;
  readonly isReported: boolean;
}

type Properties = Parameters<NodeAPI["nodes"]["createNode"]>[1];

/** The cause of a problem, to warn of it once: a missing or disabled account for all its nodes, otherwise the node. */
function causeOf({ node, config }: NodeSource, failure: Failure): string {
  const isGone = failure.kind === "config" && failure.reason === "account" && typeof config.account === "string";
  return isGone && config.account !== "" ? `account ${config.account}` : node.id;
}

/** Shows why a node cannot work, warns unless another node has, and ends each message with that error. */
function refuse(source: NodeSource, name: string, { failure, isReported }: Trouble): Behaviour {
  const { node, output, runtime } = source;
  const { RED, state } = runtime;
  const show = (): void => node.status(failureStatus(RED._, failure));
  if (!isReported && state.isFirstWarning(causeOf(source, failure))) output.warnText(describe(RED._, name, failure));
  show();
  return {
    handle: () => {
      show();
      return errorOf(RED._, name, failure);
    },
    refused: show,
  };
}

/** Registers a node type. */
export function defineNode<C>(runtime: Runtime, definition: NodeType<C>): void {
  const { RED } = runtime;
  const { type, name = type, secretsOf, read, start, forget } = definition;

  function open(source: NodeSource): Behaviour {
    const reading = read(source);
    if (reading.ok) return start(reading.value, source);
    const failure = "failure" in reading ? reading.failure : configFailure(reading.problem);
    return refuse(source, name, { failure, isReported: reading.isReported === true });
  }

  function ScccNode(this: Node, properties: Properties): void {
    RED.nodes.createNode(this, properties);
    const output = new NodeOutput(RED, this);
    const { handle, refused, unforeseen, close } = open({
      runtime,
      node: this,
      config: { ...properties },
      credentials: this.credentials,
      expand: expander(RED, this),
      output,
    });
    if (handle !== undefined) {
      takeMessages(RED, this, { name, handle, ...(refused && { refused }), ...(unforeseen && { unforeseen }) });
    }
    this.on("close", (removed: boolean, done: () => void) => {
      const closed = new Promise<void>((resolve) => resolve(close?.(removed)));
      closed
        .finally(() => removed && forget?.(this.id, runtime))
        // Node-RED ignores the result of a close handler.
        .catch((error: unknown) => output.error(error))
        .finally(() => {
          output.close();
          done();
        });
    });
  }
  RED.nodes.registerType(type, ScccNode, secretsOf && { credentials: credentialsOf(secretsOf) });
}
