// `npm start`: Node-RED with the nodes of this working tree, a simulated SCCC platform, and a flow that makes calls on it.
// Environment: PORT (1880), HOST (127.0.0.1), DEMO_DIR (.cache/demo), SCCC_SIMULATOR_PORT (the first free one from 8088), SCCC_DEMO_PASSWORD.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, relative, resolve } from "node:path";
import { urlOf } from "../simulator/server";
import { demoHost, root } from "../test/support/hosts";
import { type FlowNode, type LogEntry, NodeRed } from "../test/support/launch";

/** A reason not to start, for people. */
class Refusal extends Error {}

/** Whether nobody listens there. */
function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((answer, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? answer(false) : reject(new Refusal(`${host}:${port}: ${error.message}`)),
    );
    server.listen(port, host, () => server.close(() => answer(true)));
  });
}

/** The first free port from one on. */
async function freePort(from: number, host: string): Promise<number> {
  let port = from;
  while (!(await isFree(port, host))) port += 1;
  return port;
}

/** A port number from the environment. */
function portOf(name: string, standard: number): number {
  const text = process.env[name] ?? "";
  const port = text === "" ? standard : Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Refusal(`${name}: "${text}" is not a port number`);
  return port;
}

/** A secret of this user folder that Node-RED encrypts credentials with: a real account's password may get in there. */
function credentialSecret(userDir: string): string {
  const file = join(userDir, "credential-secret");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** Puts the working tree where Node-RED looks for installed packages: a rebuild is there after a restart. */
function link(userDir: string): void {
  const place = join(userDir, "node_modules/@sccc/node-red-sccc");
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  symlinkSync(root, place, "junction");
}

/** Prints what went wrong, and what a node warns of; Node-RED's own remarks about its set-up are no matter here. */
function show({ level, type, name, id, text }: LogEntry): void {
  if (!["fatal", "error"].includes(level) && !(level === "warn" && type !== undefined)) return;
  console.error(`[${level}] ${type === undefined ? "" : `[${type}:${name || id}] `}${text}`);
}

async function main(): Promise<void> {
  const host = process.env.HOST || "127.0.0.1";
  const port = portOf("PORT", 1880);
  if (!(await isFree(port, host))) {
    throw new Refusal(
      `Port ${port} is taken. Take another one: PORT=${await freePort(port + 1, host)} npm start\n端口 ${port} 已被占用，请换一个端口。`,
    );
  }
  const simulatorPort = portOf("SCCC_SIMULATOR_PORT", await freePort(8088, "127.0.0.1"));
  const userDir = resolve(process.env.DEMO_DIR || join(root, ".cache/demo"));
  mkdirSync(userDir, { recursive: true });
  link(userDir);
  const first = !existsSync(join(userDir, "flows.json"));
  const nodeRedHost = demoHost();
  const nodeRed = await NodeRed.launch({
    host: nodeRedHost,
    userDir,
    settings: {
      uiHost: host,
      uiPort: port,
      flowFile: "flows.json",
      flowFilePretty: true,
      credentialSecret: credentialSecret(userDir),
      telemetry: { enabled: false },
      editorTheme: { tours: false },
    },
    onLog: show,
    env: {
      // Where the simulator pushes to.
      SCCC_DEMO_URL: urlOf("http", host, port),
      SCCC_SIMULATOR_PORT: String(simulatorPort),
      SCCC_DEMO_PASSWORD: process.env.SCCC_DEMO_PASSWORD || randomBytes(16).toString("hex"),
    },
  });
  const stop = () => nodeRed.stop().catch((error: Error) => console.error(error.message));
  process.on("SIGINT", stop).on("SIGTERM", stop).on("SIGHUP", stop);
  if (first) await nodeRed.deploy(JSON.parse(readFileSync(join(__dirname, "flows.json"), "utf8")) as FlowNode[]);
  const { version } = JSON.parse(readFileSync(join(nodeRedHost.nodeRed, "package.json"), "utf8")) as {
    version: string;
  };
  console.log(`
  Node-RED ${version}   ${nodeRed.url}/
  SCCC simulator   http://127.0.0.1:${simulatorPort}  (customer C2, agents 1000-1019)
  Flows 流程       ${relative(process.cwd(), userDir)}  (delete it for the demo flow 删除后恢复演示流程)

  Ctrl-C stops everything. 按 Ctrl-C 全部停止。
`);
  await nodeRed.ended;
}

main().catch((error: Error) => {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
});
