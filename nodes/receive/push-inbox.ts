// An account's inbox: checks pushes, turns them into messages, and hands these to the nodes that want them.

import { isDeepStrictEqual } from "node:util";
import type { DeadLetters } from "../delivery/dead-letters";
import { EntryAcks } from "../delivery/entry-acks";
import { asError } from "../delivery/files";
import type { Line } from "../delivery/journal";
import { Store, StoreHeldError } from "../delivery/store";
import { deliveryIdOf, eventOf, knownEvents, type ReadPush, readPush } from "../protocol/push";
import { guarded } from "../util/guarded";
import type { JsonObject } from "../util/json";
import { SenderFilter, senderOf } from "./addresses";
import { type Authentication, isSignedBy, momentOf, readAuthentication } from "./authentication";
import type { ParsedPush } from "./body";
import type { Arrival } from "./head";
import { type Kept, keptIn } from "./kept";
import type {
  AccountSpec,
  Ask,
  Asks,
  Counts,
  EventSelection,
  InboxConfig,
  ListenerSpec,
  ReceivingProblem,
  Refusal,
} from "./messages";
import { Outbox, type Sender } from "./outbox";
import { filledFields, ReplayCache } from "./replay-cache";
import { readQuery } from "./target";
import { beyondCut, copyOf, PushTraffic, type RefusedPush, withoutQuery } from "./traffic";

/** The outcome of a push. `busy`: not accepted, the platform may send it again. */
export type Verdict =
  | { readonly kind: "taken" }
  | { readonly kind: "refused"; readonly why: Refusal }
  | { readonly kind: "busy" };

export interface InboxDeps {
  readonly sender: Sender;
  /** Owner of the locks of the stores: the same text for the whole process. */
  readonly owner: string;
  /** The counts have changed. */
  readonly onCounts: () => void;
  readonly onProblem: (problem: ReceivingProblem | undefined) => void;
  /** For the log: a key below `errors`, and the parameters of that text. */
  readonly onWarning: (key: string, params: Readonly<Record<string, string>>) => void;
  /** Records pushes for the sidebar. */
  readonly record?: boolean;
  readonly now?: () => number;
  readonly elapsed?: () => number;
  /** Settings of the store, for tests. */
  readonly store?: Partial<Parameters<typeof Store.open>[0]>;
}

/** How long a push waits for the store to open, in ms. */
const openWithinMs = 5000;
/** Pauses before a folder is tried again, in ms: each is twice the one before, up to the longest. */
const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/** How many dead letters are listed, and how much of each is shown, in characters. */
const mostLetters = 200;
export const mostLetterText = 4096;

/** Whether a selection includes an event. */
export const wantsEvent = ({ events, others }: EventSelection, event: string): boolean =>
  events.length === 0 || events.includes(event) || (others && !knownEvents.includes(event));

/** Beginning of a stored bill. Its delivery count continues when the bill comes again with more fields. */
const billStart = '{"topic":"billing",';

const busy: Verdict = { kind: "busy" };

/** Reasons that a taken push disproves: the platform's customer and password are those of the account, and its clock is right. */
const provenRight: readonly Refusal[] = ["customer", "digest", "timestamp"];

const countIn = (counts: Map<Refusal, number>, why: Refusal): unknown => counts.set(why, (counts.get(why) ?? 0) + 1);

/** Receives for one account. Survives redeploys: `apply` gives it the new configuration. */
export class PushInbox {
  readonly id: string;
  readonly #deps: InboxDeps;
  readonly #now: () => number;
  readonly #outbox: Outbox;
  readonly #replay: ReplayCache;
  readonly #acks = new EntryAcks();
  /** Bills that are being stored: their repeats wait for the result of the first. */
  readonly #billing = new Map<string, Promise<boolean>>();
  readonly #refused = new Map<Refusal, number>();
  readonly #unremedied = new Map<Refusal, number>();
  readonly #closing = new AbortController();
  readonly #traffic: PushTraffic | undefined;
  /** The dead letters that are being handed to a node. */
  readonly #handing = new Set<string>();
  /** How far the clock of the last push that was refused for its timestamp is ahead of ours, in ms. */
  #clockOffMs: number | undefined;
  #detach: (() => void)[] = [];
  #spec: AccountSpec;
  #senders: SenderFilter;
  #store: Store | undefined;
  /** Why the store is not open. */
  #trouble: "opening" | "held" | "folder" = "opening";
  #opened: Promise<void>;
  #taken = 0;
  #last: number | undefined;

  constructor(spec: AccountSpec, deps: InboxDeps) {
    this.id = spec.id;
    this.#deps = deps;
    this.#now = deps.now ?? Date.now;
    this.#spec = spec;
    this.#senders = new SenderFilter(spec.config);
    this.#traffic = deps.record === true ? new PushTraffic(this.#now) : undefined;
    this.#outbox = new Outbox(deps.sender, () => this.#store?.spool.resume());
    this.#replay = new ReplayCache({
      toleranceMs: spec.config.toleranceMs,
      now: this.#now,
      ...(deps.elapsed && { elapsed: deps.elapsed }),
      onClockSetBack: () => deps.onWarning("clockSetBack", {}),
    });
    this.#opened = this.#open(firstPauseMs);
    this.apply(spec);
  }

  get config(): InboxConfig {
    return this.#spec.config;
  }

  /** The current counters. */
  get counts(): Counts {
    return {
      taken: this.#taken,
      refused: new Map(this.#refused),
      unremedied: new Map(this.#unremedied),
      ...(this.#last === undefined ? {} : { last: this.#last }),
    };
  }

  /** The recorded pushes; undefined if nothing is recorded. */
  get traffic(): PushTraffic | undefined {
    return this.#traffic;
  }

  get clockOffMs(): number | undefined {
    return this.#clockOffMs;
  }

  /** How many entries are not acknowledged. */
  get pending(): number {
    return this.#store?.spool.pending ?? 0;
  }

  /** Resolves when the store is open, or when that has failed for the first time. */
  get opened(): Promise<void> {
    return this.#opened;
  }

  /** Applies the current configuration and listeners. */
  apply(spec: AccountSpec): void {
    if (this.#unremedied.size > 0 && !isDeepStrictEqual(spec.config, this.config)) {
      this.#unremedied.clear();
      this.#deps.onCounts();
    }
    this.#spec = spec;
    const { toleranceMs, redeliverAfterMs, maxDeliveries, keepDays } = spec.config;
    this.#senders = new SenderFilter(spec.config);
    this.#replay.configure(toleranceMs);
    this.#store?.configure({ redeliverAfterMs, maxDeliveries, keepDays });
    this.#attach();
  }

  /** The senders that the account admits. */
  get senders(): SenderFilter {
    return this.#senders;
  }

  /** Whether a push is signed with a password of this account. */
  hasSigned({ authentication }: ParsedPush): boolean {
    const block = readAuthentication(authentication);
    return block !== undefined && isSignedBy(block, this.config.signer);
  }

  /** Accepts a push, or returns why it is refused. */
  async receive(push: ParsedPush, arrival: Arrival): Promise<Verdict> {
    const { signer, trustProxy, toleranceMs, allowReused, context, stored } = this.config;
    const refuse = (why: Refusal): Verdict => {
      const { customer, timestamp } = push.authentication;
      const ip = senderOf(arrival.peer, arrival.forwarded, trustProxy);
      return this.refuse(why, { notify: push.notify, customer, timestamp, ip });
    };
    if (!this.#senders.admits(arrival)) return refuse("sender");
    const block = readAuthentication(push.authentication);
    if (block === undefined) return refuse("digest");
    if (!isSignedBy(block, signer)) return refuse(block.customer === signer.customer ? "digest" : "customer");
    const offMs = momentOf(block.timestamp) - this.#now();
    if (toleranceMs > 0 && Math.abs(offMs) > toleranceMs) {
      this.#clockOffMs = offMs;
      return refuse("timestamp");
    }
    // The used authentication blocks are in the store.
    if (this.#store === undefined) await this.#waitForStore();
    if (this.#store === undefined && (stored || this.#trouble !== "folder")) return this.#busy(push);
    if (this.#replay.isTooOld(block)) return refuse("timestamp");
    const id = deliveryIdOf(push.notify, block, context.customer);
    const ip = senderOf(arrival.peer, arrival.forwarded, trustProxy);
    const once = (used: Authentication) =>
      this.#replay.once(used, id, (line) =>
        this.#take(readPush(push.notify, block, context, id), push.notify, arrival, ip, [line]),
      );
    const { seen, taken } = await once(block);
    if (seen === "repeat") this.#repeated(push, arrival);
    if (seen !== "reused") return taken ? { kind: "taken" } : this.#busy(push);
    if (!allowReused) return refuse("replay");
    const again = await once({ ...block, seq: `${block.seq}/${id}` });
    if (again.seen === "repeat") this.#repeated(push, arrival);
    return again.taken ? { kind: "taken" } : this.#busy(push);
  }

  /** Counts a refused push. */
  refuse(why: Refusal, push?: RefusedPush): Verdict {
    countIn(this.#refused, why);
    countIn(this.#unremedied, why);
    this.#traffic?.refused(why, push);
    this.#deps.onCounts();
    return { kind: "refused", why };
  }

  #busy({ notify }: ParsedPush): Verdict {
    this.#traffic?.refused("busy", { notify });
    return busy;
  }

  #repeated({ notify }: ParsedPush, { bytes }: Arrival): void {
    this.#traffic?.passed("repeat", { topic: eventOf(notify).event, payload: notify }, "", [], bytes);
  }

  /** Acknowledges by the part of a token after its prefix; false if nothing is pending under it. */
  acknowledge(token: string, taken: boolean): boolean {
    return this.#acks.acknowledge(this.#store?.spool, token, taken ? "taken" : "refused");
  }

  /** Answers a question of the sidebar; undefined if there is no answer. */
  async answer(ask: Ask): Promise<Asks[keyof Asks]["answer"] | undefined> {
    const letters = this.#store?.spool.deadLetters;
    switch (ask.what) {
      case "traffic": {
        const traffic = this.#traffic?.since(ask.run, ask.after) ?? null;
        return {
          traffic,
          deadLetters: letters === undefined ? 0 : counted(letters),
          clockOffMs: this.#clockOffMs ?? null,
        };
      }
      case "push":
        return this.#traffic?.textOf(ask.run, ask.serial);
      case "letters": {
        const newest = letters?.newest(mostLetters) ?? [];
        const seen = newest.map(({ key, node, at, delivery, text }) => {
          const event = copyOf(parsed(text)?.topic ?? "", 64);
          return { id: key, node, at, delivery, event, text: copyOf(withoutQuery(text), mostLetterText + beyondCut) };
        });
        return { letters: seen, total: letters?.count() ?? 0 };
      }
      case "handLetters":
        return letters === undefined ? undefined : this.#handLetters(letters, new Set(ask.ids));
      case "deleteLetters":
        return letters === undefined ? undefined : { deleted: this.#removeLetters(letters, new Set(ask.ids)) };
    }
  }

  /**
   * Hands dead letters to the flow again: to their own nodes, otherwise to a node that passes pushes on. With `stored`
   * they become new pending entries, and only then are removed from the file. After a crash in between, a letter stays
   * in the file although it was handed over.
   */
  async #handLetters(letters: DeadLetters, keys: ReadonlySet<string>): Promise<Asks["handLetters"]["answer"]> {
    const chosen = letters.newest(mostLetters).filter(({ key }) => keys.has(key) && !this.#handing.has(key));
    const lasting = this.#spec.listeners.filter(({ transient }) => !transient);
    const targets = chosen.flatMap(({ key, node, text }) => {
      const kept = parsed(text);
      // A node cannot use a letter that is not a push, and the letter would be lost.
      const wanting = kept === undefined ? [] : lasting.filter((listener) => wantsEvent(listener, kept.topic));
      const to = wanting.find(({ id }) => id === node) ?? wanting.find(({ passesOn }) => passesOn === true);
      return to === undefined ? [] : [{ key, to, text }];
    });
    for (const { key } of targets) this.#handing.add(key);
    try {
      // If one letter cannot be stored, the others must be removed from the file nevertheless.
      const tried = await Promise.allSettled(targets.map(({ to, text }) => this.#handLetter(to, text)));
      const handed = targets.filter((_, index) => {
        const one = tried[index];
        return one?.status === "fulfilled" && one.value;
      });
      const failed = tried.find((one) => one.status === "rejected");
      if (failed !== undefined) this.#unstored(failed.reason);
      this.#removeLetters(letters, new Set(handed.map(({ key }) => key)));
      if (failed !== undefined && handed.length === 0) throw failed.reason;
      return { handed: handed.length, unwanted: chosen.length - handed.length };
    } finally {
      for (const { key } of targets) this.#handing.delete(key);
    }
  }

  /** Removes dead letters. If the file cannot be written, a warning is logged. */
  #removeLetters(letters: DeadLetters, keys: ReadonlySet<string>): number {
    try {
      return letters.remove(keys);
    } catch (error) {
      this.#unstored(error);
      throw error;
    }
  }

  /** Whether a letter was accepted: it is pending again, or a node has got it. */
  async #handLetter(to: ListenerSpec, text: string): Promise<boolean> {
    if (!this.config.stored) return this.#handToSome([to], text);
    if (this.#store === undefined) return false;
    await this.#store.spool.add([{ node: to.id, text }]);
    return true;
  }

  /** Writes waiting lines to disk. */
  flush(): void {
    this.#store?.journal.flush();
  }

  /** Writes waiting lines to disk and closes the store. */
  close(): void {
    this.#closing.abort();
    for (const detach of this.#detach.splice(0)) detach();
    this.#store?.close();
    this.#store = undefined;
    this.#trouble = "held";
  }

  /** Opens the store; retries until the inbox is closed. Resolves after the first try. */
  async #open(pauseMs: number): Promise<void> {
    const { folder, config } = this.#spec;
    const { signal } = this.#closing;
    const { redeliverAfterMs, maxDeliveries, keepDays } = config;
    try {
      const store = await Store.open(
        {
          folder,
          owner: this.#deps.owner,
          keepers: [this.#replay],
          redeliverAfterMs,
          maxDeliveries,
          keepDays,
          now: this.#now,
          onProblem: (error) => this.#deps.onWarning("spool", { folder, detail: error.message }),
          ...this.#deps.store,
        },
        signal,
        () => {
          this.#trouble = "held";
          this.#deps.onProblem({ setting: "pushAnswer", reason: "held", detail: folder });
        },
      );
      if (store === undefined) return;
      if (signal.aborted) return store.close();
      this.#store = store;
      this.apply(this.#spec);
      this.#deps.onProblem(undefined);
    } catch (error) {
      if (signal.aborted) return;
      const detail = asError(error).message;
      this.#trouble = "folder";
      this.#deps.onProblem({ setting: "pushAnswer", reason: "folder", detail, retryAt: this.#now() + pauseMs });
      const timer = setTimeout(
        guarded(() => {
          this.#opened = this.#open(Math.min(2 * pauseMs, longestPauseMs));
        }),
        pauseMs,
      ).unref();
      signal.addEventListener(
        "abort",
        guarded(() => clearTimeout(timer)),
        { once: true },
      );
    }
  }

  /** Waits for the store while it is being opened. */
  async #waitForStore(): Promise<void> {
    if (this.#trouble !== "opening") return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(guarded(resolve), openWithinMs).unref();
    });
    await Promise.race([this.#opened, late]);
    clearTimeout(timer);
  }

  #attach(): void {
    const store = this.#store;
    if (store === undefined) return;
    for (const detach of this.#detach.splice(0)) detach();
    const { id, listeners, dormant, tokenPrefix } = this.#spec;
    const lasting = listeners.filter(({ transient, away }) => !transient && away === undefined);
    if (dormant !== undefined) this.#reassign(store, lasting, dormant);
    for (const { id: node } of lasting) {
      const detach = store.spool.attach(node, {
        hand: (entry) => {
          const token = `${tokenPrefix}${entry.id}.${entry.delivery}`;
          // The first delivery is counted already, in the line that was stored with the bill.
          if (entry.delivery > 1 && entry.text.startsWith(billStart)) this.#countBill(entry.text, entry.delivery);
          this.#outbox.send(id, node, "h", token, entry.delivery, entry.text, (handed) => {
            if (handed) store.spool.arrived(entry.id, entry.delivery);
            else store.spool.giveBack(entry.id, entry.delivery);
          });
        },
        dead: (entry) => this.#outbox.send(id, node, "d", "", entry.delivery, entry.text, () => undefined),
        room: () => this.#outbox.room,
        reports: true,
      });
      this.#detach.push(detach);
    }
  }

  /** Moves entries of nodes that no longer exist to another node of the account, or to the dead letters. */
  #reassign({ spool }: Store, listeners: readonly ListenerSpec[], dormant: readonly string[]): void {
    const there = new Set([...dormant, ...listeners.map(({ id }) => id)]);
    for (const node of spool.nodes) {
      if (there.has(node)) continue;
      try {
        const { moved, dead } = spool.reassign(node, (text) => {
          const event = parsed(text)?.topic ?? "";
          return listeners.find((listener) => wantsEvent(listener, event))?.id;
        });
        if (moved + dead === 0) continue;
        this.#deps.onWarning("pushesReassigned", { node, moved: String(moved), dead: String(dead) });
      } catch (error) {
        this.#deps.onWarning("spool", { folder: this.#spec.folder, detail: String(error) });
      }
    }
  }

  /** Turns a push into messages and hands them over; false if the platform must send it again. */
  #take(read: ReadPush, notify: JsonObject, arrival: Arrival, ip: string, lines: readonly Line[]): Promise<boolean> {
    const { event, eventId, known, payload } = read;
    const { label, customer } = this.config;
    const receivedAt = new Date(this.#now()).toISOString();
    const http = { path: arrival.path, query: readQuery(arrival.query), ip };
    const push = { event, eventId, known, account: label, customer, receivedAt, delivery: 1, http };
    const kept: Kept = { topic: event, payload, push };
    const { bytes } = arrival;
    return event === "billing" ? this.#passBill(kept, eventId, notify, lines, bytes) : this.#pass(kept, lines, bytes);
  }

  /** Hands a bill over: once, and again when a repeat has more fields than before. */
  async #passBill(kept: Kept, eventId: string, notify: JsonObject, lines: readonly Line[], bytes: number | undefined) {
    for (let underWay = this.#billing.get(eventId); underWay !== undefined; underWay = this.#billing.get(eventId)) {
      if (!(await underWay)) return false;
    }
    const fields = filledFields(notify);
    const known = this.#replay.billOf(eventId);
    if (known !== undefined && [...fields].every((field) => known.fields.has(field))) {
      this.#traffic?.passed("repeat", kept, "", [], bytes);
      return this.#keepLines(lines);
    }
    const base = known?.delivery ?? 0;
    const all = new Set([...(known?.fields ?? []), ...fields]);
    const line = this.#replay.billLine(eventId, all, base + 1);
    const passing = this.#pass(base === 0 ? kept : { ...kept, base }, [...lines, line], bytes).finally(() =>
      this.#billing.delete(eventId),
    );
    this.#billing.set(eventId, passing);
    const passed = await passing;
    if (passed) this.#replay.keepBill(eventId, all, base + 1);
    return passed;
  }

  async #pass(kept: Kept, lines: readonly Line[], bytes: number | undefined): Promise<boolean> {
    const wanting = this.#spec.listeners.filter((listener) => wantsEvent(listener, kept.topic));
    const listeners = wanting.filter(({ transient }) => !transient);
    const text = wanting.length === 0 ? "" : JSON.stringify(kept);
    if (this.config.stored) {
      const entries = listeners.map(({ id: node }) => ({ node, text }));
      try {
        if (this.#store === undefined) return false;
        await this.#store.spool.add(entries, lines);
      } catch (error) {
        this.#unstored(error);
        return false;
      }
    } else {
      const present = listeners.filter(({ away }) => away === undefined);
      if (listeners.length > 0 && !(await this.#handToSome(present, text))) return false;
      for (const line of lines) this.#store?.journal.note(line);
    }
    // Only after storing: a push that was not stored comes again.
    for (const { id: node, transient } of wanting) {
      if (transient) this.#outbox.send(this.id, node, "t", "", 1, text, () => undefined);
    }
    this.#taken += 1;
    this.#last = this.#now();
    this.#clockOffMs = undefined;
    for (const why of provenRight) this.#unremedied.delete(why);
    this.#traffic?.passed(wanting.length === 0 ? "unwanted" : "taken", kept, text, wanting, bytes);
    this.#deps.onCounts();
    return true;
  }

  /** Hands a push to nodes; resolves with whether at least one of them received it. */
  #handToSome(listeners: readonly ListenerSpec[], text: string): Promise<boolean> {
    if (listeners.length === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      let open = listeners.length;
      let some = false;
      for (const { id: node } of listeners) {
        this.#outbox.send(this.id, node, "h", "", 1, text, (handed) => {
          open -= 1;
          some ||= handed;
          if (open === 0) resolve(some);
        });
      }
    });
  }

  /** Writes the lines of a push that leads to no message. */
  async #keepLines(lines: readonly Line[]): Promise<boolean> {
    try {
      if (this.config.stored) await this.#store?.spool.add([], lines);
      else for (const line of lines) this.#store?.journal.note(line);
      return true;
    } catch (error) {
      this.#unstored(error);
      return false;
    }
  }

  #unstored(error: unknown): void {
    const { folder } = this.#spec;
    const detail = asError(error).message;
    if (!(error instanceof StoreHeldError)) {
      this.#deps.onWarning("spool", { folder, detail });
      return;
    }
    // Another process has taken the folder over: it is not ours until that process ends.
    this.#store?.close();
    this.#store = undefined;
    this.#trouble = "held";
    this.#deps.onProblem({ setting: "pushAnswer", reason: "held", detail: folder });
    if (!this.#closing.signal.aborted) this.#opened = this.#open(firstPauseMs);
  }

  #countBill(text: string, delivery: number): void {
    const kept = parsed(text);
    const { eventId } = kept?.push ?? {};
    if (typeof eventId === "string") this.#replay.countBill(eventId, (kept?.base ?? 0) + delivery);
  }
}

/** The number of dead letters; 0 if the file cannot be read, so that the recorded pushes are shown nevertheless. */
function counted(letters: DeadLetters): number {
  try {
    return letters.count();
  } catch {
    return 0;
  }
}

/** Parses the text of a stored entry. */
const parsed = (text: string): Kept | undefined => keptIn(JSON.parse(text));
