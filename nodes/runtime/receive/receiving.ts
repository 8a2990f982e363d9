// Receiving on Node-RED's thread: tells the receiving thread which accounts and nodes exist, and hands its deliveries to the nodes.
import { join } from "node:path";
import type { NodeAPI } from "node-red";
import type { Outcome, TokenOwner } from "../../delivery/tokens";
import { excerptOf } from "../../protocol/failure";
import { SenderFilter } from "../../receive/addresses";
import type { AnswerName } from "../../receive/answers";
import type { Arrival } from "../../receive/head";
import { keptIn } from "../../receive/kept";
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
  ListenerSpec,
  ReceivingProblem,
  Refusal,
  SharedRequest,
} from "../../receive/messages";
import { wantsEvent } from "../../receive/push-inbox";
import { endpointPath } from "../../receive/target";
import { guarded } from "../../util/guarded";
import { newId } from "../../util/id";
import { isObject } from "../../util/json";
import type { ConfigProblem } from "../shared/config";
import { Questions } from "./questions";
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

/** A push as it is handed to a node. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly push: PushReport;
  readonly token: string;
}

/** A node that takes pushes. */
export interface PushListener extends EventSelection {
  readonly id: string;
  /** A temporary listener: nothing is stored for it, and its deliveries are not acknowledged. */
  readonly transient?: true;
  /** It gives pushes to flows as they are, so that one can be handed to it again. */
  readonly passesOn?: true;
  hand(delivery: Delivery): void;
  /** A stored push that was never acknowledged. */
  dead(delivery: Delivery): void;
  /** A push was taken or refused. */
  counted(counts: Counts): void;
  /** The account's problem; undefined: it is solved. */
  problem(problem: ConfigProblem | undefined): void;
  /** The nodes that a delivery is sent to. */
  destinations?(delivery: Delivery): readonly string[];
}

/** What an account's node is told. */
export interface AccountReports {
  refused(why: string, times: number): void;
  warning(key: string, params: Readonly<Record<string, string>>): void;
  /** The account can't receive. Reported once, however many tries and nodes there are. */
  problem(problem: ConfigProblem): void;
}

/** The folder of an account's store. */
export function spoolFolder(RED: NodeAPI, id: string): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? ".", "sccc", "spool", id.replace(/[^\w-]/g, "_"));
}

/** How many deliveries are handed to nodes in one turn of the event loop. */
const batchSize = 64;
/** How long a redeploy may take, in ms. After that, the nodes that run receive again. */
const settleWithinMs = 60_000;

interface PendingReply {
  readonly tuple: AckTuple;
  readonly resolve: (pending: boolean) => void;
  /** It was sent before, to a thread that has ended since. */
  again: boolean;
}

/** The state of an account that outlives a redeploy. */
class AccountState implements TokenOwner {
  readonly listeners = new Map<string, PushListener>();
  /** The nodes that the thread was last told of. */
  told: readonly ListenerSpec[] = [];
  readonly tokenPrefix: string;
  config: InboxConfig;
  senders: SenderFilter;
  reports: AccountReports | undefined;
  counts: Counts = { taken: 0, refused: new Map(), unremedied: new Map() };
  /** When pushes were refused last, by reason. */
  readonly refusedAt = new Map<Refusal, number>();
  problem: ReceivingProblem | undefined;
  /** The problem that its node knows of; "" for none. */
  #told = "";

  constructor(
    readonly id: string,
    config: InboxConfig,
    tokens: Tokens,
    private readonly send: (account: string, token: string, outcome: Outcome) => Promise<boolean>,
  ) {
    this.config = config;
    this.senders = new SenderFilter(config);
    this.tokenPrefix = tokens.add(this);
  }

  acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    return this.send(this.id, rest, outcome);
  }

  /** Passes counts on to the nodes, and new refusals to the account's node. */
  count(counts: Counts): void {
    for (const [why, count] of counts.refused) {
      const before = this.counts.refused.get(why) ?? 0;
      // A thread that was started again counts from 0.
      const times = count >= before ? count - before : count;
      if (times === 0) continue;
      this.refusedAt.set(why, Date.now());
      this.reports?.refused(why, times);
    }
    this.counts = counts;
    for (const listener of this.listeners.values()) listener.counted(counts);
  }

  /** Tells its node what is wrong, unless it knows. */
  report(problem: ConfigProblem | undefined): void {
    const told = problem === undefined ? "" : `${problem.setting} ${problem.reason} ${problem.detail ?? ""}`;
    if (problem !== undefined && told !== this.#told) this.reports?.problem(problem);
    this.#told = told;
  }

  tell(problem: ReceivingProblem | undefined): void {
    this.problem = problem;
    this.report(problem);
    for (const listener of this.listeners.values()) listener.problem(problem);
  }
}

/** An account's receiving as it is now. */
export type ReceivingView = Pick<AccountState, "config" | "counts" | "refusedAt" | "problem">;

/** A delivery that was handed to a node. Its message may not have reached the next node yet. */
interface Underway {
  readonly tuple: DeliveryTuple;
  readonly listener: PushListener;
  readonly delivery: Delivery;
  /** The nodes that its message goes to, looked up when a redeploy begins. */
  destinations?: readonly unknown[];
}

/** Node-RED ends on these signals. */
const endings = ["SIGTERM", "SIGINT"] as const;

/** Receives for all accounts of a Node-RED. */
export class Receiving {
  readonly #RED: NodeAPI;
  readonly #tokens: Tokens;
  /** Owner of the locks of the stores. */
  readonly #owner = newId();
  /** The servers that have the dispatcher. */
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
  #queue: DeliveryTuple[] = [];
  #underway: Underway[] = [];
  #handing = false;
  /** Number of the current thread: reports on deliveries of an earlier thread are dropped. */
  #generation = 0;
  /** A redeploy is in progress: nothing is handed to nodes. */
  #held = false;
  /** Whether all nodes of the flows ran after the last redeploy. */
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
      guarded(() => this.#settle({ complete: true, away: false })),
    );
    events.on(
      "runtime-event",
      guarded((event: unknown) => {
        const { id, payload } = isObject(event) ? event : {};
        if (id !== "runtime-state" || !isObject(payload) || payload.state !== "stop") return;
        // Not a redeploy. With an error, the flows cannot start, for example because a type is missing; without, somebody stopped them.
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
    // A node that was deployed again says again what is still wrong.
    state.report(undefined);
    return state;
  }

  /** A node begins to listen. @returns ends it */
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
      // The process ends when the nodes have closed. The stores must be released by then, for the next process.
      this.#stopped ??= this.#thread.stop();
      await this.#stopped;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#flushes.set(state.id, [...(this.#flushes.get(state.id) ?? []), resolve]);
      this.#thread?.post({ kind: "flush", account: state.id });
    });
  }

  /** Forgets accounts that do not run and were deleted. */
  forget(isDeleted: (id: string) => boolean): void {
    for (const state of [...this.#accounts.values()]) {
      if (state.reports === undefined && isDeleted(state.id)) this.#forget(state);
    }
  }

  #forget(state: AccountState): void {
    this.#tokens.remove(state.tokenPrefix);
    this.#accounts.delete(state.id);
  }

  /** An account's receiving as it is now; undefined while no node listens to it. */
  view(id: string): ReceivingView | undefined {
    const state = this.#accounts.get(id);
    return state === undefined || state.listeners.size === 0 ? undefined : state;
  }

  /**
   * Asks the thread about an account.
   * @returns its answer; gone: there is nothing to tell; busy: the thread does not run, or does not answer in time
   */
  async ask<K extends keyof Asks>(
    account: string,
    ask: Extract<Ask, { readonly what: K }>,
  ): Promise<Asks[K]["answer"] | "gone" | "busy"> {
    const thread = this.#thread;
    if (thread?.running !== true || this.#down) return "busy";
    const answer = await this.#questions.ask((number) => thread.post({ kind: "ask", number, account, ask }));
    if (answer === undefined) return "busy";
    // What the thread says is of the type that was asked for.
    return answer.text === undefined ? "gone" : ((JSON.parse(answer.text) as Asks[K]["answer"] | null) ?? "gone");
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

  /** The process is about to end: waiting and new pushes are answered "try again". */
  shutDown(): void {
    this.#down = true;
    this.#thread?.post({ kind: "down" });
  }

  /** Ends the thread as a crash does; for tests. */
  async crash(): Promise<void> {
    await this.#thread?.crash();
  }

  /** A redeploy begins: pushes wait until its end. */
  #hold(): void {
    for (const one of this.#underway) {
      const ids = one.listener.destinations?.(one.delivery) ?? [];
      one.destinations ??= ids.map((id) => this.#RED.nodes.getNode(id)).filter(isObject);
    }
    if (this.#held) return;
    this.#held = true;
    this.#thread?.post({ kind: "hold" });
    this.#holdTimer = setTimeout(
      guarded(() => this.#settle({ complete: false, away: true })),
      settleWithinMs,
    ).unref();
  }

  /**
   * The nodes that run now are known: tells the thread all accounts.
   * @param complete whether all nodes of the flows run
   * @param away whether those that do not run will come back: their accounts go on receiving
   */
  #settle({ complete, away }: { readonly complete: boolean; readonly away: boolean }): void {
    clearTimeout(this.#holdTimer);
    this.#held = false;
    this.#complete = complete;
    const existing = new Set(away ? this.#nodesOfAccounts() : []);
    for (const state of this.#accounts.values()) {
      const present = [...state.listeners.values()].map(
        ({ id, events, others, transient = false, passesOn = false }) => ({ id, events, others, transient, passesOn }),
      );
      const gone = state.told.filter(({ id, transient }) => !transient && existing.has(id) && !state.listeners.has(id));
      state.told = [...present, ...gone.map((listener) => ({ ...listener, away: true as const }))];
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
    this.#hand();
  }

  /** The accounts that receive. */
  get #listening(): readonly AccountState[] {
    return [...this.#accounts.values()].filter(({ told }) => told.length > 0);
  }

  #apply(complete: boolean): void {
    const dormant = complete ? this.#nodesOfAccounts() : undefined;
    const accounts = this.#listening.map(({ id, config, tokenPrefix, told }): AccountSpec => {
      const folder = spoolFolder(this.#RED, id);
      return { id, config, folder, tokenPrefix, listeners: told, ...(dormant && { dormant }) };
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
      // Only where somebody else listens: a signal that has a listener does not end the process by itself.
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

  /** The thread has ended by itself. Its deliveries are lost, except for stored ones, which it delivers again. */
  #ended(detail: string, retryAt: number): void {
    this.#abandon();
    for (const state of this.#accounts.values()) {
      if (state.listeners.size > 0) state.tell({ setting: "pushPort", reason: "worker", detail, retryAt });
    }
  }

  /** Ends everything that waits for an answer of the thread. */
  #abandon(): void {
    this.#generation += 1;
    this.#queue = [];
    this.#underway = [];
    for (const resolve of this.#requests.values()) resolve("busy");
    this.#requests.clear();
    for (const resolves of this.#flushes.values()) for (const resolve of resolves) resolve();
    this.#flushes.clear();
    this.#questions.abandon();
  }

  /** The thread has been started again. */
  #resume(): void {
    this.#apply(this.#complete && !this.#held);
    if (this.#held) this.#thread?.post({ kind: "hold" });
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
          // It may have been acknowledged the first time, and the answer was lost.
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

  /** Hands deliveries to nodes, a batch in each turn, and tells the thread when they have reached the next node. */
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
      this.#RED.log.error(`${listener.id}: ${error instanceof Error ? error.stack : excerptOf(String(error))}`);
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
    // Not known during a redeploy; the thread checks again.
    if (states.length === 0 || states.some(({ senders }) => senders.admits(arrival))) return true;
    this.#thread?.post({ kind: "refused", accounts: states.map(({ id }) => id), why: "sender" });
    return false;
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

/** Whether a node was closed: Node-RED then removes its input handlers. */
const isClosed = (node: unknown): boolean =>
  isObject(node) && typeof node.listenerCount === "function" && node.listenerCount("input") === 0;

/** The delivery to a node; undefined if it is not a push's message. */
function deliveryOf(value: unknown, count: number, token: string): Delivery | undefined {
  const kept = keptIn(value);
  if (kept === undefined) return undefined;
  const { topic, payload, push, base = 0 } = kept;
  return { topic, payload, push: { ...push, delivery: count + base } as unknown as PushReport, token };
}
