// Makes a clone ready to run: dependencies as package-lock.json has them, dist/ no older than its sources. Silent if there is nothing to do.
// With arguments: only the dependencies of those folders. Runs before anything is installed, so it is plain JavaScript on built-ins.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** What dist/ is made from. */
const sources = [
  "nodes",
  "simulator",
  "build",
  "locales",
  "icons",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** The files that every build writes last, whatever it changed. */
const products = ["dist/sccc.js", "dist/sccc.html", "dist/sccc-simulator.js"];

/** Runs npm, the very one that runs us if there is one; its output goes to stderr, so that ours stays clean. */
function npm(folder, ...args) {
  const own = process.env.npm_execpath;
  const [command, ...rest] = own?.endsWith(".js") ? [process.execPath, own, ...args] : ["npm", ...args];
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, rest, { cwd: folder, stdio: ["ignore", 2, 2], shell });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Whether node_modules holds what package-lock.json says. Compared by content: npm keeps a lock of what it has installed, and the
 * dates of the two files say nothing after a checkout, or after an install that wrote both.
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

/** When a file, or anything below a folder, was last written; 0 if it is not there. A folder's own date tells of deletions. */
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
