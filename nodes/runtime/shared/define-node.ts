// Defines a node type: what every node does before and around its own work. A node type reads its properties, and says what it does.
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

/** What a node has to read its properties from. */
export interface NodeSource {
  readonly runtime: Runtime;
  readonly node: Node;
  /** Its properties, of which nothing is known. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly credentials: unknown;
  readonly expand: Expand;
  /** What the node sends and says outside of the handling of a message. */
  readonly output: NodeOutput;
}

/** What the properties of a node say; or why it can't work: a failure, of its account perhaps, or a property that is wrong. */
export type Reading<C> =
  | { readonly ok: true; readonly value: C }
  | { readonly ok: false; readonly failure: Failure }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** What a node does. One that takes no messages has no `handle`. */
export interface Behaviour extends Partial<Omit<Handling, "name">> {
  /** Ends what is under way; Node-RED waits for it. @param removed whether the node is gone for good, not only until a redeploy */
  readonly close?: (removed: boolean) => void | Promise<void>;
}

/** A node type. C is what its properties say. */
export interface NodeType<C> {
  readonly type: string;
  /** What errors say is at fault; the type if absent. */
  readonly name?: string;
  /** The settings of which the secrets are credentials. */
  readonly secretsOf?: readonly Setting[];
  /** Reads a node's properties, once. */
  readonly read: (source: NodeSource) => Reading<C>;
  /** Wires a node that can work. */
  readonly start: (value: C, source: NodeSource) => Behaviour;
  /** A node is gone for good, whether it could work or not. */
  readonly forget?: (id: string, runtime: Runtime) => void;
}

type Properties = Parameters<NodeAPI["nodes"]["createNode"]>[1];

/** Shows why a node can't work, warns of it once, and ends each of its messages with it. */
function refuse({ runtime, node, output }: NodeSource, name: string, failure: Failure): Behaviour {
  const { RED } = runtime;
  const show = (): void => node.status(failureStatus(failure));
  output.tell(describe(RED._, name, failure));
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
    return refuse(source, name, "failure" in reading ? reading.failure : configFailure(reading.problem));
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
        // Node-RED does not look at what it gets from an end.
        .catch((error: unknown) => output.error(error))
        .finally(() => {
          output.close();
          done();
        });
    });
  }
  RED.nodes.registerType(type, ScccNode, secretsOf && { credentials: credentialsOf(secretsOf) });
}
