// sccc-account: the account that command nodes send with. One client per account, shared by all its nodes.
import type { Node, NodeAPI } from "node-red";
import { accountSettings, receivingSettings } from "../../catalogue/index";
import { Client } from "../../protocol/client";
import type { PushContext } from "../../protocol/push";
import { isObject } from "../../util/json";
import { AccountReceiver } from "../receive/account-receiver";
import { narrowReceiving, tlsFilesOf } from "../receive/config";
import {
  type AccountConfig,
  type ConfigProblem,
  configFailure,
  credentialsOf,
  isUsableTls,
  narrowAccount,
  proxyProblem,
} from "../shared/config";
import type { Failure } from "../shared/failure";
import { describe } from "../shared/texts";
import { expander } from "../shared/values";

/** What a command node needs of its account. */
export interface Sender {
  readonly client: Client;
  readonly label: string;
  readonly debug: boolean;
  /** What its records and pushes are read with. */
  readonly context: PushContext;
}

/** An account that can be sent with, or why it can't. */
export type Account =
  | { readonly ok: true; readonly sender: Sender }
  | { readonly ok: false; readonly failure: Failure };

/** An account that can be received for, or what is wrong with it. */
export type Receiving =
  | { readonly ok: true; readonly receiver: AccountReceiver }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** A running account: what it sends with, and what it receives with from when somebody first asks for it. */
interface Running {
  readonly account: Account;
  readonly receiving: () => Receiving;
}

/** The accounts that run, by their node. Kept apart from the nodes, whose fields anybody can read. */
const running = new WeakMap<object, Running>();

const runningOf = (RED: NodeAPI, id: unknown): Running | undefined => {
  const node: unknown = typeof id === "string" && id !== "" ? RED.nodes.getNode(id) : undefined;
  return isObject(node) ? running.get(node) : undefined;
};

const failure = (problem: ConfigProblem): Account => ({
  ok: false,
  failure: configFailure(problem),
});

/** What an account's records and pushes are read with. */
const contextOf = ({ customer, baseUrl, recordingUrl, timezone, region, areaCode }: AccountConfig): PushContext => ({
  customer,
  baseUrl,
  recordingUrl,
  timezone,
  region,
  areaCode,
});

/** Opens an account for sending. */
function open(config: AccountConfig): Account {
  // Only sending depends on it: the account still receives.
  if (config.tls !== undefined && !isUsableTls(config.tls)) return failure({ setting: "tls", reason: "tls" });
  try {
    const { label, debug } = config;
    return { ok: true, sender: { client: new Client(config), label, debug, context: contextOf(config) } };
  } catch (error) {
    return failure(proxyProblem(error));
  }
}

/** The account of a command node: of an id that may name nothing, or something else. */
export const accountOf = (RED: NodeAPI, id: unknown): Account =>
  runningOf(RED, id)?.account ?? failure({ setting: "account", reason: "account" });

/** What an account receives with. */
export const receiverOf = (RED: NodeAPI, id: unknown): Receiving =>
  runningOf(RED, id)?.receiving() ?? { ok: false, problem: { setting: "account", reason: "account" } };

/** Registers the type. */
export function registerAccount(RED: NodeAPI): void {
  function AccountNode(this: Node, config: Parameters<NodeAPI["nodes"]["createNode"]>[1]): void {
    RED.nodes.createNode(this, config);
    const edge = [config, this.credentials, expander(RED, this), (id: string) => RED.nodes.getNode(id)] as const;
    const narrowed = narrowAccount(...edge);
    const account = narrowed.ok ? open(narrowed.value) : failure(narrowed.problem);
    if (!account.ok) this.warn(describe(RED._, "sccc-account", account.failure));
    let receiving: Receiving | undefined;
    const receive = (): Receiving => {
      if (!narrowed.ok) return narrowed;
      const how = narrowReceiving(...edge, contextOf(narrowed.value), (id) => tlsFilesOf(RED, id));
      return how.ok ? { ok: true, receiver: new AccountReceiver(RED, this, how.value) } : how;
    };
    running.set(this, {
      account,
      receiving: () => {
        receiving ??= receive();
        return receiving;
      },
    });
    this.on("close", (removed: boolean, done: () => void) => {
      if (account.ok) account.sender.client.close();
      (receiving?.ok ? receiving.receiver.close(removed) : Promise.resolve()).then(done, done);
    });
  }
  const settings = [...accountSettings, ...receivingSettings];
  RED.nodes.registerType("sccc-account", AccountNode, { credentials: credentialsOf(settings) });
}
