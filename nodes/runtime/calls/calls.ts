// sccc-calls: one message for each event of a call, from the account's pushes.
import type { Node, NodeMessage } from "node-red";
import type { Call, TrackedCall } from "../../calls/call";
import {
  type CallMessage,
  CallMessages,
  type Fetched,
  type MessageEvent,
  type RecordingError,
  type Step,
} from "../../calls/call-messages";
import type { ExpectedCall } from "../../calls/contexts";
import { isCallEvent, kinds } from "../../calls/facts";
import type { Entry, Handed, Spool } from "../../delivery/spool";
import { guarded } from "../../util/guarded";
import { accountOf, receiverOf } from "../account/account";
import type { Sender } from "../account/running";
import type { AccountReceiver } from "../receive/account-receiver";
import type { Delivery } from "../receive/account-state";
import { readFacts } from "../shared/call-facts";
import { CallStore, callsFolder } from "../shared/call-store";
import { configFailure } from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import { asError } from "../shared/input";
import type { NodeOutput } from "../shared/node-output";
import { failureStatus } from "../shared/status";
import { describe, ScccError } from "../shared/texts";
import type { Runtime } from "../state";
import { type CallsConfig, narrowCalls } from "./config";
import { MessageTokens } from "./message-tokens";
import { CallRecordings } from "./recordings";

const type = "sccc-calls";

/** How often a status may change, in ms. */
const statusEveryMs = 1000;

/** The pushes from which calls are joined. */
const pushEvents = kinds.filter((kind) => kind !== "dialing");

/** A message as it is stored, in JSON. */
interface Kept {
  readonly event: MessageEvent;
  readonly call: TrackedCall;
  readonly recordingError?: RecordingError;
}

const entryOf = (node: string, { event, call, recordingError }: CallMessage): Entry => ({
  node,
  text: JSON.stringify({ event, call, ...(recordingError && { recordingError }) }),
});

interface CallsDeps {
  readonly runtime: Runtime;
  readonly node: Node;
  readonly output: NodeOutput;
  readonly config: CallsConfig;
  readonly account: string;
  readonly sender: Sender;
  readonly receiver: AccountReceiver;
}

/** The behaviour of an sccc-calls node. */
class Calls {
  readonly #deps: CallsDeps;
  readonly #messages: CallMessages;
  readonly #recordings: CallRecordings;
  readonly #store: CallStore;
  readonly #tokens: MessageTokens;
  /** What to do once the store is open; undefined from then on. */
  #early: (() => void)[] | undefined = [];
  #timer: NodeJS.Timeout | undefined;
  #canReceive = true;
  #closed = false;

  constructor(deps: CallsDeps) {
    const { runtime, node, output, config, sender, receiver } = deps;
    const { RED, state } = runtime;
    const { context } = sender;
    const { stored, redeliverAfterMs, maxDeliveries, keepDays } = receiver.config;
    this.#deps = deps;
    this.#tokens = state.callTokens.get(node.id) ?? new MessageTokens(state.tokens);
    state.callTokens.set(node.id, this.#tokens);
    this.#recordings = new CallRecordings({
      client: sender.client,
      target: config.target,
      describe: (failure) => describe(RED._, type, failure),
    });
    this.#messages = new CallMessages(
      { ...config, context },
      {
        onStep: (step) => output.run(() => this.#keep(step)),
        fetch: (call, within, again) => this.#safely(this.#recordings.fetch(call, within, again)),
      },
    );
    this.#store = new CallStore({
      folder: callsFolder(RED, node.id),
      redeliverAfterMs,
      // Messages are delivered again only if the account's pushes are.
      maxDeliveries: stored ? maxDeliveries : Number.MAX_SAFE_INTEGER,
      keepDays,
      onOpen: (records, spool) => this.#begin(records, spool),
      onWarning: (key, params) => {
        output.warn(key, params);
        this.#tokens.fail();
      },
      waits: stored,
      onUnkept: (entry) => output.run(() => this.#give({ ...entry, id: "", delivery: 1 })),
    });
  }

  /**
   * Reads a push. It is confirmed when everything that follows from it is on disk. From then on this node delivers it
   * again.
   */
  hear({ topic, payload, push, token }: Delivery): void {
    const { runtime, account, sender } = this.#deps;
    const of = { account, context: sender.context };
    const reading = readFacts(runtime.state, of, { topic, payload, sccc: { push } });
    const facts = reading.kind === "facts" ? reading.facts : [];
    this.#whenOpen(async () => {
      const steps = facts.map((fact) => this.#keep(this.#messages.hear(fact)));
      await Promise.all(steps);
      await runtime.state.tokens.acknowledge(token, "taken");
    });
  }

  /** A call with a context is about to be dialled. Resolves when it is on disk. */
  expect(expected: ExpectedCall): Promise<void> {
    return new Promise((resolve) => this.#whenOpen(() => this.#keep(this.#messages.expect(expected)).then(resolve)));
  }

  unexpect(id: string): void {
    this.#whenOpen(() => this.#keep(this.#messages.unexpect(id)));
  }

  /** The calls that have not ended, the most recently updated first. */
  open(): Iterable<Call> {
    return this.#messages.open();
  }

  /** Shows whether the node can receive. */
  show(failure: Failure | undefined): void {
    const { node, runtime } = this.#deps;
    const { RED } = runtime;
    this.#canReceive = failure === undefined;
    // The account logs the reason.
    if (failure === undefined) this.#show();
    else node.status(failureStatus(RED._, failure));
  }

  close(removed: boolean): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#messages.close();
    this.#recordings.close();
    this.#tokens.pause();
    this.#store.close(removed);
    if (removed) {
      this.#tokens.close();
      this.#deps.runtime.state.callTokens.delete(this.#deps.node.id);
    }
  }

  #whenOpen(run: () => Promise<void>): void {
    const { output } = this.#deps;
    if (this.#early === undefined) output.run(run);
    else this.#early.push(() => output.run(run));
  }

  #begin(records: Iterable<unknown>, spool: Spool | undefined): void {
    const { node, output } = this.#deps;
    const report = (error: unknown): void => output.error(error);
    // Without a folder, this is called within the constructor.
    queueMicrotask(
      guarded(() => {
        if (this.#closed) return;
        this.#tokens.open(spool);
        spool?.attach(node.id, {
          // Its recording may have to be fetched again. Until the flow has the message, it is not delivered again.
          hand: (entry) => output.run(() => this.#give(entry).finally(() => this.#arrived(entry))),
          dead: (entry) => output.run(() => this.#bury(entry)),
          reports: true,
        });
        output.run(() => this.#keep(this.#messages.restore(records)));
        const early = this.#early ?? [];
        this.#early = undefined;
        for (const run of early) run();
        this.#later();
      }, report),
    );
  }

  /** Writes a step to disk. The store then delivers its messages. */
  async #keep({ records, messages }: Step): Promise<void> {
    this.#later();
    await this.#store.add(
      records,
      messages.map((message) => entryOf(this.#deps.node.id, message)),
    );
  }

  /** Sends a message to the flow. The `id` of a message that is not stored is "". */
  async #give(entry: Handed): Promise<void> {
    const { node, output, config, receiver, runtime } = this.#deps;
    const { stored } = receiver.config;
    const kept = JSON.parse(entry.text) as Kept;
    const isBuffer = config.target.kind === "buffer" && kept.event === "recording" && kept.recordingError === undefined;
    const fetched = isBuffer ? await this.#safely(this.#recordings.take(kept.call)) : undefined;
    if (this.#closed) return;
    const token = stored && entry.id !== "" ? this.#tokens.tokenOf(entry) : runtime.state.tokens.free(node.id);
    const outputs: (NodeMessage | null)[] = [];
    while (outputs.length < config.outputOf(kept.event)) outputs.push(null);
    output.send([...outputs, this.#messageOf(kept, entry, token, fetched)]);
  }

  /**
   * A message was sent, or cannot be sent. It reaches the next node in a later turn. If the flows are stopped before, it
   * is lost, and is delivered again as soon as they run.
   */
  #arrived({ id, delivery }: Handed): void {
    const { output, receiver } = this.#deps;
    const { stored } = receiver.config;
    const report = (error: unknown): void => output.error(error);
    const settle = (): void => {
      if (this.#closed) return;
      const { spool } = this.#store;
      if (stored) spool?.arrived(id, delivery);
      else spool?.settle(id);
    };
    setImmediate(guarded(() => void setImmediate(guarded(settle, report)), report));
  }

  /** An unexpected error while a recording is fetched counts as a missing recording. */
  #safely(fetching: Promise<Fetched>): Promise<Fetched> {
    return fetching.catch((error: unknown) => {
      this.#deps.output.error(error);
      const { message } = asError(error);
      return { ok: false, error: { kind: "failed", code: "SCCC_FILE", message } };
    });
  }

  #messageOf(
    { event, call, recordingError }: Kept,
    { delivery }: Handed,
    token: string,
    fetched?: Fetched,
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
    const { config, runtime } = this.#deps;
    const { RED } = runtime;
    const seconds = String(config.recordingWaitMs / 1000);
    return { code: "SCCC_TIMEOUT", message: RED._("errors.recordingNotNamed", { seconds }) };
  }

  /** Reports a message that was never confirmed. It is in the dead-letter file. */
  #bury(entry: Handed): void {
    const { node, output, runtime } = this.#deps;
    const { RED } = runtime;
    const kept = JSON.parse(entry.text) as Kept;
    const text = RED._("errors.neverConfirmed", { event: kept.event, deliveries: String(entry.delivery) });
    output.error(
      new ScccError(text, "SCCC_TIMEOUT", { id: kept.call.id }),
      this.#messageOf(kept, entry, runtime.state.tokens.free(node.id)),
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
    if (!this.#canReceive || this.#closed) return;
    const { node, runtime } = this.#deps;
    const { RED } = runtime;
    const calls = this.#messages.size;
    const text = RED._("status.openCalls", { calls: String(calls) });
    node.status({ fill: calls === 0 ? "grey" : "green", shape: "dot", text });
  }
}

/** Starts a node with a valid configuration. */
function run(value: Omit<CallsDeps, "runtime" | "node" | "output">, { runtime, node, output }: NodeSource): Behaviour {
  const { account, receiver } = value;
  const { state } = runtime;
  const calls = new Calls({ ...value, runtime, node, output });
  const detach = receiver.attach({
    id: node.id,
    events: pushEvents,
    others: false,
    hand: (delivery) => {
      if (isCallEvent(delivery.topic)) calls.hear(delivery);
      else output.run(() => state.tokens.acknowledge(delivery.token, "taken"));
    },
    // Not reported here. The account gives a push up only if this node's store could not be opened for that long.
    dead: () => undefined,
    counted: () => undefined,
    problem: (problem) => calls.show(problem && configFailure(problem)),
  });
  const forget = state.callFollowers.add(account, {
    hearsAll: true,
    open: () => calls.open(),
    expect: (expected) => calls.expect(expected),
    unexpect: (id) => calls.unexpect(id),
  });
  calls.show(undefined);
  return {
    close: (removed) => {
      detach();
      forget();
      calls.close(removed);
    },
  };
}

export const registerCalls = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    read: ({ config, expand }) => {
      const account = accountOf(runtime, config.account);
      if (!account.ok) return account;
      const receiving = receiverOf(runtime, config.account);
      if (!receiving.ok) return receiving;
      const { userDir } = runtime.RED.settings as { userDir?: string };
      const narrowed = narrowCalls(config, expand, userDir ?? ".");
      if (!narrowed.ok) return narrowed;
      const { sender } = account;
      const value = { config: narrowed.value, account: String(config.account), sender, receiver: receiving.receiver };
      return { ok: true, value };
    },
    start: run,
  });
