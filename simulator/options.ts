// The simulator's options: checks and defaults.
import { createSecureContext } from "node:tls";
import { simulatorSettings } from "../nodes/catalogue";
import { type Numbers, numbersProblem } from "./call-outcomes";
import { type Dialect, type DialectName, dialectNames, dialectOf } from "./dialects";
import type { PushOutcome } from "./pushes";

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
  readonly dialect?: DialectName;
  /** Serves https. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /**
   * Start of the simulated clock in ms since 1970. With it (and a seed), all output is reproducible: the clock then advances with the calls
   * only. Without it, dates are real.
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

/** The checked options with defaults. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly customer: string;
  readonly password: string;
  readonly pushUrl: () => string;
  readonly pushUser: string;
  readonly pushPassword: string;
  readonly agents: StaffNumbers;
  readonly speed: number;
  readonly seed: number;
  readonly dialect: Dialect;
  readonly startTime: number | undefined;
  readonly tolerance: number;
  readonly numbers: Numbers;
  readonly pushPatience: number;
}

/** An invalid option. The message begins with the option's name. */
export class OptionError extends Error {
  constructor(option: string, problem: string) {
    super(`${option}: ${problem}`);
  }
}

const mostAgents = 100_000;

/** At least one staff number. */
export type StaffNumbers = readonly [string, ...string[]];

/** Parses "1000-1019,2000": without duplicates, leading zeros kept. Throws an OptionError. */
export const agentsOf = (text: string): StaffNumbers => {
  const found = new Set<string>();
  for (const part of text.split(/[,，\s]+/).filter((piece) => piece !== "")) {
    const [, from = "", to = from] = /^(\d{1,8})(?:-(\d{1,8}))?$/.exec(part) ?? [];
    if (from === "")
      throw new OptionError("agents", `"${part}" is neither a staff number of 1 to 8 digits nor a range`);
    if (Number(to) < Number(from)) throw new OptionError("agents", `"${part}" ends before it begins`);
    if (Number(to) - Number(from) + found.size >= mostAgents) {
      throw new OptionError("agents", `more than ${mostAgents} of them`);
    }
    for (let n = Number(from); n <= Number(to); n++) found.add(String(n).padStart(from.length, "0"));
  }
  const [first, ...others] = found;
  if (first === undefined) throw new OptionError("agents", "there must be at least one");
  return [first, ...others];
};

/** A number within the limits of the catalogue's setting with that name. */
const number = (name: "port" | "speed" | "seed", value: number): number => {
  const setting = simulatorSettings.find((candidate) => candidate.name === name);
  if (setting?.kind !== "number") throw new Error(`the catalogue has no number ${name}`);
  const { min, max, integer } = setting;
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
    throw new OptionError(name, `must be a ${integer ? "whole " : ""}number from ${min} to ${max}`);
  }
  return value;
};

const checkUrl = (name: string, text: string): void => {
  const protocol = URL.canParse(text) ? new URL(text).protocol : "";
  if (text !== "" && protocol !== "http:" && protocol !== "https:") {
    throw new OptionError(name, `"${text}" is not an http:// or https:// URL`);
  }
};

const filled = (name: string, text: unknown): string => {
  if (text === undefined || text === null) throw new OptionError(name, "is required");
  if (typeof text !== "string") throw new OptionError(name, "must be a string");
  if (text.trim() === "") throw new OptionError(name, "must not be empty");
  return text;
};

/** A customer name that an account accepts. */
const customerOf = (text: unknown): string => {
  const customer = filled("customer", text);
  if (!/^[\w-]+$/.test(customer)) throw new OptionError("customer", "must consist of letters, digits, - and _");
  return customer;
};

/** A text that may be empty. */
const optional = (name: string, text: unknown): string => {
  if (text !== undefined && typeof text !== "string") throw new OptionError(name, "must be a string");
  return text ?? "";
};

/** A certificate with its key: without one of them, no client could connect. */
const checkTls = (tls: SimulatorOptions["tls"]): void => {
  if (tls === undefined) return;
  for (const name of ["key", "cert"] as const) {
    if (!tls[name] || tls[name].length === 0) throw new OptionError(`tls.${name}`, "is required");
  }
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new OptionError("tls", error instanceof Error ? error.message : String(error));
  }
};

/** Checks the options and adds defaults. Throws an OptionError. */
export const settingsOf = (given: SimulatorOptions): Settings => {
  // Callers in JavaScript may pass nothing: then the password is reported as missing.
  const options: SimulatorOptions = given ?? {};
  const { startTime, tolerance = 300, pushPatience = 0, numbers = {} } = options;
  const pushUrl = typeof options.pushUrl === "function" ? options.pushUrl : optional("pushUrl", options.pushUrl);
  if (typeof pushUrl === "string") checkUrl("pushUrl", pushUrl);
  checkTls(options.tls);
  if (startTime !== undefined && !Number.isSafeInteger(startTime)) {
    throw new OptionError("startTime", "must be whole milliseconds since 1970");
  }
  const wrongNumbers = numbersProblem(numbers);
  if (wrongNumbers !== undefined) throw new OptionError("numbers", wrongNumbers);
  if (!(pushPatience >= 0)) throw new OptionError("pushPatience", "must be 0 or a number of seconds");
  const dialect = dialectOf(options.dialect ?? dialectNames[0]);
  if (dialect === undefined) throw new OptionError("dialect", `must be ${dialectNames.join(" or ")}`);
  if (!(tolerance >= 0)) throw new OptionError("tolerance", "must be 0 or a number of seconds");
  return {
    port: number("port", options.port ?? 0),
    host: filled("host", options.host ?? "127.0.0.1"),
    customer: customerOf(options.customer ?? "C2"),
    password: filled("password", options.password),
    pushUrl: typeof pushUrl === "function" ? pushUrl : () => pushUrl,
    pushUser: optional("pushUser", options.pushUser),
    pushPassword: optional("pushPassword", options.pushPassword),
    agents: agentsOf(options.agents === undefined ? "1000-1019" : optional("agents", options.agents)),
    speed: number("speed", options.speed ?? 1),
    seed: number("seed", options.seed ?? 1),
    dialect,
    startTime,
    tolerance,
    numbers,
    pushPatience,
  };
};
