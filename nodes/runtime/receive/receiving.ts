// Receiving on Node-RED's thread: which accounts and nodes there are, what they are handed, and what becomes of it. One for each Node-RED.
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import type { Outcome, TokenOwner } from "../../delivery/tokens";
import { AllowList, senderOf } from "../../receive/addresses";
import type { AnswerName } from "../../receive/answers";
import type {
  AccountSpec,
  AckTuple,
  Ask,
  Asks,
  Counts,
  DeliveryTuple,
  EventSelection,
  FromWorker,
  InboxConfig,
  ReceivingProblem,
  Refusal,
  SharedRequest,
} from "../../receive/messages";
import { wantsEvent } from "../../receive/push-inbox";
import { decodedPath } from "../../receive/target";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";
import { isObject } from "../../util/json";
import type { ConfigProblem } from "../shared/config";
import { ReceiveThread } from "./receive-thread";
import { hasServer, httpInRoutes, mountDispatcher } from "./shared-server";
import type { Tokens } from "./tokens";

/** `msg.sccc.push`. */
export interface PushReport {
  readonly event: string;
  readonly eventId: string;
  readonly known: boolean;
  readonly account: string;
  readonly customer: string;
  readonly receivedAt: string;
  readonly delivery: number;
  /** It was handed over again from the sidebar. */
  readonly replayed?: true;
  readonly http: { readonly path: string; readonly query: unknown; readonly ip: string };
}

/** What a node gets of a push. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly push: PushReport;
  readonly token: string;
}

/** A node that takes pushes. */
export interface PushListener extends EventSelection {
  readonly id: string;
  /** It listens for the moment only: nothing is stored for it, and what it gets is not acknowledged. */
  readonly transient?: true;
  /** It gives pushes to flows as they are, so that one can be handed to it again. */
  readonly passesOn?: true;
  hand(delivery: Delivery): void;
  /** A stored push that was never acknowledged. */
  dead(delivery: Delivery): void;
  /** Something has come in, or was refused. */
  counted(counts: Counts): void;
  /** What is wrong; undefined: nothing any more. */
  problem(problem: ConfigProblem | undefined): void;
  /** The nodes that a delivery is sent to. */
  destinations?(delivery: Delivery): readonly string[];
}

/** What is told of an account to its node. */
export interface AccountReports {
  refused(why: string, times: number): void;
  warning(key: string, params: Readonly<Record<string, string>>): void;
}

/** The folder of an account's store. */
export function spoolFolder(RED: NodeAPI, id: string): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? ".", "sccc", "spool", id.replace(/[^\w-]/g, "_"));
}

/** How many deliveries are handed to nodes in one turn of the event loop. */
const batchSize = 64;
/** How long a redeploy may take, in ms; then those that are there go on. Until then the thread answers for them that it is busy. */
const settleWithinMs = 60_000;

interface PendingReply {
  readonly tuple: AckTuple;
  readonly resolve: (pending: boolean) => void;
  /** It was sent once before, to a thread that has ended since. */
  again: boolean;
}

/** What of an account outlives a redeploy. */
class AccountState implements TokenOwner {
  readonly listeners = new Map<string, PushListener>();
  readonly tokenPrefix: string;
  config: InboxConfig;
  allow: AllowList | undefined;
  reports: AccountReports | undefined;
  counts: Counts = { taken: 0, refused: new Map() };
  /** When pushes were refused last, by reason. */
  readonly refusedAt = new Map<Refusal, number>();
  problem: ReceivingProblem | undefined;

  constructor(
    readonly id: string,
    config: InboxConfig,
    tokens: Tokens,
    private readonly send: (account: string, token: string, outcome: Outcome) => Promise<boolean>,
  ) {
    this.config = config;
    this.tokenPrefix = tokens.add(this);
  }

  acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    return this.send(this.id, rest, outcome);
  }

  /** Tells the counts, and the account's node what is new in them. */
  count(counts: Counts): void {
    for (const [why, count] of counts.refused) {
      const before = this.counts.refused.get(why) ?? 0;
      // A thread that was started again counts from the beginning.
      const times = count >= before ? count - before : count;
      if (times === 0) continue;
      this.refusedAt.set(why, Date.now());
      this.reports?.refused(why, times);
    }
    this.counts = counts;
    for (const listener of this.listeners.values()) listener.counted(counts);
  }

  tell(problem: ReceivingProblem | undefined): void {
    this.problem = problem;
    for (const listener of this.listeners.values()) listener.problem(problem);
  }
}

/** An account's receiving as it is now. */
export type ReceivingView = Pick<AccountState, "config" | "counts" | "refusedAt" | "problem">;

/** A delivery that was handed to a node and may not have reached the next one yet. */
interface Underway {
  readonly tuple: DeliveryTuple;
  readonly listener: PushListener;
  readonly delivery: Delivery;
  /** The nodes that it is on its way to, looked up when a redeploy begins. */
  destinations?: readonly unknown[];
}

/** Node-RED ends on these. */
const endings = ["SIGTERM", "SIGINT"] as const;

/** Receives for all accounts of a Node-RED. */
export class Receiving {
  readonly #RED: NodeAPI;
  readonly #tokens: Tokens;
  /** Locks the stores. */
  readonly #owner = newId();
  /** The servers that have the dispatcher. */
  readonly #mounted = new WeakSet<object>();
  readonly #accounts = new Map<string, AccountState>();
  readonly #acks = new Map<number, PendingReply>();
  readonly #requests = new Map<number, (answer: AnswerName) => void>();
  readonly #flushes = new Map<string, (() => void)[]>();
  readonly #asks = new Map<number, (text: string | undefined) => void>();
  readonly #record: boolean;
  #thread: ReceiveThread | undefined;
  /** The end of the thread before; undefined once it has ended. */
  #ending: Promise<void> | undefined;
  #queue: DeliveryTuple[] = [];
  #underway: Underway[] = [];
  #handing = false;
  /** Counts the threads: what one is to be told does not concern the next. */
  #generation = 0;
  /** A redeploy is under way: nothing is handed to nodes. */
  #held = false;
  /** Whether all nodes of the flows were there when the last redeploy was over. */
  #complete = false;
  #forgetSignals: () => void = () => undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  #down = false;
  #stopped: Promise<void> | undefined;
  #lastNumber = 0;
  #newAcks: AckTuple[] = [];
  #newRequests: SharedRequest[] = [];
  /** The paths of Node-RED's own server, and the requests that `http in` nodes answer. */
  #paths: ReadonlySet<string> = new Set();
  #routes: ReadonlySet<string> = new Set();

  /** @param record whether pushes are recorded for the sidebar */
  constructor(RED: NodeAPI, tokens: Tokens, record: boolean) {
    this.#RED = RED;
    this.#record = record;
    this.#tokens = tokens;
    const { events } = RED;
    events.on(
      "flows:stopping",
      guarded(() => this.#hold()),
    );
    events.on(
      "flows:started",
      guarded(() => this.#settle(true)),
    );
    events.on(
      "runtime-event",
      guarded((event: unknown) => {
        const { id, payload } = isObject(event) ? event : {};
        if (id !== "runtime-state" || !isObject(payload) || payload.state !== "stop") return;
        // Not a redeploy: the flows were stopped, or cannot start for a type that is missing. Those that still run go on.
        if (payload.deploy !== true) this.#settle(false);
      }),
    );
  }

  /** Whether the process is about to end. */
  get down(): boolean {
    return this.#down;
  }

  /** The state of an account, with the configuration of now. */
  open(id: string, config: InboxConfig, reports: AccountReports): AccountState {
    let state = this.#accounts.get(id);
    if (state === undefined) {
      state = new AccountState(id, config, this.#tokens, this.#sendAck);
      this.#accounts.set(id, state);
    }
    state.config = config;
    state.allow = config.allow.length === 0 ? undefined : new AllowList(config.allow);
    state.reports = reports;
    return state;
  }

  /** A node begins to listen; call what comes back when it ends. */
  attach(state: AccountState, listener: PushListener): () => void {
    const { endpoint } = state.config;
    if (endpoint.own === undefined && !hasServer(this.#RED)) {
      listener.problem({ setting: "pushPort", reason: "noServer" });
      return () => undefined;
    }
    if (endpoint.own === undefined) this.#mount();
    state.listeners.set(listener.id, listener);
    if (state.problem !== undefined) listener.problem(state.problem);
    return () => {
      if (state.listeners.get(listener.id) === listener) state.listeners.delete(listener.id);
    };
  }

  /** An account's node closes: what waits goes to the disk. @param removed for good */
  async close(state: AccountState, removed: boolean): Promise<void> {
    state.reports = undefined;
    if (removed) {
      this.#tokens.remove(state.tokenPrefix);
      this.#accounts.delete(state.id);
    }
    if (this.#thread?.running !== true) return;
    if (this.#down) {
      // The process ends when the nodes have closed: the stores must be free by then for the one that comes next.
      this.#stopped ??= this.#thread.stop();
      await this.#stopped;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#flushes.set(state.id, [...(this.#flushes.get(state.id) ?? []), resolve]);
      this.#thread?.post({ kind: "flush", account: state.id });
    });
  }

  /** An account's receiving as it is now; undefined while no node listens to it. */
  view(id: string): ReceivingView | undefined {
    const state = this.#accounts.get(id);
    return state === undefined || state.listeners.size === 0 ? undefined : state;
  }

  /** Asks the thread about an account; undefined where nobody can tell. */
  async ask<K extends keyof Asks>(
    account: string,
    ask: Extract<Ask, { readonly what: K }>,
  ): Promise<Asks[K]["answer"] | undefined> {
    if (this.#thread?.running !== true || this.#down) return undefined;
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    const told = new Promise<string | undefined>((resolve) => this.#asks.set(number, resolve));
    this.#thread.post({ kind: "ask", number, account, ask });
    const text = await told;
    // What the thread says is of the type that was asked for.
    return text === undefined ? undefined : ((JSON.parse(text) as Asks[K]["answer"] | null) ?? undefined);
  }

  /**
   * Hands a recorded push to the nodes that pass such pushes on: without a token, and not as a delivery.
   * @returns the nodes that have it
   */
  replay(account: string, text: string): readonly string[] {
    const state = this.#accounts.get(account);
    const kept: unknown = JSON.parse(text);
    const delivery = deliveryOf(kept, 1, "");
    if (state === undefined || delivery === undefined || this.#held) return [];
    const nodes: string[] = [];
    for (const listener of state.listeners.values()) {
      if (listener.passesOn !== true || !wantsEvent(listener, delivery.topic)) continue;
      // Each node gets an object of its own: flows change what they are given.
      const own = deliveryOf(JSON.parse(text), 1, "") ?? delivery;
      try {
        listener.hand({ ...own, push: { ...own.push, replayed: true } });
        nodes.push(listener.id);
      } catch (error) {
        state.reports?.warning("spool", { folder: listener.id, detail: String(error) });
      }
    }
    return nodes;
  }

  /** The process is about to end: whatever comes, or waits, is told to come again. */
  shutDown(): void {
    this.#down = true;
    this.#thread?.post({ kind: "down" });
  }

  /** Ends the thread as a crash does; for tests. */
  async crash(): Promise<void> {
    await this.#thread?.crash();
  }

  /** Nodes come or go: pushes wait until it is over. */
  #hold(): void {
    for (const one of this.#underway) {
      const ids = one.listener.destinations?.(one.delivery) ?? [];
      one.destinations ??= ids.map((id) => this.#RED.nodes.getNode(id)).filter(isObject);
    }
    if (this.#held) return;
    this.#held = true;
    this.#thread?.post({ kind: "hold" });
    this.#holdTimer = setTimeout(
      guarded(() => this.#settle(false)),
      settleWithinMs,
    ).unref();
  }

  /** Nodes are there, or those that are left: the thread hears of all accounts. @param complete whether all nodes are there */
  #settle(complete: boolean): void {
    clearTimeout(this.#holdTimer);
    this.#held = false;
    this.#complete = complete;
    const listening = [...this.#accounts.values()].filter(({ listeners }) => listeners.size > 0);
    this.#paths = new Set(
      listening.flatMap(({ config: { endpoint } }) =>
        endpoint.own === undefined ? [decodedPath(endpoint.path) ?? endpoint.path] : [],
      ),
    );
    this.#routes = this.#paths.size === 0 ? new Set() : httpInRoutes(this.#RED);
    if (listening.length === 0) this.#stopThread();
    else {
      this.#thread ??= this.#startThread();
      this.#apply(listening, complete);
    }
    this.#hand();
  }

  #apply(listening: readonly AccountState[], complete: boolean): void {
    const dormant = complete ? this.#nodesOfAccounts() : undefined;
    const accounts = listening.map(({ id, config, tokenPrefix, listeners }): AccountSpec => {
      const specs = [...listeners.values()].map(
        ({ id: node, events, others, transient = false, passesOn = false }) => ({
          id: node,
          events,
          others,
          transient,
          passesOn,
        }),
      );
      const folder = spoolFolder(this.#RED, id);
      return { id, config, folder, tokenPrefix, listeners: specs, ...(dormant && { dormant }) };
    });
    this.#thread?.post({ kind: "apply", accounts });
  }

  /** The nodes of the flows that may take pushes, running or not. */
  #nodesOfAccounts(): readonly string[] {
    const ids: string[] = [];
    this.#RED.nodes.eachNode((node: unknown) => {
      if (isObject(node) && typeof node.id === "string" && "account" in node) ids.push(node.id);
    });
    return ids;
  }

  #startThread(): ReceiveThread {
    const end = guarded(() => this.shutDown());
    for (const signal of endings) {
      // Node-RED ends by itself. Where nobody listens, a listener of ours would keep the process from ending.
      if (process.listenerCount(signal) > 0) process.prependListener(signal, end);
    }
    this.#forgetSignals = () => {
      for (const signal of endings) process.removeListener(signal, end);
    };
    return new ReceiveThread(
      { owner: this.#owner, record: this.#record },
      {
        onMessage: (message) => this.#hear(message),
        onEnded: (detail, retryAt) => this.#ended(detail, retryAt),
        onStarted: () => this.#resume(),
      },
      this.#ending,
    );
  }

  #stopThread(): void {
    this.#forgetSignals();
    const thread = this.#thread;
    this.#thread = undefined;
    this.#stopped = undefined;
    this.#abandon();
    for (const { resolve } of this.#acks.values()) resolve(false);
    this.#acks.clear();
    if (thread === undefined) return;
    const ending = Promise.all([this.#ending, thread.stop()]).then(() => {
      if (this.#ending === ending) this.#ending = undefined;
    });
    this.#ending = ending;
  }

  /** The thread has ended by itself. What was on its way is gone with it; what is stored comes again. */
  #ended(detail: string, retryAt: number): void {
    this.#abandon();
    for (const state of this.#accounts.values()) {
      if (state.listeners.size > 0) state.tell({ setting: "pushPort", reason: "worker", detail, retryAt });
    }
  }

  /** Nothing that was asked of the thread will be answered. */
  #abandon(): void {
    this.#generation += 1;
    this.#queue = [];
    this.#underway = [];
    for (const resolve of this.#requests.values()) resolve("busy");
    this.#requests.clear();
    for (const resolves of this.#flushes.values()) for (const resolve of resolves) resolve();
    this.#flushes.clear();
    for (const resolve of this.#asks.values()) resolve(undefined);
    this.#asks.clear();
  }

  /** The thread has been started again. */
  #resume(): void {
    const listening = [...this.#accounts.values()].filter(({ listeners }) => listeners.size > 0);
    if (this.#held) this.#thread?.post({ kind: "hold" });
    this.#apply(listening, this.#complete && !this.#held);
    const acks = [...this.#acks.values()];
    for (const ack of acks) ack.again = true;
    if (acks.length > 0) this.#thread?.post({ kind: "acks", acks: acks.map(({ tuple }) => tuple) });
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "deliveries":
        this.#queue.push(...(JSON.parse(message.text) as readonly DeliveryTuple[]));
        this.#hand();
        return;
      case "acked":
        for (const [number, pending] of message.results) {
          const ack = this.#acks.get(number);
          this.#acks.delete(number);
          // The first time it may have been taken, and the word of it was lost.
          ack?.resolve(pending || ack.again);
        }
        return;
      case "answers":
        for (const [number, name] of message.answers) {
          this.#requests.get(number)?.(name);
          this.#requests.delete(number);
        }
        return;
      case "told":
        this.#asks.get(message.number)?.(message.text);
        this.#asks.delete(message.number);
        return;
      case "counts":
        this.#accounts.get(message.account)?.count(message.counts);
        return;
      case "problem":
        this.#accounts.get(message.account)?.tell(message.problem);
        return;
      case "warning":
        this.#accounts.get(message.account)?.reports?.warning(message.key, message.params);
        return;
      case "flushed":
        for (const resolve of this.#flushes.get(message.account) ?? []) resolve();
        this.#flushes.delete(message.account);
    }
  }

  /** Hands deliveries to nodes, some in each turn, and tells the thread once they have reached the next node. */
  #hand(): void {
    if (this.#handing || this.#held || this.#queue.length === 0) return;
    this.#handing = true;
    const generation = this.#generation;
    const batch = this.#queue.splice(0, batchSize);
    const handed: number[] = [];
    const lost: number[] = [];
    for (const tuple of batch) {
      const [number, account, node, kind] = tuple;
      const state = this.#accounts.get(account);
      const listener = state?.listeners.get(node);
      if (state === undefined || listener === undefined) (kind === "h" ? lost : handed).push(number);
      else this.#handOne(state, listener, tuple, handed);
    }
    // What a node sends reaches the next one in a later turn, by setImmediate; if that was closed by then, nobody has it.
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
          if (handed.length + lost.length > 0) this.#thread?.post({ kind: "handed", handed, lost });
        }
        this.#handing = false;
        this.#hand();
      }),
    );
  }

  #handOne(state: AccountState, listener: PushListener, tuple: DeliveryTuple, handed: number[]): void {
    const [number, , , kind, token, count, kept] = tuple;
    const delivery = deliveryOf(kept, count, token || (kind === "h" ? this.#tokens.free(state.id) : ""));
    if (delivery === undefined) {
      handed.push(number);
      return;
    }
    try {
      if (kind === "d") listener.dead(delivery);
      else listener.hand(delivery);
    } catch (error) {
      state.reports?.warning("spool", { folder: listener.id, detail: String(error) });
    }
    if (kind === "h") this.#underway.push({ tuple, listener, delivery });
    else handed.push(number);
  }

  readonly #sendAck = (account: string, token: string, outcome: Outcome): Promise<boolean> => {
    if (this.#thread === undefined) return Promise.resolve(false);
    this.#lastNumber += 1;
    const tuple: AckTuple = [this.#lastNumber, account, token, outcome === "taken"];
    if (this.#newAcks.length === 0) {
      setImmediate(
        guarded(() => {
          const acks = this.#newAcks;
          this.#newAcks = [];
          this.#thread?.post({ kind: "acks", acks });
        }),
      );
    }
    this.#newAcks.push(tuple);
    return new Promise((resolve) => this.#acks.set(tuple[0], { tuple, resolve, again: false }));
  };

  #mount(): void {
    mountDispatcher(this.#RED, this.#mounted, {
      isEndpoint: (path) => this.#paths.has(path),
      isElsewhere: (method, path) => this.#routes.has(`${method} ${path}`),
      admits: (path, peer, forwarded) => this.#admits(path, peer, forwarded),
      unreadable: (path, peer, forwarded) => this.#thread?.post({ kind: "unreadable", path, peer, forwarded }),
      take: (request) => this.#take(request),
    });
  }

  #admits(path: string, peer: string, forwarded: string): boolean {
    const states = [...this.#accounts.values()].filter(
      ({ config: { endpoint }, listeners }) =>
        endpoint.own === undefined && listeners.size > 0 && (decodedPath(endpoint.path) ?? endpoint.path) === path,
    );
    // While nodes come and go it is not known; the thread looks once more.
    if (states.length === 0) return true;
    const admitted = states.some(
      ({ allow, config }) => allow?.has(senderOf(peer, forwarded, config.trustProxy)) ?? true,
    );
    if (!admitted) {
      this.#thread?.post({ kind: "refused", accounts: states.map(({ id }) => id), why: "sender" });
    }
    return admitted;
  }

  #take(request: Omit<SharedRequest, "number">): Promise<AnswerName> {
    if (this.#down || this.#thread?.running !== true) return Promise.resolve("busy");
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    if (this.#newRequests.length === 0) {
      setImmediate(
        guarded(() => {
          const requests = this.#newRequests;
          this.#newRequests = [];
          this.#thread?.post({ kind: "requests", requests });
        }),
      );
    }
    this.#newRequests.push({ ...request, number });
    return new Promise((resolve) => this.#requests.set(number, resolve));
  }
}

/** Whether a node was closed: Node-RED then takes its input handlers away. */
const isClosed = (node: unknown): boolean =>
  isObject(node) && typeof node.listenerCount === "function" && node.listenerCount("input") === 0;

/** What a node gets of what was kept. */
function deliveryOf(kept: unknown, count: number, token: string): Delivery | undefined {
  if (!isObject(kept) || !isObject(kept.payload) || !isObject(kept.push) || typeof kept.topic !== "string") {
    return undefined;
  }
  const { topic, payload, push, base } = kept;
  const delivery = count + (typeof base === "number" ? base : 0);
  return { topic, payload, push: { ...push, delivery } as PushReport, token };
}
