// The Node-REDs for tests and the demo: 4.1 from our node_modules; 5, and Node 24 for it, installed on first use.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The root of the checkout. */
export const root = join(__dirname, "..");

/** The major versions of Node-RED for tests: those of SCCC_TEST_NODE_RED, by default both. */
export const nodeRedVersions: readonly (4 | 5)[] = ([4, 5] as const).filter((version) =>
  (process.env.SCCC_TEST_NODE_RED ?? "4,5").split(",").includes(String(version)),
);

/**
 * One of these versions, the newest: for tests that take long. The long tier runs their files again on Node-RED 4.1 only, so that both
 * versions have all tests (docs/decisions/0130-what-each-tier-runs.md).
 */
export const newestNodeRed = nodeRedVersions.slice(-1);

const hosts = join(root, "test/hosts");

/** A Node-RED and the Node that runs it. */
export interface Host {
  readonly node: string;
  /** The folder of the package node-red. */
  readonly nodeRed: string;
}

/** Whether the running Node is new enough for Node-RED 5. */
export function nodeAdmitsNodeRed5(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 9);
}

/** The folders that this process has prepared. */
const ready = new Set<string>();

/** Installs a folder's dependencies by its lock file if necessary; returns the folder. */
export function prepared(folder: string): string {
  if (ready.has(folder)) return folder;
  const { status } = spawnSync(process.execPath, [join(root, "build/ready.mjs"), folder], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`Could not install the dependencies of ${folder}`);
  ready.add(folder);
  return folder;
}

/** The binary of Node 24; undefined if npm has none for this platform. */
function node24(): string | undefined {
  const folder = prepared(join(hosts, "node-24"));
  const { platform, arch } = process;
  const binary = platform === "win32" ? "bin/node.exe" : "bin/node";
  return [`node-${platform === "win32" ? "win" : platform}-${arch}`, `node-bin-${platform}-${arch}`]
    .map((name) => join(folder, "node_modules", name, binary))
    .find((path) => existsSync(path));
}

/** Node-RED 4.1 on the running Node. */
function nodeRed4(): Host {
  return { node: process.execPath, nodeRed: join(root, "node_modules/node-red") };
}

/** Node-RED 5 on the given Node. */
function nodeRed5(node: string): Host {
  return { node, nodeRed: join(prepared(join(hosts, "node-red-5")), "node_modules/node-red") };
}

/** The host for tests of a major version of Node-RED. Version 5 runs on Node 24, whatever the running Node is. */
export function testHost(version: 4 | 5): Host {
  if (version === 4) return nodeRed4();
  const node = node24() ?? (nodeAdmitsNodeRed5() ? process.execPath : undefined);
  if (node === undefined) throw new Error(`No Node for Node-RED 5 on ${process.platform}-${process.arch}`);
  return nodeRed5(node);
}

/** The newest Node-RED that the running Node supports. */
export function demoHost(): Host {
  return nodeAdmitsNodeRed5() ? nodeRed5(process.execPath) : nodeRed4();
}
