// The state of one Node-RED: everything that outlives a node. No other module under nodes/ keeps state, except bounded
// caches.
import type { NodeAPI, NodeMessage } from "node-red";
import type { CallTracker, News } from "../calls/tracker";
import type { LiveCall, LiveCampaign } from "../catalogue/sidebar";
import { newSequences } from "../protocol/sequence";
import { guarded, reportUncaughtTo } from "../util/guarded";
import { newId } from "../util/id";
import { isObject } from "../util/json";
import type { RunningAccount } from "./account/running";
import type { MessageTokens } from "./calls/message-tokens";
import type { CampaignStore } from "./campaign/store";
import { FeedLock } from "./feed/lock";
import { Receiving } from "./receive/receiving";
import { Tokens } from "./receive/tokens";
import { CallFollowers } from "./shared/call-followers";
import { Monitor } from "./sidebar/monitor";

/** A simulated platform that runs as a node. */
export type RunningSimulator = Awaited<ReturnType<typeof import("../../simulator/index")["startSimulator"]>>;

/** A tracker that outlives a redeploy, and its current listener. */
export interface KeptTracker {
  readonly tracker: CallTracker;
  /** Whether it has the calls of an earlier process. */
  restored: boolean;
  onNews: (news: readonly News[]) => void;
}

/** The most calls of an account that the sidebar gets. */
const mostLiveCalls = 500;

/** The state that the nodes of one Node-RED share. */
export class RuntimeState {
  /** The running accounts, by their node. They are not properties of the nodes, because any code can read those. */
  readonly accounts = new WeakMap<object, RunningAccount>();
  /** Shared by all accounts, so that two accounts with one customer do not use the same number. */
  readonly sequences = newSequences();
  readonly tokens = new Tokens();
  /**
   * The running feeds, by the path of their position: two feeds would take each other's pages. A feed that was closed
   * and has not ended yet gives its place to the next one.
   */
  readonly feeds = new Map<string, { readonly closed: boolean }>();
  /** The nodes that follow the calls of accounts. */
  readonly callFollowers = new CallFollowers();
  /** The locks on the folders of feeds' positions, by folder. */
  readonly #feedLocks = new Map<string, FeedLock>();
  /** The owner of these locks. */
  readonly #owner = newId();
  /** The tokens of the messages of sccc-calls, by the ID of their node. They survive a redeploy. */
  readonly callTokens = new Map<string, MessageTokens>();
  /** The campaigns of accounts, by folder. They survive every redeploy. */
  readonly campaigns = new Map<string, CampaignStore>();
  /** The trackers, by the ID of their node. */
  readonly trackers = new Map<string, KeptTracker>();
  /** The simulators, by the ID of their node; undefined if one could not start. */
  readonly simulators = new Map<string, Promise<RunningSimulator | undefined>>();
  /** The data of the sidebar. */
  readonly monitor = new Monitor(process.env.SCCC_MONITOR);
  /** The admin servers that have the routes of the forms. */
  readonly served = new WeakSet<object>();
  readonly #RED: NodeAPI;
  #receiving: Receiving | undefined;
  /** Resolves at the end of the deploy in progress. */
  #deploy: PromiseWithEnd | undefined;
  #silence: (() => void) | undefined;
  /** The causes that were warned of since flows were last started. */
  readonly #warned = new Set<string>();

  constructor(RED: NodeAPI) {
    this.#RED = RED;
    this.#open();
    RED.events.on(
      "flows:starting",
      guarded(() => this.#open()),
    );
    RED.events.on(
      "flows:stopping",
      guarded(() => {
        this.#deploy ??= promiseWithEnd();
      }),
    );
    RED.events.on(
      "flows:started",
      guarded(() => {
        this.#settleLocks();
        this.#forgetDeleted();
        this.#endDeploy();
      }),
    );
    RED.events.on(
      "runtime-event",
      guarded((event: unknown) => {
        const { id, payload } = isObject(event) ? event : {};
        const stopped = id === "runtime-state" && isObject(payload) && payload.state === "stop";
        if (!stopped || payload.deploy === true) return;
        this.#dispose();
        this.#endDeploy();
      }),
    );
  }

  /** Receives pushes. It is made when the first account needs it. */
  get receiving(): Receiving {
    this.#receiving ??= new Receiving(this.#RED, this.tokens, this.monitor.recording);
    return this.#receiving;
  }

  /** The calls under way, the most recently updated first, at most `most` of each account. */
  liveCalls(most = mostLiveCalls): readonly LiveCall[] {
    return this.callFollowers.live(most);
  }

  /** The campaigns that are not finished, with their last figures. */
  liveCampaigns(): readonly LiveCampaign[] {
    return [...this.campaigns.values()].flatMap((store) => store.live());
  }

  /** Whether a cause was not warned of since flows were last started. */
  isFirstWarning(cause: string): boolean {
    const isNew = !this.#warned.has(cause);
    this.#warned.add(cause);
    return isNew;
  }

  /** The lock on the folder of the positions of feeds. */
  feedLock(folder: string): FeedLock {
    let lock = this.#feedLocks.get(folder);
    if (lock === undefined) {
      lock = new FeedLock({ folder, owner: this.#owner });
      this.#feedLocks.set(folder, lock);
    }
    return lock;
  }

  /** Removes nodes that were deleted while they were disabled: Node-RED informs only running nodes of their deletion. */
  #forgetDeleted(): void {
    const { nodes } = this.#RED;
    const existing = new Set<unknown>();
    nodes.eachNode(({ id }) => existing.add(id));
    // The IDs of running nodes in subflows are not in the flows.
    const isDeleted = (id: string): boolean => !existing.has(id) && !nodes.getNode(id);
    this.monitor.forget(isDeleted);
    this.#receiving?.forget(isDeleted);
    for (const id of [...this.trackers.keys()].filter(isDeleted)) this.trackers.delete(id);
    for (const id of [...this.callTokens.keys()].filter(isDeleted)) {
      this.callTokens.get(id)?.close();
      this.callTokens.delete(id);
    }
  }

  #settleLocks(): void {
    for (const lock of this.#feedLocks.values()) lock.settle();
  }

  /**
   * Sends a message from a node that may have been closed since it received the message. If so, the node with its ID
   * sends it after the deploy, because Node-RED drops the messages of a closed node.
   * @param isClosed whether the node is closed by then
   */
  async sendOn(id: string, isClosed: () => boolean, msg: NodeMessage, send: (msg: NodeMessage) => void): Promise<void> {
    await this.#deploy?.ended;
    if (isClosed()) this.#RED.nodes.getNode(id)?.send(msg);
    else send(msg);
  }

  #endDeploy(): void {
    this.#deploy?.end();
    this.#deploy = undefined;
  }

  /** Flows are about to start. */
  #open(): void {
    this.#warned.clear();
    this.#silence ??= reportUncaughtTo((error) =>
      this.#RED.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  }

  /**
   * Flows were stopped, perhaps for good: Node-RED does not say. Ends what would keep the process busy. Receiving ends
   * its thread and signal handlers itself; feeds and simulators end with their nodes. The rest stays for flows that
   * start again.
   */
  #dispose(): void {
    this.#settleLocks();
    this.#silence?.();
    this.#silence = undefined;
  }
}

interface PromiseWithEnd {
  readonly ended: Promise<void>;
  readonly end: () => void;
}

function promiseWithEnd(): PromiseWithEnd {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

/** What node types are registered with. */
export interface Runtime {
  readonly RED: NodeAPI;
  readonly state: RuntimeState;
}

/**
 * The states, by the event emitter of their Node-RED. RED itself is another object for each set of nodes, and a new one
 * when a set is enabled again.
 */
const states = new WeakMap<object, RuntimeState>();

/** The runtime of a Node-RED. Its state is made at the first call. */
export function runtimeOf(RED: NodeAPI): Runtime {
  let state = states.get(RED.events);
  if (state === undefined) {
    state = new RuntimeState(RED);
    states.set(RED.events, state);
  }
  return { RED, state };
}
