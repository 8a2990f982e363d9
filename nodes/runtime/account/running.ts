// The interface of a running account for the other nodes.
import type { Client } from "../../protocol/client";
import type { PushContext } from "../../protocol/push";
import type { AccountReceiver } from "../receive/account-receiver";
import type { ConfigProblem } from "../shared/config";
import type { Failure } from "../shared/failure";

/** The part of an account that command nodes use. */
export interface Sender {
  readonly client: Client;
  readonly label: string;
  readonly debug: boolean;
  /** Its context for reading records and pushes. */
  readonly context: PushContext;
}

/** An account that can be sent with, or why it can't. `isReported`: its node has said so in words. */
export type Account =
  | { readonly ok: true; readonly sender: Sender }
  | { readonly ok: false; readonly failure: Failure; readonly isReported?: boolean };

/** An account that can be received for, or what is wrong with it. `isReported`: its node has said so in words. */
export type Receiving =
  | { readonly ok: true; readonly receiver: AccountReceiver }
  | { readonly ok: false; readonly problem: ConfigProblem; readonly isReported?: boolean };

/** A running account: what it sends with, and what it receives with from when somebody first asks for it. */
export interface RunningAccount {
  readonly account: Account;
  readonly receiving: () => Receiving;
}
