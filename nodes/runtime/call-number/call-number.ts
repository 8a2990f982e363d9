// sccc-call-number with `waitFor`: listens to the account's pushes and reports how far its calls are.
import type { NodeMessage } from "node-red";
import { callNumberSettings } from "../../catalogue/index";
import { isObject, type JsonObject } from "../../util/json";
import { receiverOf } from "../account/account";
import type { Account } from "../account/running";
import type { Sent } from "../command/send";
import { CallStore, callsFolder } from "../shared/call-store";
import { type ConfigProblem, configFailure, type Narrowed, narrow, Settings } from "../shared/config";
import type { NodeSource } from "../shared/define-node";
import type { Failure } from "../shared/failure";
import { failureStatus, type Status } from "../shared/status";
import { expander } from "../shared/values";
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

/**
 * The longest message that is stored while its call is waited for, in characters of JSON. A longer one is lost in a
 * restart.
 */
const mostKept = 256 * 1024;

/** A message as it is stored; undefined if JSON cannot hold it, or if it is too long. */
function keptMessage(msg: NodeMessage): JsonObject | undefined {
  try {
    const { req: _req, res: _res, ...rest } = msg as NodeMessage & JsonObject;
    const text = JSON.stringify(rest);
    return text.length > mostKept ? undefined : (JSON.parse(text) as JsonObject);
  } catch {
    return undefined;
  }
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
  const { runtime, node, config, output } = source;
  const { RED } = runtime;
  const narrowed = narrowWait(config, expander(RED, node));
  if (!narrowed.ok) return never(configFailure(narrowed.problem));
  const wanted = narrowed.value;
  if (wanted === undefined || !account.ok) return undefined;
  if (config.input === "list") return never(listRefused(wanted.aim));
  const receiving = receiverOf(runtime, config.account);
  if (!receiving.ok) return never(configFailure(receiving.problem));

  const onCount = (calls: number): void =>
    status.wait(calls === 0 ? "" : RED._("status.waitingCalls", { calls: String(calls) }));
  const waiting = new Waiting({
    ...wanted,
    context: account.sender.context,
    onCount,
    onRecords: (records) => output.run(() => store.add(records)),
  });
  const reportOf = (arrived: Exclude<Arrived, { kind: "closed" }>) => {
    const reached = arrived.kind === "reached";
    return { id: arrived.call.id, waitFor: wanted.aim, reached, ...(reached ? {} : { reason: arrived.reason }) };
  };

  /** The IDs of the calls whose messages are stored. After a crash their waiting continues. */
  const kept = new Set<string>();
  const keep = (id: string, value: JsonObject): void => {
    kept.add(id);
    output.run(() => store.add([{ key: `w${id}`, value }]));
  };
  const release = (id: string): void => {
    if (kept.delete(id)) output.run(() => store.add([{ key: `w${id}`, value: undefined }]));
  };
  const resume = async ({ id, due, msg, command }: JsonObject): Promise<void> => {
    if (typeof id !== "string" || !isObject(msg)) return;
    kept.add(id);
    const arrived = await waiting.resume(id, Number(due) - Date.now());
    release(id);
    if (arrived === undefined || arrived.kind === "closed") return;
    const sccc = { ...(isObject(msg.sccc) ? msg.sccc : {}), command, call: reportOf(arrived) };
    const out = { ...msg, payload: arrived.call, sccc } as NodeMessage;
    output.send(arrived.kind === "reached" ? out : [null, out]);
  };
  const store: CallStore = new CallStore({
    folder: callsFolder(RED, node.id),
    ...{ redeliverAfterMs: 0, maxDeliveries: 1, keepDays: 0, waits: false, onUnkept: () => undefined },
    onOpen: (records) => {
      const all = [...records];
      waiting.restore(all);
      for (const record of all) {
        const message = isObject(record) ? record.waiting : undefined;
        if (isObject(message)) output.run(() => resume(message));
      }
    },
    onWarning: (key, params) => output.warn(key, params),
  });
  let problem: ConfigProblem | undefined;
  const detach = receiving.receiver.attach({
    id: node.id,
    transient: true,
    events: [],
    others: true,
    hand: ({ topic, payload, push }) => {
      if (waiting.wants(topic)) waiting.hear({ topic, payload, sccc: { push } });
    },
    dead: () => undefined,
    counted: () => undefined,
    problem: (found) => {
      // Every deploy reports that there is no problem. That must not replace what the status shows.
      if (found !== undefined) status.state(failureStatus(RED._, configFailure(found)));
      else if (problem !== undefined) status.state({});
      problem = found;
    },
  });
  return {
    close: (removed) => {
      detach();
      waiting.close();
      // Every message that waits ends now.
      for (const id of [...kept]) release(id);
      store.close(removed);
    },
    problem: () => problem && configFailure(problem),
    through: async ({ fields, context, msg }, send) => {
      const expected = waiting.expect(fields, context);
      const sent = await send().catch((error: unknown) => {
        expected?.cancel();
        throw error;
      });
      if (!sent.ok || expected === undefined) {
        expected?.cancel();
        return sent;
      }
      const message = keptMessage(msg);
      if (message !== undefined) {
        const due = Date.now() + wanted.timeoutMs;
        keep(expected.id, { waiting: { id: expected.id, due, msg: message, command: sent.report } });
      }
      const arrived = await expected.arrive();
      release(expected.id);
      if (arrived.kind === "closed") {
        return { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED", waiting: true }, report: sent.report };
      }
      return { ...sent, payload: arrived.call, call: reportOf(arrived) };
    },
  };
}
