// The command sccc-simulator: starts a simulator from a terminal. Its options are the catalogue's settings.
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { type Setting, simulatorSettings } from "../nodes/catalogue";
import { startSimulator } from ".";
import { dialectNames, dialectOf } from "./dialects";
import { messageOf } from "./narrow";
import { OptionError, type SimulatorOptions, settingsOf } from "./options";

/** Converts names: pushUrl to --push-url, and a secret to its variable SCCC_PUSH_PASSWORD. */
const flagOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const variableOf = (name: string): string => `SCCC_${flagOf(name).replace(/-/g, "_").toUpperCase()}`;

const settings = simulatorSettings.filter(({ name }) => name !== "name");

const defaultOf = (setting: Setting): string => ("default" in setting ? String(setting.default) : "");

const helpText = (): string => {
  const lines = settings.map((setting) => {
    const more = setting.kind === "secret" ? ` Better given as ${variableOf(setting.name)}.` : "";
    const preset = defaultOf(setting) === "" ? "" : ` (${defaultOf(setting)})`;
    return `  --${flagOf(setting.name).padEnd(16)}${setting.hint.en}${more}${preset}`;
  });
  return [
    "Usage: sccc-simulator [options]",
    "",
    "A simulated SCCC platform.",
    "",
    ...lines,
    `  --${"help".padEnd(16)}This text.`,
  ].join("\n");
};

/** The options from a command line and an environment. Throws an error that names the invalid option. */
const readArguments = (args: readonly string[], environment: NodeJS.ProcessEnv) => {
  const known = Object.fromEntries(settings.map(({ name }) => [flagOf(name), { type: "string" }] as const));
  const { values } = parseArgs({ args: [...args], options: { ...known, help: { type: "boolean", short: "h" } } });
  const given = new Map<string, unknown>(Object.entries(values));
  const text = (setting: Setting): string => {
    const value = given.get(flagOf(setting.name));
    const secret = setting.kind === "secret" ? environment[variableOf(setting.name)] : undefined;
    return typeof value === "string" ? value : (secret ?? defaultOf(setting));
  };
  const texts = new Map(settings.map((setting) => [setting.name, text(setting)]));
  const of = (name: string): string => texts.get(name) ?? "";
  // Number("") is 0, but an empty text is not a number.
  const number = (name: string): number => (of(name).trim() === "" ? Number.NaN : Number(of(name)));
  const madeUpPassword = of("password") === "" ? randomBytes(12).toString("hex") : undefined;
  const dialect = dialectOf(of("dialect"));
  if (dialect === undefined) throw new OptionError("dialect", `must be ${dialectNames.join(" or ")}`);
  const options: SimulatorOptions = {
    port: number("port"),
    host: of("host"),
    customer: of("customer"),
    password: madeUpPassword ?? of("password"),
    pushUrl: of("pushUrl"),
    pushUser: of("pushUser"),
    pushPassword: of("pushPassword"),
    agents: of("agents"),
    speed: number("speed"),
    seed: number("seed"),
    dialect: dialect.name,
  };
  settingsOf(options);
  return { options, madeUpPassword, wantsHelp: given.get("help") === true };
};

const fail = (message: string, code: number): void => {
  console.error(`sccc-simulator: ${message}`);
  process.exitCode = code;
};

const run = async ({ options, madeUpPassword }: ReturnType<typeof readArguments>): Promise<void> => {
  const simulator = await startSimulator(options);
  console.log(`SCCC simulator at ${simulator.url}, customer ${options.customer}, agents ${options.agents}`);
  if (madeUpPassword !== undefined) console.log(`Its password, made up for this run: ${madeUpPassword}`);
  const stop = () => void simulator.close().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
};

const main = async (): Promise<void> => {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments(process.argv.slice(2), process.env);
  } catch (thrown) {
    const message = messageOf(thrown);
    return fail(thrown instanceof OptionError ? `--${message.replace(/^\w+/, flagOf)}` : message, 2);
  }
  if (given.wantsHelp) console.log(helpText());
  else await run(given);
};

main().catch((thrown: unknown) => fail(messageOf(thrown), 1));
