// Checks the properties of nodes once and converts them to typed configurations.
import type { AgentOptions } from "node:https";
import { createServer, type SecureContextOptions, type TlsOptions } from "node:tls";
import { accountSettings, type Setting } from "../../catalogue/index";
import { integerIn } from "../../protocol/check";
import { dialPatterns } from "../../protocol/dial-only";
import { type FormatProblem, formatProblem } from "../../protocol/format";
import { ProxyError, type ProxySettings, proxyUrl } from "../../protocol/proxy";
import { isObject } from "../../util/json";
import type { Failure } from "./failure";

/** A missing or wrong setting; `reason` is a key below `errors.config` of the locales. */
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
    | "feedHeld"
    | "startKey"
    | "port"
    | "tls"
    | "certificate"
    | "proxyUrl"
    | "proxyVariable"
    | "variable"
    | "empty"
    | "host"
    | "folder"
    | "held"
    | "worker"
    | "hours"
    | "campaigns";
  /** The environment variable that is missing or wrong. */
  readonly variable?: string;
  /** The system's message, or the allowed values of a number or a choice. */
  readonly detail?: string;
  /** The time of the next try, in ms since 1970. */
  readonly retryAt?: number;
}

/** A configuration, or its first problem. */
export type Narrowed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: ConfigProblem };

/** The failure for a problem of a configuration. */
export const configFailure = (problem: ConfigProblem): Failure => ({ kind: "config", code: "SCCC_CONFIG", ...problem });

/** Replaces `${ENV}` in a text of the configuration. */
export type Expand = (text: string) => string;

/** Thrown and caught within this module. */
class Wrong extends Error {
  constructor(readonly problem: ConfigProblem) {
    super(problem.reason);
  }
}

/** Ends the reading: this setting is invalid. */
export const wrong = (setting: string, reason: ConfigProblem["reason"], variable?: string, detail?: string): never => {
  throw new Wrong({
    setting,
    reason,
    ...(variable === undefined ? {} : { variable }),
    ...(detail === undefined ? {} : { detail }),
  });
};

/** The allowed values of a setting, in a form that needs no translation. */
function allowedIn(setting: Setting | undefined): string | undefined {
  if (setting?.kind === "choice") return setting.choices.map(({ value }) => value).join(", ");
  if (setting?.kind !== "number") return undefined;
  const { min, max, integer } = setting;
  return `${integer ? `${min}, ${min + 1}` : min} … ${max}`;
}

/** The problem of an account whose client could not be made because of its proxy. Other errors are thrown again. */
export function proxyProblem(error: unknown): ConfigProblem {
  if (!(error instanceof ProxyError)) throw error;
  const { variable } = error;
  return variable === undefined
    ? { setting: "proxy", reason: "proxyUrl" }
    : { setting: "proxy", reason: "proxyVariable", variable };
}

/** A credential that consists of one variable. Node-RED replaces it if the variable is set. */
const wholeVariable = /^\$\{([^{}]+)\}$/;

/** The first variable in a text. */
export const variableIn = (text: string): string | undefined => /\$\{([^}]+)\}/.exec(text)?.[1];

const isChoice = ({ choices, others }: Extract<Setting, { kind: "choice" }>, text: string): boolean =>
  choices.some(({ value }) => value === text) || (others === "integers" && integerIn(text) !== undefined);

/** Reads properties by the rules of the catalogue's settings: defaults, limits, what is required. */
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

  /** A text or a choice, trimmed; a secret unchanged; "" if it is unset and not required. */
  text(name: string): string {
    const setting = this.#settings.get(name);
    if (setting?.kind === "secret") return this.#secret(name, "required" in setting);
    const value = this.#config[name];
    const written = typeof value === "string" || typeof value === "number" ? String(value) : "";
    const text = this.#expand(written).trim();
    const refuse = (reason: ConfigProblem["reason"]): never => this.#refuse(name, reason, written, text);
    if (text !== "") {
      if (setting?.kind === "choice" && !isChoice(setting, text)) refuse("choice");
      const format = setting?.kind === "text" ? setting.format : undefined;
      const problem = format && formatProblem(format, text);
      return problem === undefined ? text : refuse(problem);
    }
    if (setting?.kind === "choice") return setting.default;
    // A flow that was written by hand may have a list or an object here.
    const isGiven = value !== undefined && value !== null && (typeof value !== "string" || value.trim() !== "");
    if (setting?.kind === "text" && setting.restricts && isGiven) return refuse("empty");
    if (setting?.kind === "text" && value === undefined && setting.default !== "") return setting.default;
    return setting !== undefined && "required" in setting ? refuse("missing") : "";
  }

  /**
   * A credential as Node-RED delivers it. Node-RED has already replaced a value that is one variable; any other $ is a
   * character.
   */
  #secret(name: string, required: boolean): string {
    const value = this.#credentials[name];
    const secret = typeof value === "string" || typeof value === "number" ? String(value) : "";
    const variable = wholeVariable.exec(secret)?.[1];
    if (variable !== undefined) return wrong(name, "variable", variable);
    return secret === "" && required ? wrong(name, "missing") : secret;
  }

  /** Ends the reading. If a variable is not set, that is given as the reason. */
  #refuse(name: string, reason: ConfigProblem["reason"], written: string, text: string): never {
    const unset = [...written.matchAll(/\$\{[^}]+\}/g)].find(([whole]) => this.#expand(whole) === "")?.[0];
    const variable = unset === undefined || text === written ? undefined : variableIn(unset);
    if (variable !== undefined) return wrong(name, "variable", variable);
    return wrong(name, reason, undefined, allowedIn(this.#settings.get(name)));
  }

  /** A number within its limits; the default if it is unset. */
  number(name: string): number {
    const setting = this.#settings.get(name);
    if (setting?.kind !== "number") return wrong(name, "number");
    const value = this.#config[name];
    if (value === undefined || value === null || value === "") return setting.default ?? wrong(name, "missing");
    const text = typeof value === "string" ? this.#expand(value).trim() : "";
    // Number("") is 0, but an empty text is not a number.
    const number = typeof value !== "string" ? value : text === "" ? Number.NaN : Number(text);
    const ok = typeof number === "number" && number >= setting.min && number <= setting.max;
    if (ok && (!setting.integer || Number.isInteger(number))) return number;
    return this.#refuse(name, "number", typeof value === "string" ? value : "", text);
  }

  /** A number that may be empty. A variable that is not set is an error, because empty has its own meaning. */
  optionalNumber(name: string): number | undefined {
    const value = this.#config[name];
    const given = typeof value === "string" ? value.trim() : value;
    return given === undefined || given === null || given === "" ? undefined : this.number(name);
  }

  /** A switch. A variable of the environment gives it as a text. */
  flag(name: string): boolean {
    const value = this.#config[name];
    return value === true || (typeof value === "string" && this.#expand(value).trim().toLowerCase() === "true");
  }

  /** The ID of another node; "" for none. */
  id(name: string): string {
    const value = this.#config[name];
    return typeof value === "string" ? value : "";
  }
}

/** Runs a reading. Returns its result or its problem. */
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
  readonly recordingUrl: string;
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

/** The options of a tls-config node. Its fields are private; `addTLSOptions` is its interface. */
export function tlsOf(setting: string, node: unknown): AgentOptions {
  if (!isObject(node) || typeof node.addTLSOptions !== "function") return wrong(setting, "node");
  const options: AgentOptions = {};
  try {
    node.addTLSOptions(options);
  } catch {
    return wrong(setting, "tls");
  }
  return options;
}

type TlsUse = SecureContextOptions & Pick<TlsOptions, "ALPNProtocols">;

/**
 * Whether TLS works with these options. Node reads keys and certificates only when it uses them. Broken ones would
 * throw when a connection is made, possibly where nothing catches it.
 */
export function isUsableTls(options: TlsUse): boolean {
  try {
    // A server that never listens. Creating it reads everything that a connection would read.
    createServer(options);
    return true;
  } catch {
    return false;
  }
}

/** The URL of an `http proxy` node, with its credentials. */
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

/** Reads an account. @param nodeOf finds the running node of an ID */
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
    const dialOnly = settings.text("dialOnly");
    // Commas without a pattern are an error: no pattern means that every number may be dialled.
    if (dialOnly !== "" && dialPatterns(dialOnly).length === 0) wrong("dialOnly", "empty");
    return {
      label: settings.text("name") || customer,
      baseUrl: new URL(settings.text("baseUrl")).origin,
      recordingUrl: settings.text("recordingUrl"),
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
      dialOnly: dialPatterns(dialOnly),
      ...(tls === "" ? {} : { tls: tlsOf("tls", nodeOf(tls)) }),
      ...(proxy === "" ? {} : { proxy: proxyOf(nodeOf(proxy)) }),
    };
  });
}

/** The credentials of a type in Node-RED's form: the settings that are secrets. */
export const credentialsOf = (settings: readonly Setting[]): Record<string, { type: "password" }> =>
  Object.fromEntries(settings.filter(({ kind }) => kind === "secret").map(({ name }) => [name, { type: "password" }]));

/** A typed input as a node stores it. */
export interface TypedInput {
  readonly value: string;
  readonly type: string;
}

/** A typed input of a configuration, or the given one if it was never set. */
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
