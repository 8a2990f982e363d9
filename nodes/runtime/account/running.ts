// What other nodes use of a running account.
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
  /** The settings needed to read records and pushes. */
  readonly context: PushContext;
}

/** The sending part of an account, or why it cannot send. `isReported`: its node has logged the reason. */
export type Account =
  | { readonly ok: true; readonly sender: Sender }
  | { readonly ok: false; readonly failure: Failure; readonly isReported?: boolean };

/** The receiving part of an account, or why it cannot receive. `isReported`: its node has logged the reason. */
export type Receiving =
  | { readonly ok: true; readonly receiver: AccountReceiver }
  | { readonly ok: false; readonly problem: ConfigProblem; readonly isReported?: boolean };

/** A running account. Its receiving part is made when a node first asks for it. */
export interface RunningAccount {
  readonly account: Account;
  readonly receiving: () => Receiving;
}
