// The types of require("@sccc/node-red-sccc/testing"). Kept by hand; a test holds them against the source.

/** A JSON object. */
type Json = Readonly<Record<string, unknown>>;

/** What a push says, and who signs it. */
export interface PushToSign {
  /** The push user if the account has one, else the customer. */
  readonly customer: string;
  /** The push user's password, else the customer's. */
  readonly password: string;
  /** What has happened, such as {type: "callstart", agent: "1000", …}. */
  readonly notify: Json;
  /** Milliseconds since 1970, or seconds; now if absent. */
  readonly timestamp?: number | string;
  /** Of this push; a random one if absent. */
  readonly seq?: number | string;
  readonly param?: Json;
}

/** A push, ready to be POSTed as JSON. */
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
 * Signs a push as the platform does. POST the result as JSON to where an account receives its pushes.
 * The digest covers the authentication block only, so every push needs a seq or a timestamp of its own.
 */
export declare const signPush: (push: PushToSign) => SignedPush;

export interface SimulatorOptions {
  /** Where it listens; 0 (the default) takes a free port. */
  readonly port?: number;
  readonly host?: string;
  /** The one account that it knows. */
  readonly customer?: string;
  readonly password: string;
  /** Where pushes go; "" pushes nowhere. A function is asked at every push, for an address that is not known yet. */
  readonly pushUrl?: string | (() => string);
  /** Sign the pushes if both are set; else the customer and the password do. */
  readonly pushUser?: string;
  readonly pushPassword?: string;
  /** Staff numbers: "1000-1019", "1000,1005,2000-2003"; leading zeros are kept. */
  readonly agents?: string;
  /** 50: a call of a minute takes about a second. */
  readonly speed?: number;
  /** The same seed gives the same calls. */
  readonly seed?: number;
  /** What it speaks: the vendor's paper to the letter (the default), or what installed clients and receivers expect. */
  readonly dialect?: "document" | "field";
  /** Serves https. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /** Start of the simulated clock in ms since 1970: everything that the simulator says is then reproducible. */
  readonly startTime?: number;
  /** How far a request's timestamp may be from the real time, in seconds (300); 0 = any. */
  readonly tolerance?: number;
  /** What numbers do: by their last digits, and how often the others do what. */
  readonly numbers?: Numbers;
  /** For how many real seconds a push is tried again where nobody answers at all (0), such as while its receiver restarts. */
  readonly pushPatience?: number;
  /** Called after every attempt to push. */
  readonly onPush?: (outcome: PushOutcome) => void;
  /** Called when agents, calls, tasks or records have changed. */
  readonly onEvent?: (summary: Summary) => void;
}

/** How a number can end a call. */
export type EndingName = "answered" | "unanswered" | "busy" | "vacant";

/** What numbers do, in both directions. */
export interface Numbers {
  /** By their last digits; the longest that fit count. They add to 8888, 0000, 0001 and 9999, or replace them. */
  readonly endings?: Readonly<Record<string, EndingName>>;
  /** How often the other numbers do what, in relation to each other. */
  readonly shares?: Readonly<Partial<Record<EndingName, number>>>;
}

/** Which calls the books are asked about: all that were made, unless a task or a number is named. */
export interface BooksFilter {
  readonly taskID?: string;
  readonly number?: string;
}

/** How many calls were made, and what came of them: `dialled` is the sum of the others. */
export interface Tally {
  readonly dialled: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly busy: number;
  readonly vacant: number;
  /** Hung up before they were answered. */
  readonly cancelled: number;
  /** Cut off by a restart that dropped its state: nothing was ever said of them. */
  readonly lost: number;
  readonly underWay: number;
}

/** What was dialled. */
export interface Books extends Tally {
  /** The same for every number. */
  readonly numbers: ReadonlyMap<string, Tally>;
}

/** What became of one attempt to push. `error` is there when the push was not taken. */
export interface PushOutcome {
  readonly event: string;
  readonly notify: Json;
  /** 1 for the first; 0 where nothing was sent at all. */
  readonly attempt: number;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** The answer's JSON; its text if it is none. */
  readonly answer?: unknown;
  readonly error?: string;
}

/** A request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: import("node:http").IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** When, in ms since 1970, by the real clock. */
  readonly at: number;
}

/** Counts. */
export interface Summary {
  /** Agents that are not offline. */
  readonly agents: number;
  /** Calls under way. */
  readonly calls: number;
  /** Tasks that are running. */
  readonly tasks: number;
  readonly records: number;
  readonly cdrs: number;
}

export interface AgentState {
  /** The platform's own ID, "1" for the first one. */
  readonly id: string;
  readonly name: string;
  readonly staffNo: string;
  readonly workStatus: "OFFLINE" | "ONLINE" | "BUSY" | "AWAY";
  readonly serverStatus: "IDLE" | "CALL_OUT" | "CALL_IN" | "RINGING" | "PROCESS";
}

/** A call under way. */
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
  /** How many numbers it has, and how many of them are yet to be dialled. */
  readonly calleeAmount: number;
  readonly remainAmount: number;
}

/** An ended call. */
export interface Entry {
  /** Of the CDR, and of the record if there is one. */
  readonly key: number;
  /** Times are whole seconds since 1970, 0 where there is none. */
  readonly facts: {
    readonly agent: string;
    /** serviceType of getCdrList. */
    readonly service: string;
    readonly inbound: boolean;
    readonly caller: string;
    readonly callee: string;
    /** Of the dialling task that made the call; "" without one. */
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
  /** How long they talked, in seconds. */
  readonly duration: number;
  /** The call's identity. */
  readonly session: string;
  /** The recording's path on the server, "" without one. */
  readonly filename: string;
}

/** What the platform holds, to be read at any time. */
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

/** What became of an instruction. A refusal's error begins with the name of the field that is to blame, where there is one. */
export type Outcome =
  | { readonly ok: true; readonly [detail: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [detail: string]: unknown };

/** A running platform. */
export interface Simulator {
  /** Without a trailing slash, such as http://127.0.0.1:8088. */
  readonly url: string;
  readonly port: number;
  /** Everything received, the newest 10,000. */
  readonly requests: readonly ReceivedRequest[];
  readonly state: State;
  /** What it has dialled, how often, and what came of it. */
  books(filter?: BooksFilter): Books;
  /** Tells it to do something, see docs/simulator.md. Never rejects. */
  instruct(instruction: unknown): Promise<Outcome>;
  /** Ends it at once, with every connection and timer; a second time does nothing. */
  close(): Promise<void>;
}

/** Starts a platform. Rejects with a message that names the option that can't be used, or the address that can't be had. */
export declare const startSimulator: (options: SimulatorOptions) => Promise<Simulator>;
