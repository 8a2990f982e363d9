// sccc-call-number, where it waits: listens for the account's pushes itself, and says where its calls have got.
import type { Node } from "node-red";
import { callNumberSettings } from "../../catalogue/index";
import { receiverOf } from "../account/account";
import type { Account } from "../account/running";
import type { Sent } from "../command/send";
import { type ConfigProblem, configFailure, type Narrowed, narrow, Settings } from "../shared/config";
import type { Failure } from "../shared/failure";
import type { Status } from "../shared/status";
import { expander } from "../shared/values";
import type { Runtime } from "../state";
import { type Aim, Waiting } from "./waiting";

/** What a node waits for, and for how long; undefined: for nothing but the platform's answer. */
export interface WaitConfig {
  readonly aim: Aim;
  readonly timeoutMs: number;
}

const aims: readonly Aim[] = ["answered", "ended", "billed"];

/** Reads a node's properties. */
export const narrowWait = (config: unknown, expand: (text: string) => string): Narrowed<WaitConfig | undefined> =>
  narrow(() => {
    const settings = new Settings(callNumberSettings, config, undefined, expand);
    const waitFor = settings.text("waitFor");
    const aim = aims.find((one) => one === waitFor);
    return aim && { aim, timeoutMs: settings.number("waitTimeout") * 1000 };
  });

/** What a wait needs of its node. */
export interface CallWaitDeps {
  readonly config: Readonly<Record<string, unknown>>;
  readonly account: Account;
  /** Shows how many calls are waited for, and that no push can come. */
  readonly status: Pick<Status, "wait" | "state">;
}

/** Waits for calls. */
export interface CallWait {
  /** Why nothing can be waited for now. */
  problem(): Failure | undefined;
  /** Sends a command of these fields, and waits for its call once it is accepted. */
  through(fields: Readonly<Record<string, unknown>>, send: () => Promise<Sent>): Promise<Sent>;
}

/** A wait that never begins. */
const never = (failure: Failure): CallWait => ({
  problem: () => failure,
  through: async () => ({ ok: false, failure }),
});

/** With a list of commands there is no one call to wait for. */
const listRefused = (aim: Aim): Failure => ({
  kind: "field",
  code: "SCCC_INVALID_FIELD",
  field: "waitFor",
  rule: { key: "waitOrList", params: {} },
  got: `"${aim}"`,
});

/**
 * Lets a node wait, if its configuration says so: it listens from now on until it is closed, and is handed events only while it waits.
 */
export function callWaitOf(runtime: Runtime, node: Node, deps: CallWaitDeps): CallWait | undefined {
  const { RED } = runtime;
  const { config, account, status } = deps;
  const narrowed = narrowWait(config, expander(RED, node));
  if (!narrowed.ok) return never(configFailure(narrowed.problem));
  const wanted = narrowed.value;
  if (wanted === undefined || !account.ok) return undefined;
  if (config.input === "list") return never(listRefused(wanted.aim));
  const receiving = receiverOf(runtime, config.account);
  if (!receiving.ok) return never(configFailure(receiving.problem));

  const onCount = (calls: number): void =>
    status.wait(calls === 0 ? "" : RED._("status.waitingCalls", { calls: String(calls) }));
  const waiting = new Waiting({ ...wanted, context: account.sender.context, onCount });
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
      // Every deploy says that all is well; what the status shows must not go for that.
      if (found !== undefined) status.state({ fill: "red", shape: "ring", text: "status.noReception" });
      else if (problem !== undefined) status.state({});
      problem = found;
    },
  });
  node.on("close", () => {
    detach();
    waiting.close();
  });

  return {
    problem: () => problem && configFailure(problem),
    through: async (fields, send) => {
      const expected = waiting.expect(fields);
      const sent = await send().catch((error: unknown) => {
        expected?.cancel();
        throw error;
      });
      if (!sent.ok || expected === undefined) {
        expected?.cancel();
        return sent;
      }
      const arrived = await expected.arrive();
      if (arrived.kind === "closed") {
        return { ok: false, failure: { kind: "closed", code: "SCCC_CLOSED", waiting: true }, report: sent.report };
      }
      const reached = arrived.kind === "reached";
      const { id } = arrived.call;
      const report = { id, waitFor: wanted.aim, reached, ...(reached ? {} : { reason: arrived.reason }) };
      return { ...sent, payload: arrived.call, call: report };
    },
  };
}
