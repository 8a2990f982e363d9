// The receiving side of an account node: opened by the first node that listens, closed by the last, and kept from deploy to deploy.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Node, NodeAPI } from "node-red";
import type { PushContext } from "../../protocol/push";
import { guarded } from "../../util/guarded";
import { asError } from "../journal";
import type { ConfigProblem } from "../shared/config";
import { Spool } from "../spool";
import type { ReceivingConfig } from "./config";
import { Places } from "./places";
import { forgetPast, type Listener, pastOf, Receiver } from "./receiver";
import { hasServer, mount } from "./shared";

/** All places of the process. */
const places = new Places();

interface OpenSpool {
  readonly options: string;
  readonly spool: Promise<Spool>;
  /** Tells the account node of now what the spool can't do. */
  report: (error: Error) => void;
}

/** The spools that are open, by account. A redeploy goes on with the one that there is. */
const spools = new Map<string, OpenSpool>();

const listening = new WeakSet<object>();

/** Closes what is open. @throws the error of a spool that could not be opened */
async function closeSpools(): Promise<void> {
  const open = [...spools.values()];
  spools.clear();
  await Promise.all(open.map(async ({ spool }) => (await spool).close()));
}

/** Once per Node-RED: when all nodes of a deploy are there, the places are put in order. */
function followDeploys(RED: NodeAPI): void {
  if (listening.has(RED.events)) return;
  listening.add(RED.events);
  RED.events.on(
    "flows:started",
    guarded(() => places.settle()),
  );
  RED.events.on(
    "flows:stopped",
    guarded(() => places.stopped()),
  );
  RED.events.on(
    "flows:starting",
    guarded(() => places.starting()),
  );
  // An application that has stopped Node-RED ends without a signal: what was confirmed a moment ago is not on disk yet.
  process.on("beforeExit", guarded(closeSpools));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // Node-RED ends on these by itself. Where nobody listens, a listener of ours would keep the process from ending.
    if (process.listenerCount(signal) > 0)
      process.prependListener(
        signal,
        guarded(() => places.shutDown()),
      );
  }
}

/** Where an account's spool is. */
export function spoolFolder(RED: NodeAPI, id: string): string {
  const { userDir } = RED.settings as { userDir?: string };
  return join(userDir ?? ".", "sccc", "spool", id.replace(/[^\w-]/g, "_"));
}

function spoolOf(
  RED: NodeAPI,
  node: Node,
  config: ReceivingConfig,
  report: (error: Error) => void,
): Promise<Spool> | undefined {
  const folder = spoolFolder(RED, node.id);
  // What was stored before is still handed over after a change to `received`.
  if (!config.stored && !existsSync(folder)) return undefined;
  const { redeliverAfterMs, maxDeliveries } = config;
  const options = JSON.stringify({ redeliverAfterMs, maxDeliveries });
  const open = spools.get(node.id);
  if (open?.options === options) {
    open.report = report;
    return open.spool;
  }
  const before = open?.spool.then((spool) => spool.close()).catch(() => undefined) ?? Promise.resolve();
  const onProblem = (error: Error) => next.report(error);
  const spool = before.then(() => Spool.open({ folder, redeliverAfterMs, maxDeliveries, onProblem }));
  const next: OpenSpool = { options, spool, report };
  spools.set(node.id, next);
  spool.catch((error: Error) => {
    spools.delete(node.id);
    node.error(RED._("errors.spool", { folder, detail: error.message }));
  });
  return spool;
}

/** At most one line in the log for so long, in ms. */
const logEveryMs = 60_000;

/** Tells in the log how often what has happened: the first at once, further ones together. */
class BoundedLog {
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly write: (counts: ReadonlyMap<string, number>) => void) {}

  readonly add = (what: string): void => {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
    if (this.#timer === undefined) this.#flush();
  };

  #flush(): void {
    if (this.#counts.size === 0) {
      this.#timer = undefined;
      return;
    }
    this.write(this.#counts);
    this.#counts.clear();
    this.#timer = setTimeout(
      guarded(() => this.#flush()),
      logEveryMs,
    ).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** A node that listens, and that shows what is wrong with the place (undefined: nothing any more). */
export interface Attachment extends Listener {
  problem(problem: ConfigProblem | undefined): void;
}

/** Receives for one account node. */
export class Reception {
  readonly #RED: NodeAPI;
  readonly #config: ReceivingConfig;
  readonly #receiver: Receiver;
  readonly #refusals: BoundedLog;
  readonly #problems: BoundedLog;
  readonly #node: Node;
  readonly #attachments = new Set<Attachment>();
  #leave: (() => void) | undefined;

  constructor(RED: NodeAPI, node: Node, config: ReceivingConfig, context: PushContext) {
    followDeploys(RED);
    this.#RED = RED;
    this.#node = node;
    this.#config = config;
    this.#refusals = new BoundedLog((counts) => {
      const reasons = [...counts].map(([why, count]) => `${why} ${count}`).join(", ");
      node.warn(RED._("errors.pushesRefused", { reasons }));
    });
    this.#problems = new BoundedLog((counts) => {
      for (const [what, count] of counts) node.warn(count === 1 ? what : `${what} (×${count})`);
    });
    const spool = spoolOf(RED, node, config, (error) => this.#problems.add(error.message));
    this.#receiver = new Receiver(
      config,
      context,
      pastOf(node.id, config),
      spool,
      this.#refusals.add,
      Date.now,
      () => places.settled,
      (error) => {
        const params = { folder: spoolFolder(RED, node.id), detail: asError(error).message };
        this.#problems.add(RED._("errors.spool", params));
      },
    );
  }

  get config(): ReceivingConfig {
    return this.#config;
  }

  /** Whether somebody listens. */
  get listening(): boolean {
    return this.#attachments.size > 0;
  }

  /** A node begins to listen; call what comes back when it ends. */
  attach(attachment: Attachment): () => void {
    const { place } = this.#config;
    if (place.own === undefined && !hasServer(this.#RED)) {
      attachment.problem({ setting: "pushPort", reason: "noServer" });
      return () => undefined;
    }
    if (place.own === undefined) mount(this.#RED, places);
    this.#attachments.add(attachment);
    this.#leave ??= places.add({
      place,
      receiver: this.#receiver,
      problem: (problem) => {
        for (const one of this.#attachments) one.problem(problem);
      },
    });
    const detach = this.#receiver.attach(attachment);
    return () => {
      // Whatever comes in until the deploy is over waits for the nodes that come then.
      places.hold();
      detach();
      this.#attachments.delete(attachment);
      if (this.#attachments.size > 0) return;
      this.#leave?.();
      this.#leave = undefined;
    };
  }

  /** The account node closes. @param removed for good */
  async close(removed: boolean): Promise<void> {
    this.#refusals.close();
    this.#problems.close();
    // At the end of the process too: what was confirmed a moment ago is not on disk yet.
    if (!removed && !places.down) return;
    const { id } = this.#node;
    forgetPast(id);
    const open = spools.get(id);
    spools.delete(id);
    await open?.spool.then((spool) => spool.close()).catch(() => undefined);
  }
}
