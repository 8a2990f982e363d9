// Receiving on Node-RED's thread: tells the receiving thread which accounts and nodes exist, and passes on what it answers.
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import type { Outcome } from "../../delivery/tokens";
import { SenderFilter } from "../../receive/addresses";
import type { AnswerName } from "../../receive/answers";
import type { Arrival } from "../../receive/head";
import type {
  AccountSpec,
  AckTuple,
  Ask,
  Asks,
  DeliveryTuple,
  FromWorker,
  InboxConfig,
  SharedRequest,
} from "../../receive/messages";
import { wantsEvent } from "../../receive/push-inbox";
import { endpointPath } from "../../receive/target";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";
import { isObject } from "../../util/json";
import { TurnBatch } from "../../util/turn-batch";
import type { ConfigProblem } from "../shared/config";
import { type AccountReports, AccountState, deliveryOf, type PushListener, type ReceivingView } from "./account-state";
import { NodeDeliveries } from "./node-deliveries";
import { Questions } from "./questions";
import { ReceiveThread } from "./receive-thread";
import { hasServer, httpInRoutes, mountDispatcher } from "./shared-server";
import type { Tokens } from "./tokens";

/** The folder of an account's store. */
export function spoolFolder(RED: NodeAPI, id: string): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? ".", "sccc", "spool", id.replace(/[^\w-]/g, "_"));
}

/** How long a redeploy may take, in ms. After that, the nodes that run receive again. */
const settleWithinMs = 60_000;

interface PendingReply {
  readonly tuple: AckTuple;
  readonly resolve: (pending: boolean) => void;
  /** It was sent before, to a thread that has ended since. */
  again: boolean;
}

/** The signals that end Node-RED. */
const endings = ["SIGTERM", "SIGINT"] as const;

/** Receives for all accounts of a Node-RED. */
export class Receiving {
  readonly #RED: NodeAPI;
  readonly #tokens: Tokens;
  /** Owner of the locks of the stores. */
  readonly #owner = newId();
  /** The servers that have our dispatcher. */
  readonly #mounted = new WeakSet<object>();
  readonly #accounts = new Map<string, AccountState>();
  readonly #acks = new Map<number, PendingReply>();
  readonly #requests = new Map<number, (answer: AnswerName) => void>();
  readonly #flushes = new Map<string, (() => void)[]>();
  readonly #questions = new Questions();
  readonly #record: boolean;
  #thread: ReceiveThread | undefined;
  /** The end of the previous thread; undefined once it has ended. */
  #ending: Promise<void> | undefined;
  readonly #deliveries: NodeDeliveries;
  readonly #newAcks = new TurnBatch<AckTuple>((acks) => this.#thread?.post({ kind: "acks", acks }));
  readonly #newRequests = new TurnBatch<SharedRequest>((requests) =>
    this.#thread?.post({ kind: "requests", requests }),
  );
  /** Whether all nodes of the flows ran after the last redeploy. */
  #complete = false;
  #forgetSignals: () => void = () => undefined;
  #holdTimer: NodeJS.Timeout | undefined;
  #down = false;
  #stopped: Promise<void> | undefined;
  #lastNumber = 0;
  /** The paths of Node-RED's own server, and the requests that `http in` nodes answer. */
  #paths: ReadonlySet<string> = new Set();
  #routes: ReadonlySet<string> = new Set();

  /** @param record whether pushes are recorded for the sidebar */
  constructor(RED: NodeAPI, tokens: Tokens, record: boolean) {
    this.#RED = RED;
    this.#record = record;
    this.#tokens = tokens;
    this.#deliveries = new NodeDeliveries({
      RED,
      tokens,
      accounts: this.#accounts,
      report: (handed, lost) => this.#thread?.post({ kind: "handed", handed, lost }),
    });
    const { events } = RED;
    events.on(
      "flows:stopping",
      guarded(() => this.#hold()),
    );
    events.on(
      "flows:started",
      guarded(() => this.#settle({ complete: true, away: false })),
    );
    events.on(
      "runtime-event",
      guarded((event: unknown) => {
        const { id, payload } = isObject(event) ? event : {};
        if (id !== "runtime-state" || !isObject(payload) || payload.state !== "stop") return;
        // Not a redeploy. With an error, the flows cannot start, for example because a node type is missing. Without an
        // error, a user stopped them.
        if (payload.deploy !== true) this.#settle({ complete: false, away: payload.error !== undefined });
      }),
    );
  }

  /** Whether the process is about to end. */
  get down(): boolean {
    return this.#down;
  }

  /** The state of an account, with its current configuration. */
  open(id: string, config: InboxConfig, reports: AccountReports): AccountState {
    let state = this.#accounts.get(id);
    if (state === undefined) {
      state = new AccountState(id, config, this.#tokens, this.#sendAck);
      this.#accounts.set(id, state);
    }
    state.config = config;
    state.senders = new SenderFilter(config);
    state.reports = reports;
    // A redeployed node reports again what is still wrong.
    state.report(undefined);
    return state;
  }

  /** Adds a listener. @returns a function that removes it */
  attach(state: AccountState, listener: PushListener): () => void {
    const { endpoint } = state.config;
    if (endpoint.own === undefined && !hasServer(this.#RED)) {
      const problem: ConfigProblem = { setting: "pushPort", reason: "noServer" };
      state.report(problem);
      listener.problem(problem);
      return () => undefined;
    }
    if (endpoint.own === undefined) this.#mount();
    state.listeners.set(listener.id, listener);
    if (state.problem !== undefined) listener.problem(state.problem);
    return () => {
      if (state.listeners.get(listener.id) === listener) state.listeners.delete(listener.id);
    };
  }

  /** An account's node closes: waiting lines are written to disk. @param removed whether the node was deleted */
  async close(state: AccountState, removed: boolean): Promise<void> {
    state.reports = undefined;
    if (removed) this.#forget(state);
    if (this.#thread?.running !== true) return;
    if (this.#down) {
      // The process ends when the nodes have closed. By then the stores must be released for the next process.
      this.#stopped ??= this.#thread.stop();
      await this.#stopped;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#flushes.set(state.id, [...(this.#flushes.get(state.id) ?? []), resolve]);
      this.#thread?.post({ kind: "flush", account: state.id });
    });
  }

  /** Removes accounts that do not run and were deleted. */
  forget(isDeleted: (id: string) => boolean): void {
    for (const state of [...this.#accounts.values()]) {
      if (state.reports === undefined && isDeleted(state.id)) this.#forget(state);
    }
  }

  #forget(state: AccountState): void {
    this.#tokens.remove(state.tokenPrefix);
    this.#accounts.delete(state.id);
  }

  /** The current state of an account's receiving; undefined while no node listens to it. */
  view(id: string): ReceivingView | undefined {
    const state = this.#accounts.get(id);
    return state === undefined || state.listeners.size === 0 ? undefined : state;
  }

  /**
   * Asks the thread about an account.
   * @returns its answer; gone: there is none; busy: the thread does not run, or does not answer in time
   */
  async ask<K extends keyof Asks>(
    account: string,
    ask: Extract<Ask, { readonly what: K }>,
  ): Promise<Asks[K]["answer"] | "gone" | "busy"> {
    const thread = this.#thread;
    if (thread?.running !== true || this.#down) return "busy";
    const text = await this.#questions.ask((number) => thread.post({ kind: "ask", number, account, ask }));
    if (text === undefined) return "busy";
    // The thread answers with the type that belongs to the question.
    return (JSON.parse(text) as Asks[K]["answer"] | null) ?? "gone";
  }

  /**
   * Hands a recorded push again to the nodes that pass pushes on. It has no token and does not count as a delivery.
   * @returns the IDs of these nodes
   */
  replay(account: string, text: string): readonly string[] {
    const state = this.#accounts.get(account);
    const kept: unknown = JSON.parse(text);
    const delivery = deliveryOf(kept, 1, "");
    if (state === undefined || delivery === undefined || this.#deliveries.held) return [];
    const nodes: string[] = [];
    for (const listener of state.listeners.values()) {
      if (listener.passesOn !== true || !wantsEvent(listener, delivery.topic)) continue;
      // Each node gets its own object, because flows change what they get.
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

  /** The process is about to end: waiting and new pushes get the answer "try again". */
  shutDown(): void {
    this.#down = true;
    this.#thread?.post({ kind: "down" });
  }

  /** Ends the thread at once, as a crash does; for tests. */
  async crash(): Promise<void> {
    await this.#thread?.crash();
  }

  /** A redeploy begins: pushes wait until its end. */
  #hold(): void {
    const isFirst = !this.#deliveries.held;
    this.#deliveries.hold();
    if (!isFirst) return;
    this.#thread?.post({ kind: "hold" });
    this.#holdTimer = setTimeout(
      guarded(() => this.#settle({ complete: false, away: true })),
      settleWithinMs,
    ).unref();
  }

  /**
   * The running nodes are known now: tells the thread all accounts.
   * @param complete whether all nodes of the flows run @param away whether the missing nodes will come back: their
   * accounts go on receiving
   */
  #settle({ complete, away }: { readonly complete: boolean; readonly away: boolean }): void {
    clearTimeout(this.#holdTimer);
    this.#deliveries.release();
    this.#complete = complete;
    const existing = new Set(away ? this.#nodesOfAccounts() : []);
    for (const state of this.#accounts.values()) {
      const present = [...state.listeners.values()].map(
        ({ id, events, others, transient = false, passesOn = false }) => ({ id, events, others, transient, passesOn }),
      );
      const gone = state.applied.filter(
        ({ id, transient }) => !transient && existing.has(id) && !state.listeners.has(id),
      );
      state.applied = [...present, ...gone.map((listener) => ({ ...listener, away: true as const }))];
    }
    const listening = this.#listening;
    this.#paths = new Set(
      listening.flatMap(({ config: { endpoint } }) =>
        endpoint.own === undefined ? [endpointPath(endpoint.path)] : [],
      ),
    );
    this.#routes = this.#paths.size === 0 ? new Set() : httpInRoutes(this.#RED);
    if (listening.length === 0) this.#stopThread();
    else {
      this.#thread ??= this.#startThread();
      this.#apply(complete);
    }
    this.#deliveries.hand();
  }

  /** The accounts that receive. */
  get #listening(): readonly AccountState[] {
    return [...this.#accounts.values()].filter(({ applied }) => applied.length > 0);
  }

  #apply(complete: boolean): void {
    const dormant = complete ? this.#nodesOfAccounts() : undefined;
    const accounts = this.#listening.map(({ id, config, tokenPrefix, applied }): AccountSpec => {
      const folder = spoolFolder(this.#RED, id);
      return { id, config, folder, tokenPrefix, listeners: applied, ...(dormant && { dormant }) };
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
      // Only if somebody else listens, because a signal with a listener no longer ends the process by itself.
      if (process.listenerCount(signal) > 0) process.prependListener(signal, end);
    }
    this.#forgetSignals = () => {
      for (const signal of endings) process.removeListener(signal, end);
    };
    return new ReceiveThread({
      data: { owner: this.#owner, record: this.#record },
      onMessage: (message) => this.#hear(message),
      onEnded: (detail, retryAt) => this.#ended(detail, retryAt),
      onStarted: () => this.#resume(),
      after: this.#ending,
    });
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

  /** The thread has ended unexpectedly. Its deliveries are lost, except stored ones, which are delivered again. */
  #ended(detail: string, retryAt: number): void {
    this.#abandon();
    for (const state of this.#accounts.values()) {
      if (state.listeners.size > 0) state.setProblem({ setting: "pushPort", reason: "worker", detail, retryAt });
    }
  }

  /** Ends everything that waits for an answer of the thread. */
  #abandon(): void {
    this.#deliveries.drop();
    for (const resolve of this.#requests.values()) resolve("busy");
    this.#requests.clear();
    for (const resolves of this.#flushes.values()) for (const resolve of resolves) resolve();
    this.#flushes.clear();
    this.#questions.abandon();
  }

  /** The thread has been started again. */
  #resume(): void {
    const { held } = this.#deliveries;
    this.#apply(this.#complete && !held);
    if (held) this.#thread?.post({ kind: "hold" });
    const acks = [...this.#acks.values()];
    for (const ack of acks) ack.again = true;
    if (acks.length > 0) this.#thread?.post({ kind: "acks", acks: acks.map(({ tuple }) => tuple) });
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "deliveries":
        this.#deliveries.add(JSON.parse(message.text) as readonly DeliveryTuple[]);
        return;
      case "acked":
        for (const [number, pending] of message.results) {
          const ack = this.#acks.get(number);
          this.#acks.delete(number);
          // It may have been acknowledged the first time, when the answer was lost.
          ack?.resolve(pending || ack.again);
        }
        return;
      case "answers":
        for (const [number, name] of message.answers) {
          this.#requests.get(number)?.(name);
          this.#requests.delete(number);
        }
        return;
      case "answer":
        this.#questions.answer(message.number, message.text);
        return;
      case "counts":
        this.#accounts.get(message.account)?.count(message.counts);
        return;
      case "problem":
        this.#accounts.get(message.account)?.setProblem(message.problem);
        return;
      case "warning":
        this.#accounts.get(message.account)?.reports?.warning(message.key, message.params);
        return;
      case "flushed":
        for (const resolve of this.#flushes.get(message.account) ?? []) resolve();
        this.#flushes.delete(message.account);
    }
  }

  readonly #sendAck = (account: string, token: string, outcome: Outcome): Promise<boolean> => {
    if (this.#thread === undefined) return Promise.resolve(false);
    this.#lastNumber += 1;
    const tuple: AckTuple = [this.#lastNumber, account, token, outcome === "taken"];
    this.#newAcks.add(tuple);
    return new Promise((resolve) => this.#acks.set(tuple[0], { tuple, resolve, again: false }));
  };

  #mount(): void {
    mountDispatcher(this.#RED, this.#mounted, {
      isEndpoint: (path) => this.#paths.has(path),
      isElsewhere: (method, path) => this.#routes.has(`${method} ${path}`),
      admits: (arrival) => this.#admits(arrival),
      unreadable: ({ path, peer, forwarded }) => this.#thread?.post({ kind: "unreadable", path, peer, forwarded }),
      take: (request) => this.#take(request),
    });
  }

  #admits(arrival: Arrival): boolean {
    const states = [...this.#accounts.values()].filter(
      ({ config: { endpoint }, listeners }) =>
        endpoint.own === undefined && listeners.size > 0 && endpointPath(endpoint.path) === arrival.path,
    );
    // Unknown during a redeploy; the thread checks again.
    if (states.length === 0 || states.some(({ senders }) => senders.admits(arrival))) return true;
    this.#thread?.post({ kind: "refused", accounts: states.map(({ id }) => id), why: "sender" });
    return false;
  }

  #take(request: Omit<SharedRequest, "number">): Promise<AnswerName> {
    if (this.#down || this.#thread?.running !== true) return Promise.resolve("busy");
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    this.#newRequests.add({ ...request, number });
    return new Promise((resolve) => this.#requests.set(number, resolve));
  }
}
