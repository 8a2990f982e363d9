// Hands the deliveries of the receiving thread to the nodes, and notices which of their messages a redeploy has lost.
import type { NodeAPI } from "node-red";
import { excerptOf } from "../../protocol/failure";
import type { DeliveryTuple } from "../../receive/messages";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import { type AccountState, type Delivery, deliveryOf, type PushListener } from "./account-state";
import type { Tokens } from "./tokens";

/** How many deliveries are handed to nodes in one turn of the event loop. */
const batchSize = 64;

/** A delivery that was handed to a node. Its message may not have reached the next node yet. */
interface Underway {
  readonly tuple: DeliveryTuple;
  readonly listener: PushListener;
  readonly delivery: Delivery;
  /** The nodes that its message goes to, looked up when a redeploy begins. */
  destinations?: readonly unknown[];
}

/** What NodeDeliveries is given. */
interface NodeDeliveriesDeps {
  readonly RED: NodeAPI;
  readonly tokens: Tokens;
  readonly accounts: ReadonlyMap<string, AccountState>;
  /**
   * Reports the numbers of deliveries to the thread.
   * @param handed those that have reached the next node @param lost those whose node does not run
   */
  readonly report: (handed: readonly number[], lost: readonly number[]) => void;
}

/** The deliveries that wait for their node, in order. */
export class NodeDeliveries {
  readonly #deps: NodeDeliveriesDeps;
  #queue: DeliveryTuple[] = [];
  #underway: Underway[] = [];
  #handing = false;
  /** A redeploy is in progress: nothing is handed to nodes. */
  #held = false;
  /** Number of the current thread: reports on deliveries of an earlier thread are dropped. */
  #generation = 0;

  constructor(deps: NodeDeliveriesDeps) {
    this.#deps = deps;
  }

  get held(): boolean {
    return this.#held;
  }

  add(tuples: readonly DeliveryTuple[]): void {
    this.#queue.push(...tuples);
    this.hand();
  }

  /** A redeploy begins. It may begin again before the first one has ended. */
  hold(): void {
    const { RED } = this.#deps;
    for (const one of this.#underway) {
      const ids = one.listener.destinations?.(one.delivery) ?? [];
      one.destinations ??= ids.map((id) => RED.nodes.getNode(id)).filter(isObject);
    }
    this.#held = true;
  }

  /** The redeploy has ended. The caller then calls `hand`, once the thread knows the nodes that run now. */
  release(): void {
    this.#held = false;
  }

  /** The thread has ended: its deliveries are dropped. */
  drop(): void {
    this.#generation += 1;
    this.#queue = [];
    this.#underway = [];
  }

  /** Hands the waiting deliveries to nodes, one batch in each turn. Reports them when they have reached the next node. */
  hand(): void {
    if (this.#handing || this.#held || this.#queue.length === 0) return;
    this.#handing = true;
    const generation = this.#generation;
    const batch = this.#queue.splice(0, batchSize);
    const handed: number[] = [];
    const lost: number[] = [];
    for (const tuple of batch) {
      const [number, account, node, kind] = tuple;
      const state = this.#deps.accounts.get(account);
      const listener = state?.listeners.get(node);
      if (state === undefined || listener === undefined) (kind === "h" ? lost : handed).push(number);
      else this.#handOne(state, listener, tuple, handed);
    }
    // Node-RED passes a message on in a later turn, by setImmediate. If the next nodes were closed by then, the message is lost.
    setImmediate(
      guarded(() => {
        const underway = this.#underway;
        this.#underway = [];
        const again: DeliveryTuple[] = [];
        for (const { tuple, destinations } of underway) {
          if (destinations !== undefined && destinations.length > 0 && destinations.every(isClosed)) again.push(tuple);
          else handed.push(tuple[0]);
        }
        if (generation === this.#generation) {
          this.#queue.unshift(...again);
          if (handed.length + lost.length > 0) this.#deps.report(handed, lost);
        }
        this.#handing = false;
        this.hand();
      }),
    );
  }

  #handOne(state: AccountState, listener: PushListener, tuple: DeliveryTuple, handed: number[]): void {
    const { RED, tokens } = this.#deps;
    const [number, , , kind, token, count, kept] = tuple;
    const delivery = deliveryOf(kept, count, token || (kind === "h" ? tokens.free(state.id) : ""));
    if (delivery === undefined) {
      handed.push(number);
      return;
    }
    try {
      if (kind === "d") listener.dead(delivery);
      else listener.hand(delivery);
    } catch (error) {
      RED.log.error(`${listener.id}: ${error instanceof Error ? error.stack : excerptOf(String(error))}`);
    }
    if (kind === "h") this.#underway.push({ tuple, listener, delivery });
    else handed.push(number);
  }
}

/** Whether a node was closed: Node-RED then removes its input handlers. */
const isClosed = (node: unknown): boolean =>
  isObject(node) && typeof node.listenerCount === "function" && node.listenerCount("input") === 0;
