// The types of require("@sccc/node-red-sccc/testing"). Maintained by hand; a test compares them with the source.

/** A JSON object. */
type Json = Readonly<Record<string, unknown>>;

/** The content of a push, and who signs it. */
export interface PushToSign {
  /** The push user if the account has one, else the customer. */
  readonly customer: string;
  /** The push user's password, else the customer's. */
  readonly password: string;
  /** The event, such as {type: "callstart", agent: "1000", …}. */
  readonly notify: Json;
  /** Milliseconds since 1970, or seconds; now if absent. */
  readonly timestamp?: number | string;
  /** The seq of this push; random if absent. */
  readonly seq?: number | string;
  readonly param?: Json;
}

/** A signed push, ready to be POSTed as JSON. */
export interface SignedPush {
  readonly authentication: {
    readonly customer: string;
    readonly digest: string;
    readonly seq: string;
    readonly timestamp: string;
  };
  readonly notify: Json;
  readonly param: Json;
}

/**
 * Signs a push as the platform does. POST the result as JSON to the path of an account. The digest covers the authentication block only, so
 * every push needs a unique seq or timestamp.
 */
export declare const signPush: (push: PushToSign) => SignedPush;

export interface SimulatorOptions {
  /** The port; 0 (the default) uses a free one. */
  readonly port?: number;
  readonly host?: string;
  /** The only account of the platform. */
  readonly customer?: string;
  readonly password: string;
  /** The address of the receiver; "" sends no pushes. A function is called for every push, for an address that is not known yet. */
  readonly pushUrl?: string | (() => string);
  /** Both set: they sign the pushes. Otherwise customer and password do (§三.2). */
  readonly pushUser?: string;
  readonly pushPassword?: string;
  /** Staff numbers: "1000-1019", "1000,1005,2000-2003"; leading zeros are kept. */
  readonly agents?: string;
  /** 50: a call of one minute takes about one second. */
  readonly speed?: number;
  /** The same seed gives the same calls. */
  readonly seed?: number;
  /** The dialect: exactly the vendor's document (the default), or what installed clients and receivers expect. */
  readonly dialect?: "document" | "field";
  /** Serves https. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /**
   * Start of the simulated clock in ms since 1970. With it (and a seed), all output is reproducible: the clock then advances with the calls
   * only.
   */
  readonly startTime?: number;
  /** Maximum difference between a request's timestamp and the real time, in seconds (300); 0 = unlimited. */
  readonly tolerance?: number;
  /** How numbers behave: by their last digits, and shares of endings for the others. */
  readonly numbers?: Numbers;
  /** For how many real seconds a push is retried if the receiver does not answer at all (0), for example while it restarts. */
  readonly pushPatience?: number;
  /** Called after every attempt to push. */
  readonly onPush?: (outcome: PushOutcome) => void;
  /** Called when agents, calls, tasks or records have changed. */
  readonly onEvent?: (summary: Summary) => void;
}

/** How a number can end a call. */
export type EndingName = "answered" | "unanswered" | "busy" | "vacant";

/** How numbers behave, in both directions. */
export interface Numbers {
  /** By the last digits; the longest match applies. Added to 8888, 0000, 0001 and 9999, or replacing them. */
  readonly endings?: Readonly<Record<string, EndingName>>;
  /** Relative frequencies of the endings of all other numbers. */
  readonly shares?: Readonly<Partial<Record<EndingName, number>>>;
}

/** Selects calls: all outbound calls, or those of a task or a number. */
export interface BooksFilter {
  readonly taskID?: string;
  readonly number?: string;
}

/** The number of calls and their results: `dialled` is the sum of the others. */
export interface Tally {
  readonly dialled: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly busy: number;
  readonly vacant: number;
  /** Hung up before the answer. */
  readonly cancelled: number;
  /** Lost in a restart that dropped the platform's state: never reported. */
  readonly lost: number;
  readonly underWay: number;
}

/** The totals, and the totals by number. */
export interface Books extends Tally {
  /** The same for each number. */
  readonly numbers: ReadonlyMap<string, Tally>;
}

/** The result of one attempt to push. `error` is present if the push was not taken. */
export interface PushOutcome {
  readonly event: string;
  readonly notify: Json;
  /** 1 for the first; 0 if nothing was sent. */
  readonly attempt: number;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** The answer's JSON, or its text if it is not JSON. */
  readonly answer?: unknown;
  readonly error?: string;
}

/** A received request. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: import("node:http").IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** The time by the real clock, in ms since 1970. */
  readonly at: number;
}

/** Counters for a status line. */
export interface Summary {
  /** Agents that are not offline. */
  readonly agents: number;
  /** Calls in progress. */
  readonly calls: number;
  /** Tasks that are running. */
  readonly tasks: number;
  readonly records: number;
  readonly cdrs: number;
}

export interface AgentState {
  /** The platform's ID, "1" for the first agent. */
  readonly id: string;
  readonly name: string;
  readonly staffNo: string;
  readonly workStatus: "OFFLINE" | "ONLINE" | "BUSY" | "AWAY";
  readonly serverStatus: "IDLE" | "CALL_OUT" | "CALL_IN" | "RINGING" | "PROCESS";
}

/** A call in progress, as visible to other modules. */
export interface CallState {
  readonly agent: string;
  readonly number: string;
  readonly inbound: boolean;
  readonly state: "dialing" | "ringing" | "answered";
}

export interface TaskState {
  readonly id: string;
  readonly name: string;
  /** The agent's staff number; "" for a group's task. */
  readonly agent: string;
  readonly mode: string;
  readonly status: "running" | "paused" | "finished";
  /** The number of its numbers, and how many of them are not yet dialled. */
  readonly calleeAmount: number;
  readonly remainAmount: number;
}

/** An ended call. */
export interface Entry {
  /** The key of the CDR, and of the record if there is one. */
  readonly key: number;
  /** Times are whole seconds since 1970, 0 for none. */
  readonly facts: {
    readonly agent: string;
    /** serviceType of getCdrList. */
    readonly service: string;
    readonly inbound: boolean;
    readonly caller: string;
    readonly callee: string;
    /** The dialling task that made the call; "" for none. */
    readonly taskID: string;
    readonly taskName: string;
    readonly startAt: number;
    readonly ringAt: number;
    readonly answerAt: number;
    readonly byeAt: number;
    /** A SIP code. */
    readonly releaseCause: string;
    /** 1 connected, 2 not connected, 3 vacant. */
    readonly result: string;
  };
  readonly answered: boolean;
  /** Duration of the conversation, in seconds. */
  readonly duration: number;
  /** The call's session: 16 hex digits. */
  readonly session: string;
  /** The recording's path on the server, "" if there is none. */
  readonly filename: string;
}

/** The platform's state; may be read at any time. */
export interface State {
  readonly agents: readonly AgentState[];
  readonly calls: readonly CallState[];
  readonly tasks: readonly TaskState[];
  /** One for every answered call, in the order of their keys. */
  readonly records: readonly Entry[];
  /** One for every ended call, in the order of their keys. */
  readonly cdrs: readonly Entry[];
  readonly summary: Summary;
}

/** The result of an instruction. The error of a refusal begins with the name of the field that caused it, if there is one. */
export type Outcome =
  | { readonly ok: true; readonly [detail: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [detail: string]: unknown };

/** A running platform. */
export interface Simulator {
  /** Without a trailing slash, such as http://127.0.0.1:8088. */
  readonly url: string;
  readonly port: number;
  /** The received requests, the newest 10,000. */
  readonly requests: readonly ReceivedRequest[];
  readonly state: State;
  /** The number of dialled calls and their results. */
  books(filter?: BooksFilter): Books;
  /** Carries out an instruction, see docs/simulator.md. Never rejects. */
  instruct(instruction: unknown): Promise<Outcome>;
  /** Closes the platform with every connection and timer; further calls do nothing. */
  close(): Promise<void>;
}

/** Starts a platform. Rejects with a message that names the invalid option, or the address that is not available. */
export declare const startSimulator: (options: SimulatorOptions) => Promise<Simulator>;
