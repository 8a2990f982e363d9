// What Node-RED's thread and the worker tell each other. Everything is plain data.
import type { PushContext } from "../protocol/push";
import type { AnswerName } from "./answers";
import type { Signer } from "./authentication";

/** Certificates of a port, as node:tls takes them. */
export interface TlsSettings {
  readonly key?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly ca?: string | Uint8Array;
  readonly passphrase?: string;
  /** Where they came from: a renewed file is taken up. */
  readonly files?: { readonly key?: string; readonly cert?: string; readonly ca?: string };
}

/** A port of our own. */
export interface OwnPort {
  readonly port: number;
  /** "" = every address. */
  readonly host: string;
  readonly tls?: TlsSettings;
}

/** Where an account receives: a path of Node-RED's own server, or of a port of our own. */
export interface Endpoint {
  readonly path: string;
  readonly own?: OwnPort;
}

/** Which events somebody takes. */
export interface EventSelection {
  /** Empty: all. */
  readonly events: readonly string[];
  /** Whether events that the catalogue does not know are taken too. */
  readonly others: boolean;
}

/** A node that takes pushes. */
export interface ListenerSpec extends EventSelection {
  readonly id: string;
  /** It listens for the moment only: nothing is stored for it, and what it gets is not acknowledged. */
  readonly transient: boolean;
}

/** How an account receives. Times in ms. */
export interface InboxConfig {
  readonly label: string;
  readonly customer: string;
  readonly signer: Signer;
  readonly endpoint: Endpoint;
  /** Addresses and CIDR blocks; empty: anybody. */
  readonly allow: readonly string[];
  readonly trustProxy: boolean;
  readonly toleranceMs: number;
  readonly allowReused: boolean;
  readonly stored: boolean;
  readonly redeliverAfterMs: number;
  readonly maxDeliveries: number;
  readonly keepDays: number;
  readonly context: PushContext;
}

/** An account that receives. */
export interface AccountSpec {
  readonly id: string;
  readonly config: InboxConfig;
  readonly folder: string;
  /** What the tokens of its stored deliveries begin with. */
  readonly tokenPrefix: string;
  readonly listeners: readonly ListenerSpec[];
  /** Nodes that are there but do not listen now: what is pending for them stays. Undefined: it is not known which nodes are there. */
  readonly dormant?: readonly string[];
}

/** Why a push was not let in, in the words of the fields that decide. */
export type Refusal = "customer" | "digest" | "timestamp" | "sender" | "replay";

/** What came in since the account started. */
export interface Counts {
  readonly taken: number;
  readonly refused: ReadonlyMap<Refusal, number>;
  /** ms since 1970; undefined: nothing yet. */
  readonly last?: number;
}

/** What is wrong with how an account receives. `reason` is a key below `errors.config`. */
export interface ReceivingProblem {
  readonly setting: string;
  readonly reason: "conflict" | "port" | "host" | "tls" | "folder" | "held" | "worker";
  readonly detail: string;
  /** When it is tried again, in ms since 1970; undefined: at the next deploy. */
  readonly retryAt?: number;
}

/** A request to Node-RED's own server. */
export interface SharedRequest {
  readonly number: number;
  readonly path: string;
  /** What stands behind the first `?`. */
  readonly query: string;
  readonly peer: string;
  readonly forwarded: string;
  /** The raw bytes, or what Node-RED has parsed, as JSON. */
  readonly body: Uint8Array | string;
}

/** `handed`: the numbers of deliveries that nodes have got; `lost`: of those that none has got. */
export interface HandedMessage {
  readonly kind: "handed";
  readonly handed: readonly number[];
  readonly lost: readonly number[];
}

/** An acknowledgement: its number, the account, the token without its prefix, and whether it was taken. */
export type AckTuple = readonly [number: number, account: string, token: string, taken: boolean];

/** What Node-RED's thread says. */
export type ToWorker =
  /** All accounts as they are now. Ends a hold. */
  | { readonly kind: "apply"; readonly accounts: readonly AccountSpec[] }
  /** Nodes come or go: pushes wait. */
  | { readonly kind: "hold" }
  | HandedMessage
  /** A request to Node-RED's own server was refused before it was read. */
  | { readonly kind: "refused"; readonly accounts: readonly string[]; readonly why: Refusal }
  | { readonly kind: "acks"; readonly acks: readonly AckTuple[] }
  | { readonly kind: "requests"; readonly requests: readonly SharedRequest[] }
  /** Everything of an account that waits goes to the disk; answered by `flushed`. */
  | { readonly kind: "flush"; readonly account: string }
  /** The process is about to end: whatever comes or waits is told to come again. */
  | { readonly kind: "down" }
  /** Closes everything; answered by `stopped`. */
  | { readonly kind: "stop" };

/** A delivery in `deliveries`: number, account, node, `h` hand or `d` dead or `t` transient, token, delivery, and what was pushed. */
export type DeliveryTuple = readonly [
  number: number,
  account: string,
  node: string,
  kind: "h" | "d" | "t",
  token: string,
  delivery: number,
  kept: unknown,
];

/** What the worker says. */
export type FromWorker =
  /** JSON of an array of DeliveryTuple. */
  | { readonly kind: "deliveries"; readonly text: string }
  | { readonly kind: "acked"; readonly results: readonly (readonly [number: number, pending: boolean])[] }
  | { readonly kind: "answers"; readonly answers: readonly (readonly [number: number, answer: AnswerName])[] }
  | { readonly kind: "counts"; readonly account: string; readonly counts: Counts }
  /** No problem: nothing is wrong any more. */
  | { readonly kind: "problem"; readonly account: string; readonly problem?: ReceivingProblem }
  /** For the log. `text` is the detail; the key is below `errors`. */
  | {
      readonly kind: "warning";
      readonly account: string;
      readonly key: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "flushed"; readonly account: string }
  | { readonly kind: "applied" }
  | { readonly kind: "stopped" };
