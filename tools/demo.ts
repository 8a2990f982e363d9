// Runs `npm start` as a user does: starts it, reads its output, and ends it with Ctrl-C.
import { strict as assert } from "node:assert";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { testDialect } from "./dialect";
import { root } from "./hosts";
import { freePort } from "./node-red";

/** Options of a demo. */
export interface DemoOptions {
  /** The folder for its data, which is kept between starts. */
  readonly userDir: string;
  /** The Node that runs it; default: the running one. */
  readonly node?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The descendants of a process, each after its parent. */
export function descendants(pid: number): readonly number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const children = new Map<number, number[]>();
  for (const line of stdout.trim().split("\n")) {
    const [own = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), own]);
  }
  const below = (of: number): number[] => (children.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** A demo that can be restarted at the same addresses. */
export class Demo {
  /** Its address without a trailing slash. */
  readonly url: string;
  readonly simulator: string;
  /** Its output since it was started. */
  output = "";
  #process: ChildProcess | undefined;

  private constructor(
    private readonly options: DemoOptions,
    port: number,
    simulatorPort: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.simulator = `http://127.0.0.1:${simulatorPort}`;
  }

  static async start(options: DemoOptions): Promise<Demo> {
    const demo = new Demo(options, await freePort(), await freePort());
    await demo.start();
    return demo;
  }

  /** The process id: the leader of its process group, as in a terminal. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it; resolves when it prints that it is running. */
  async start(): Promise<void> {
    // Set to "": Node would pass the variable on if it were absent.
    const inherited: NodeJS.ProcessEnv = { ...process.env, NODE_V8_COVERAGE: "" };
    const { userDir, node = process.execPath, env } = this.options;
    this.output = "";
    const demo = spawn("npm", ["start", "--silent"], {
      cwd: root,
      env: {
        ...inherited,
        PATH: `${dirname(node)}${delimiter}${inherited.PATH}`,
        DEMO_DIR: userDir,
        PORT: new URL(this.url).port,
        SCCC_SIMULATOR_PORT: new URL(this.simulator).port,
        ...(testDialect === undefined ? {} : { SCCC_SIMULATOR_DIALECT: testDialect }),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group as in a shell: Ctrl-C reaches all of it.
      detached: true,
    });
    this.#process = demo;
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on("data", (chunk) => {
        this.output += chunk;
      });
    }
    const ended = once(demo, "exit").then(() => "ended");
    while (!this.output.includes("Ctrl-C")) {
      const event = await Promise.race([once(demo.stdout, "data"), ended]);
      assert.notEqual(event, "ended", this.output);
    }
  }

  /** Sends a signal to npm alone, as `kill` does; resolves with how npm ended. */
  async kill(signal: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]> {
    const demo = this.#process;
    if (demo === undefined) throw new Error("It was not started");
    const exited = once(demo, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    demo.kill(signal);
    return exited;
  }

  /** Kills its Node-RED as a crash does; resolves when npm has ended too. */
  async crash(): Promise<void> {
    const demo = this.#process;
    if (demo === undefined) throw new Error("It was not started");
    // npm, the demo, Node-RED.
    const nodeRed = descendants(demo.pid ?? 0).at(-1);
    if (nodeRed === undefined) throw new Error("Its Node-RED does not run");
    const exited = once(demo, "exit");
    process.kill(nodeRed, "SIGKILL");
    await exited;
  }

  /** Presses Ctrl-C, and waits until it has ended. */
  async stop(): Promise<void> {
    const demo = this.#process;
    if (demo?.pid === undefined || demo.exitCode !== null || demo.signalCode !== null) return;
    const exited = once(demo, "exit");
    process.kill(-demo.pid, "SIGINT");
    await exited;
  }
}
