// The part of the sidebar's data that is in Node-RED's thread: commands, health of accounts, agents. Owned by RuntimeState.
// Pushes are recorded in the receiving thread; they get their numbers here when a sidebar asks.
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
/** How many bytes of commands are kept for an account; pushes have the rest of its 2 MB in the receiving thread. */
const mostCommandBytes = 650_000;
/** How much of a request or an answer is shown, and how much is kept, in characters. */
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
  /** The secrets, which must not be shown. */
  readonly passwords: readonly string[];
  readonly client?: Client;
  /** Why it can't be used: a setting, and a key below `errors.config`. */
  readonly problem?: { readonly setting: string; readonly reason: string };
}

/** What the last commands showed. */
export interface CommandHealth {
  reachable?: boolean;
  lastAnswerAt?: number;
  lastError?: { readonly at: number; readonly code: string; readonly text: string };
  /** The platform has refused the last command because of the password. */
  passwordRefused?: boolean;
  /** When a command found no room in the queue. */
  busyAt?: number;
  clockOffMs?: number;
}

/** The state of an agent according to commands. */
export interface KnownAgent {
  readonly staffNo: string;
  readonly name?: string;
  readonly status?: string;
  /** When this status was first reported, and when last. */
  readonly since: number;
  readonly at: number;
}

/** A recorded command. */
interface RecordedCommand extends Sized {
  readonly entry: Omit<TrafficEntry, "number">;
  readonly request: string;
  readonly answer: string;
  readonly cut: boolean;
  /** It has a number, and stands in the list. */
  listed: boolean;
}

/** An entry of the list, and where its detail is. */
export interface Listed {
  readonly entry: TrafficEntry;
  readonly command?: RecordedCommand;
  readonly push?: { readonly run: string; readonly serial: number; readonly refused: boolean };
}

/** Fields whose values are secret by themselves: one-time codes, tokens of sessions, and what a platform may echo. The JSON may be cut off. */
const secretFields =
  /("(?:digest|pass(?:word|wd)?|pwd|secret|verifyCode|\w*token)"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|[^",\s\]}][^,\]}]*)/gi;

/** What platforms answer where the customer or the password is wrong. */
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

/** The platform's answer to a command that changes an agent's state. */
const statusAfter: ReadonlyMap<string, string> = new Map([
  ["AgentLogin", "ONLINE"],
  ["AgentLogout", "OFFLINE"],
  ["AgentSetBusy", "BUSY"],
  ["AgentSetIdle", "IDLE"],
]);

/** One account. */
export class MonitoredAccount {
  readonly health: CommandHealth = {};
  readonly agents = new Map<string, KnownAgent>();
  /** Why nothing can be received for it: a setting, and a key below `errors.config`. */
  receivingProblem: { readonly setting: string; readonly reason: string } | undefined;
  /** Its node is there; undefined: it was closed. */
  facts: AccountFacts | undefined;
  list: Listed[] = [];
  /** The reports on its pushes. */
  heard: { readonly run: string; readonly serial: number } = { run: "", serial: 0 };
  readonly #commands = new Ring<RecordedCommand>(mostEntries, mostCommandBytes);
  #clean: (text: string) => string = (text) => text;

  constructor(
    readonly id: string,
    private readonly recording: boolean,
  ) {}

  /** The account's node was started. */
  open(facts: AccountFacts): void {
    this.facts = facts;
    this.receivingProblem = undefined;
    const secrets = facts.passwords
      .filter((password) => password !== "")
      .map((password) => secretsOf("", password).text);
    this.#clean = (text) => secrets.reduce((cleaned, remove) => remove(cleaned), text);
  }

  /** JSON without secrets, and no longer than is shown. */
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

  /** The entries without a number: commands that have ended since, and pushes from the receiving thread. */
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

  /** Reads the health of the platform from a command. */
  #note({ at, durationMs, outcomes, clockOffMs }: EndedExchange, result: TrafficEntry["result"]): void {
    const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.failure]));
    const [failure] = failures;
    if (clockOffMs !== undefined) this.health.clockOffMs = clockOffMs;
    if (failure?.kind === "busy") this.health.busyAt = at;
    if (failure?.kind === "closed") return;
    if (durationMs !== undefined) {
      // An error page or an answer that can't be read is no answer of the platform's API.
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
class Shared {
  #under: Promise<unknown> | undefined;

  run<T>(start: () => Promise<T>): Promise<T> {
    // Each use has one kind of result.
    this.#under ??= start().finally(() => {
      this.#under = undefined;
    });
    return this.#under as Promise<T>;
  }
}

/** All accounts of a Node-RED. */
export class Monitor {
  /** The taking of what is new. */
  readonly pulling = new Shared();
  readonly recording: boolean;
  readonly run: SidebarSnapshot["run"] = newId();
  readonly #accounts = new Map<string, MonitoredAccount>();
  #last = 0;

  /** @param setting SCCC_MONITOR */
  constructor(setting: string | undefined) {
    this.recording = setting?.trim().toLowerCase() !== "off";
  }

  /** The accounts whose nodes are there. */
  get accounts(): readonly MonitoredAccount[] {
    return [...this.#accounts.values()].filter(({ facts }) => facts !== undefined);
  }

  /** An account; it survives redeploys. */
  account(id: string): MonitoredAccount {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      account = new MonitoredAccount(id, this.recording);
      this.#accounts.set(id, account);
    }
    return account;
  }

  /** An account's node was closed. @param removed for good */
  close(id: string, removed: boolean): void {
    const account = this.#accounts.get(id);
    if (account !== undefined) account.facts = undefined;
    if (removed) this.#accounts.delete(id);
  }

  /** Forgets accounts that do not run and were deleted. */
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
