// The command sccc-simulator, as a process.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { simulatorSettings } from "../../nodes/catalogue";
import { type Simulator, startSimulator } from "../../simulator";
import { temporaryFolder } from "../../tools/node-red";
import { ask, command, password } from "./client";

/** Bundled once, because translating all sources takes each process longer than its work. */
const file = join(temporaryFolder(), "sccc-simulator.cjs");

interface Run {
  readonly child: ChildProcess;
  readonly output: { out: string; err: string };
  /** Waits until the output contains a text. */
  says(text: string): Promise<void>;
  exit(): Promise<number | null>;
}

const run = (args: readonly string[], environment: Record<string, string> = {}): Run => {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [file, ...args], { env });
  const output = { out: "", err: "" };
  const exited = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  child.stdout.on("data", (chunk: Buffer) => {
    output.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.err += chunk.toString();
  });
  const says = async (text: string) => {
    while (!output.out.includes(text)) {
      const ended = await Promise.race([once(child.stdout, "data").then(() => false), exited.then(() => true)]);
      if (ended) throw new Error(`it has ended: ${output.err}`);
    }
  };
  return { child, output, says, exit: () => exited };
};

describe("the command sccc-simulator", function () {
  this.timeout(30_000);
  before(() => {
    const entryPoints = [join(__dirname, "../../simulator/sccc-simulator.ts")];
    buildSync({ entryPoints, outfile: file, bundle: true, platform: "node", target: "node20", sourcemap: "inline" });
  });

  it("prints its URL, serves, and exits with 0 on a signal", async () => {
    for (const [signal, environment, args] of [
      ["SIGTERM", {}, ["--password", password]],
      ["SIGINT", { SCCC_PASSWORD: password }, ["--customer", "C2"]],
    ] as const) {
      const { child, output, says, exit } = run(["--port", "0", "--agents", "7-8", ...args], environment);
      await says(", agents 7-8\n");
      const [, url = ""] =
        /^SCCC simulator at (http:\/\/127\.0\.0\.1:\d+), customer C2, agents 7-8\n$/.exec(output.out) ?? [];
      const { data } = await command({ url } as Simulator, "getAgentInfo");
      assert.equal((data as unknown[]).length, 2);
      child.kill(signal);
      assert.deepEqual([await exit(), output.err], [0, ""]);
      assert.ok(!output.out.includes(password));
    }
  });

  it("uses the given dialect", async () => {
    const { child, output, says, exit } = run(["--port", "0", "--password", password, "--dialect", "field"]);
    await says("\n");
    const [, url = ""] = /at (\S+),/.exec(output.out) ?? [];
    const { result } = await ask({ url } as Simulator, "AgentLogin", { request: { agent: "1000" } }, "V2.1.2");
    assert.equal(result.msg, "Successfully");
    child.kill();
    await exit();
  });

  it("generates and prints a password if none is given", async () => {
    const { child, output, says, exit } = run(["--port", "0"], { SCCC_PASSWORD: "" });
    await says("password");
    assert.match(output.out, /password, made up for this run: [0-9a-f]{24}\n$/);
    child.kill();
    await exit();
  });

  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [["--colour", "red"], /--colour/],
    [["--port"], /--port/],
    [["--port", "http"], /^sccc-simulator: --port: must be a whole number from 0 to 65535\n$/],
    [["--speed", ""], /^sccc-simulator: --speed: must be a number from 0.01 to 100000\n$/],
    [["--push-url", "ftp://x"], /^sccc-simulator: --push-url: "ftp:\/\/x" is not/],
    [["--password", " "], /^sccc-simulator: --password: must not be empty\n$/],
    [["--customer", "C 2"], /^sccc-simulator: --customer: must consist of/],
    [["--dialect", "slang"], /^sccc-simulator: --dialect: must be document or field\n$/],
    [["--agents", "b"], /^sccc-simulator: --agents: "b" is neither/],
    [["stray"], /stray/],
  ];
  for (const [args, message] of bad) {
    it(`does not start with ${args.join(" ")}`, async () => {
      const { output, exit } = run(args);
      assert.equal(await exit(), 2);
      assert.match(output.err, message);
      assert.equal(output.err.trim().split("\n").length, 1, "it is not one line");
    });
  }

  it("says that a port is in use", async () => {
    const simulator = await startSimulator({ password });
    const { output, exit } = run(["--port", String(simulator.port)]);
    assert.equal(await exit(), 1);
    await simulator.close();
    assert.equal(output.err, `sccc-simulator: can't listen at 127.0.0.1:${simulator.port}: the port is in use\n`);
  });

  it("has help for every setting of the catalogue", async () => {
    const { output, exit } = run(["--help"]);
    assert.equal(await exit(), 0);
    for (const { hint } of simulatorSettings.slice(1)) assert.ok(output.out.includes(hint.en));
    for (const flag of ["port", "push-url", "push-user", "push-password", "seed"]) {
      assert.match(output.out, new RegExp(`^  --${flag} `, "m"));
    }
  });
});
