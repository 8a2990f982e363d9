// Prepares a clone: installs the dependencies of package-lock.json and builds dist/ if its sources are newer. Prints nothing if there is
// nothing to do. With arguments: only installs the dependencies of those folders. It runs before anything is installed, so it is plain
// JavaScript with built-in modules.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The sources of dist/. */
const sources = [
  "nodes",
  "simulator",
  "build",
  "locales",
  "icons",
  "docs/troubleshooting.md",
  "docs/troubleshooting.zh-CN.md",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** The files that every build writes last. */
const products = ["dist/sccc.js", "dist/sccc.html", "dist/sccc-simulator.js", "resources/troubleshooting.html"];

/** Runs npm, the same one that runs this script if there is one. Its output goes to stderr, so that stdout stays clean. */
function npm(folder, ...args) {
  const own = process.env.npm_execpath;
  const [command, ...rest] = own?.endsWith(".js") ? [process.execPath, own, ...args] : ["npm", ...args];
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, rest, { cwd: folder, stdio: ["ignore", 2, 2], shell });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Whether node_modules matches package-lock.json. The contents are compared: npm keeps a lock file of what it has installed. The files'
 * dates are not reliable after a checkout or an install that wrote both.
 */
function installed(folder) {
  try {
    const { packages: wanted } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
    const { packages: present } = JSON.parse(readFileSync(join(folder, "node_modules/.package-lock.json"), "utf8"));
    const same = (path) =>
      present[path]?.version === wanted[path]?.version && present[path]?.integrity === wanted[path]?.integrity;
    return (
      Object.keys(present).every(same) &&
      Object.keys(wanted).every((path) => path === "" || same(path) || wanted[path].optional)
    );
  } catch {
    return false;
  }
}

/** The latest modification time of a file, or of a folder and its content; 0 if it does not exist. A folder's own time shows deletions. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function install(folder) {
  if (installed(folder)) return;
  console.error(`Installing the dependencies of ${folder} …`);
  npm(folder, "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error");
}

function build() {
  const oldest = Math.min(...products.map((path) => newest(join(root, path))));
  if (oldest >= Math.max(...sources.map((path) => newest(join(root, path))))) return;
  console.error("Building dist/ …");
  npm(root, "run", "--silent", "build");
}

const folders = process.argv.slice(2);
for (const folder of folders.length > 0 ? folders : [root]) install(folder);
if (folders.length === 0) build();
