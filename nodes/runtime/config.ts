// Narrows the configurations of nodes from unknown, once, at the edge.
import type { AgentOptions } from "node:https";
import { accountSettings, type Setting } from "../catalogue";
import { dialPatterns } from "../protocol/check";
import { type FormatProblem, formatProblem } from "../protocol/format";
import { isObject } from "../protocol/json";
import { type ProxySettings, proxyUrl } from "../protocol/proxy";

/** A setting that is missing or wrong; `reason` is a key below `errors.config` of the locales. */
export interface ConfigProblem {
  readonly setting: string;
  readonly reason:
    | "missing"
    | FormatProblem
    | "number"
    | "choice"
    | "node"
    | "account"
    | "noServer"
    | "conflict"
    | "feedTaken"
    | "startKey"
    | "port"
    | "proxyUrl"
    | "proxyVariable"
    | "variable";
  /** The environment's variable that is to blame. */
  readonly variable?: string;
}

/** A reading of a configuration, or the first thing that is wrong with it. */
export type Narrowed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** Replaces `${ENV}` in a text of the configuration. */
export type Expand = (text: string) => string;

/** Thrown while narrowing, and nowhere else. */
class Wrong extends Error {
  constructor(readonly problem: ConfigProblem) {
    super(problem.reason);
  }
}

/** Ends a reading: this setting is wrong. */
export const wrong = (setting: string, reason: ConfigProblem["reason"]): never => {
  throw new Wrong({ setting, reason });
};

/** Reads properties as the settings of the catalogue describe them: their defaults, their bounds, what is required. */
export class Settings {
  readonly #settings: ReadonlyMap<string, Setting>;
  readonly #config: Readonly<Record<string, unknown>>;
  readonly #credentials: Readonly<Record<string, unknown>>;
  readonly #expand: Expand;

  constructor(settings: readonly Setting[], config: unknown, credentials: unknown, expand: Expand) {
    this.#settings = new Map(settings.map((setting) => [setting.name, setting]));
    this.#config = isObject(config) ? config : {};
    this.#credentials = isObject(credentials) ? credentials : {};
    this.#expand = expand;
  }

  /** A text of its format, a choice or a secret, trimmed but for secrets; "" where it is unset and not required. */
  text(name: string): string {
    const setting = this.#settings.get(name);
    const secret = setting?.kind === "secret";
    const value = (secret ? this.#credentials : this.#config)[name];
    const given = typeof value === "string" || typeof value === "number" ? this.#expand(String(value)) : "";
    const text = secret ? given : given.trim();
    if (text !== "") {
      if (setting?.kind === "choice" && !setting.choices.some((choice) => choice.value === text)) wrong(name, "choice");
      const format = setting?.kind === "text" ? setting.format : undefined;
      const problem = format && formatProblem(format, text);
      return problem === undefined ? text : wrong(name, problem);
    }
    if (setting?.kind === "choice") return setting.default;
    if (setting?.kind === "text" && value === undefined && setting.default !== "") return setting.default;
    return setting !== undefined && "required" in setting ? wrong(name, "missing") : "";
  }

  /** A number within its bounds; the default where it is unset. */
  number(name: string): number {
    const setting = this.#settings.get(name);
    if (setting?.kind !== "number") return wrong(name, "number");
    const value = this.#config[name];
    if (value === undefined || value === null || value === "") return setting.default ?? wrong(name, "missing");
    const number = typeof value === "string" ? Number(this.#expand(value)) : value;
    const ok = typeof number === "number" && number >= setting.min && number <= setting.max;
    return ok && (!setting.integer || Number.isInteger(number)) ? number : wrong(name, "number");
  }

  /** A number that may be unset. */
  optionalNumber(name: string): number | undefined {
    const value = this.#config[name];
    const given = typeof value === "string" ? this.#expand(value).trim() : value;
    return given === undefined || given === null || given === "" ? undefined : this.number(name);
  }

  /** A switch; texts come from the environment. */
  flag(name: string): boolean {
    const value = this.#config[name];
    return value === true || (typeof value === "string" && this.#expand(value).trim().toLowerCase() === "true");
  }

  /** The id of another node; "" for none. */
  id(name: string): string {
    const value = this.#config[name];
    return typeof value === "string" ? value : "";
  }
}

/** Runs a reading and catches what it found wrong. */
export function narrow<T>(read: () => T): Narrowed<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, problem: error.problem };
    throw error;
  }
}

/** An account's configuration. Times in ms. */
export interface AccountConfig {
  readonly label: string;
  readonly baseUrl: string;
  readonly apiVersion: string;
  readonly customer: string;
  readonly password: string;
  readonly lang: string;
  readonly debug: boolean;
  readonly timezone: string;
  readonly region: string;
  readonly areaCode: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly maxConcurrent: number;
  readonly minInterval: number;
  readonly maxQueue: number;
  readonly dialOnly: readonly RegExp[];
  readonly tls?: AgentOptions;
  readonly proxy?: ProxySettings;
}

/** The options that a tls-config node adds; its fields are its own. */
export function tlsOf(setting: string, node: unknown): AgentOptions {
  if (!isObject(node) || typeof node.addTLSOptions !== "function") return wrong(setting, "node");
  const options: AgentOptions = {};
  node.addTLSOptions(options);
  return options;
}

/** An `http proxy` node's URL with its credentials in it. */
function proxyOf(node: unknown): ProxySettings {
  if (!isObject(node) || typeof node.url !== "string") return wrong("proxy", "node");
  const credentials = isObject(node.credentials) ? node.credentials : {};
  const url = proxyUrl(node.url);
  if (url === undefined) return wrong("proxy", "proxyUrl");
  if (typeof credentials.username === "string" && credentials.username !== "") url.username = credentials.username;
  if (typeof credentials.password === "string" && credentials.password !== "") url.password = credentials.password;
  const noProxy: readonly unknown[] = Array.isArray(node.noproxy) ? node.noproxy : [];
  return { url: url.href, noProxy: noProxy.filter((host) => typeof host === "string") };
}

/**
 * Reads an account.
 * @param nodeOf the running node of an id, or undefined
 */
export function narrowAccount(
  config: unknown,
  credentials: unknown,
  expand: Expand,
  nodeOf: (id: string) => unknown,
): Narrowed<AccountConfig> {
  return narrow(() => {
    const settings = new Settings(accountSettings, config, credentials, expand);
    const customer = settings.text("customer");
    const tls = settings.id("tls");
    const proxy = settings.id("proxy");
    return {
      label: settings.text("name") || customer,
      baseUrl: new URL(settings.text("baseUrl")).origin,
      apiVersion: settings.text("apiVersion"),
      customer,
      password: settings.text("password"),
      lang: settings.text("lang"),
      debug: settings.flag("debug"),
      timezone: settings.text("timezone"),
      region: settings.text("region"),
      areaCode: settings.text("areaCode"),
      timeoutMs: settings.number("timeout") * 1000,
      retries: settings.number("retries"),
      maxConcurrent: settings.number("maxConcurrent"),
      minInterval: settings.number("minInterval"),
      maxQueue: settings.number("maxQueue"),
      dialOnly: dialPatterns(settings.text("dialOnly")),
      ...(tls === "" ? {} : { tls: tlsOf("tls", nodeOf(tls)) }),
      ...(proxy === "" ? {} : { proxy: proxyOf(nodeOf(proxy)) }),
    };
  });
}

/** The credentials of a type, as Node-RED wants them: the settings that are secrets. */
export const credentialsOf = (settings: readonly Setting[]): Record<string, { type: "password" }> =>
  Object.fromEntries(settings.filter(({ kind }) => kind === "secret").map(({ name }) => [name, { type: "password" }]));

/** A typed input as a node stores it: what it says, and how to read it. */
export interface TypedInput {
  readonly value: string;
  readonly type: string;
}

/** A typed input of a configuration; where it was never set, the given one. */
export function typedInput(config: unknown, property: string, otherwise: TypedInput): TypedInput {
  const source = isObject(config) ? config : {};
  const value = source[property];
  const type = source[`${property}Type`];
  if (value === undefined && type === undefined) return otherwise;
  return {
    value: typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value),
    type: typeof type === "string" && type !== "" ? type : otherwise.type,
  };
}
