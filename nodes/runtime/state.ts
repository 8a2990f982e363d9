// The state of one Node-RED: everything that outlives a node. Nothing else under nodes/ keeps state at module level, but for bounded caches.
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
  /** It has what an earlier process has left. */
  restored: boolean;
  tell: (news: readonly News[]) => void;
}

/** An account may have very many calls. */
const mostLiveCalls = 500;

/** The state that the nodes of one Node-RED share. */
export class RuntimeState {
  /** The running accounts, by their node. They are not fields of the nodes, because any code can read those. */
  readonly accounts = new WeakMap<object, RunningAccount>();
  /** Shared by all accounts, so that two accounts with one customer do not use the same number. */
  readonly sequences = newSequences();
  readonly tokens = new Tokens();
  /**
   * The feeds that run, by the path of their position: two would take each other's pages. One that was closed and has not ended gives its
   * place to the next.
   */
  readonly feeds = new Map<string, { readonly closed: boolean }>();
  /** The nodes that follow the calls of accounts. */
  readonly callFollowers = new CallFollowers();
  /** The locks on the folders of feeds' positions, by folder. */
  readonly #feedLocks = new Map<string, FeedLock>();
  /** Owner of these locks. */
  readonly #owner = newId();
  /** The tokens of the messages of sccc-calls, by the id of their node: they outlive a redeploy. */
  readonly callTokens = new Map<string, MessageTokens>();
  /** The campaigns of accounts, by their folders: they outlive every redeploy. */
  readonly campaigns = new Map<string, CampaignStore>();
  /** The trackers, by the id of their node. */
  readonly trackers = new Map<string, KeptTracker>();
  /** The simulators, by the id of their node; undefined for one that could not start. */
  readonly simulators = new Map<string, Promise<RunningSimulator | undefined>>();
  /** What the sidebar shows. */
  readonly monitor = new Monitor(process.env.SCCC_MONITOR);
  /** The admin servers that have the routes of the forms. */
  readonly served = new WeakSet<object>();
  readonly #RED: NodeAPI;
  #receiving: Receiving | undefined;
  /** Ends with the deploy that is in progress. */
  #deploy: PromiseWithEnd | undefined;
  #silence: (() => void) | undefined;
  /** The warnings since flows were last started. */
  readonly #told = new Set<string>();

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

  /** Receives pushes; made when the first account asks for it. */
  get receiving(): Receiving {
    this.#receiving ??= new Receiving(this.#RED, this.tokens, this.monitor.recording);
    return this.#receiving;
  }

  /** The calls that are under way, those heard of last first; of each account at most so many. */
  liveCalls(most = mostLiveCalls): readonly LiveCall[] {
    return this.callFollowers.live(most);
  }

  /** The campaigns that are not over, with their last figures. */
  liveCampaigns(): readonly LiveCampaign[] {
    return [...this.campaigns.values()].flatMap((store) => store.live());
  }

  /** Whether a cause was not told yet since flows were last started. */
  isNews(cause: string): boolean {
    const isNew = !this.#told.has(cause);
    this.#told.add(cause);
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

  /** Forgets nodes that were deleted while they were disabled: Node-RED tells only nodes that run that they are deleted. */
  #forgetDeleted(): void {
    const { nodes } = this.#RED;
    const existing = new Set<unknown>();
    nodes.eachNode(({ id }) => existing.add(id));
    // A node of a subflow is not among them while it runs.
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
   * Sends a message from a node that may have been closed since it took it: from the node that has its place once the deploy is over. Node-RED drops
   * what a closed node sends.
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
    this.#told.clear();
    this.#silence ??= reportUncaughtTo((error) =>
      this.#RED.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  }

  /**
   * Flows were stopped, perhaps for good: Node-RED does not say. What the process holds of this state ends; the thread and the signals do so in
   * Receiving, feeds and simulators with their nodes. The rest is for flows that start again, and goes with Node-RED's emitter.
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

/** What a node type is registered with. */
export interface Runtime {
  readonly RED: NodeAPI;
  readonly state: RuntimeState;
}

/** The states by the emitter of their Node-RED. It gives each set of nodes another RED, and a new one when the set is enabled again. */
const states = new WeakMap<object, RuntimeState>();

/** The runtime of a Node-RED; its state is made the first time. */
export function runtimeOf(RED: NodeAPI): Runtime {
  let state = states.get(RED.events);
  if (state === undefined) {
    state = new RuntimeState(RED);
    states.set(RED.events, state);
  }
  return { RED, state };
}
