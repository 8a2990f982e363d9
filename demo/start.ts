// `npm start`: runs Node-RED with the nodes of this working tree and the demo's flows (a CRM, an agent desk, a wallboard, buttons) with a
// simulated or a real SCCC platform. demo/README.md lists the environment variables.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { FolderLock } from "../nodes/delivery/folder-lock";
import { urlOf } from "../simulator/server";
import { demoHost, root } from "../tools/hosts";
import { type FlowNode, type LogEntry, NodeRed } from "../tools/launch";
import { freePort, isFree, platformOf, portOf, Refusal, withSimulator } from "./platform";

/** The secret with which Node-RED encrypts this user folder's credentials, which may contain a real account's password. */
function credentialSecret(userDir: string): string {
  const file = join(userDir, "credential-secret");
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

/** Links the working tree to where Node-RED looks for installed packages: a rebuild takes effect after a restart. */
function link(userDir: string): void {
  const place = join(userDir, "node_modules/@sccc/node-red-sccc");
  mkdirSync(dirname(place), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  symlinkSync(root, place, "junction");
}

/** Locks the folder for this demo: only one process may use the database in it. */
async function take(userDir: string): Promise<FolderLock> {
  const isHeld = new AbortController();
  const options = { folder: userDir, owner: randomBytes(8).toString("hex") };
  const lock = await FolderLock.acquire(options, isHeld.signal, () => isHeld.abort());
  if (lock === undefined) {
    throw new Refusal(
      `Another demo uses ${userDir}. Stop it, or set DEMO_DIR.\n${userDir} 正被另一个演示使用。请停止它，或设置 DEMO_DIR。`,
    );
  }
  return lock;
}

/** Renames flows that were written for an earlier CRM, which had no database. */
function putOldAside(flows: string): void {
  if (!existsSync(flows) || readFileSync(flows, "utf8").includes('global.get(\\"crm\\")')) return;
  renameSync(flows, `${flows}.old`);
  console.error(`The flows in ${flows} are of an earlier demo: kept as ${flows}.old.`);
}

/** Prints errors, and warnings of nodes; Node-RED's own remarks about its configuration are omitted. */
function show({ level, type, name, id, text }: LogEntry): void {
  if (!["fatal", "error"].includes(level) && !(level === "warn" && type !== undefined)) return;
  console.error(`[${level}] ${type === undefined ? "" : `[${type}:${name || id}] `}${text}`);
}

/** The demo's pages. They are missing if the user's flows are older than the pages. */
const pages = [
  { name: "Agent desk 坐席工作台", path: "/desk" },
  { name: "Campaigns 外呼活动", path: "/campaign" },
  { name: "Wallboard 监控大屏", path: "/wallboard" },
];

/** A text padded to a width; a Chinese character takes two columns. */
const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(1, width - text.length - (text.match(/\p{Script=Han}/gu) ?? []).length));

/**
 * The initial arrangement of the sidebars in Node-RED 5: the SCCC sidebar is open, with the debug messages below it.
 * Node-RED 4.1 ignores this.
 */
const sidebars = {
  v: 4,
  tabs: [],
  primary: {
    width: 400,
    top: { tabs: ["sccc", "info", "help", "config", "context"], active: "sccc", height: 600, hidden: false },
    bottom: { tabs: ["debug"], active: "debug", hidden: false },
  },
  secondary: {
    width: 210,
    top: { tabs: ["explorer"], active: "explorer", hidden: false },
    bottom: { tabs: ["palette"], active: "palette", hidden: false },
  },
};

/** How often to check whether the parent process still runs, in ms. */
const parentEveryMs = 500;

/**
 * Calls back when this process should end: after a signal, or when its parent has ended (npm, or a shell of npm's that
 * did not pass on a signal).
 */
function onEnd(end: (signal: NodeJS.Signals) => void): void {
  const parent = process.ppid;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end("SIGTERM");
  }, parentEveryMs).unref();
}

async function main(): Promise<void> {
  let nodeRed: NodeRed | undefined;
  onEnd((signal) => {
    // During the start there is nothing to clean up: everything ends with this process.
    if (nodeRed === undefined) process.exit(128 + constants.signals[signal]);
    nodeRed.stop().catch((error: Error) => console.error(error.message));
  });
  const host = process.env.HOST || "127.0.0.1";
  const port = portOf("PORT", 1880);
  if (!(await isFree(port, host))) {
    throw new Refusal(
      `Port ${port} is taken. Take another one: PORT=${await freePort(port + 1, host)} npm start\n端口 ${port} 已被占用，请换一个端口。`,
    );
  }
  const { simulated, url, customer, env } = await platformOf();
  const userDir = resolve(process.env.DEMO_DIR || join(root, ".cache/demo"));
  mkdirSync(userDir, { recursive: true });
  const lock = await take(userDir);
  link(userDir);
  const kept = join(userDir, "flows.json");
  putOldAside(kept);
  const first = !existsSync(kept);
  const stored = JSON.parse(readFileSync(first ? join(__dirname, "flows.json") : kept, "utf8")) as readonly FlowNode[];
  const flows = withSimulator(stored, simulated);
  const changed = JSON.stringify(flows) !== JSON.stringify(stored);
  if (changed && !first) writeFileSync(kept, JSON.stringify(flows, null, 4));
  const nodeRedHost = demoHost();
  nodeRed = await NodeRed.launch({
    host: nodeRedHost,
    userDir,
    settingsFile: join(__dirname, "settings.cjs"),
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
      ...env,
      // The address that the simulator pushes to.
      SCCC_DEMO_URL: urlOf("http", host, port),
      SCCC_DEMO_FILES: __dirname,
      // The CRM's database. Sample customers and real ones are kept apart.
      SCCC_DEMO_CRM: join(userDir, simulated ? "crm-simulated.db" : "crm.db"),
      // The key by which a page of the demo authenticates.
      SCCC_DESK_KEY: randomBytes(16).toString("hex"),
    },
  });
  if (first) {
    await nodeRed.deploy(flows);
    await nodeRed.admin("POST", "/settings/user", { editor: { sidebar: { state: sidebars } } });
  }
  const address = nodeRed.url;
  const { version } = JSON.parse(readFileSync(join(nodeRedHost.nodeRed, "package.json"), "utf8")) as {
    version: string;
  };
  const served = pages.filter(({ path }) => flows.some((node) => node.type === "http in" && node.url === path));
  const lines = [
    [`Node-RED ${version}`, `${address}/`],
    ...served.map(({ name, path }) => [name, address + path]),
    [
      simulated ? "Simulator 模拟平台" : "Platform 平台",
      `${url}  (customer ${customer}${simulated ? ", agents 1000-1019" : ""})`,
    ],
    ["Kept 保留", `${relative(process.cwd(), userDir)}  (delete it for the demo as it was 删除后恢复演示原样)`],
  ];
  console.log(`
${lines.map(([name = "", text = ""]) => `  ${padded(name, 24)}${text}`).join("\n")}

  Ctrl-C stops everything. 按 Ctrl-C 全部停止。
`);
  process.exitCode = await nodeRed.ended;
  lock.release();
}

main().catch((error: Error) => {
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
});
