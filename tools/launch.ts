// Runs a Node-RED as a child process: starts it, reads its log, uses its admin API, and stops it with all its children.
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { rmSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import type { Host } from "./hosts";

/** A node of a flow for the admin API; may contain `credentials`. Its id must not be the name of a type. */
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

/** An entry of a debug node in the sidebar. */
export interface DebugEntry {
  readonly id: string;
  readonly name?: string;
  readonly topic?: string;
  readonly path?: string;
  readonly value: unknown;
}

/** A message from settings.cjs. */
type ChildMessage =
  | { readonly event: "started" }
  | { readonly event: "missing"; readonly types: readonly string[] }
  | { readonly event: "log"; readonly entry: LogEntry };

/** Options of a launch. */
export interface Launch {
  readonly host: Host;
  readonly userDir: string;
  /** Whether to delete the user folder when Node-RED has ended. */
  readonly discard?: boolean;
  /** Node-RED's settings, as far as JSON can express them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The file that reads `settings` and may add values that are not JSON; default: that of the tests. */
  readonly settingsFile?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with every line of the log. */
  readonly onLog?: (entry: LogEntry) => void;
}

/** Longer than Node-RED's own limit of 15 s for closing nodes. */
const stopWithin = 20_000;

const ownSettings = join(__dirname, "settings.cjs");

const running = new Set<ChildProcess>();
// Children in their own process groups do not receive a Ctrl-C.
process.on("exit", () => {
  for (const child of running) kill(child, "SIGKILL");
});

/** Signals a child and its descendants. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid === undefined || process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // The group has ended; macOS reports EPERM if it is about to end.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** A running Node-RED. */
export class NodeRed {
  /** Its address without a trailing slash; set once it is started. */
  url = "";
  readonly logs: LogEntry[] = [];
  /** Types in the flows that Node-RED does not know; it then runs none of the flows. */
  missing: readonly string[] = [];
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter();
  readonly #exited: Promise<number>;
  #output = "";
  #stopping = false;

  private constructor({ host, userDir, discard, settings, settingsFile = ownSettings, env, onLog }: Launch) {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    // Set to "": Node would pass the variable on if it were absent, and coverage costs memory and time.
    const NODE_V8_COVERAGE = "";
    this.#child = spawn(host.node, [join(host.nodeRed, "red.js"), "--userDir", userDir, "--settings", settingsFile], {
      cwd: userDir,
      env: { ...inherited, NODE_V8_COVERAGE, ...env, NODE_RED_SETTINGS: JSON.stringify(settings) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: process.platform !== "win32",
    });
    running.add(this.#child);
    if (onLog !== undefined) this.#events.on("log", onLog);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk;
      });
    }
    this.#child.on("message", (message) => this.#hear(message as ChildMessage));
    this.#child.on("error", (error) => this.#events.emit("failed", error));
    this.#exited = new Promise((resolve) => {
      this.#child.on("exit", (code, signal) => {
        running.delete(this.#child);
        kill(this.#child, "SIGKILL");
        if (discard) rmSync(userDir, { recursive: true, force: true, maxRetries: 3 });
        if (!this.#stopping) {
          this.#events.emit("failed", new Error(`Node-RED ended by itself (${signal ?? code}):\n${this.transcript()}`));
        }
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  }

  /** Starts a Node-RED; resolves when it listens and its flows run, or cannot run because of `missing` types. */
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

  #hear(message: ChildMessage): void {
    if (message.event === "started" || message.event === "missing") {
      this.missing = message.event === "missing" ? message.types : [];
      this.#events.emit("started");
    } else {
      this.logs.push(message.entry);
      this.#events.emit("log", message.entry);
      // "Server now running at …", in any language. No event reports it, and only this line has the port that replaces 0.
      const address = /https?:\/\/[^\s/]+:\d+(?=\/)/.exec(message.entry.text)?.[0];
      if (this.url === "" && address !== undefined) {
        this.url = address;
        this.#events.emit("listening");
      }
    }
  }

  /** The next event of a name that matches; rejects if Node-RED fails first. */
  #wait<T = void>(event: string, fits: (value: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#events.off(event, succeed);
        this.#events.off("failed", fail);
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
      this.#events.on(event, succeed);
      this.#events.on("failed", fail);
    });
  }

  /** Everything that was logged or printed, for error messages and searches. */
  transcript(): string {
    const lines = this.logs.map(
      ({ level, type, name, id, detail }) => `[${level}] ${type ?? ""} ${name ?? id ?? ""} ${detail}`,
    );
    return [...lines, this.#output].join("\n");
  }

  /** The first log entry that matches, past or future. */
  async log(fits: (entry: LogEntry) => boolean): Promise<LogEntry> {
    return this.logs.find(fits) ?? this.#wait("log", fits);
  }

  /** A request to Node-RED: its admin API, or a flow's `http in`. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** A request to the admin API with JSON in both directions; throws if it is refused. */
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

  /** Replaces all flows (with `nodes`: the changed ones) and waits until they run. */
  async deploy(flows: readonly FlowNode[], type: "full" | "nodes" | "flows" = "full"): Promise<void> {
    // Node-RED takes a node without a position on the canvas for a configuration node.
    const placed = flows.map((node) => ("wires" in node ? { x: 0, y: 0, ...node } : node));
    const headers = { "Node-RED-API-Version": "v2", "Node-RED-Deployment-Type": type };
    await this.deployed(() => this.admin("POST", "/flows", { flows: placed }, headers));
  }

  /** Waits until the flows run that `act` deploys. */
  async deployed(act: () => Promise<unknown>): Promise<void> {
    const started = this.#wait("started");
    // If the request fails, this promise is not awaited.
    started.catch(() => {});
    await act();
    await started;
    if (this.missing.length > 0) throw new Error(`Types that are not installed: ${this.missing.join(", ")}`);
  }

  /** Presses an inject node's button. */
  async inject(id: string): Promise<void> {
    await this.admin("POST", `/inject/${id}`, {});
  }

  /** Connects to the debug sidebar. */
  async sidebar(): Promise<Sidebar> {
    return Sidebar.open(`${this.url.replace("http", "ws")}/comms`);
  }

  /** Stops Node-RED and its descendants. Throws if it had to be killed. */
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

  /** Kills Node-RED, as a crash would. */
  async kill(): Promise<void> {
    this.#stopping = true;
    kill(this.#child, "SIGKILL");
    await this.#exited;
  }

  /** Resolves when Node-RED has ended, for any reason: its exit code; after a signal, the code that shells use. */
  get ended(): Promise<number> {
    return this.#exited;
  }
}

/** The output of debug nodes, read from the editor's own channel. */
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

  /** The next entry of one of these debug nodes that was not returned before. */
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
