// `npm test`: lint, types, then mocha under coverage; the last line is `N passed, N failed`. Arguments go to mocha (`npm test -- --grep x`).
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Counts } from "./reporter";

const root = join(__dirname, "..");
const countsFile = join(root, ".cache/counts.json");
const windows = process.platform === "win32";

/** The whole run takes nowhere near as long; one that hangs is a failure, not a job that the CI has to end. */
const limitMinutes = 14;
const deadline = Date.now() + limitMinutes * 60_000;

/** Ends a step with all that it started: it has a process group of its own. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (windows || child.pid === undefined) child.kill(signal);
  else process.kill(-child.pid, signal);
}

/** Runs a step with its output on ours; whether it went well, and in time. */
async function run(title: string, command: string, args: readonly string[]): Promise<boolean> {
  const start = Date.now();
  console.log(`\n── ${title}`);
  const child = spawn(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    detached: !windows,
    shell: windows && command === "npm",
  });
  const interrupt = (signal: NodeJS.Signals) => kill(child, signal);
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const limit = setTimeout(() => {
    console.log(`Not done after ${limitMinutes} minutes: ended.`);
    kill(child, "SIGKILL");
  }, deadline - Date.now());
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(limit);
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  console.log(`── ${title}: ${code === 0 ? "done" : "FAILED"} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return code === 0;
}

/** What mocha counted. A run that broke off, or ended badly without a failed test, is one failure more. */
async function mocha(args: readonly string[]): Promise<Counts> {
  mkdirSync(join(root, ".cache"), { recursive: true });
  rmSync(countsFile, { force: true });
  const well = await run("tests", process.execPath, [
    join(root, "node_modules/c8/bin/c8.js"),
    join(root, "node_modules/mocha/bin/mocha.js"),
    "--reporter",
    join(root, "test/reporter.ts"),
    "--reporter-option",
    `counts=${countsFile}`,
    "--forbid-only",
    "--forbid-pending",
    ...args,
    "test/**/*.test.ts",
  ]);
  try {
    const counts: Counts = JSON.parse(readFileSync(countsFile, "utf8"));
    return well || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

async function main(): Promise<void> {
  const checks = [
    await run("lint", "npm", ["run", "--silent", "lint"]),
    await run("types", "npm", ["run", "--silent", "types"]),
  ];
  const tests = await mocha(process.argv.slice(2));
  const passed = tests.passed + checks.filter((well) => well).length;
  const failed = tests.failed + checks.filter((well) => !well).length;
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
