// The answers of the admin routes of the SCCC sidebar: types that the runtime and the browser share. Times are in ms
// since 1970, durations in ms. Texts of the platform and of pushes may be hostile: the runtime limits their length, and
// the browser shows them as text.

/** A command that was sent, or a push that came in. */
export interface TrafficEntry {
  /** Grows by one for each entry of this Node-RED; the cursor of the list. */
  readonly number: number;
  /** The id of the account's node. */
  readonly account: string;
  readonly kind: "command" | "push";
  readonly at: number;
  /** The ApiName of a command, or the event of a push ("" if it could not be read). */
  readonly name: string;
  readonly direction?: "inbound" | "outbound";
  readonly agent?: string;
  readonly phone?: string;
  readonly result: TrafficResult;
  /** For a command: the time from sending to the answer. */
  readonly duration?: number;
  /** For a list that was sent in one request: the number of its commands, and of the failed ones. */
  readonly count?: number;
  readonly failed?: number;
  /** The nodes that sent the command or got the push. */
  readonly nodes: readonly string[];
  /** Whether the push can be handed to its nodes again. */
  readonly replayable?: true;
}

/**
 * The result of an entry. `code` of a command is an error code of messages (E_SUCC, SCCC_TIMEOUT …). `code` of a push
 * is `taken`, `repeat`, `unwanted`, the field for which it was refused (digest, customer, timestamp, sender, replay),
 * `body` or `busy`.
 */
export interface TrafficResult {
  readonly ok: boolean;
  readonly code: string;
  /** The platform's own text. */
  readonly text?: string;
}

/** An entry with its request and answer as JSON, without secrets and shortened. */
export interface TrafficDetail {
  readonly entry: TrafficEntry;
  readonly request?: string;
  readonly answer?: string;
  /** Whether something was cut off. */
  readonly cut: boolean;
}

/**
 * A hint: its text is `sidebar.hint.<code>` with these values; its remedy is chosen by the code. Values by code:
 * passwordRefused {code} (the platform refuses the account's commands), misconfigured {setting, reason}, nobodyLoggedIn {agents}, noPushYet {address} (since Node-RED started), pushesRefused {reason, count} (one hint for each reason),
 * queueFull {waiting, maxQueue}, clockApart {seconds} (the platform's clock is so far ahead of ours), unreachable {code, text},
 * receivingProblem {setting, reason, detail}, outsideHours {campaign}, deadLetters {count}.
 */
export interface Hint {
  readonly code: HintCode;
  /** The node that it concerns. */
  readonly node?: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

export const hintCodes = [
  "noAccount",
  "noPassword",
  "passwordRefused",
  "misconfigured",
  "nobodyLoggedIn",
  "noPushYet",
  "pushesRefused",
  "queueFull",
  "clockApart",
  "unreachable",
  "receivingProblem",
  "outsideHours",
  "deadLetters",
  "monitorOff",
] as const;
export type HintCode = (typeof hintCodes)[number];

/** An account as it is now. */
export interface AccountHealth {
  readonly id: string;
  readonly label: string;
  readonly baseUrl: string;
  readonly customer: string;
  /** Whether the last command was answered; undefined: none was sent yet. */
  readonly reachable?: boolean;
  readonly lastAnswerAt?: number;
  readonly lastError?: { readonly at: number; readonly code: string; readonly text: string };
  readonly waiting: number;
  readonly sending: number;
  readonly maxQueue: number;
  /** Undefined: no node listens to it. */
  readonly receiving?: {
    /**
     * The address for the platform's operator. It is absolute if the account has its own port; if it listens on every
     * host, it has the host by which the browser reaches Node-RED. Otherwise it is a path on this Node-RED.
     */
    readonly address: string;
    readonly ownPort: boolean;
    readonly taken: number;
    readonly lastAt?: number;
    /** The refusals whose cause was not removed since, by reason. */
    readonly refused: Readonly<Record<string, number>>;
    readonly problem?: {
      readonly setting: string;
      readonly reason: string;
      readonly detail: string;
      readonly retryAt?: number;
    };
  };
  readonly deadLetters: number;
}

/** A call in progress. */
export interface LiveCall {
  readonly account: string;
  readonly id: string;
  readonly state: string;
  readonly direction?: string;
  readonly agent: string;
  readonly phone: string;
  readonly since: number;
}

/** An agent according to the last push or answer. `status` is a name of the catalogue's agent statuses. */
export interface LiveAgent {
  readonly account: string;
  readonly staffNo: string;
  readonly name?: string;
  readonly status: string;
  readonly since: number;
}

/** A campaign, with the figures of its progress messages (docs/campaigns.md). */
export interface LiveCampaign {
  readonly account: string;
  readonly node: string;
  readonly campaign: string;
  readonly state: string;
  readonly total: number;
  readonly done: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly remaining: number;
  readonly etaAt?: string;
}

/** A simulator that runs as a node. */
export interface LiveSimulator {
  readonly id: string;
  readonly label: string;
  readonly running: boolean;
  readonly address?: string;
}

/** GET sccc/sidebar?after=<number>: all data of the sidebar, with the entries after that number. */
export interface SidebarSnapshot {
  readonly now: number;
  /** Whether the user may change something (`sccc.write`). */
  readonly mayWrite: boolean;
  /** False with SCCC_MONITOR=off. */
  readonly recording: boolean;
  /** Changes when Node-RED is restarted: the numbers then start anew. */
  readonly run: string;
  readonly accounts: readonly AccountHealth[];
  /** At most 1000, the oldest first. */
  readonly entries: readonly TrafficEntry[];
  /** Whether there are more entries: ask again at once, after the last of these. */
  readonly more: boolean;
  /** The number of the oldest entry that each account still has, 0 for none. */
  readonly oldest: Readonly<Record<string, number>>;
  readonly calls: readonly LiveCall[];
  readonly agents: readonly LiveAgent[];
  readonly campaigns: readonly LiveCampaign[];
  readonly simulators: readonly LiveSimulator[];
  readonly hints: readonly Hint[];
}

/** GET sccc/sidebar/dead?account=<id>: the newest dead letters, at most 200. */
export interface DeadLetterList {
  readonly letters: readonly {
    readonly id: string;
    readonly node: string;
    readonly at: number;
    readonly event: string;
    readonly delivery: number;
    /** The push as JSON, shortened. */
    readonly text: string;
  }[];
  readonly total: number;
}

/**
 * The sidebar's routes, relative to the editor's address. GET needs the permission `sccc.read`, POST needs
 * `sccc.write`.
 */
export const sidebarRoutes = {
  snapshot: "sccc/sidebar",
  entry: "sccc/sidebar/entry",
  dead: "sccc/sidebar/dead",
  replay: "sccc/sidebar/replay",
  deadReplay: "sccc/sidebar/dead/replay",
  deadDelete: "sccc/sidebar/dead/delete",
  simulator: "sccc/sidebar/simulator",
  sample: "sccc/sidebar/sample",
} as const;

/**
 * What the other routes answer: `outcome` ends a key below `sidebar.outcome` of the locales.
 * - any that asks the receiving thread: `busy` if the thread does not answer in time
 * - GET sccc/sidebar/entry?number=<n>: TrafficDetail, or `{outcome: "gone"}`
 * - POST sccc/sidebar/replay {number}: `handed` {count: how many nodes have it} / `gone` / `noNode`
 * - POST sccc/sidebar/dead/replay {account, ids} and sccc/sidebar/dead/delete {account, ids}: `delivered` / `deleted` {count} / `gone` / `noNode`
 * - POST sccc/sidebar/sample {account, event}: sends a signed push through the account's own address; answers as the form's button does, with
 *   an outcome that ends a key below `sample` of the locales
 * - POST sccc/sidebar/simulator {simulator, instruction}: `done` / `noSimulator` / `refused` {text}; the instruction is a message of sccc-simulator
 */
export interface SidebarOutcome {
  readonly outcome:
    | "handed"
    | "delivered"
    | "deleted"
    | "done"
    | "gone"
    | "busy"
    | "noNode"
    | "noSimulator"
    | "refused"
    | "denied"
    | "silent";
  readonly params?: Readonly<Record<string, string | number>>;
}
