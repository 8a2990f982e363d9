// The receiving part of an account node. Nodes that take the account's pushes attach here.
import type { Node, NodeAPI } from "node-red";
import type { InboxConfig } from "../../receive/messages";
import { fill } from "../../util/fill";
import { configFailure } from "../shared/config";
import type { NodeOutput } from "../shared/node-output";
import { describe } from "../shared/texts";
import type { PushListener } from "./account-state";
import { BoundedLog } from "./bounded-log";
import type { Receiving } from "./receiving";
import { refusalWords } from "./refusals";

export interface AccountReceiverDeps {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly output: NodeOutput;
  readonly receiving: Receiving;
}

/** Receives for one account node. */
export class AccountReceiver {
  readonly config: InboxConfig;
  readonly #receiving: Receiving;
  readonly #state: ReturnType<Receiving["open"]>;
  readonly #refusals: BoundedLog;
  readonly #listeners = new Set<PushListener>();

  constructor({ RED, node, output, receiving }: AccountReceiverDeps, config: InboxConfig) {
    this.config = config;
    this.#refusals = new BoundedLog((counts) => {
      const count = [...counts.values()].reduce((sum, times) => sum + times, 0);
      node.warn(fill(RED._("errors.pushesRefused"), { count, reasons: refusalWords(RED._, counts) }));
    });
    this.#receiving = receiving;
    this.#state = receiving.open(node.id, config, {
      refused: (why, times) => this.#refusals.add(why, times),
      warning: (key, params) => output.warn(key, params),
      problem: (problem) => node.error(describe(RED._, "sccc-account", configFailure(problem))),
    });
  }

  /** Whether a node listens. */
  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** Adds a listener. @returns a function that removes it */
  attach(listener: PushListener): () => void {
    this.#listeners.add(listener);
    const detach = this.#receiving.attach(this.#state, listener);
    return () => {
      this.#listeners.delete(listener);
      detach();
    };
  }

  /** The account node closes. @param removed whether it was deleted */
  async close(removed: boolean): Promise<void> {
    this.#refusals.close();
    await this.#receiving.close(this.#state, removed);
  }
}
