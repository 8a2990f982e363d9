// sccc-calls: one message for each event of a call, from the account's pushes.
import type { Node, NodeAPI, NodeMessage } from "node-red";
import type { TrackedCall } from "../../calls/call";
import {
  type CallMessage,
  CallMessages,
  type MessageEvent,
  type RecordingError,
  type Step,
} from "../../calls/call-messages";
import { isCallEvent, kinds, readMessage } from "../../calls/facts";
import type { Entry, Handed, Spool } from "../../delivery/spool";
import { BoundedSet, type Outcome, type TokenOwner } from "../../delivery/tokens";
import { guarded } from "../../util/guarded";
import { accountOf, receiverOf, type Sender } from "../account/account";
import type { AccountReceiver } from "../receive/account-receiver";
import { BoundedLog } from "../receive/bounded-log";
import type { Delivery } from "../receive/receiving";
import { acknowledge, freeToken, tokens } from "../receive/tokens";
import { CallStore, callsFolder } from "../shared/call-store";
import { listenForCalls } from "../shared/expected-calls";
import type { Failure } from "../shared/failure";
import { failureStatus } from "../shared/status";
import { describe, ScccError } from "../shared/texts";
import { expander } from "../shared/values";
import { type CallsConfig, narrowCalls } from "./config";
import { CallRecordings } from "./recordings";

type NodeConfig = Parameters<NodeAPI["nodes"]["createNode"]>[1];

const type = "sccc-calls";

/** How often a status may change, in ms. */
const statusEveryMs = 1000;

/** The pushes that calls are made of. */
const pushEvents = kinds.filter((kind) => kind !== "dialing");

/** The tokens of one node's messages. They outlive a redeploy: a token says which entry of the store it stands for, and which delivery. */
class MessageTokens implements TokenOwner {
  readonly #prefix = tokens.add(this);
  readonly #refused = new BoundedSet();
  #spool: Spool | undefined;
  #waiting: (() => void)[] = [];

  /** The store is open, or closed. */
  use(spool: Spool | undefined): void {
    this.#spool = spool;
    if (spool !== undefined) for (const go of this.#waiting.splice(0)) go();
  }

  tokenOf({ id, delivery }: Handed): string {
    return `${this.#prefix}${id}.${delivery}`;
  }

  async acknowledge(rest: string, outcome: Outcome): Promise<boolean> {
    // A redeploy is under way.
    if (this.#spool === undefined) await new Promise<void>((go) => this.#waiting.push(go));
    const spool = this.#spool;
    const [id = "", number = ""] = rest.split(".");
    const given = spool?.deliveriesOf(id);
    const delivery = Number(number);
    if (spool === undefined || given === undefined || !(delivery >= 1 && delivery <= given)) return false;
    if (this.#refused.has(rest)) return false;
    if (outcome === "taken") return spool.settle(id);
    this.#refused.add(rest);
    return spool.refuse(id);
  }

  /** The node is gone for good. */
  close(): void {
    tokens.remove(this.#prefix);
    for (const go of this.#waiting.splice(0)) go();
  }
}

const tokensOf = new Map<string, MessageTokens>();

/** A message as it is kept: JSON. */
interface Kept {
  readonly event: MessageEvent;
  readonly call: TrackedCall;
  readonly recordingError?: RecordingError;
}

const entryOf = (node: string, { event, call, recordingError }: CallMessage): Entry => ({
  node,
  text: JSON.stringify({ event, call, ...(recordingError && { recordingError }) }),
});

/** What a node is made of. */
interface CallsDeps {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly config: CallsConfig;
  readonly account: string;
  readonly sender: Sender;
  readonly receiver: AccountReceiver;
}

/** What sccc-calls does. */
class Calls {
  readonly #deps: CallsDeps;
  readonly #messages: CallMessages;
  readonly #recordings: CallRecordings;
  readonly #store: CallStore;
  readonly #tokens: MessageTokens;
  readonly #warnings: BoundedLog;
  /** What came before the store was open; undefined from then on. */
  #early: (() => void)[] | undefined = [];
  #timer: NodeJS.Timeout | undefined;
  #trouble = "";
  #closed = false;

  constructor(deps: CallsDeps) {
    const { RED, node, config, sender, receiver } = deps;
    const { context } = sender;
    const { stored, redeliverAfterMs, maxDeliveries, keepDays } = receiver.config;
    this.#deps = deps;
    this.#tokens = tokensOf.get(node.id) ?? new MessageTokens();
    tokensOf.set(node.id, this.#tokens);
    this.#warnings = new BoundedLog((counts) => {
      for (const [what, count] of counts) node.warn(count === 1 ? what : `${what} (×${count})`);
    });
    this.#recordings = new CallRecordings({
      client: sender.client,
      target: config.target,
      describe: (failure) => describe(RED._, type, failure),
    });
    this.#messages = new CallMessages(
      { ...config, context },
      {
        onStep: (step) => void this.#keep(step),
        fetch: (call, within, again) => this.#recordings.fetch(call, within, again),
      },
    );
    this.#store = new CallStore({
      folder: callsFolder(RED, node.id),
      redeliverAfterMs,
      // What is not confirmed is not handed over again where pushes are not either.
      maxDeliveries: stored ? maxDeliveries : Number.MAX_SAFE_INTEGER,
      keepDays,
      onOpen: (records, spool) => this.#begin(records, spool),
      onWarning: (key, params) => this.#warnings.add(RED._(`errors.${key}`, { ...params })),
      waits: stored,
      onUnkept: (entry) => void this.#give({ ...entry, id: "", delivery: 1 }),
    });
  }

  /** Takes a push. It is confirmed once all that it brings is on disk: from then on this node answers for it. */
  hear({ topic, payload, push, token }: Delivery): void {
    const reading = readMessage({ topic, payload, sccc: { push } }, this.#deps.sender.context, Date.now());
    const facts = reading.kind === "facts" ? reading.facts : [];
    this.#whenOpen(async () => {
      const steps = facts.map((fact) => this.#keep(this.#messages.hear(fact)));
      await Promise.all(steps);
      await acknowledge(token, "taken");
    });
  }

  /** A call with a context is about to be dialled. */
  expect(expected: Parameters<CallMessages["expect"]>[0]): Promise<void> {
    return new Promise((resolve) => this.#whenOpen(() => this.#keep(this.#messages.expect(expected)).then(resolve)));
  }

  unexpect(id: string): void {
    this.#whenOpen(() => this.#keep(this.#messages.unexpect(id)));
  }

  /** The node can or cannot receive. */
  show(failure: Failure | undefined): void {
    const { RED, node } = this.#deps;
    const trouble = failure === undefined ? "" : describe(RED._, type, failure);
    // Each further try to listen says the same.
    if (trouble !== "" && trouble !== this.#trouble) node.error(trouble);
    this.#trouble = trouble;
    if (failure === undefined) this.#show();
    else node.status(failureStatus(failure));
  }

  close(removed: boolean): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#messages.close();
    this.#recordings.close();
    this.#tokens.use(undefined);
    this.#store.close(removed);
    this.#warnings.close();
    if (removed) {
      this.#tokens.close();
      tokensOf.delete(this.#deps.node.id);
    }
  }

  #whenOpen(run: () => Promise<void>): void {
    if (this.#early === undefined) void run();
    else this.#early.push(() => void run());
  }

  #begin(records: Iterable<unknown>, spool: Spool | undefined): void {
    // The constructor has not ended where there is no folder.
    queueMicrotask(
      guarded(() => {
        if (this.#closed) return;
        this.#tokens.use(spool);
        spool?.attach(this.#deps.node.id, {
          hand: (entry) => void this.#give(entry),
          dead: (entry) => this.#bury(entry),
        });
        void this.#keep(this.#messages.restore(records));
        const early = this.#early ?? [];
        this.#early = undefined;
        for (const run of early) run();
        this.#later();
      }),
    );
  }

  /** Puts a step on disk: what is to be told is told from there. */
  async #keep({ records, messages }: Step): Promise<void> {
    this.#later();
    await this.#store.add(
      records,
      messages.map((message) => entryOf(this.#deps.node.id, message)),
    );
  }

  /** Gives the flow a message. `id` of one that is not kept is "". */
  async #give(entry: Handed): Promise<void> {
    const { node, config, receiver } = this.#deps;
    const { stored } = receiver.config;
    const kept = JSON.parse(entry.text) as Kept;
    const isBuffer = config.target.kind === "buffer" && kept.event === "recording" && kept.recordingError === undefined;
    const fetched = isBuffer ? await this.#recordings.take(kept.call) : undefined;
    if (this.#closed) return;
    const token = stored && entry.id !== "" ? this.#tokens.tokenOf(entry) : freeToken(node.id);
    const outputs: (NodeMessage | null)[] = [];
    while (outputs.length < config.outputOf(kept.event)) outputs.push(null);
    node.send([...outputs, this.#messageOf(kept, entry, token, fetched)]);
    if (stored || entry.id === "") return;
    // What is sent reaches the next node in a later turn: if the flows are stopped before, nobody has it.
    setImmediate(guarded(() => void (this.#closed || this.#store.spool?.settle(entry.id))));
  }

  #messageOf(
    { event, call, recordingError }: Kept,
    { delivery }: Handed,
    token: string,
    fetched?: Awaited<ReturnType<CallRecordings["take"]>>,
  ): NodeMessage {
    const error = fetched?.ok === false ? fetched.error : recordingError;
    const recording = fetched?.ok ? fetched.recording : call.recording;
    return {
      topic: event,
      payload: { ...call, recording, ...(error && { recordingError: this.#errorOf(error) }) },
      sccc: { call: { id: call.id, event, delivery }, token },
    } as NodeMessage;
  }

  #errorOf(error: RecordingError): { readonly code: string; readonly message: string } {
    if (error.kind === "failed") return { code: error.code, message: error.message };
    const { RED, config } = this.#deps;
    const seconds = String(config.recordingWaitMs / 1000);
    return { code: "SCCC_TIMEOUT", message: RED._("errors.recordingNotNamed", { seconds }) };
  }

  /** A message that was never confirmed stands with the dead letters. */
  #bury(entry: Handed): void {
    const { RED, node } = this.#deps;
    const kept = JSON.parse(entry.text) as Kept;
    const text = RED._("errors.neverConfirmed", { event: kept.event, deliveries: String(entry.delivery) });
    node.error(
      new ScccError(text, "SCCC_TIMEOUT", { id: kept.call.id }),
      this.#messageOf(kept, entry, freeToken(node.id)),
    );
  }

  #later(): void {
    this.#timer ??= setTimeout(
      guarded(() => {
        this.#timer = undefined;
        this.#show();
      }),
      statusEveryMs,
    ).unref();
  }

  #show(): void {
    if (this.#trouble !== "" || this.#closed) return;
    const { RED, node } = this.#deps;
    const calls = this.#messages.size;
    const text = RED._("status.openCalls", { calls: String(calls) });
    node.status({ fill: calls === 0 ? "grey" : "green", shape: "dot", text });
  }
}

/** Gives a node with a good configuration its behaviour. */
function run(deps: CallsDeps): void {
  const { node, account, receiver } = deps;
  const calls = new Calls(deps);
  const detach = receiver.attach({
    id: node.id,
    events: pushEvents,
    others: false,
    hand: (delivery) => {
      if (isCallEvent(delivery.topic)) calls.hear(delivery);
      else void acknowledge(delivery.token, "taken");
    },
    // The account has given it up: no store could be opened for as long as that took.
    dead: () => undefined,
    counted: () => undefined,
    problem: (problem) => calls.show(problem && { kind: "config", code: "SCCC_CONFIG", ...problem }),
  });
  const forget = listenForCalls(account, {
    expect: (expected) => calls.expect(expected),
    unexpect: (id) => calls.unexpect(id),
  });
  calls.show(undefined);
  node.on("close", (removed: boolean, done: () => void) => {
    detach();
    forget();
    calls.close(removed);
    done();
  });
}

/** Registers the type. */
export function registerCalls(RED: NodeAPI): void {
  RED.nodes.registerType(type, function (this: Node, config: NodeConfig & { readonly account?: unknown }): void {
    RED.nodes.createNode(this, config);
    const refuse = (failure: Failure): void => {
      this.error(describe(RED._, type, failure));
      this.status(failureStatus(failure));
    };
    const account = accountOf(RED, config.account);
    const receiving = receiverOf(RED, config.account);
    const { userDir } = RED.settings as { userDir?: string };
    const narrowed = narrowCalls(config, expander(RED, this), userDir ?? ".");
    if (!account.ok) refuse(account.failure);
    else if (!receiving.ok) refuse({ kind: "config", code: "SCCC_CONFIG", ...receiving.problem });
    else if (!narrowed.ok) refuse({ kind: "config", code: "SCCC_CONFIG", ...narrowed.problem });
    else {
      run({
        RED,
        node: this,
        config: narrowed.value,
        account: String(config.account),
        sender: account.sender,
        receiver: receiving.receiver,
      });
    }
  });
}
