// The part of the sidebar's data that comes from Node-RED's thread: commands, health of accounts, agents. Pushes are
// recorded in the receiving thread; they get their numbers here when a sidebar asks.
import type { SidebarSnapshot, TrafficEntry } from "../../catalogue/sidebar";
import type { Client } from "../../protocol/client";
import type { EndedExchange } from "../../protocol/exchange";
import { secretsOf } from "../../protocol/secrets";
import type { TrafficAnswer } from "../../receive/messages";
import { agentStatusOf, beyondCut, copyOf } from "../../receive/traffic";
import { newId } from "../../util/id";
import { isObject, type JsonObject } from "../../util/json";
import { Ring, type Sized } from "../../util/ring";

/** How many entries of an account are listed. */
const mostEntries = 500;
/**
 * The most bytes of commands that are kept for an account. The rest of its 2 MB is for pushes, in the receiving thread.
 */
const mostCommandBytes = 650_000;
/** The most characters of a request or an answer that are kept and shown. */
export const mostText = 16 * 1024;
const mostKept = mostText + beyondCut;
const mostWord = 64;
const mostWords = 200;
const mostAgents = 1000;

/** The current settings of an account. */
export interface AccountFacts {
  readonly label: string;
  readonly baseUrl: string;
  readonly customer: string;
  readonly maxQueue: number;
  /** The passwords, which must not be shown. */
  readonly passwords: readonly string[];
  readonly client?: Client;
  /** Why the account cannot be used: a setting, and a key below `errors.config`. */
  readonly problem?: { readonly setting: string; readonly reason: string };
}

/** The health of the platform according to the last commands. */
export interface CommandHealth {
  reachable?: boolean;
  lastAnswerAt?: number;
  lastError?: { readonly at: number; readonly code: string; readonly text: string };
  /** Whether the platform refused the last command because of the password. */
  passwordRefused?: boolean;
  /** The last time when the queue was full. */
  busyAt?: number;
  clockOffMs?: number;
}

/** The state of an agent according to commands. */
export interface KnownAgent {
  readonly staffNo: string;
  readonly name?: string;
  readonly status?: string;
  /** When this status was first reported. */
  readonly since: number;
  readonly at: number;
}

/** A recorded command. */
interface RecordedCommand extends Sized {
  readonly entry: Omit<TrafficEntry, "number">;
  readonly request: string;
  readonly answer: string;
  readonly cut: boolean;
  /** Whether it has a number and is in the list. */
  listed: boolean;
}

/** An entry of the list, and where its details are. */
export interface Listed {
  readonly entry: TrafficEntry;
  readonly command?: RecordedCommand;
  readonly push?: { readonly run: string; readonly serial: number; readonly refused: boolean };
}

/**
 * Fields whose values are always secret: one-time codes, session tokens, and what a platform may echo. The JSON may be
 * truncated.
 */
const secretFields =
  /("(?:digest|pass(?:word|wd)?|pwd|secret|verifyCode|\w*token)"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|[^",\s\]}][^,\]}]*)/gi;

/** The errors that mean a wrong customer or password. */
const refusesPassword: ReadonlySet<string> = new Set(["E_S_AUTH_FAIL", "E_G_PASSWORD_ERROR"]);

const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
};

const word = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? copyOf(String(value), mostWord) : "";

/** The status after a successful command that changes an agent's state. */
const statusAfter: ReadonlyMap<string, string> = new Map([
  ["AgentLogin", "ONLINE"],
  ["AgentLogout", "OFFLINE"],
  ["AgentSetBusy", "BUSY"],
  ["AgentSetIdle", "IDLE"],
]);

/** The recorded data of one account. */
export class MonitoredAccount {
  readonly health: CommandHealth = {};
  readonly agents = new Map<string, KnownAgent>();
  /** Why the account cannot receive: a setting, and a key below `errors.config`. */
  receivingProblem: { readonly setting: string; readonly reason: string } | undefined;
  /** The facts of its node; undefined after the node was closed. */
  facts: AccountFacts | undefined;
  list: Listed[] = [];
  /** How far the receiving thread's record of its pushes was read. */
  heard: { readonly run: string; readonly serial: number } = { run: "", serial: 0 };
  readonly #commands = new Ring<RecordedCommand>(mostEntries, mostCommandBytes);
  #clean: (text: string) => string = (text) => text;

  constructor(
    readonly id: string,
    private readonly recording: boolean,
  ) {}

  open(facts: AccountFacts): void {
    this.facts = facts;
    this.receivingProblem = undefined;
    const secrets = facts.passwords
      .filter((password) => password !== "")
      .map((password) => secretsOf("", password).text);
    this.#clean = (text) => secrets.reduce((cleaned, remove) => remove(cleaned), text);
  }

  /** JSON without secrets, shortened to what is shown. */
  shown(json: string, most = mostText): string {
    return this.#clean(copyOf(json, most + beyondCut).replace(secretFields, '$1"***"')).slice(0, most);
  }

  /** A request has ended. */
  readonly ended = (exchange: EndedExchange): void => {
    const failed = exchange.outcomes.filter(({ ok }) => !ok);
    const [first] = failed;
    const failure = first === undefined || first.ok ? undefined : first.failure;
    const result = {
      ok: failure === undefined,
      code: failure?.code ?? "E_SUCC",
      ...(failure?.kind === "platform" && failure.text !== ""
        ? { text: copyOf(this.#clean(failure.text), mostWords) }
        : {}),
      ...(failure?.kind === "network" ? { text: copyOf(failure.systemCode, mostWord) } : {}),
    };
    this.#note(exchange, result);
    this.#learn(exchange);
    if (!this.recording) return;
    const { api, at, durationMs, outcomes, isList, answer, node } = exchange;
    const fields = outcomes[0]?.fields ?? {};
    const request = jsonOf(isList ? outcomes.map((outcome) => outcome.fields) : fields);
    const reply = answer === undefined ? excerptOf(failure) : typeof answer === "string" ? answer : jsonOf(answer);
    const record: RecordedCommand = {
      entry: {
        account: this.id,
        kind: "command",
        at,
        name: word(api),
        ...(word(fields.agent) !== "" && { agent: word(fields.agent) }),
        ...(word(fields.callee) !== "" && { phone: word(fields.callee) }),
        result,
        ...(durationMs === undefined ? {} : { duration: durationMs }),
        ...(isList ? { count: outcomes.length, failed: failed.length } : {}),
        nodes: node === undefined ? [] : [node],
      },
      request: copyOf(request, mostKept),
      answer: copyOf(reply, mostKept),
      cut: request.length > mostText || typeof answer === "string" || reply.length > mostText,
      listed: false,
      size: 2 * (Math.min(request.length, mostKept) + Math.min(reply.length, mostKept)) + 400,
    };
    this.#commands.add(record);
  };

  /** Numbers the new entries and adds them to the list: ended commands, and pushes from the receiving thread. */
  take(answer: TrafficAnswer | undefined, next: () => number): void {
    const fresh: (Omit<Listed, "entry"> & { readonly entry: Omit<TrafficEntry, "number"> })[] = [];
    const alive = new Set<RecordedCommand>();
    for (const command of this.#commands.newestFirst()) {
      alive.add(command);
      if (command.listed) continue;
      command.listed = true;
      fresh.push({ entry: command.entry, command });
    }
    if (answer !== undefined) {
      this.heard = {
        run: answer.run,
        serial: answer.entries.at(-1)?.serial ?? (answer.run === this.heard.run ? this.heard.serial : 0),
      };
      for (const { serial, refused, replayable, code, event, ...rest } of answer.entries) {
        const entry = {
          ...rest,
          account: this.id,
          kind: "push" as const,
          name: event,
          result: { ok: !refused, code },
          ...(replayable ? { replayable: true as const } : {}),
        };
        fresh.push({ entry, push: { run: answer.run, serial, refused } });
      }
    }
    fresh.sort((one, other) => one.entry.at - other.entry.at);
    const isKept = ({ command, push }: Listed): boolean => {
      if (command !== undefined) return alive.has(command);
      if (push === undefined || answer === undefined) return push !== undefined;
      return push.run === answer.run && push.serial >= (push.refused ? answer.oldestRefused : answer.oldest);
    };
    const numbered = fresh.map((one): Listed => ({ ...one, entry: { number: next(), ...one.entry } }));
    this.list = [...this.list, ...numbered].filter(isKept).slice(-mostEntries);
  }

  /** Updates the health of the platform after a command. */
  #note({ at, durationMs, outcomes, clockOffMs }: EndedExchange, result: TrafficEntry["result"]): void {
    const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
    const [failure] = failures;
    if (clockOffMs !== undefined) this.health.clockOffMs = clockOffMs;
    if (failure?.kind === "busy") this.health.busyAt = at;
    if (failure?.kind === "closed") return;
    if (durationMs !== undefined) {
      // An error page or an unreadable answer is not an answer of the platform's API.
      const answered = failures.length < outcomes.length || failures.some(({ kind }) => kind === "platform");
      this.health.reachable = answered;
      if (answered) this.health.lastAnswerAt = at + durationMs;
    }
    if (durationMs !== undefined) this.health.passwordRefused = refusesPassword.has(result.code);
    if (!result.ok) this.health.lastError = { at, code: result.code, text: result.text ?? "" };
  }

  /** Reads the states of agents from an answer. */
  #learn({ api, outcomes, at }: EndedExchange): void {
    for (const outcome of outcomes) {
      if (!outcome.ok) continue;
      if (api === "getAgentInfo") for (const item of outcome.list ?? []) this.#named(item);
      const agent = word(outcome.fields.agent);
      if (agent === "") continue;
      const response: JsonObject = outcome.response;
      const status = api === "getAgentStatus" ? copyOf(agentStatusOf(response), mostWord) : statusAfter.get(api);
      if (status !== undefined && status !== "") this.#agent({ staffNo: agent, status, since: at, at });
    }
  }

  #named(item: unknown): void {
    if (!isObject(item)) return;
    const [staffNo, name] = [word(item.staffNo), word(item.name)];
    if (staffNo !== "") this.#agent({ staffNo, name });
  }

  #agent(agent: Partial<KnownAgent> & Pick<KnownAgent, "staffNo">): void {
    const before = this.agents.get(agent.staffNo);
    if (before === undefined && this.agents.size >= mostAgents) return;
    const same = before?.status !== undefined && before.status === agent.status;
    this.agents.set(agent.staffNo, { since: 0, at: 0, ...before, ...agent, ...(same ? { since: before.since } : {}) });
  }
}

/** The text of an answer that could not be read. */
const excerptOf = (failure: object | undefined): string =>
  failure !== undefined && "excerpt" in failure && typeof failure.excerpt === "string" ? failure.excerpt : "";

/** An action that runs once at a time: callers during a run get the result of that run. */
class SingleFlight {
  #running: Promise<unknown> | undefined;

  run<T>(start: () => Promise<T>): Promise<T> {
    // Each instance has results of one type.
    this.#running ??= start().finally(() => {
      this.#running = undefined;
    });
    return this.#running as Promise<T>;
  }
}

/** The recorded data of all accounts of a Node-RED. */
export class Monitor {
  /** Collects the new entries. */
  readonly pulling = new SingleFlight();
  readonly recording: boolean;
  readonly run: SidebarSnapshot["run"] = newId();
  readonly #accounts = new Map<string, MonitoredAccount>();
  #last = 0;

  /** @param setting SCCC_MONITOR */
  constructor(setting: string | undefined) {
    this.recording = setting?.trim().toLowerCase() !== "off";
  }

  /** The accounts whose nodes run. */
  get accounts(): readonly MonitoredAccount[] {
    return [...this.#accounts.values()].filter(({ facts }) => facts !== undefined);
  }

  /** The data of an account. It survives redeploys. */
  account(id: string): MonitoredAccount {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      account = new MonitoredAccount(id, this.recording);
      this.#accounts.set(id, account);
    }
    return account;
  }

  /** An account's node was closed. @param removed whether it was deleted */
  close(id: string, removed: boolean): void {
    const account = this.#accounts.get(id);
    if (account !== undefined) account.facts = undefined;
    if (removed) this.#accounts.delete(id);
  }

  /** Removes accounts that do not run and were deleted. */
  forget(isDeleted: (id: string) => boolean): void {
    for (const { id, facts } of [...this.#accounts.values()]) {
      if (facts === undefined && isDeleted(id)) this.#accounts.delete(id);
    }
  }

  readonly next = (): number => {
    this.#last += 1;
    return this.#last;
  };

  /** An entry by its number; undefined if it is gone. */
  find(number: unknown): { readonly account: MonitoredAccount; readonly listed: Listed } | undefined {
    for (const account of this.accounts) {
      const listed = account.list.find(({ entry }) => entry.number === number);
      if (listed !== undefined) return { account, listed };
    }
    return undefined;
  }
}
