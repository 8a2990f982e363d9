// Selects the platform of the demo by the environment: a real one if SCCC_URL is set, otherwise a simulator in the flows.
import { randomBytes } from "node:crypto";
import { urlOf } from "../simulator/server";
import type { FlowNode } from "../tools/launch";
import { isFree as nobodyListens } from "../tools/ports";

/** A reason not to start, shown to the user. */
export class Refusal extends Error {}

/** The values of a platform for the `${…}` in the flows. */
export interface Platform {
  readonly simulated: boolean;
  readonly url: string;
  readonly customer: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Whether a port is free. */
export const isFree = (port: number, host: string): Promise<boolean> =>
  nobodyListens(port, host).catch((error: Error) => {
    throw new Refusal(`${host}:${port}: ${error.message}`);
  });

/** The first free port from `from` on. */
export async function freePort(from: number, host: string): Promise<number> {
  let port = from;
  while (!(await isFree(port, host))) port += 1;
  return port;
}

/** A value of the environment. */
const given = (name: string, standard = ""): string => process.env[name] || standard;

/** A port number from the environment. */
export function portOf(name: string, standard: number): number {
  const text = given(name, String(standard));
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Refusal(`${name}: "${text}" is not a port number`);
  return port;
}

/** Settings of an account of either kind. */
const common = () => ({
  SCCC_API_VERSION: given("SCCC_API_VERSION", "2.0.6"),
  SCCC_TIMEZONE: given("SCCC_TIMEZONE", "Asia/Shanghai"),
  SCCC_DIAL_ONLY: given("SCCC_DIAL_ONLY"),
});

async function simulator(): Promise<Platform> {
  const port = portOf("SCCC_SIMULATOR_PORT", await freePort(8088, "127.0.0.1"));
  const [url, customer] = [urlOf("http", "127.0.0.1", port), "C2"];
  const password = given("SCCC_DEMO_PASSWORD", randomBytes(16).toString("hex"));
  const env = {
    ...common(),
    SCCC_URL: url,
    SCCC_CUSTOMER: customer,
    SCCC_PASSWORD: password,
    SCCC_DEMO_PASSWORD: password,
    SCCC_PUSH_USER: "",
    SCCC_PUSH_PASSWORD: "",
    SCCC_PUSH_PORT: "",
    SCCC_SIMULATOR_PORT: String(port),
    SCCC_SIMULATOR_SPEED: given("SCCC_SIMULATOR_SPEED", "1"),
  };
  return { simulated: true, url, customer, env };
}

function real(url: string): Platform {
  for (const name of ["SCCC_CUSTOMER", "SCCC_PASSWORD"]) {
    if (given(name) === "") throw new Refusal(`SCCC_URL is set, ${name} is not.\n已设置 SCCC_URL，但未设置 ${name}。`);
  }
  const customer = given("SCCC_CUSTOMER");
  const env = {
    ...common(),
    SCCC_URL: url,
    SCCC_CUSTOMER: customer,
    SCCC_PASSWORD: given("SCCC_PASSWORD"),
    SCCC_PUSH_USER: given("SCCC_PUSH_USER"),
    SCCC_PUSH_PASSWORD: given("SCCC_PUSH_PASSWORD"),
    SCCC_PUSH_PORT: given("SCCC_PUSH_PORT"),
    SCCC_SIMULATOR_PORT: "",
  };
  return { simulated: false, url, customer, env };
}

/** The platform selected by the environment. */
export async function platformOf(): Promise<Platform> {
  const url = given("SCCC_URL");
  return url === "" ? simulator() : real(url);
}

/**
 * The flows with the demo's simulator enabled or disabled, in the dialect of SCCC_SIMULATOR_DIALECT if that is set, otherwise unchanged.
 * The flow cannot use `${…}` for the dialect: the simulator's form has a list of dialects, which could not show it.
 */
export function withSimulator(flows: readonly FlowNode[], on: boolean): readonly FlowNode[] {
  const dialect = given("SCCC_SIMULATOR_DIALECT");
  const changes = on && dialect !== "" ? { dialect } : {};
  // JSON omits undefined values.
  return flows.map((node) => (node.id === "demo-simulator" ? { ...node, ...changes, d: on ? undefined : true } : node));
}
