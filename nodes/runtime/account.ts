// sccc-account: the account that command nodes send with. One client per account, shared by all its nodes.
import type { Node, NodeAPI } from "node-red";
import { accountSettings } from "../catalogue";
import { Client } from "../protocol/client";
import type { Failure } from "../protocol/failure";
import { isObject } from "../protocol/json";
import { type AccountConfig, credentialsOf, narrowAccount } from "./config";
import { describe } from "./texts";
import { expander } from "./values";

/** What a command node needs of its account. */
export interface Sender {
  readonly client: Client;
  readonly label: string;
  readonly debug: boolean;
}

/** An account that can be sent with, or why it can't. */
export type Account =
  | { readonly ok: true; readonly sender: Sender }
  | { readonly ok: false; readonly failure: Failure };

/** The accounts that run, by their node. Kept apart from the nodes, whose fields anybody can read. */
const accounts = new WeakMap<object, Account>();

const failure = (setting: string, reason: string): Account => ({
  ok: false,
  failure: { kind: "config", code: "SCCC_CONFIG", setting, reason },
});

function open(config: AccountConfig): Account {
  try {
    const { label, debug } = config;
    return { ok: true, sender: { client: new Client(config), label, debug } };
  } catch {
    // What was narrowed has good URLs; the one that is left is the environment's proxy.
    return failure("proxy", "url");
  }
}

/** The account of a command node: of an id that may name nothing, or something else. */
export function accountOf(RED: NodeAPI, id: unknown): Account {
  const node: unknown = typeof id === "string" && id !== "" ? RED.nodes.getNode(id) : undefined;
  return (isObject(node) ? accounts.get(node) : undefined) ?? failure("account", "account");
}

/** Registers the type. */
export function registerAccount(RED: NodeAPI): void {
  function AccountNode(this: Node, config: Parameters<NodeAPI["nodes"]["createNode"]>[1]): void {
    RED.nodes.createNode(this, config);
    const narrowed = narrowAccount(config, this.credentials, expander(RED, this), (id) => RED.nodes.getNode(id));
    const account = narrowed.ok ? open(narrowed.value) : failure(narrowed.problem.setting, narrowed.problem.reason);
    accounts.set(this, account);
    if (account.ok) this.on("close", () => account.sender.client.close());
    else this.warn(describe(RED._, "sccc-account", account.failure));
  }
  RED.nodes.registerType("sccc-account", AccountNode, { credentials: credentialsOf(accountSettings) });
}
