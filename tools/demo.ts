// `npm start` as a user runs it: started, listened to, and ended with Ctrl-C.
import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { testDialect } from "./dialect";
import { root } from "./hosts";
import { freePort } from "./node-red";

/** How a demo is started. */
export interface DemoOptions {
  /** What it keeps between starts. */
  readonly userDir: string;
  /** The Node that runs it; ours if absent. */
  readonly node?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A demo that can be started again, at the same addresses. */
export class Demo {
  /** The addresses, without a slash at the end. */
  readonly url: string;
  readonly simulator: string;
  /** What it has printed since it was started. */
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

  /** The process that a terminal would have started: the leader of its group. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it; resolves when it says that it runs. */
  async start(): Promise<void> {
    // Left out, it would be passed on: Node sees to that.
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
      // A process group, as a shell makes one: Ctrl-C goes to all of it.
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

  /** Sends a signal to npm alone, as `kill` does; how npm ends. */
  async kill(signal: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]> {
    const demo = this.#process;
    if (demo === undefined) throw new Error("It was not started");
    const exited = once(demo, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    demo.kill(signal);
    return exited;
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
