// sccc-feed: gives every record or CDR of the platform once and in order, and remembers its position.
import { dirname, join } from "node:path";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { type Command, feedSettings } from "../../catalogue";
import { getCdrList } from "../../catalogue/commands/get-cdr-list";
import { getRecordsList } from "../../catalogue/commands/get-records-list";
import { asError } from "../../delivery/files";
import { type ListKind, readItem } from "../../protocol/records";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import { forEachInSlices, mapInSlices } from "../../util/slices";
import { clockText, momentOf, platformTime } from "../../util/time";
import { accountOf } from "../account/account";
import type { Sender } from "../account/running";
import { configFailure, type Expand, type Narrowed, narrow, Settings, wrong } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import type { NodeOutput } from "../shared/node-output";
import { failureStatus, statusWords } from "../shared/status";
import { errorOf, ScccError, timeOf } from "../shared/texts";
import type { Runtime } from "../state";
import { beginningOfCdrs, type CdrSource } from "./cdrs";
import { handUntilTaken } from "./handing";
import type { FeedLock } from "./lock";
import { isKey, type Position, PositionFile } from "./position";
import { type PageKeys, type RunDeps, type RunResult, runFeed } from "./run";
import type { Listed, Page } from "./source";

const type = "sccc-feed";

/** The settings of a feed. Times in ms. */
export interface FeedConfig {
  readonly source: ListKind;
  readonly feed: string;
  readonly intervalMs: number;
  readonly start: Position | "now";
  readonly items: boolean;
  readonly confirmed: boolean;
  readonly overlapMs: number;
}

/** The first position of a feed. */
function startOf(settings: Settings, source: ListKind, overlapMs: number, timezone: string): Position | "now" {
  const start = settings.text("start");
  if (start === "now") return "now";
  const key = start === "key" ? settings.text("startKey") : "0";
  if (source === "records") return { source, key: isKey(key) ? key : wrong("startKey", "startKey") };
  const moment = start === "key" ? momentOf(platformTime(key, timezone), timezone) : beginningOfCdrs;
  // The first span begins earlier by the overlap.
  return { source, until: (moment ?? wrong("startKey", "startKey")) + overlapMs, seen: {}, key: "" };
}

/** Reads a node's properties. */
export function narrowFeed(config: unknown, expand: Expand, timezone: string): Narrowed<FeedConfig> {
  return narrow(() => {
    const settings = new Settings(feedSettings, config, undefined, expand);
    const source: ListKind = settings.text("source") === "cdrs" ? "cdrs" : "records";
    const overlapMs = settings.number("overlap") * 1000;
    return {
      source,
      feed: settings.text("feed"),
      intervalMs: settings.number("interval") * 1000,
      start: startOf(settings, source, overlapMs, timezone),
      items: settings.text("emit") === "item",
      confirmed: settings.text("advance") === "confirmed",
      overlapMs,
    };
  });
}

/** Reads lists through an account. */
export class Reader {
  constructor(
    private readonly sender: { readonly client: Sender["client"]; readonly context: { readonly timezone: string } },
    private readonly signal: AbortSignal,
    private readonly node?: string,
  ) {}

  readonly records = (startKey: string): Promise<Listed> => this.#read(getRecordsList, { startKey });

  readonly cdrs = (from: number, to: number): Promise<Listed> =>
    this.#read(getCdrList, { startTime: clockText(from), endTime: clockText(to) });

  async #read(command: Command, given: Readonly<Record<string, unknown>>): Promise<Listed> {
    const prepared = this.sender.client.prepare(command, given);
    if (!prepared.ok) return prepared;
    const { outcome } = await this.sender.client.send(prepared.call, {
      signal: this.signal,
      ...(this.node === undefined ? {} : { node: this.node }),
    });
    if (!outcome.ok) return { ok: false, failure: outcome.failure };
    const total = Number(outcome.response.total);
    return {
      ok: true,
      list: outcome.list ?? [],
      ...(Number.isSafeInteger(total) ? { total } : {}),
    };
  }
}

interface FeedDeps {
  readonly config: FeedConfig;
  readonly sender: Sender;
  readonly file: PositionFile;
  readonly lock: FeedLock;
}

/** Thrown when another Node-RED on the same user folder reads its feeds. */
class FeedHeldError extends Error {}

/** A running feed. */
class Feed {
  readonly #runtime: Runtime;
  readonly #node: Node;
  readonly #output: NodeOutput;
  readonly #config: FeedConfig;
  readonly #sender: Sender;
  readonly #file: PositionFile;
  readonly #lock: FeedLock;
  readonly #leave: () => void;
  readonly #closing = new AbortController();
  readonly #closed: Promise<void>;
  readonly #reader: Reader;
  readonly #cdrs: CdrSource;
  #timer: NodeJS.Timeout | undefined;
  #run: Promise<RunResult> | undefined;
  #read = 0;

  constructor({ runtime, node, output }: NodeSource, { config, sender, file, lock }: FeedDeps) {
    this.#runtime = runtime;
    this.#node = node;
    this.#output = output;
    this.#config = config;
    this.#sender = sender;
    this.#file = file;
    this.#lock = lock;
    this.#leave = lock.add(guarded(() => this.#freed()));
    this.#closed = new Promise((resolve) => {
      const close = guarded(() => resolve());
      this.#closing.signal.addEventListener("abort", close, { once: true });
    });
    this.#reader = new Reader(sender, this.#closing.signal, node.id);
    this.#cdrs = {
      read: this.#reader.cdrs,
      overlapMs: config.overlapMs,
      zone: sender.context.timezone,
      monotonic: () => performance.now(),
      quiet: 0,
    };
  }

  /** Whether it was told to end. A run may end later. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Runs at once, and then at each interval. A feed without an interval only checks whether it could run. */
  async start(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (this.#config.intervalMs === 0) {
      const failure = await this.#lockFailure();
      const error = failure === undefined || this.closed ? undefined : this.#failed(failure);
      if (error !== undefined) this.#node.warn(error.message);
      return;
    }
    try {
      const error = await this.runOnce({});
      if (error !== undefined) this.#output.error(error, {});
    } finally {
      const again = guarded(() => this.start());
      if (!this.#closing.signal.aborted) this.#timer = setTimeout(again, this.#config.intervalMs);
    }
  }

  /** Runs, unless a run is in progress. Resolves with the error of the run, if any. */
  async runOnce(trigger: NodeMessage): Promise<Error | undefined> {
    if (this.#run !== undefined) return undefined;
    const start = performance.now();
    this.#read = 0;
    this.#node.status({ fill: "blue", shape: "dot", text: "status.requesting" });
    this.#run = this.#runWithLock();
    const ran = await this.#run;
    this.#run = undefined;
    if (!ran.ok) return this.#failed(ran.failure);
    const { items, pages, lastKey, cut } = ran;
    const { feed } = this.#config;
    const durationMs = Math.round(performance.now() - start);
    const text = this.#words(cut ? "readInPart" : "read", items, { time: timeOf(Date.now()) });
    this.#node.status({ fill: cut ? "yellow" : "green", shape: "dot", text });
    this.#output.send([null, { ...trigger, topic: feed, payload: { feed, items, pages, lastKey, durationMs } }]);
    return cut ? new ScccError(this.#runtime.RED._("errors.feedCut", { feed }), "SCCC_PARTIAL", { feed }) : undefined;
  }

  #words(key: string, items: number, more: Readonly<Record<string, string>> = {}): string {
    return statusWords(this.#runtime.RED._, key, { items, ...more });
  }

  async #runWithLock(): Promise<RunResult> {
    const failure = await this.#lockFailure();
    return failure === undefined ? runFeed(this.#runDeps()) : { ok: false, failure };
  }

  /** Why the feed may not run: another Node-RED has the lock, the folder cannot be used, or the feed closes. */
  async #lockFailure(): Promise<Failure | Error | undefined> {
    try {
      if (this.#lock.isHeld()) return undefined;
      // The lock may take seconds; a redeploy must not wait for it.
      const got = await Promise.race([this.#lock.get(), this.#closed]);
      if (this.closed) return { kind: "closed", code: "SCCC_CLOSED" };
      return got === true ? undefined : new FeedHeldError();
    } catch (error) {
      return asError(error);
    }
  }

  /** The other Node-RED has released the lock. */
  #freed(): void {
    if (this.closed) return;
    this.#node.status({});
    if (this.#config.intervalMs === 0 || this.#run !== undefined) return;
    clearTimeout(this.#timer);
    void this.start();
  }

  #failed(failure: Failure | Error): Error | undefined {
    if (failure instanceof FeedHeldError) {
      const held = configFailure({ setting: "feed", reason: "feedHeld", detail: dirname(this.#file.path) });
      this.#node.status({ fill: "red", shape: "ring", text: "status.config.held" });
      return errorOf(this.#runtime.RED._, type, held);
    }
    if (failure instanceof Error) {
      this.#node.status({ fill: "red", shape: "ring", text: "status.SCCC_FILE" });
      const params = { path: this.#file.path, detail: failure.message };
      return new ScccError(this.#runtime.RED._("errors.feedFile", params), "SCCC_FILE", { path: this.#file.path });
    }
    this.#node.status(failureStatus(this.#runtime.RED._, failure));
    return errorOf(this.#runtime.RED._, type, failure);
  }

  #runDeps(): RunDeps {
    const { source, start } = this.#config;
    return {
      file: { read: () => this.#file.read(), write: (position: Position) => this.#write(position) },
      source,
      start,
      now: Date.now,
      readRecords: this.#reader.records,
      cdrs: this.#cdrs,
      hand: (page, keys) => this.#hand(page, keys),
      closing: () => this.#closing.signal.aborted,
    };
  }

  async #write(position: Position): Promise<void> {
    this.#assertMine();
    await this.#file.write(position);
  }

  /**
   * Throws if a feed that did not end in time would still give a page or write a position: its successor does so now.
   */
  #assertMine(): void {
    if (this.#runtime.state.feeds.get(this.#file.path) !== this) throw new Error("another node goes on with this feed");
    if (!this.#lock.isHeld()) throw new FeedHeldError();
  }

  async #hand(page: Page, keys: PageKeys): Promise<boolean> {
    this.#assertMine();
    const { source, confirmed, items } = this.#config;
    const read = await mapInSlices(page.items, (item) => readItem(source, item, this.#sender.context));
    const count = items ? read.length : 1;
    const send = async (tokens: readonly string[]): Promise<void> => {
      const messages = items ? read : [read];
      await forEachInSlices(messages, (payload, index) => {
        const message = items ? this.#item(payload, index, keys) : { payload };
        this.#send(message, keys, tokens[index] ?? "");
      });
    };
    this.#read += read.length;
    if (!confirmed) {
      await send(Array.from({ length: count }, () => this.#runtime.state.tokens.free(this.#node.id)));
      this.#node.status({ fill: "blue", shape: "dot", text: this.#words("reading", this.#read) });
      // Node-RED passes a message on in a later turn. If the flows are stopped before, the page comes again.
      await new Promise(setImmediate);
      return !this.closed;
    }
    this.#node.status({ fill: "yellow", shape: "ring", text: this.#words("unconfirmed", this.#read) });
    return handUntilTaken({ tokens: this.#runtime.state.tokens, count, send, closing: this.#closing.signal });
  }

  #item(item: unknown, index: number, { lastKey, size }: PageKeys): NodeMessage {
    const count = index === size - 1 ? { count: size } : {};
    return {
      payload: item,
      parts: { id: `${this.#node.id}-${lastKey}`, type: "array", index, ...count },
    } as NodeMessage;
  }

  #send(message: NodeMessage, keys: PageKeys, token: string): void {
    const { feed, confirmed } = this.#config;
    const sent = this.#output.send([{ ...message, topic: feed, sccc: { page: { feed, ...keys }, token } }, null]);
    // The flow cannot confirm a message that was not sent. It counts as confirmed, so that the rest goes on. The error
    // was reported.
    if (!sent && confirmed) this.#output.run(() => this.#runtime.state.tokens.acknowledge(token, "taken"));
  }

  /** Ends the feed. Resolves when nothing is written any more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#leave();
    this.#closing.abort();
    await this.#run;
  }
}

/** The folder of the positions. */
export function feedsFolder(RED: NodeAPI): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? ".", "sccc", "feeds");
}

/** Starts a feed. */
function start(deps: FeedDeps, source: NodeSource): Behaviour {
  const { RED, state } = source.runtime;
  const { path } = deps.file;
  const feed = new Feed(source, deps);
  state.feeds.set(path, feed);
  const begin = guarded(() => feed.start());
  // A message that is sent before all nodes exist is lost.
  RED.events.once("flows:started", begin);
  return {
    handle: (msg) => feed.runOnce(isObject(msg) ? msg : {}),
    // The status shows how far the feed is.
    refused: () => undefined,
    close: async () => {
      RED.events.removeListener("flows:started", begin);
      await feed.close().finally(() => state.feeds.get(path) === feed && state.feeds.delete(path));
    },
  };
}

export const registerFeed = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ config, expand }) => {
      const account = accountOf(runtime, config.account);
      if (!account.ok) return account;
      const { sender } = account;
      const narrowed = narrowFeed(config, expand, sender.context.timezone);
      if (!narrowed.ok) return narrowed;
      const { feed, source } = narrowed.value;
      const folder = feedsFolder(runtime.RED);
      const file = new PositionFile(folder, feed, source);
      if (runtime.state.feeds.get(file.path)?.closed === false) {
        return { ok: false, problem: { setting: "feed", reason: "feedTaken" } };
      }
      return { ok: true, value: { config: narrowed.value, sender, file, lock: runtime.state.feedLock(folder) } };
    },
    start,
  });
