// Defines a node type: reading of properties, refusal, errors and closing are the same for all types. A type adds its reading and its work.
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

/** The input for reading a node's properties. */
export interface NodeSource {
  readonly runtime: Runtime;
  readonly node: Node;
  /** Its unchecked properties. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: unknown;
  readonly expand: Expand;
  /** What the node sends and says outside of the handling of a message. */
  readonly output: NodeOutput;
}

/** The configuration of a node; or why it cannot work: a failure, for example of its account, or an invalid property. */
export type Reading<C> =
  | { readonly ok: true; readonly value: C }
  | (Refused & { readonly failure: Failure })
  | (Refused & { readonly problem: ConfigProblem });

/** A node that can't work. */
interface Refused {
  readonly ok: false;
  /** Another node has said it in words, such as the account whose setting is wrong: one cause is told once. */
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
  /** The name in error texts; the type if absent. */
  readonly name?: string;
  /** The settings; the secrets among them are credentials. */
  readonly secretsOf?: readonly Setting[];
  /** Reads a node's properties, once. */
  readonly read: (source: NodeSource) => Reading<C>;
  /** Starts a node that can work. */
  readonly start: (value: C, source: NodeSource) => Behaviour;
  /** Called when a node is deleted, whether it could work or not. */
  readonly forget?: (id: string, runtime: Runtime) => void;
}

/** Why a node can't work, and whether somebody has said so. */
interface Trouble {
  readonly failure: Failure;
  readonly isReported: boolean;
}

type Properties = Parameters<NodeAPI["nodes"]["createNode"]>[1];

/** What is at fault: an account that is gone or disabled, for all its nodes; else the node itself. */
function causeOf({ node, config }: NodeSource, failure: Failure): string {
  const isGone = failure.kind === "config" && failure.reason === "account" && typeof config.account === "string";
  return isGone && config.account !== "" ? `account ${config.account}` : node.id;
}

/** Shows why a node can't work, warns of it unless somebody else has, and ends each of its messages with it. */
function refuse(source: NodeSource, name: string, { failure, isReported }: Trouble): Behaviour {
  const { node, output, runtime } = source;
  const { RED, state } = runtime;
  const show = (): void => node.status(failureStatus(RED._, failure));
  if (!isReported && state.isNews(causeOf(source, failure))) output.tell(describe(RED._, name, failure));
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
