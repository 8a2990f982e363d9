// A Node-RED as a child process: started, listened to, driven over its admin API, and stopped without leaving anything behind.
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import type { Host } from "./hosts";

/** A node of a flow as the admin API takes it: `credentials` may stand in it. An id must not be the name of a type. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly [property: string]: unknown;
}

/** A line of Node-RED's log. `text` is what the console shows, `detail` everything that was logged. */
export interface LogEntry {
  readonly level: string;
  readonly type?: string;
  readonly id?: string;
  readonly name?: string;
  readonly text: string;
  readonly detail: string;
}

/** What a debug node showed in the sidebar. */
export interface DebugEntry {
  readonly id: string;
  readonly name?: string;
  readonly topic?: string;
  readonly path?: string;
  readonly value: unknown;
}

/** What settings.cjs tells us. */
type Told =
  | { readonly event: "started" }
  | { readonly event: "missing"; readonly types: readonly string[] }
  | { readonly event: "log"; readonly entry: LogEntry };

/** How a Node-RED is launched. */
export interface Launch {
  readonly host: Host;
  readonly userDir: string;
  /** Whether the user folder goes when Node-RED has ended. */
  readonly discard?: boolean;
  /** Node-RED's settings, as far as JSON goes. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What takes `settings` in, and may add what is no JSON; that of the tests if absent. */
  readonly settingsFile?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Hears of every line of the log. */
  readonly onLog?: (entry: LogEntry) => void;
}

/** Longer than Node-RED's own limit of 15 s for closing nodes. */
const stopWithin = 20_000;

const ownSettings = join(__dirname, "settings.cjs");

const running = new Set<ChildProcess>();
// Groups of their own don't hear a Ctrl-C.
process.on("exit", () => {
  for (const child of running) kill(child, "SIGKILL");
});

/** Signals a child and everything that it started. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid === undefined || process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // The group is gone; macOS says EPERM of one that is about to be.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** A running Node-RED. */
export class NodeRed {
  /** Its address without a slash at the end, once it is started. */
  url = "";
  readonly logs: LogEntry[] = [];
  /** The types that the flows want and Node-RED does not know: then it runs none of the flows. */
  missing: readonly string[] = [];
  readonly #child: ChildProcess;
  readonly #told = new EventEmitter();
  readonly #exited: Promise<number>;
  #output = "";
  #stopping = false;

  private constructor({ host, userDir, discard, settings, settingsFile = ownSettings, env, onLog }: Launch) {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    // Left out, it would be passed on: Node sees to that. It costs memory and time that are not Node-RED's.
    const NODE_V8_COVERAGE = "";
    this.#child = spawn(host.node, [join(host.nodeRed, "red.js"), "--userDir", userDir, "--settings", settingsFile], {
      cwd: userDir,
      env: { ...inherited, NODE_V8_COVERAGE, ...env, NODE_RED_SETTINGS: JSON.stringify(settings) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: process.platform !== "win32",
    });
    running.add(this.#child);
    if (onLog !== undefined) this.#told.on("log", onLog);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk;
      });
    }
    this.#child.on("message", (message) => this.#hear(message as Told));
    this.#child.on("error", (error) => this.#told.emit("failed", error));
    this.#exited = new Promise((resolve) => {
      this.#child.on("exit", (code, signal) => {
        running.delete(this.#child);
        kill(this.#child, "SIGKILL");
        if (discard) rmSync(userDir, { recursive: true, force: true, maxRetries: 3 });
        if (!this.#stopping) {
          this.#told.emit("failed", new Error(`Node-RED ended by itself (${signal ?? code}):\n${this.transcript()}`));
        }
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  }

  /** Starts a Node-RED; resolves when it listens and its flows run, or can't for `missing` types. */
  static async launch(options: Launch): Promise<NodeRed> {
    const nodeRed = new NodeRed(options);
    try {
      await Promise.all([nodeRed.#wait("listening"), nodeRed.#wait("started")]);
      return nodeRed;
    } catch (error) {
      await nodeRed.stop();
      throw error;
    }
  }

  #hear(told: Told): void {
    if (told.event === "started" || told.event === "missing") {
      this.missing = told.event === "missing" ? told.types : [];
      this.#told.emit("started");
    } else {
      this.logs.push(told.entry);
      this.#told.emit("log", told.entry);
      // "Server now running at …" in whatever language; there is no event for it, and only it knows the port that 0 became.
      const address = /https?:\/\/[^\s/]+:\d+(?=\/)/.exec(told.entry.text)?.[0];
      if (this.url === "" && address !== undefined) {
        this.url = address;
        this.#told.emit("listening");
      }
    }
  }

  /** The next event of a name that fits; rejects if Node-RED fails first. */
  #wait<T = void>(event: string, fits: (value: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#told.off(event, succeed);
        this.#told.off("failed", fail);
      };
      const succeed = (value: T) => {
        if (!fits(value)) return;
        settle();
        resolve(value);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      this.#told.on(event, succeed);
      this.#told.on("failed", fail);
    });
  }

  /** Everything that was logged or printed, for the message of a failure and for greps. */
  transcript(): string {
    const lines = this.logs.map(
      ({ level, type, name, id, detail }) => `[${level}] ${type ?? ""} ${name ?? id ?? ""} ${detail}`,
    );
    return [...lines, this.#output].join("\n");
  }

  /** The first log entry that fits, of those already there or yet to come. */
  async log(fits: (entry: LogEntry) => boolean): Promise<LogEntry> {
    return this.logs.find(fits) ?? this.#wait("log", fits);
  }

  /** A request to Node-RED: its admin API, or a flow's `http in`. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** A call of the admin API with JSON both ways; a refusal is an error. */
  async admin(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const response = await this.fetch(path, {
      method,
      headers: { accept: "application/json", "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  }

  /** Replaces all flows (or, with `nodes`, what changed) and waits until they run. */
  async deploy(flows: readonly FlowNode[], type: "full" | "nodes" | "flows" = "full"): Promise<void> {
    // Node-RED takes a node without a place on the canvas for a configuration node.
    const placed = flows.map((node) => ("wires" in node ? { x: 0, y: 0, ...node } : node));
    const headers = { "Node-RED-API-Version": "v2", "Node-RED-Deployment-Type": type };
    await this.deployed(() => this.admin("POST", "/flows", { flows: placed }, headers));
  }

  /** Waits until the flows run that something deploys. */
  async deployed(act: () => Promise<unknown>): Promise<void> {
    const started = this.#wait("started");
    // Should the request itself fail, nobody awaits this.
    started.catch(() => {});
    await act();
    await started;
    if (this.missing.length > 0) throw new Error(`Types that are not installed: ${this.missing.join(", ")}`);
  }

  /** Presses an inject node's button. */
  async inject(id: string): Promise<void> {
    await this.admin("POST", `/inject/${id}`, {});
  }

  /** Watches the debug sidebar. */
  async sidebar(): Promise<Sidebar> {
    return Sidebar.open(`${this.url.replace("http", "ws")}/comms`);
  }

  /** Stops Node-RED and everything it started. Fails if it had to be forced. */
  async stop(): Promise<void> {
    if (!running.has(this.#child)) return;
    this.#stopping = true;
    this.#child.kill("SIGTERM");
    let forced = false;
    const limit = setTimeout(() => {
      forced = true;
      kill(this.#child, "SIGKILL");
    }, stopWithin);
    await this.#exited;
    clearTimeout(limit);
    if (forced) throw new Error(`Node-RED did not stop within ${stopWithin} ms:\n${this.transcript()}`);
  }

  /** Ends Node-RED at once, as a crash does. */
  async kill(): Promise<void> {
    this.#stopping = true;
    kill(this.#child, "SIGKILL");
    await this.#exited;
  }

  /** Resolves when Node-RED has ended, by itself or not: its exit code, of a signal that of shells. */
  get ended(): Promise<number> {
    return this.#exited;
  }
}

/** What debug nodes show, read from the editor's own channel. */
export class Sidebar {
  readonly entries: DebugEntry[] = [];
  readonly #socket: WebSocket;
  readonly #arrived = new EventEmitter();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      const packets = JSON.parse(String(data)) as readonly { readonly topic: string; readonly data: unknown }[];
      for (const { topic, data } of packets) if (topic === "debug") this.#add(data as RawDebug);
    });
  }

  static async open(url: string): Promise<Sidebar> {
    const socket = new WebSocket(url);
    const sidebar = new Sidebar(socket);
    await once(socket, "open");
    socket.send(JSON.stringify({ subscribe: "debug" }));
    return sidebar;
  }

  #add({ msg, format, ...rest }: RawDebug): void {
    const structured = typeof msg === "string" && /^(Object|array|error)/i.test(format ?? "");
    const entry: DebugEntry = { ...rest, value: structured ? JSON.parse(msg) : msg };
    this.entries.push(entry);
    this.#arrived.emit("entry");
  }

  /** The next entry of a debug node, or of one of several, that was not asked for yet. */
  async next(...ids: readonly string[]): Promise<unknown> {
    for (;;) {
      const index = this.entries.findIndex((entry) => ids.includes(entry.id));
      if (index >= 0) return this.entries.splice(index, 1)[0]?.value;
      await once(this.#arrived, "entry");
    }
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }
}

interface RawDebug {
  readonly id: string;
  readonly name?: string;
  readonly topic?: string;
  readonly msg?: unknown;
  readonly format?: string;
}
