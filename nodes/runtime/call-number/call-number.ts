// sccc-call-number with `waitFor`: listens to the account's pushes and reports how far its calls are.
import type { NodeMessage } from "node-red";
import type { CallRecord } from "../../calls/tracker";
import { callNumberSettings } from "../../catalogue/index";
import { isObject, type JsonObject } from "../../util/json";
import { receiverOf } from "../account/account";
import type { Account, Sender } from "../account/running";
import type { Sent } from "../command/send";
import type { AccountReceiver } from "../receive/account-receiver";
import { CallStore, callsFolder, recordsOnly } from "../shared/call-store";
import { type ConfigProblem, configFailure, type Narrowed, narrow, Settings } from "../shared/config";
import type { NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import { failureStatus, type Status } from "../shared/status";
import { expander } from "../shared/values";
import { StoredMessages } from "./stored-messages";
import { type Aim, type Arrived, Waiting } from "./waiting";

/** What a node waits for and for how long. */
export interface WaitConfig {
  readonly aim: Aim;
  readonly timeoutMs: number;
}

const aims: readonly Aim[] = ["answered", "ended", "billed"];

/** Reads a node's properties; undefined if the node waits for the platform's answer only. */
export const narrowWait = (config: unknown, expand: (text: string) => string): Narrowed<WaitConfig | undefined> =>
  narrow(() => {
    const settings = new Settings(callNumberSettings, config, undefined, expand);
    const waitFor = settings.text("waitFor");
    const aim = aims.find((one) => one === waitFor);
    return aim && { aim, timeoutMs: settings.number("waitTimeout") * 1000 };
  });

export interface CallWaitDeps {
  readonly account: Account;
  /** Shows the number of calls that are waited for, and that pushes cannot be received. */
  readonly status: Pick<Status, "wait" | "state">;
}

/** Waits for calls. */
export interface CallWait {
  /** Why waiting is not possible now. */
  problem(): Failure | undefined;
  /** Sends a command. If it is accepted, waits for its call. */
  through(awaited: AwaitedCommand, send: () => Promise<Sent>): Promise<Sent>;
  /** The node closes. @param removed whether it was deleted */
  close(removed: boolean): void;
}

/** A command whose call is waited for. */
export interface AwaitedCommand {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The context that comes back with the call; undefined for none. */
  readonly context: unknown;
  readonly msg: NodeMessage;
}

/** A wait that refuses every message with a failure. */
const never = (failure: Failure): CallWait => ({
  problem: () => failure,
  through: async () => ({ ok: false, failure }),
  close: () => undefined,
});

/** Refuses waiting for a list of commands: its message has no single call. */
const listRefused = (aim: Aim): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "waitFor",
  rule: { key: "waitOrList", params: {} },
  got: `"${aim}"`,
});

/**
 * Makes the waiting of a node; undefined if its configuration needs none. The node listens from now on until it is
 * closed.
 */
export function callWaitOf(source: NodeSource, { account, status }: CallWaitDeps): CallWait | undefined {
  const { runtime, node, config } = source;
  const narrowed = narrowWait(config, expander(runtime.RED, node));
  if (!narrowed.ok) return never(configFailure(narrowed.problem));
  const wanted = narrowed.value;
  if (wanted === undefined || !account.ok) return undefined;
  if (config.input === "list") return never(listRefused(wanted.aim));
  const receiving = receiverOf(runtime, config.account);
  if (!receiving.ok) return never(configFailure(receiving.problem));

  return new NodeCallWait({ ...source, account: account.sender, receiver: receiving.receiver, status, wanted });
}

interface NodeCallWaitDeps extends Pick<NodeSource, "runtime" | "node" | "output"> {
  readonly account: Pick<Sender, "context">;
  readonly receiver: AccountReceiver;
  readonly status: CallWaitDeps["status"];
  readonly wanted: WaitConfig;
}

/** The waiting of a node whose configuration is valid. */
class NodeCallWait implements CallWait {
  readonly #deps: NodeCallWaitDeps;
  readonly #waiting: Waiting;
  readonly #store: CallStore;
  readonly #messages: StoredMessages;
  readonly #detach: () => void;
  #problem: ConfigProblem | undefined;

  constructor(deps: NodeCallWaitDeps) {
    this.#deps = deps;
    const {
      runtime: { RED },
      node,
      output,
    } = deps;
    const add = (records: readonly CallRecord[]): void => output.run(() => this.#store.add(records));
    this.#waiting = new Waiting({
      ...deps.wanted,
      context: deps.account.context,
      onCount: (calls) => deps.status.wait(calls === 0 ? "" : RED._("status.waitingCalls", { calls: String(calls) })),
      onRecords: add,
    });
    this.#messages = new StoredMessages((record) => add([record]));
    this.#store = new CallStore({
      folder: callsFolder(RED, node.id),
      ...recordsOnly,
      onOpen: (records) => this.#restore([...records]),
      onWarning: (key, params) => output.warn(key, params),
    });
    this.#detach = deps.receiver.attach({
      id: node.id,
      transient: true,
      events: [],
      others: true,
      hand: ({ topic, payload, push }) => {
        if (this.#waiting.wants(topic)) this.#waiting.hear({ topic, payload, sccc: { push } });
      },
      dead: () => undefined,
      counted: () => undefined,
      problem: (found) => this.#setProblem(found),
    });
  }

  problem(): Failure | undefined {
    return this.#problem && configFailure(this.#problem);
  }

  async through({ fields, context, msg }: AwaitedCommand, send: () => Promise<Sent>): Promise<Sent> {
    const expected = this.#waiting.expect(fields, context);
    const sent = await send().catch((error: unknown) => {
      expected?.cancel();
      throw error;
    });
    if (!sent.ok || expected === undefined) {
      expected?.cancel();
      return sent;
    }
    const { id } = expected;
    this.#messages.add({ id, due: Date.now() + this.#deps.wanted.timeoutMs, msg, command: sent.report });
    const arrived = await expected.arrive();
    this.#messages.remove(id);
    if (arrived.kind === "closed") {
      return { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED", waiting: true }, report: sent.report };
    }
    return { ...sent, payload: arrived.call, call: this.#reportOf(arrived) };
  }

  close(removed: boolean): void {
    this.#detach();
    this.#waiting.close();
    // Every message that waits ends now.
    this.#messages.removeAll();
    this.#store.close(removed);
  }

  /** Continues the waiting that a crash has interrupted. */
  #restore(records: readonly unknown[]): void {
    this.#waiting.restore(records);
    for (const record of records) {
      const message = isObject(record) ? record.waiting : undefined;
      if (isObject(message)) this.#deps.output.run(() => this.#resume(message));
    }
  }

  async #resume({ id, due, msg, command }: JsonObject): Promise<void> {
    if (typeof id !== "string" || !isObject(msg)) return;
    this.#messages.restored(id);
    const arrived = await this.#waiting.resume(id, Number(due) - Date.now());
    this.#messages.remove(id);
    if (arrived === undefined || arrived.kind === "closed") return;
    const sccc = { ...(isObject(msg.sccc) ? msg.sccc : {}), command, call: this.#reportOf(arrived) };
    const out = { ...msg, payload: arrived.call, sccc } as NodeMessage;
    this.#deps.output.send(arrived.kind === "reached" ? out : [null, out]);
  }

  #reportOf(arrived: Exclude<Arrived, { kind: "closed" }>) {
    const reached = arrived.kind === "reached";
    const { aim } = this.#deps.wanted;
    return { id: arrived.call.id, waitFor: aim, reached, ...(reached ? {} : { reason: arrived.reason }) };
  }

  #setProblem(found: ConfigProblem | undefined): void {
    const { runtime, status } = this.#deps;
    // Every deploy reports that there is no problem. That must not replace what the status shows.
    if (found !== undefined) status.state(failureStatus(runtime.RED._, configFailure(found)));
    else if (this.#problem !== undefined) status.state({});
    this.#problem = found;
  }
}
