// sccc-call-tracker: joins the messages of sccc-notify and of sccc-call-number into calls.
import type { Node, NodeMessage, NodeMessageInFlow } from "node-red";
import { CallTracker, type News, type TrackerSettings } from "../../calls/tracker";
import { trackerSettings } from "../../catalogue/index";
import { render } from "../../protocol/check";
import { isObject } from "../../util/json";
import { accountOf } from "../account/account";
import { readFacts } from "../shared/call-facts";
import { CallStore, callsFolder, recordsOnly } from "../shared/call-store";
import { type Narrowed, narrow, Settings } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import { failureStatus } from "../shared/status";
import { errorOf } from "../shared/texts";
import type { KeptTracker, Runtime } from "../state";
import { TrackerStatus } from "./tracker-status";

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
  trackers: Map<string, KeptTracker>,
  id: string,
  settings: TrackerSettings,
  onNews: KeptTracker["onNews"],
): KeptTracker {
  let kept = trackers.get(id);
  if (kept === undefined) {
    const fresh: KeptTracker = {
      tracker: new CallTracker(settings, (news) => fresh.onNews(news)),
      restored: false,
      onNews,
    };
    // Makes the tracker collect changed records from now on.
    fresh.tracker.records();
    trackers.set(id, fresh);
    kept = fresh;
  }
  kept.onNews = onNews;
  kept.tracker.configure(settings);
  return kept;
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

type Send = (msgs: (NodeMessage | null)[]) => void;

interface TrackerDeps {
  readonly settings: TrackerSettings;
  /** The ID of its account. */
  readonly account: string;
}

/** Starts a node with a valid configuration. */
function run({ settings, account }: TrackerDeps, { runtime, node, output }: NodeSource): Behaviour {
  const { RED, state } = runtime;
  const { tokens } = state;
  const kept = trackerOf(state.trackers, node.id, settings, (news) => {
    for (const one of news) output.send(outputsOf(one.kind, messageOf(one, tokens.free(node.id))));
    status.update(news);
    output.run(() => store.add(tracker.records()));
  });
  const { tracker } = kept;
  const status = new TrackerStatus({ RED, node, output }, () => tracker.size);
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const store: CallStore = new CallStore({
    folder: callsFolder(RED, node.id),
    // No messages: the account delivers unconfirmed pushes again.
    ...recordsOnly,
    onOpen: (records) => {
      if (!kept.restored) tracker.restore(records);
      kept.restored = true;
      open();
    },
    onWarning: (key, params) => output.warn(key, params),
  });
  output.run(async () => {
    await opened;
    tracker.resume();
    status.show();
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

  /** Sends what a message has changed; its token goes with one of the changes. @returns the errors of sending */
  const sendNews = (news: readonly News[], msg: NodeMessage, send: Send): readonly unknown[] => {
    const { token } = isObject(msg.sccc) ? msg.sccc : {};
    const given = typeof token === "string" ? token : undefined;
    const wired = wiredOutputs(node);
    const own = news.filter((one) => one.own && wired[one.kind]);
    // If both outputs get the call, the message on the second one has the token.
    const bearer = own.findLast(({ kind }) => kind === "finished") ?? own[0];
    const errors: unknown[] = [];
    for (const one of news) {
      const from = one.own ? msg : undefined;
      const token = (one === bearer ? given : undefined) ?? tokens.free(node.id);
      try {
        send(outputsOf(one.kind, messageOf(one, token, from)));
      } catch (error) {
        errors.push(error);
      }
    }
    if (bearer === undefined && given !== undefined) output.run(() => tokens.acknowledge(given, "taken"));
    return errors;
  };

  const take = async (msg: NodeMessageInFlow, send: Send): Promise<Failure | undefined> => {
    await opened;
    const reading = readFacts(state, { account, context: settings.context }, msg);
    if (reading.kind === "unreadable") return unreadable(msg);
    const news = reading.kind === "facts" ? reading.facts.flatMap((fact) => tracker.hear(fact)) : [];
    // Written before it is sent: after a crash, an unwritten call would continue under another ID.
    await store.add(tracker.records());
    const unsent = sendNews(news, msg, send);
    status.update(news);
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
      status.close();
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
