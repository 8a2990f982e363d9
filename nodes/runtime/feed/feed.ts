// sccc-feed: everything that the platform records, once and in order, from where it was last time.
import { join } from "node:path";
import type { Node, NodeAPI, NodeMessage } from "node-red";
import { type Command, feedSettings } from "../../catalogue";
import { getCdrList } from "../../catalogue/commands/get-cdr-list";
import { getRecordsList } from "../../catalogue/commands/get-records-list";
import { type ListKind, readItem } from "../../protocol/records";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import { forEachInSlices, mapInSlices } from "../../util/slices";
import { clockText, momentOf, platformTime } from "../../util/time";
import { accountOf } from "../account/account";
import type { Sender } from "../account/running";
import { type Expand, type Narrowed, narrow, Settings, wrong } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import type { NodeOutput } from "../shared/node-output";
import { failureStatus } from "../shared/status";
import { errorOf, ScccError } from "../shared/texts";
import type { Runtime } from "../state";
import { beginningOfCdrs, type CdrSource } from "./cdrs";
import { handUntilTaken } from "./handing";
import { isKey, type Position, PositionFile } from "./position";
import { type PageKeys, type Ran, type RunDeps, runFeed } from "./run";
import type { Listed, Page } from "./source";

const type = "sccc-feed";

/** How a feed reads. Times in ms. */
export interface FeedConfig {
  readonly source: ListKind;
  readonly feed: string;
  readonly intervalMs: number;
  readonly start: Position | "now";
  readonly items: boolean;
  readonly confirmed: boolean;
  readonly overlapMs: number;
}

/** Where a feed begins that has no position yet. */
function startOf(settings: Settings, source: ListKind, overlapMs: number, timezone: string): Position | "now" {
  const start = settings.text("start");
  if (start === "now") return "now";
  const key = start === "key" ? settings.text("startKey") : "0";
  if (source === "records") return { source, key: isKey(key) ? key : wrong("startKey", "startKey") };
  const moment = start === "key" ? momentOf(platformTime(key, timezone), timezone) : beginningOfCdrs;
  // The first span begins the overlap earlier.
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
  ) {}

  readonly records = (startKey: string): Promise<Listed> => this.#read(getRecordsList, { startKey });

  readonly cdrs = (from: number, to: number): Promise<Listed> =>
    this.#read(getCdrList, { startTime: clockText(from), endTime: clockText(to) });

  async #read(command: Command, given: Readonly<Record<string, unknown>>): Promise<Listed> {
    const prepared = this.sender.client.prepare(command, given);
    if (!prepared.ok) return prepared;
    const { outcome } = await this.sender.client.send(prepared.call, { signal: this.signal });
    if (!outcome.ok) return { ok: false, failure: outcome.failure };
    const total = Number(outcome.response.total);
    return {
      ok: true,
      list: outcome.list ?? [],
      ...(Number.isSafeInteger(total) ? { total } : {}),
    };
  }
}

/** What a feed works with. */
interface FeedDeps {
  readonly config: FeedConfig;
  readonly sender: Sender;
  readonly file: PositionFile;
}

/** A feed at work. */
class Feed {
  readonly #runtime: Runtime;
  readonly #node: Node;
  readonly #output: NodeOutput;
  readonly #config: FeedConfig;
  readonly #sender: Sender;
  readonly #file: PositionFile;
  readonly #closing = new AbortController();
  readonly #reader: Reader;
  readonly #cdrs: CdrSource;
  #timer: NodeJS.Timeout | undefined;
  #run: Promise<Ran> | undefined;
  #read = 0;

  constructor({ runtime, node, output }: NodeSource, { config, sender, file }: FeedDeps) {
    this.#runtime = runtime;
    this.#node = node;
    this.#output = output;
    this.#config = config;
    this.#sender = sender;
    this.#file = file;
    this.#reader = new Reader(sender, this.#closing.signal);
    this.#cdrs = {
      read: this.#reader.cdrs,
      overlapMs: config.overlapMs,
      zone: sender.context.timezone,
      monotonic: () => performance.now(),
      quiet: 0,
    };
  }

  /** Whether it was told to end. What it does may take longer. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Runs at once, and then again and again. */
  async start(): Promise<void> {
    if (this.#config.intervalMs === 0 || this.#closing.signal.aborted) return;
    try {
      const error = await this.runOnce({});
      if (error !== undefined) this.#output.error(error, {});
    } finally {
      const again = guarded(() => this.start());
      if (!this.#closing.signal.aborted) this.#timer = setTimeout(again, this.#config.intervalMs);
    }
  }

  /** Runs unless a run is under way; resolves with what went wrong. */
  async runOnce(trigger: NodeMessage): Promise<Error | undefined> {
    if (this.#run !== undefined) return undefined;
    const start = performance.now();
    this.#read = 0;
    this.#node.status({ fill: "blue", shape: "dot", text: "status.requesting" });
    this.#run = runFeed(this.#means());
    const ran = await this.#run;
    this.#run = undefined;
    if (!ran.ok) return this.#failed(ran.failure);
    const { items, pages, lastKey, cut } = ran;
    const { feed } = this.#config;
    const durationMs = Math.round(performance.now() - start);
    const time = new Date().toTimeString().slice(0, 8);
    this.#node.status({ fill: cut ? "yellow" : "green", shape: "dot", text: `${time} ✓ ${items}${cut ? " ✂" : ""}` });
    this.#output.send([null, { ...trigger, topic: feed, payload: { feed, items, pages, lastKey, durationMs } }]);
    return cut ? new ScccError(this.#runtime.RED._("errors.feedCut", { feed }), "SCCC_PARTIAL", { feed }) : undefined;
  }

  #failed(failure: Failure | Error): Error | undefined {
    if (failure instanceof Error) {
      this.#node.status({ fill: "red", shape: "ring", text: "status.SCCC_FILE" });
      const params = { path: this.#file.path, detail: failure.message };
      return new ScccError(this.#runtime.RED._("errors.feedFile", params), "SCCC_FILE", { path: this.#file.path });
    }
    this.#node.status(failureStatus(failure));
    return errorOf(this.#runtime.RED._, type, failure);
  }

  #means(): RunDeps {
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

  /** A feed that did not end in time must not write over the position of its successor. */
  async #write(position: Position): Promise<void> {
    if (this.#runtime.state.feeds.get(this.#file.path) !== this) throw new Error("another node goes on with this feed");
    await this.#file.write(position);
  }

  async #hand(page: Page, keys: PageKeys): Promise<boolean> {
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
      this.#node.status({ fill: "blue", shape: "dot", text: `↓ ${this.#read}` });
      // What a node sends reaches the next one in a later turn. If the flows were stopped by then, the page comes again.
      await new Promise(setImmediate);
      return !this.closed;
    }
    this.#node.status({ fill: "yellow", shape: "ring", text: `⏳ ${this.#read}` });
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
    // Nobody may confirm what did not get into the flow: it must not hold up the rest. The error was reported.
    if (!sent && confirmed) this.#output.run(() => this.#runtime.state.tokens.acknowledge(token, "taken"));
  }

  /** Ends what is under way; resolves when nothing writes any more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closing.abort();
    await this.#run;
  }
}

/** The folder of the positions. */
export function feedsFolder(RED: NodeAPI): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? ".", "sccc", "feeds");
}

/** Wires a feed that can work. */
function start(deps: FeedDeps, source: NodeSource): Behaviour {
  const { RED, state } = source.runtime;
  const { path } = deps.file;
  const feed = new Feed(source, deps);
  state.feeds.set(path, feed);
  const begin = guarded(() => feed.start());
  // Before all nodes are there, what is sent reaches nobody.
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

/** Registers the type. */
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
      const file = new PositionFile(feedsFolder(runtime.RED), feed, source);
      if (runtime.state.feeds.get(file.path)?.closed === false) {
        return { ok: false, problem: { setting: "feed", reason: "feedTaken" } };
      }
      return { ok: true, value: { config: narrowed.value, sender, file } };
    },
    start,
  });
