// `npm test`: lint, types, then mocha under coverage, in two processes side by side: the tests wait more than they compute.
// The last line is `N passed, N failed`. Arguments go to mocha (`npm test -- --grep x`).
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Counts } from "./reporter";

const root = join(__dirname, "..");
const cache = join(root, ".cache");
const coverage = join(cache, "coverage");
const windows = process.platform === "win32";

/** A run takes 10 minutes, but four times that where others use the processor too: that is no failure. One that hangs is, and no job for the CI to end. */
const limitMinutes = 45;
const deadline = Date.now() + limitMinutes * 60_000;

/** Ends a step with all that it started: it has a process group of its own. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (windows || child.pid === undefined) child.kill(signal);
  else process.kill(-child.pid, signal);
}

/** Runs a step; whether it went well, and in time. Beside another one its output comes in one piece, when it has ended. */
async function run(
  title: string,
  command: string,
  args: readonly string[],
  { beside = false, env = {} }: { readonly beside?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<boolean> {
  const start = Date.now();
  const output: Buffer[] = [];
  if (!beside) console.log(`\n── ${title}`);
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: beside ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    detached: !windows,
    shell: windows && command === "npm",
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => output.push(chunk));
  const interrupt = (signal: NodeJS.Signals) => kill(child, signal);
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const limit = setTimeout(() => {
    console.log(`Not done after ${limitMinutes} minutes: ${title} is ended.`);
    kill(child, "SIGKILL");
  }, deadline - Date.now());
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(limit);
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  if (beside) process.stdout.write(Buffer.concat([Buffer.from(`\n── ${title}\n`), ...output]));
  console.log(`── ${title}: ${code === 0 ? "done" : "FAILED"} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return code === 0;
}

const inBrowsers = "tests in browsers";

/** The halves, which take about as long. */
const halves: Readonly<Record<string, readonly string[]>> = {
  [inBrowsers]: ["test/{browser,demo}/**/*.test.ts"],
  "all other tests": ["test/!(browser|demo)/**/*.test.ts"],
};

/** What mocha counted. A run that broke off, or ended badly without a failed test, is one failure more. */
async function mocha(title: string, files: readonly string[], args: readonly string[]): Promise<Counts> {
  const countsFile = join(cache, `counts of ${title}.json`);
  rmSync(countsFile, { force: true });
  const well = await run(
    title,
    process.execPath,
    [
      join(root, "node_modules/mocha/bin/mocha.js"),
      ...["--reporter", join(root, "test/reporter.ts"), "--reporter-option", `counts=${countsFile}`],
      ...["--forbid-only", "--forbid-pending"],
      ...args,
      ...files,
    ],
    { beside: title === inBrowsers, env: { NODE_V8_COVERAGE: coverage } },
  );
  try {
    const counts: Counts = JSON.parse(readFileSync(countsFile, "utf8"));
    return well || counts.failed > 0 ? counts : { ...counts, failed: counts.failed + 1 };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

async function main(): Promise<void> {
  rmSync(coverage, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const npm = (script: string) => run(script, "npm", ["run", "--silent", script]);
  const checks = [await npm("lint"), await npm("types")];
  // Both halves want them, and two installers in one folder get into each other's way.
  const hosts = readdirSync(join(root, "test/hosts")).map((host) => join(root, "test/hosts", host));
  checks.push(await run("the Node-REDs to test in", process.execPath, [join(root, "build/ready.mjs"), ...hosts]));
  const args = process.argv.slice(2);
  const tests = await Promise.all(Object.entries(halves).map(([title, files]) => mocha(title, files, args)));
  await run("coverage", process.execPath, [join(root, "node_modules/c8/bin/c8.js"), "report"]);
  const passed = sum(tests.map((counts) => counts.passed)) + checks.filter((well) => well).length;
  const failed = sum(tests.map((counts) => counts.failed)) + checks.filter((well) => !well).length;
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
