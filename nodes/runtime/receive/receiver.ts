// An account's receiving side: lets pushes in, turns them into messages, and hands them to the nodes that want them.
import { isSignedBy, Memory, momentOf, Recent, readAuthentication } from "../../protocol/gate";
import { deliveryIdOf, type PushContext, type ReadPush, readPush, type Stamp } from "../../protocol/push";
import { newId } from "../../util/id";
import { isObject, type JsonObject } from "../../util/json";
import type { Entry, Handed, Spool } from "../spool";
import { isListed, type ReceivingConfig } from "./config";
import { freeToken, Handover } from "./tokens";

/** How a push came in. */
export interface Arrival {
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  /** The peer's address, and the header that a proxy wrote. */
  readonly address: string;
  readonly forwarded: string;
}

/** A push whose form is right: it has an authentication and a notify. */
export interface Incoming {
  readonly authentication: JsonObject;
  readonly notify: JsonObject;
  readonly arrival: Arrival;
}

/** Why a push was not let in, in the words of the fields that decide. */
export type Refusal = "customer" | "digest" | "timestamp" | "sender" | "replay";

/** What becomes of a push. `busy`: not safe on disk, the platform may send it again. */
export type Verdict =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly why: Refusal }
  | { readonly kind: "busy" };

/** `msg.sccc.push` (docs/messages.md). */
export interface PushReport {
  readonly event: string;
  readonly eventId: string;
  readonly known: boolean;
  readonly account: string;
  readonly customer: string;
  readonly receivedAt: string;
  readonly delivery: number;
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
export interface Listener {
  readonly id: string;
  /** It listens for the moment only: nothing is stored for it, and what it gets is not confirmed. */
  readonly transient?: true;
  wants(event: string): boolean;
  hand(delivery: Delivery): void;
  /** A stored push that was never confirmed. */
  dead(delivery: Delivery): void;
  /** Something has come in, or was refused: the counts have changed. */
  counted(counts: Counts): void;
}

/** What came in since the account started. */
export interface Counts {
  readonly taken: number;
  readonly refused: ReadonlyMap<Refusal, number>;
  /** ms since 1970; undefined: nothing yet. */
  readonly last?: number;
}

/** What outlives a redeploy: which blocks and which bills were seen, and what has been handed over and may still be confirmed. */
export interface Past {
  /** Made for a time window: another one after that has changed. */
  memory: Memory;
  toleranceMs: number;
  readonly bills: Recent;
  readonly handovers: Map<string, Handover>;
  /** The spool that is open: another one after its settings have changed. */
  spool: Spool | undefined;
  /** Bills that are on their way: what becomes of the first becomes of its repeats. */
  readonly billing: Map<string, Promise<boolean>>;
  /** Who listens now, by the node's id: after a redeploy, the node that took the place of the one before. */
  readonly listeners: Map<string, Listener>;
}

const pasts = new Map<string, Past>();

/** An account's past, by the node's id; with a memory for the time window that the account has now. */
export function pastOf(id: string, { toleranceMs }: ReceivingConfig): Past {
  let past = pasts.get(id);
  if (past === undefined) {
    past = {
      memory: new Memory(toleranceMs),
      toleranceMs,
      bills: new Recent(),
      handovers: new Map(),
      spool: undefined,
      billing: new Map(),
      listeners: new Map(),
    };
    pasts.set(id, past);
  }
  if (past.toleranceMs !== toleranceMs) {
    past.memory = new Memory(toleranceMs);
    past.toleranceMs = toleranceMs;
  }
  return past;
}

/** Forgets an account's past: the account is gone. */
export function forgetPast(id: string): void {
  pasts.delete(id);
}

/** What a stored push is kept as. */
type Kept = Pick<Delivery, "topic" | "payload"> & { readonly push: Omit<PushReport, "delivery"> };

const isKept = (value: unknown): value is Kept =>
  isObject(value) && typeof value.topic === "string" && isObject(value.payload) && isObject(value.push);

/** Receives for one account. */
export class Receiver {
  readonly #config: ReceivingConfig;
  readonly #context: PushContext;
  readonly #past: Past;
  readonly #spool: Promise<Spool> | undefined;
  readonly #onRefused: (why: Refusal) => void;
  readonly #now: () => number;
  readonly #settled: () => Promise<void>;
  readonly #onUnstored: (error: unknown) => void;
  readonly #listeners = new Set<Listener>();
  readonly #refused = new Map<Refusal, number>();
  #taken = 0;
  #last: number | undefined;

  /**
   * @param spool where stored pushes are kept, or still wait from when they were
   * @param settled resolves when no redeploy is under way
   * @param onUnstored hears why a push could not be stored
   */
  constructor(
    config: ReceivingConfig,
    context: PushContext,
    past: Past,
    spool: Promise<Spool> | undefined,
    onRefused: (why: Refusal) => void,
    now: () => number = Date.now,
    settled: () => Promise<void> = () => Promise.resolve(),
    onUnstored: (error: unknown) => void = () => undefined,
  ) {
    this.#config = config;
    this.#context = context;
    this.#past = past;
    this.#spool = spool;
    this.#onRefused = onRefused;
    this.#now = now;
    this.#settled = settled;
    this.#onUnstored = onUnstored;
    // Whoever adds or attaches sees the failure; without anybody it must not end the process.
    spool
      ?.then((open) => {
        past.spool = open;
      })
      .catch(() => undefined);
  }

  get config(): ReceivingConfig {
    return this.#config;
  }

  /** A node begins to take pushes; call what comes back when it ends. */
  attach(listener: Listener): () => void {
    let detach = (): void => undefined;
    let here = true;
    this.#spool
      ?.then((spool) => {
        if (!here || listener.transient) return;
        const hand = (entry: Handed) => this.#hand(listener, entry);
        const dead = (entry: Handed) => this.#bury(listener, entry);
        detach = spool.attach(listener.id, hand, dead);
      })
      .catch(() => undefined);
    const leave = (): void => {
      here = false;
      detach();
      this.#listeners.delete(listener);
      if (this.#past.listeners.get(listener.id) === listener) this.#past.listeners.delete(listener.id);
    };
    this.#listeners.add(listener);
    this.#past.listeners.set(listener.id, listener);
    return leave;
  }

  #senderOf({ forwarded, address }: Arrival): string {
    // The nearest proxy writes last; what stands before may be anybody's.
    return (this.#config.trustProxy && forwarded.split(",").at(-1)?.trim()) || address;
  }

  /** Whether a push may come from where this one comes from. Known before its body is read. */
  admits(arrival: Arrival): boolean {
    const { allowed } = this.#config;
    return allowed === undefined || isListed(allowed, this.#senderOf(arrival));
  }

  /** Counts a push that was refused for its sender. */
  refuseSender(): Verdict {
    return this.#refuse("sender");
  }

  /** Lets a push in, or says why not. */
  async receive(incoming: Incoming): Promise<Verdict> {
    const { authentication, arrival } = incoming;
    const { signer, toleranceMs, allowReused } = this.#config;
    const { memory } = this.#past;
    const ip = this.#senderOf(arrival);
    if (!this.admits(arrival)) return this.refuseSender();
    const block = readAuthentication(authentication);
    if (block === undefined) return this.#refuse("digest");
    if (!isSignedBy(block, signer)) return this.#refuse(block.customer === signer.customer ? "digest" : "customer");
    const off = Math.abs(momentOf(block.timestamp) - this.#now());
    if (toleranceMs > 0 && off > toleranceMs) return this.#refuse("timestamp");
    if (memory.isTooOld(block)) return this.#refuse("timestamp");
    const id = deliveryIdOf(incoming.notify, block, this.#context.customer);
    const take = () => this.#take(incoming, block, id, ip);
    const { seen, taken } = await memory.once(block, id, take);
    if (seen !== "reused") return taken ? { kind: "taken" } : { kind: "busy" };
    if (!allowReused) return this.#refuse("replay");
    return (await memory.once({ ...block, seq: `${block.seq}/${id}` }, id, take)).taken
      ? { kind: "taken" }
      : { kind: "busy" };
  }

  /** Makes messages of a push and hands them on; false if the platform must send it again. */
  #take({ notify, arrival }: Incoming, stamp: Stamp, deliveryId: string, ip: string): Promise<boolean> {
    const read = () => readPush(notify, stamp, this.#context, deliveryId);
    const first = read();
    const kept = this.#kept(first, arrival, ip);
    let unused: Kept["payload"] | undefined = this.#config.stored ? undefined : first.payload;
    const payload = () => {
      const own = whole(unused ?? read().payload);
      unused = undefined;
      return own;
    };
    return first.event === "billing" ? this.#passBill(kept, payload) : this.#pass(kept, payload);
  }

  /** Hands a bill on, once. */
  async #passBill(kept: Kept, payload: Payloads): Promise<boolean> {
    const { bills, billing } = this.#past;
    const { eventId } = kept.push;
    if (bills.has(eventId)) return true;
    const underWay = billing.get(eventId);
    if (underWay !== undefined) return underWay;
    const passing = this.#pass(kept, payload).finally(() => billing.delete(eventId));
    billing.set(eventId, passing);
    const passed = await passing;
    if (passed) bills.add(eventId);
    return passed;
  }

  async #pass(kept: Kept, payload: Payloads): Promise<boolean> {
    const wanting = [...this.#listeners].filter((listener) => listener.wants(kept.topic));
    const listeners = wanting.filter(({ transient }) => !transient);
    if (listeners.length > 0) {
      const passed = this.#config.stored
        ? await this.#store(listeners, kept)
        : (await Promise.all(listeners.map((listener) => this.#handOver(listener, kept, payload)))).includes(true);
      if (!passed) return false;
    }
    // Only now: what was not taken comes again.
    for (const listener of wanting) if (listener.transient) listener.hand(deliveryOf(kept, payload, ""));
    this.#taken += 1;
    this.#last = this.#now();
    this.#count();
    return true;
  }

  /**
   * Hands a message to a node, and if a redeploy closes it before Node-RED has passed the message on, to the one that takes its place. False
   * if none does.
   */
  async #handOver(first: Listener, kept: Kept, payload: Payloads): Promise<boolean> {
    const { listeners } = this.#past;
    for (let listener: Listener | undefined = first; listener?.wants(kept.topic); listener = listeners.get(first.id)) {
      listener.hand(deliveryOf(kept, payload, freeToken()));
      // What a node sends reaches the next one in a later turn, by setImmediate; if that is closed by then, nobody gets it.
      await new Promise(setImmediate);
      if (listeners.get(first.id) === listener) return true;
      await this.#settled();
    }
    return false;
  }

  #kept(read: ReadPush, arrival: Arrival, ip: string): Kept {
    const { event, eventId, known, payload } = read;
    const { label, customer } = this.#config;
    const receivedAt = new Date(this.#now()).toISOString();
    const http = { path: arrival.path, query: arrival.query, ip };
    return { topic: event, payload, push: { event, eventId, known, account: label, customer, receivedAt, http } };
  }

  async #store(listeners: readonly Listener[], kept: Kept): Promise<boolean> {
    const id = newId();
    const entries: readonly Entry[] = listeners.map(({ id: node }) => ({ id: `${id}-${node}`, node, value: kept }));
    try {
      const spool = await this.#spool;
      await spool?.add(entries);
      return spool !== undefined;
    } catch (error) {
      this.#onUnstored(error);
      return false;
    }
  }

  #hand(listener: Listener, entry: Handed): void {
    const delivery = this.#deliveryOf(entry);
    if (delivery !== undefined) listener.hand(delivery);
  }

  #bury(listener: Listener, entry: Handed): void {
    const delivery = this.#deliveryOf(entry);
    this.#past.handovers.get(entry.id)?.forget();
    this.#past.handovers.delete(entry.id);
    if (delivery !== undefined) listener.dead(delivery);
  }

  #deliveryOf({ id, value, delivery }: Handed): Delivery | undefined {
    if (!isKept(value)) return undefined;
    const past = this.#past;
    const { handovers } = past;
    let handover = handovers.get(id);
    if (handover === undefined) {
      handover = new Handover((confirmation) => {
        if (confirmation === "refused") return past.spool?.refuse(id) ?? false;
        handovers.delete(id);
        return past.spool?.settle(id) ?? false;
      });
      handovers.set(id, handover);
    }
    return { ...value, push: { ...value.push, delivery }, token: handover.token() };
  }

  #refuse(why: Refusal): Verdict {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
    this.#onRefused(why);
    this.#count();
    return { kind: "refused", why };
  }

  #count(): void {
    const counts: Counts = {
      taken: this.#taken,
      refused: this.#refused,
      ...(this.#last === undefined ? {} : { last: this.#last }),
    };
    for (const listener of this.#listeners) listener.counted(counts);
  }
}

/** Gives each node a payload of its own: the first gets what was read, whoever comes after has it read once more. */
type Payloads = () => Kept["payload"];

/** What was read is a new object, and what is nested in it still the push's, which other accounts may have too. Hardly any push is nested. */
function whole(payload: Kept["payload"]): Kept["payload"] {
  const nested = (value: unknown) => typeof value === "object" && value !== null;
  return Object.values(payload).some(nested) ? structuredClone(payload) : payload;
}

/** What is handed over for the first time. */
const deliveryOf = ({ topic, push }: Kept, payload: Payloads, token: string): Delivery => ({
  topic,
  payload: payload(),
  push: { ...push, delivery: 1 },
  token,
});
