// Messages between Node-RED's thread and the worker. All are plain data.
import type { PushContext } from "../protocol/push";
import type { AnswerName } from "./answers";
import type { Signer } from "./authentication";
import type { Arrival } from "./head";

/** Certificates of a port, as node:tls takes them. */
export interface TlsSettings {
  readonly key?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly ca?: string | Uint8Array;
  readonly passphrase?: string;
  /** Paths of their files, so that renewed files are reloaded. */
  readonly files?: { readonly key?: string; readonly cert?: string; readonly ca?: string };
}

/** A port that we open ourselves. */
export interface OwnPort {
  readonly port: number;
  /** "" = every address. */
  readonly host: string;
  readonly tls?: TlsSettings;
}

/** Where an account receives: a path on Node-RED's own server or on a port of our own. */
export interface Endpoint {
  readonly path: string;
  readonly own?: OwnPort;
}

/** Which events are wanted. */
export interface EventSelection {
  /** Empty: all. */
  readonly events: readonly string[];
  /** Whether events that are not in the catalogue are wanted too. */
  readonly others: boolean;
}

/** A node that takes pushes. */
export interface ListenerSpec extends EventSelection {
  readonly id: string;
  /** A temporary listener: nothing is stored for it, and its deliveries are not acknowledged. */
  readonly transient: boolean;
  /** It gives pushes to flows as they are: dead letters of other nodes may be handed to it. */
  readonly passesOn?: boolean;
  /** It is stopped and will come back: its deliveries are stored until then. Without a store, pushes for it are answered "try again". */
  readonly away?: true;
}

/** How an account receives. Times in ms. */
export interface InboxConfig {
  readonly label: string;
  readonly customer: string;
  readonly signer: Signer;
  readonly endpoint: Endpoint;
  /** Addresses and CIDR blocks; empty: every address. */
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

/** An account that receives pushes. */
export interface AccountSpec {
  readonly id: string;
  readonly config: InboxConfig;
  readonly folder: string;
  /** Prefix of the tokens of its stored deliveries. */
  readonly tokenPrefix: string;
  readonly listeners: readonly ListenerSpec[];
  /** Nodes that exist but do not listen now: their pending entries stay. Undefined: the existing nodes are not known. */
  readonly dormant?: readonly string[];
}

/** Why a push was refused, named after the field that decided. */
export type Refusal = "customer" | "digest" | "timestamp" | "sender" | "replay";

/** Counters since the account was started. */
export interface Counts {
  readonly taken: number;
  readonly refused: ReadonlyMap<Refusal, number>;
  /** Those of them that nothing has put right since: neither other settings of the account, nor a push that proves it. */
  readonly unremedied: ReadonlyMap<Refusal, number>;
  /** ms since 1970; undefined: nothing yet. */
  readonly last?: number;
}

/** A problem with receiving for an account. `reason` is a key below `errors.config`. */
export interface ReceivingProblem {
  readonly setting: string;
  readonly reason: "conflict" | "port" | "host" | "certificate" | "folder" | "held" | "worker";
  readonly detail: string;
  /** Time of the next attempt, in ms since 1970; undefined: at the next deploy. */
  readonly retryAt?: number;
}

/** A request to Node-RED's own server. */
export interface SharedRequest extends Arrival {
  readonly number: number;
  /** The raw bytes, or the JSON of a body that Node-RED has parsed already. */
  readonly body: Uint8Array | string;
}

/** An acknowledgement: its number, the account, the token without its prefix, and whether the delivery was taken. */
export type AckTuple = readonly [number: number, account: string, token: string, taken: boolean];

/** A recorded push, for a list. */
export interface SeenPush {
  readonly serial: number;
  readonly at: number;
  /** `taken`, `repeat`, `unwanted`, a Refusal, `body` or `busy`. */
  readonly code: string;
  readonly event: string;
  readonly refused: boolean;
  readonly agent?: string;
  readonly phone?: string;
  readonly direction?: "inbound" | "outbound";
  readonly nodes: readonly string[];
  readonly replayable: boolean;
}

/** An agent as the last push told. */
export interface SeenAgent {
  readonly staffNo: string;
  readonly status: string;
  /** When it was told first, and last. */
  readonly since: number;
  readonly at: number;
}

/** A call as the last push told. */
export interface SeenCall {
  readonly id: string;
  readonly state: "ringing" | "dialing" | "answered";
  readonly direction?: "inbound" | "outbound";
  readonly agent: string;
  readonly phone: string;
  readonly since: number;
}

/** What was recorded of an account's pushes. `oldest` are the serial numbers of the oldest pushes that are kept. */
export interface TrafficAnswer {
  /** The serial numbers are those of this run. */
  readonly run: string;
  readonly entries: readonly SeenPush[];
  readonly oldest: number;
  readonly oldestRefused: number;
  readonly agents: readonly SeenAgent[];
  readonly calls: readonly SeenCall[];
}

/** A dead letter, for a list. `text` is cut at a bound. */
export interface SeenLetter {
  readonly id: string;
  readonly node: string;
  readonly at: number;
  readonly event: string;
  readonly delivery: number;
  readonly text: string;
}

/** What the sidebar asks about an account; each is answered by `answer` with JSON of the type behind it, or of null. */
export interface Asks {
  readonly traffic: {
    readonly question: { readonly run: string; readonly after: number };
    readonly answer: {
      readonly traffic: TrafficAnswer | null;
      readonly deadLetters: number;
      readonly clockOffMs: number | null;
    };
  };
  readonly push: {
    readonly question: { readonly run: string; readonly serial: number };
    readonly answer: { readonly text: string; readonly whole: boolean };
  };
  readonly letters: {
    readonly question: unknown;
    readonly answer: { readonly letters: readonly SeenLetter[]; readonly total: number };
  };
  readonly handLetters: {
    readonly question: { readonly ids: readonly string[] };
    readonly answer: { readonly handed: number; readonly unwanted: number };
  };
  readonly deleteLetters: {
    readonly question: { readonly ids: readonly string[] };
    readonly answer: { readonly deleted: number };
  };
}

/** A question. */
export type Ask = { readonly [K in keyof Asks]: { readonly what: K } & Asks[K]["question"] }[keyof Asks];

/** Messages from Node-RED's thread. */
export type ToWorker =
  /** The current accounts. Ends a hold. */
  | { readonly kind: "apply"; readonly accounts: readonly AccountSpec[] }
  /** A deploy has begun: pushes wait. */
  | { readonly kind: "hold" }
  /** Numbers of deliveries that reached a node, and of those that did not. */
  | { readonly kind: "handed"; readonly handed: readonly number[]; readonly lost: readonly number[] }
  /** A request to Node-RED's own server was refused before its body was read. */
  | { readonly kind: "refused"; readonly accounts: readonly string[]; readonly why: Refusal }
  /** A request to Node-RED's own server had a body that is no push. */
  | { readonly kind: "unreadable"; readonly path: string; readonly peer: string; readonly forwarded: string }
  | { readonly kind: "acks"; readonly acks: readonly AckTuple[] }
  | { readonly kind: "requests"; readonly requests: readonly SharedRequest[] }
  /** Answered by `answer`. */
  | { readonly kind: "ask"; readonly number: number; readonly account: string; readonly ask: Ask }
  /** Writes an account's waiting lines to disk; answered by `flushed`. */
  | { readonly kind: "flush"; readonly account: string }
  /** The process is about to end: waiting and new pushes are answered "try again". */
  | { readonly kind: "down" }
  /** Closes everything; answered by `stopped`. */
  | { readonly kind: "stop" }
  /** Ends the thread at once, as a crash would; for tests. */
  | { readonly kind: "exit" };

/**
 * A delivery in `deliveries`: number, account, node, kind (`h` handed over, `d` dead letter, `t` transient), token, delivery count, pushed
 * data.
 */
export type DeliveryTuple = readonly [
  number: number,
  account: string,
  node: string,
  kind: "h" | "d" | "t",
  token: string,
  delivery: number,
  kept: unknown,
];

/** Messages from the worker. */
export type FromWorker =
  /** JSON of an array of DeliveryTuple. */
  | { readonly kind: "deliveries"; readonly text: string }
  | { readonly kind: "acked"; readonly results: readonly (readonly [number: number, pending: boolean])[] }
  | { readonly kind: "answers"; readonly answers: readonly (readonly [number: number, answer: AnswerName])[] }
  /** JSON of the answer to `ask`. */
  | { readonly kind: "answer"; readonly number: number; readonly text: string }
  | { readonly kind: "counts"; readonly account: string; readonly counts: Counts }
  /** Without `problem`: the problem is solved. */
  | { readonly kind: "problem"; readonly account: string; readonly problem?: ReceivingProblem }
  /** A line for the log. `text` is the detail; `key` is below `errors`. */
  | {
      readonly kind: "warning";
      readonly account: string;
      readonly key: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "flushed"; readonly account: string }
  | { readonly kind: "applied" }
  | { readonly kind: "stopped" };
