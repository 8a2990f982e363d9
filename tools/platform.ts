// A simulated platform and a client of it, for tests of the protocol.
import { type Command, commandOf, type Field, propertyOf } from "../nodes/catalogue/index";
import { Client, type ClientOptions } from "../nodes/protocol/client";
import type { PreparedCommand } from "../nodes/protocol/envelope";
import { type Simulator, type SimulatorOptions, startSimulator } from "../simulator/index";

/** The account of all tests: its password and its digests must never appear in any output. */
export const account = { customer: "C2", password: "E416D0F85DC0CB67C85E070A32D9F0123AFF4762" };

/** Starts a platform whose calls end within a moment. */
export const startPlatform = (options: Partial<SimulatorOptions> = {}): Promise<Simulator> =>
  startSimulator({ ...account, speed: 10_000, ...options });

/** A client with short pauses. */
export const clientOf = (baseUrl: string, options: Partial<ClientOptions> = {}): Client =>
  new Client({
    ...account,
    baseUrl,
    apiVersion: "2.0.6",
    lang: "zh_CN",
    debug: false,
    timezone: "Asia/Shanghai",
    timeoutMs: 20_000,
    retries: 2,
    maxConcurrent: 8,
    minInterval: 0,
    maxQueue: 1000,
    dialOnly: [],
    backoff: { first: 2, firstTooFrequent: 2, longest: 10 },
    ...options,
  });

/** The value of a field's example, as in a flow. */
export const exampleOf = (field: Field): unknown =>
  field.rule.kind === "list" ? JSON.parse(field.example) : field.example;

/** A payload with an example for each field of a command. */
export const examplePayload = ({ fields }: Pick<Command, "fields">): Record<string, unknown> =>
  Object.fromEntries(fields.map((field) => [propertyOf(field), exampleOf(field)]));

/** A command with the examples of its fields, unless values are given. */
export function callOf(client: Client, api: string, given: Record<string, unknown> = {}): PreparedCommand {
  const command = commandOf(api);
  if (command === undefined) throw new Error(`${api} is not in the catalogue`);
  const fields = Object.fromEntries(command.fields.map((field) => [field.name, exampleOf(field)]));
  const prepared = client.prepare(command, { ...fields, ...given });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.failure));
  return prepared.call;
}
