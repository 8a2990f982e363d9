// sccc-call-tracker: joins the messages of sccc-notify and of sccc-call-number into calls.
import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from "node-red";
import { CallTracker, type News, type TrackerSettings } from "../../calls/tracker";
import { trackerSettings } from "../../catalogue/index";
import { render } from "../../protocol/check";
import { guarded } from "../../util/guarded";
import { isObject } from "../../util/json";
import { accountOf } from "../account/account";
import { readFacts } from "../shared/call-facts";
import { CallStore, callsFolder } from "../shared/call-store";
import { type Narrowed, narrow, Settings } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import type { NodeOutput } from "../shared/node-output";
import { failureStatus, statusWords } from "../shared/status";
import { errorOf } from "../shared/texts";
import type { KeptTracker, Runtime } from "../state";

const type = "sccc-call-tracker";

/** Reads a node's properties; times in ms. */
export function narrowTracker(
  config: unknown,
  expand: (text: string) => string,
): Narrowed<Omit<TrackerSettings, "context">> {
  return narrow(() => {
    const settings = new Settings(trackerSettings, config, undefined, expand);
    return {
      windowMs: settings.number("window") * 1000,
      waitForBillingMs: settings.number("waitForBilling") * 1000,
      maxOpen: settings.number("maxOpen"),
    };
  });
}

/** The tracker of a node, by the node's ID. It survives redeploys. */
function trackerOf(
  kept: Map<string, KeptTracker>,
  id: string,
  settings: TrackerSettings,
  tell: KeptTracker["tell"],
): KeptTracker {
  let it = kept.get(id);
  if (it === undefined) {
    const fresh: KeptTracker = {
      tracker: new CallTracker(settings, (news) => fresh.tell(news)),
      restored: false,
      tell,
    };
    // Makes the tracker collect changed records from now on.
    fresh.tracker.records();
    kept.set(id, fresh);
    it = fresh;
  }
  it.tell = tell;
  it.tracker.configure(settings);
  return it;
}

/** Which outputs are wired. Wires can change without a redeploy of the node. */
function wiredOutputs(node: Node): { readonly change: boolean; readonly finished: boolean } {
  const { wires } = node as Node & { readonly wires?: unknown };
  const [change, finished] = (Array.isArray(wires) ? wires : []).map((to) => Array.isArray(to) && to.length > 0);
  return { change: change === true, finished: finished === true };
}

/** The message for a change of a call. If a message caused the change, that message is sent on with the call in it. */
function messageOf({ topic, call, cause, kind }: News, token: string, from: NodeMessage = {}): NodeMessage {
  const sccc = isObject(from.sccc) ? from.sccc : {};
  return {
    ...from,
    topic,
    payload: call,
    sccc: { ...sccc, call: { id: call.id, finished: kind === "finished", cause }, token },
  };
}

const outputsOf = (kind: News["kind"], msg: NodeMessage): (NodeMessage | null)[] =>
  kind === "finished" ? [null, msg] : [msg, null];

/** How often a status may change, and how often a warning may be logged, in ms. */
const statusEveryMs = 1000;
const warnEveryMs = 60_000;

/** Shows the number of open calls, and warns while there are too many. */
class Shown {
  #timer: NodeJS.Timeout | undefined;
  #lost = 0;
  #warned = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly source: { readonly RED: NodeAPI; readonly node: Node; readonly output: NodeOutput },
    private readonly size: () => number,
  ) {}

  update(news: readonly News[]): void {
    this.#lost += news.filter(({ cause, kind }) => cause === "overflow" && kind === "finished").length;
    if (this.#lost > 0 && performance.now() - this.#warned > warnEveryMs) {
      this.#warned = performance.now();
      this.source.output.warn("tooManyCalls", { calls: String(this.size()) });
    }
    this.#timer ??= setTimeout(
      guarded(() => this.show()),
      statusEveryMs,
    ).unref();
  }

  show(): void {
    this.#timer = undefined;
    const { RED, node } = this.source;
    const calls = this.size();
    const figures = { calls, lost: this.#lost };
    if (this.#lost === 0) {
      const text = statusWords(RED._, "openCalls", figures);
      node.status({ fill: calls === 0 ? "grey" : "green", shape: "dot", text });
    } else node.status({ fill: "yellow", shape: "dot", text: statusWords(RED._, "lostCalls", figures) });
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

interface TrackerDeps {
  readonly settings: TrackerSettings;
  /** The ID of its account. */
  readonly account: string;
}

/** Starts a node with a valid configuration. */
function run({ settings, account }: TrackerDeps, { runtime, node, output }: NodeSource): Behaviour {
  const { RED, state } = runtime;
  const { tokens } = state;
  const it = trackerOf(state.trackers, node.id, settings, (news) => {
    for (const one of news) output.send(outputsOf(one.kind, messageOf(one, tokens.free(node.id))));
    shown.update(news);
    output.run(() => store.add(tracker.records()));
  });
  const { tracker } = it;
  const shown = new Shown({ RED, node, output }, () => tracker.size);
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const store: CallStore = new CallStore({
    folder: callsFolder(RED, node.id),
    // The store has no messages: the account delivers unconfirmed pushes again.
    ...{ redeliverAfterMs: 0, maxDeliveries: 1, keepDays: 0, waits: false, onUnkept: () => undefined },
    onOpen: (records) => {
      if (!it.restored) tracker.restore(records);
      it.restored = true;
      open();
    },
    onWarning: (key, params) => output.warn(key, params),
  });
  output.run(async () => {
    await opened;
    tracker.resume();
    shown.show();
  });
  const forget = state.callFollowers.add(account, {
    hearsAll: false,
    open: () => tracker.open(),
    expect: (expected) => {
      tracker.expect(expected);
      return store.add(tracker.records());
    },
    unexpect: (id) => {
      tracker.unexpect(id);
      output.run(() => store.add(tracker.records()));
    },
  });

  const take = async (
    msg: NodeMessageInFlow,
    send: (msgs: (NodeMessage | null)[]) => void,
  ): Promise<Failure | undefined> => {
    await opened;
    const reading = readFacts(state, { account, context: settings.context }, msg);
    if (reading.kind === "unreadable") return unreadable(msg);
    const news = reading.kind === "facts" ? reading.facts.flatMap((fact) => tracker.hear(fact)) : [];
    // Written before it is sent: after a crash, an unwritten call would continue under another ID.
    await store.add(tracker.records());
    const { token } = isObject(msg.sccc) ? msg.sccc : {};
    const given = typeof token === "string" ? token : undefined;
    const wired = wiredOutputs(node);
    const own = news.filter((one) => one.own && wired[one.kind]);
    // If both outputs get the call, the message on the second one has the token.
    const bearer = own.findLast(({ kind }) => kind === "finished") ?? own[0];
    const unsent: unknown[] = [];
    for (const one of news) {
      const from = one.own ? msg : undefined;
      const token = (one === bearer ? given : undefined) ?? tokens.free(node.id);
      try {
        send(outputsOf(one.kind, messageOf(one, token, from)));
      } catch (error) {
        unsent.push(error);
      }
    }
    if (bearer === undefined && given !== undefined) output.run(() => tokens.acknowledge(given, "taken"));
    shown.update(news);
    // The message ends with this error. All other messages were sent.
    if (unsent.length > 0) throw unsent[0];
    return undefined;
  };

  return {
    handle: async (msg, send) => {
      const failure = await take(msg, send);
      if (failure !== undefined) node.status(failureStatus(RED._, failure));
      return failure && errorOf(RED._, type, failure);
    },
    close: (removed) => {
      tracker.pause();
      shown.close();
      forget();
      store.close(removed);
    },
  };
}

const unreadable = ({ payload }: NodeMessage): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "payload",
  rule: { key: "callEvent", params: {} },
  got: render(payload),
});

export const registerTracker = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ config, expand }) => {
      const account = accountOf(runtime, config.account);
      if (!account.ok) return account;
      const narrowed = narrowTracker(config, expand);
      if (!narrowed.ok) return narrowed;
      const settings = { ...narrowed.value, context: account.sender.context };
      return { ok: true, value: { settings, account: String(config.account) } };
    },
    start: run,
    forget: (id) => runtime.state.trackers.delete(id),
  });
