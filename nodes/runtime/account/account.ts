// sccc-account: the account that all other nodes refer to. Its nodes share one client.
import type { NodeAPI } from "node-red";
import { accountSettings, receivingSettings } from "../../catalogue/index";
import { Client, type ClientOptions } from "../../protocol/client";
import type { PushContext } from "../../protocol/push";
import type { Sequences } from "../../protocol/sequence";
import { isObject } from "../../util/json";
import { AccountReceiver } from "../receive/account-receiver";
import { narrowReceiving, tlsFilesOf } from "../receive/config";
import {
  type AccountConfig,
  type ConfigProblem,
  configFailure,
  isUsableTls,
  type Narrowed,
  narrowAccount,
  proxyProblem,
} from "../shared/config";
import { type Behaviour, defineNode, type NodeSource } from "../shared/define-node";
import { describe } from "../shared/texts";
import type { AccountFacts } from "../sidebar/monitor";
import type { Runtime } from "../state";
import type { Account, Receiving, RunningAccount } from "./running";

const type = "sccc-account";

const runningOf = ({ RED, state }: Runtime, id: unknown): RunningAccount | undefined => {
  const node: unknown = typeof id === "string" && id !== "" ? RED.nodes.getNode(id) : undefined;
  return isObject(node) ? state.accounts.get(node) : undefined;
};

/** The result for an account with an invalid setting. The account's own node warns of it. */
const failed = (problem: ConfigProblem): Account => ({ ok: false, failure: configFailure(problem), isReported: true });

/** The problem of a node whose account ID is empty, unknown or the ID of a node that does not work. */
const noAccount: ConfigProblem = { setting: "account", reason: "account" };

/** The account's settings that are needed to read its records and pushes. */
const contextOf = ({ customer, baseUrl, recordingUrl, timezone, region, areaCode }: AccountConfig): PushContext => ({
  customer,
  baseUrl,
  recordingUrl,
  timezone,
  region,
  areaCode,
});

/** Makes the account's client. @param onEnded called after every request */
function open(config: AccountConfig, sequences: Sequences, onEnded: ClientOptions["onEnded"]): Account {
  // An unusable TLS node concerns only sending: the account still receives.
  if (config.tls !== undefined && !isUsableTls(config.tls)) return failed({ setting: "tls", reason: "tls" });
  try {
    const { label, debug } = config;
    return {
      ok: true,
      sender: {
        client: new Client({ ...config, ...sequences, ...(onEnded && { onEnded }) }),
        label,
        debug,
        context: contextOf(config),
      },
    };
  } catch (error) {
    return failed(proxyProblem(error));
  }
}

/** The sending part of an account, or why the ID does not lead to one. */
export const accountOf = (runtime: Runtime, id: unknown): Account =>
  runningOf(runtime, id)?.account ?? { ok: false, failure: configFailure(noAccount) };

/** The receiving part of an account, or why the ID does not lead to one. */
export const receiverOf = (runtime: Runtime, id: unknown): Receiving =>
  runningOf(runtime, id)?.receiving() ?? { ok: false, problem: noAccount };

/** The account's data for the sidebar. An account with an invalid setting has some too. */
function factsOf(
  narrowed: Narrowed<AccountConfig>,
  account: Account,
  config: Readonly<Record<string, unknown>>,
  credentials: unknown,
): AccountFacts {
  const text = (name: string): string => (typeof config[name] === "string" ? config[name] : "");
  const passwords = isObject(credentials)
    ? Object.values(credentials).flatMap((value) =>
        ["string", "number"].includes(typeof value) ? [String(value)] : [],
      )
    : [];
  const common = narrowed.ok
    ? narrowed.value
    : { label: text("name"), baseUrl: text("baseUrl"), customer: text("customer"), maxQueue: 0 };
  const { label, baseUrl, customer, maxQueue } = common;
  const problem = narrowed.ok ? undefined : narrowed.problem;
  return {
    ...{ label: label || customer, baseUrl: originOf(baseUrl), customer, maxQueue, passwords },
    ...(account.ok ? { client: account.sender.client } : {}),
    ...(account.ok || account.failure.kind !== "config" ? {} : { problem: problem ?? account.failure }),
  };
}

/** The origin of an address: the rest may contain secrets. */
function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return "";
  }
}

/**
 * Starts an account. If it cannot send, it may still receive. Other nodes get its problem from `accountOf` and
 * `receiverOf`.
 */
function start(
  narrowed: Narrowed<AccountConfig>,
  { runtime, node, config, credentials, expand, output }: NodeSource,
): Behaviour {
  const { RED, state } = runtime;
  const monitored = state.monitor.account(node.id);
  const account = narrowed.ok ? open(narrowed.value, state.sequences, monitored.ended) : failed(narrowed.problem);
  monitored.open(factsOf(narrowed, account, config, credentials));
  if (!account.ok) output.warnText(describe(RED._, type, account.failure));
  let receiving: Receiving | undefined;
  const receive = (): Receiving => {
    if (!narrowed.ok) return { ...narrowed, isReported: true };
    const context = contextOf(narrowed.value);
    const how = narrowReceiving(config, credentials, expand, nodesOf(RED), context, (id) => tlsFilesOf(RED, id));
    if (!how.ok) {
      output.warnText(describe(RED._, type, configFailure(how.problem)));
      return { ...how, isReported: true };
    }
    return { ok: true, receiver: new AccountReceiver({ RED, node, output, receiving: state.receiving }, how.value) };
  };
  state.accounts.set(node, {
    account,
    receiving: () => {
      receiving ??= receive();
      if (!receiving.ok) monitored.receivingProblem = receiving.problem;
      return receiving;
    },
  });
  return {
    close: async (removed) => {
      state.monitor.close(node.id, removed);
      if (account.ok) account.sender.client.close();
      if (receiving?.ok) await receiving.receiver.close(removed);
    },
  };
}

const nodesOf = (RED: NodeAPI) => (id: string) => RED.nodes.getNode(id);

export const registerAccount = (runtime: Runtime): void =>
  defineNode(runtime, {
    type,
    secretsOf: [...accountSettings, ...receivingSettings],
    read: ({ config, credentials, expand }) => ({
      ok: true,
      value: narrowAccount(config, credentials, expand, nodesOf(runtime.RED)),
    }),
    start,
  });
