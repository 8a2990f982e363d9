// The receiving side of an account node: whoever listens to the account attaches here.
import type { Node, NodeAPI } from "node-red";
import type { InboxConfig } from "../../receive/messages";
import type { NodeOutput } from "../shared/node-output";
import { BoundedLog } from "./bounded-log";
import type { PushListener, Receiving } from "./receiving";

/** What an account's receiver works with. */
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
      const reasons = [...counts].map(([why, count]) => `${why} ${count}`).join(", ");
      node.warn(RED._("errors.pushesRefused", { reasons }));
    });
    this.#receiving = receiving;
    this.#state = receiving.open(node.id, config, {
      refused: (why, times) => this.#refusals.add(why, times),
      warning: (key, params) => output.warn(key, params),
    });
  }

  /** Whether somebody listens. */
  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** A node begins to listen; call what comes back when it ends. */
  attach(listener: PushListener): () => void {
    this.#listeners.add(listener);
    const detach = this.#receiving.attach(this.#state, listener);
    return () => {
      this.#listeners.delete(listener);
      detach();
    };
  }

  /** The account node closes. @param removed for good */
  async close(removed: boolean): Promise<void> {
    this.#refusals.close();
    await this.#receiving.close(this.#state, removed);
  }
}
