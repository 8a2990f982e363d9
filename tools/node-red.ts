// Starts real Node-REDs for tests: each has its own user folder with our package, as installed by the palette.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, testHost } from "./hosts";
import { type FlowNode, NodeRed } from "./launch";
import { isFree } from "./ports";

export type { DebugEntry, FlowNode, LogEntry, NodeRed } from "./launch";

/** Options of a Node-RED for tests. */
export interface Options {
  readonly version: 4 | 5;
  /** Deployed at the start. Nodes contain their credentials. */
  readonly flows?: readonly FlowNode[];
  /** Installs the packed package (the default), or nothing. */
  readonly nodes?: "package" | "none";
  /** A folder below test/hosts whose packages are also installed in the user folder, as for function nodes that use them. */
  readonly modules?: string;
  /** A folder that is kept, so that a second Node-RED can be started with it. Default: a temporary one. */
  readonly userDir?: string;
  /** Added to the default settings; JSON only. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
}

/** The name that the package is installed under. */
export const packageName = "@sccc/node-red-sccc";

const temporary = new Set<string>();
process.on("exit", () => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder, which is deleted when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sccc-"));
  temporary.add(folder);
  return folder;
}

/** The ports that were returned before. */
const given = new Set<number>();

/**
 * A free port of this machine. It is outside the range from which the system assigns ports: otherwise another program could get it before
 * it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (given.has(port) || !(await isFree(port, "127.0.0.1"))) continue;
    given.add(port);
    return port;
  }
}

function npm(folder: string, ...args: string[]): string {
  const own = process.env.npm_execpath;
  const [command, rest] = own?.endsWith(".js") ? [process.execPath, [own, ...args]] : ["npm", args];
  const { status, stdout, stderr, error } = spawnSync(command, rest, {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32" && command === "npm",
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** The output of `npm pack --json` about the tarball. */
export interface Packed {
  /** The path of the tarball. */
  readonly tarball: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const cache = join(root, ".cache");

/** A hash of the package's content; needs a built dist/. */
function contentOf(): string {
  const manifest = readFileSync(join(root, "package.json"), "utf8");
  const { files } = JSON.parse(manifest) as { readonly files: readonly string[] };
  const hash = createHash("sha256").update(manifest);
  for (const name of files.map((file) => join(root, file.replace(/\/\*.*$/, "")))) {
    const below = statSync(name).isDirectory() ? readdirSync(name, { recursive: true, encoding: "utf8" }).sort() : [""];
    for (const file of below.map((one) => join(name, one))) {
      if (statSync(file).isFile()) hash.update(`\0${file}\0`).update(readFileSync(file));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** How long packages with other contents are kept, in ms. */
const keptMs = 86_400_000;

/**
 * A folder of .cache that is created once for a content of the package, by the first process that needs it. It is created under another
 * name and then renamed: if two processes create it at the same time, one of them wins, and no process finds an incomplete folder.
 */
function once(name: string, make: (folder: string) => void): string {
  const folder = join(cache, `${name}-${contentOf()}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  for (const other of readdirSync(cache).filter((one) => one.startsWith(`${name}-`))) {
    const old = statSync(join(cache, other), { throwIfNoEntry: false });
    if (old !== undefined && old.mtimeMs < Date.now() - keptMs)
      rmSync(join(cache, other), { recursive: true, force: true });
  }
  const making = mkdtempSync(join(cache, `${name}-new-`));
  try {
    make(making);
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

let packed: Packed | undefined;

/** The package as it would be published, packed once for each content. */
export function pack(): Packed {
  if (packed !== undefined) return packed;
  const ready = spawnSync(process.execPath, [join(root, "build/ready.mjs")], { stdio: ["ignore", 2, 2] });
  if (ready.status !== 0) throw new Error("The build failed");
  const folder = once("packed", (to) => {
    // Without prepack: dist is fresh, and a build would write into the answer.
    writeFileSync(join(to, "answer.json"), npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", to));
  });
  const [{ filename, size, files }] = JSON.parse(readFileSync(join(folder, "answer.json"), "utf8")) as [
    Packed & { readonly filename: string },
  ];
  packed = { tarball: join(folder, filename), size, files };
  return packed;
}

/** A user folder with the package installed as Node-RED's palette does it, created once for each content. */
export function template(): string {
  const { tarball } = pack();
  return once("installed", (folder) => {
    const list = { name: "node-red-project", version: "0.0.1", private: true };
    writeFileSync(join(folder, "package.json"), JSON.stringify(list));
    npm(folder, "install", "--no-audit", "--no-fund", "--omit=dev", "--engine-strict", "--no-package-lock", tarball);
    // The palette writes a version. The path of the tarball would be wrong in each copy.
    const { version } = JSON.parse(readFileSync(join(folder, "node_modules", packageName, "package.json"), "utf8"));
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ ...list, dependencies: { [packageName]: `~${version}` } }),
    );
  });
}

/** Adds packages to a user folder as Node-RED does for a function node: installed, and listed in its package.json. */
function addModules(userDir: string, host: string): void {
  const folder = join(root, "test/hosts", host);
  const list = join(userDir, "package.json");
  const read = (path: string) =>
    JSON.parse(readFileSync(path, "utf8")) as { readonly dependencies?: Readonly<Record<string, string>> };
  const mine = read(list);
  const { dependencies } = read(join(folder, "package.json"));
  cpSync(join(folder, "node_modules"), join(userDir, "node_modules"), { recursive: true });
  writeFileSync(list, JSON.stringify({ ...mine, dependencies: { ...mine.dependencies, ...dependencies } }));
}

/** Puts the installed package into a user folder, and the packages of a folder below test/hosts. */
function install(userDir: string, host: string | undefined): void {
  const from = template();
  if (host !== undefined) {
    cpSync(from, userDir, { recursive: true });
    addModules(userDir, host);
    return;
  }
  // Only what tests may write to is copied. All 1,500 files would take up to a second of processor time for each Node-RED.
  const [scope, name] = packageName.split("/") as [string, string];
  for (const file of ["package.json", join("node_modules", ".package-lock.json"), join("node_modules", scope, name)]) {
    cpSync(join(from, file), join(userDir, file), { recursive: true });
  }
  for (const module of readdirSync(join(from, "node_modules")).filter((one) => !one.startsWith(".") && one !== scope)) {
    symlinkSync(join(from, "node_modules", module), join(userDir, "node_modules", module), "junction");
  }
}

/** Starts a real Node-RED on a free port; resolves when its flows run. The caller must stop it. */
export async function startNodeRed(options: Options): Promise<NodeRed> {
  const { version, flows, nodes = "package", modules, settings, env } = options;
  const userDir = options.userDir ?? temporaryFolder();
  mkdirSync(userDir, { recursive: true });
  if (nodes === "package" && !existsSync(join(userDir, "node_modules", packageName))) install(userDir, modules);
  const nodeRed = await NodeRed.launch({
    host: testHost(version),
    userDir,
    discard: options.userDir === undefined,
    settings: {
      uiHost: "127.0.0.1",
      uiPort: 0,
      lang: "en-US",
      flowFile: "flows.json",
      credentialSecret: "a secret of the tests",
      telemetry: { enabled: false },
      editorTheme: { tours: false },
      debugMaxLength: 100_000,
      ...settings,
    },
    ...(env === undefined ? {} : { env }),
  });
  try {
    if (flows !== undefined) await nodeRed.deploy(flows);
    return nodeRed;
  } catch (error) {
    await nodeRed.stop();
    throw error;
  }
}
