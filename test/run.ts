// Runs the tests in tiers and prints `N passed, N failed` at the end. `tsx test/run.ts [unit | long] [arguments for mocha]`; without a
// tier: the tests for every change. SCCC_TEST_GROUPS limits a tier to some of its groups: their titles, with commas between.
// SCCC_TEST_COVERAGE=1 checks the coverage of the tests for every change, which then take longer. A test file's name determines its tier:
// x.test.ts (unit: no browser, no Node-RED process), x.integration.test.ts, x.browser.test.ts, x.long.test.ts.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { Counts } from "./reporter";

const root = join(__dirname, "..");
const cache = join(root, ".cache");
const coverage = join(cache, "coverage");
const windows = process.platform === "win32";

/** Test files for one run of mocha. */
interface Group {
  readonly title: string;
  readonly files: readonly string[];
  /** How many files run at once. */
  readonly jobs: number;
  /** Versions of Node-RED for tests that start one: comma-separated major numbers. */
  readonly nodeRed?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Files that take longer than their size suggests: they wait, or open many pages. */
const slow = [
  "examples/drive.integration",
  "examples/reconciliation.integration",
  "campaign/kills.integration",
  "calls/whole.integration",
  "browser/editor.browser",
  "browser/examples.browser",
].map((name) => join("test", `${name}.test.ts`));

/** All files of tests. Slow and large ones come first, here and in every group, so that no long one is left for the end. */
const testFiles = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .filter((name) => !name.startsWith("hosts") && name.endsWith(".test.ts"))
  .map((name) => join("test", name))
  .sort((one, other) => statSync(join(root, other)).size - statSync(join(root, one)).size)
  .sort((one, other) => Number(slow.includes(other)) - Number(slow.includes(one)));
for (const name of slow.filter((one) => !testFiles.includes(one))) throw new Error(`test/run.ts: there is no ${name}`);
const filesOf = (kind: "integration" | "browser" | "long"): readonly string[] =>
  testFiles.filter((name) => name.endsWith(`.${kind}.test.ts`));
const [integrationFiles, browserFiles, longFiles] = [filesOf("integration"), filesOf("browser"), filesOf("long")];
const unitFiles = testFiles.filter((name) => ![...integrationFiles, ...browserFiles, ...longFiles].includes(name));

// More than one job for each of two cores: many tests wait for timers, the disk or a browser (docs/decisions/0180).
const unit: Group = { title: "unit", files: unitFiles, jobs: 4 };

/** The files of the long tier that need PostgreSQL and Mosquitto, and install them where they may. */
const withServers = [join("test", "examples/recipes.long.test.ts")];

/** The files of the long tier that take several minutes each. */
const longest = ["bench/bench", "calls/load", "calls/whole", "campaign/kills", "demo/day"].map((name) =>
  join("test", `${name}.long.test.ts`),
);

/** The files of the shorter tiers that have a text. */
const using = (text: string): readonly string[] =>
  testFiles.filter((name) => !longFiles.includes(name) && readFileSync(join(root, name), "utf8").includes(text));

/** The files of tests of which the long tier does more: those that say how much with tools/amount.ts. */
const ofAnyAmount = using("/tools/amount");

/** The files of tests that the usual tier runs on Node-RED 5 only, see tools/hosts.ts. */
const ofNewestNodeRed = using("newestNodeRed");

/** The steps of a tier: the checks and the tracks in parallel; a track is a sequence of groups. */
interface Tier {
  readonly checks: readonly string[];
  readonly tracks: readonly (readonly Group[])[];
  /** A run that takes longer hangs. */
  readonly limitMinutes: number;
}

const tiers: Readonly<Record<"unit" | "usual" | "long", Tier>> = {
  unit: { checks: [], tracks: [[unit]], limitMinutes: 10 },
  usual: {
    checks: ["lint", "types"],
    tracks: [
      [{ title: "browser", files: browserFiles, jobs: 2, nodeRed: "5" }],
      [unit, { title: "integration", files: integrationFiles, jobs: 3, nodeRed: "4,5" }],
    ],
    limitMinutes: 40,
  },
  long: {
    checks: [],
    tracks: [
      [
        { title: "browser on Node-RED 4.1", files: browserFiles, jobs: 2, nodeRed: "4" },
        {
          title: "examples and demo in the dialect of the field",
          files: [
            "test/browser/examples.browser.test.ts",
            "test/examples/drive.integration.test.ts",
            "test/examples/reconciliation.integration.test.ts",
            "test/demo/desk.browser.test.ts",
            "test/package/demo.integration.test.ts",
          ],
          jobs: 1,
          nodeRed: "5",
          env: { SCCC_TEST_DIALECT: "field" },
        },
      ],
      [
        {
          title: "long",
          files: longFiles.filter((name) => !longest.includes(name) && !withServers.includes(name)),
          jobs: 1,
          nodeRed: "4,5",
        },
        { title: "recipes with their servers", files: withServers, jobs: 1, nodeRed: "4,5" },
        { title: "integration on Node-RED 4.1", files: ofNewestNodeRed, jobs: 2, nodeRed: "4" },
        { title: "unit in the whole amount", files: ofAnyAmount, jobs: 2, env: { SCCC_TEST_WHOLE: "1" } },
        { title: "longest", files: longest, jobs: 1, nodeRed: "4,5" },
      ],
    ],
    limitMinutes: 60,
  },
};

const workerBundle = join(cache, "receive-worker.js");

/** Bundles the receiving worker for the tests of this run, see nodes/runtime/receive/receive-worker.js. Coverage needs the sources instead. */
function bundleWorker(): void {
  buildSync({
    entryPoints: [join(root, "nodes/receive/worker.ts")],
    outfile: workerBundle,
    bundle: true,
    platform: "node",
    target: "node20",
    packages: "external",
  });
}

/** Kills a step with its process group. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (windows || child.pid === undefined) child.kill(signal);
  else process.kill(-child.pid, signal);
}

interface RunOptions {
  /** Whether another step runs at the same time: the output is then printed at the end, in one block. */
  readonly beside?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly deadline: number;
}

/** Runs a step; returns whether it succeeded within the time limit. */
async function run(title: string, command: string, args: readonly string[], options: RunOptions): Promise<boolean> {
  const { beside = false, env = {}, deadline } = options;
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
    console.log(`Not done in time: ${title} is ended.`);
    kill(child, "SIGKILL");
  }, deadline - Date.now());
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(limit);
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  if (beside) process.stdout.write(Buffer.concat([Buffer.from(`\n── ${title}\n`), ...output]));
  console.log(`── ${title}: ${code === 0 ? "done" : "FAILED"} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  return code === 0;
}

/** The counts of mocha. A run that was interrupted, or failed without a failed test, counts as one failure. */
async function mocha(group: Group, args: readonly string[], options: RunOptions): Promise<Counts> {
  const { title, files, jobs, nodeRed, env } = group;
  // Mocha splits a reporter's options at commas.
  const countsFile = join(cache, `counts-${title.replace(/\W+/g, "-")}.json`);
  rmSync(countsFile, { force: true });
  const well = await run(
    title,
    process.execPath,
    [
      join(root, "node_modules/mocha/bin/mocha.js"),
      ...["--reporter", join(root, "test/reporter.ts"), "--reporter-option", `counts=${countsFile}`],
      ...["--require", join(root, "test/worker.cjs"), "--forbid-only", "--forbid-pending"],
      ...(jobs > 1 ? ["--parallel", "--jobs", String(jobs)] : []),
      ...args,
      ...files,
    ],
    {
      ...options,
      env: { ...options.env, ...env, ...(nodeRed === undefined ? {} : { SCCC_TEST_NODE_RED: nodeRed }) },
    },
  );
  try {
    const counts: Counts = JSON.parse(readFileSync(countsFile, "utf8"));
    const ended = `${title}: mocha ended with an error although no test failed`;
    return well || counts.failed > 0
      ? counts
      : { ...counts, failed: counts.failed + 1, failures: [{ file: "", text: ended }] };
  } catch {
    return { passed: 0, failed: 1, failures: [{ file: "", text: `${title}: did not end by itself` }] };
  }
}

/** At most so many files are run once more: where more fail, it is no accident. */
const mostAgain = 3;

/**
 * Runs the files with failed tests once more, alone, and counts the failures of that run. A test that fails only beside others depends on the load of
 * the machine: it is printed as FLAKY, and is a fault of the test or of the product all the same (docs/decisions/0110-flaky-tests.md).
 */
async function again(group: Group, counts: Counts, args: readonly string[], options: RunOptions): Promise<Counts> {
  const files = [...new Set(counts.failures.map(({ file }) => file))];
  if (files.length === 0 || files.length > mostAgain || files.includes("")) return counts;
  const title = `${group.title} once more`;
  const second = await mocha({ ...group, title, files, jobs: 1 }, args, options);
  if (second.failed > 0) return counts;
  for (const { text } of counts.failures) console.log(`\nFLAKY ${text}`);
  return { passed: counts.passed + counts.failed, failed: 0, failures: [] };
}

/** The groups of a tier that SCCC_TEST_GROUPS names; all if it names none. */
function chosen(tracks: Tier["tracks"]): Tier["tracks"] {
  const titles = process.env.SCCC_TEST_GROUPS?.split(",").map((title) => title.trim());
  if (titles === undefined) return tracks;
  const known = tracks.flat().map(({ title }) => title);
  const unknown = titles.filter((title) => !known.includes(title));
  if (unknown.length > 0) throw new Error(`No group ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  return tracks
    .map((groups) => groups.filter(({ title }) => titles.includes(title)))
    .filter((groups) => groups.length > 0);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  const name = first === "unit" || first === "long" ? first : "usual";
  const args = name === "usual" && first !== undefined ? [first, ...rest] : rest;
  const { checks, limitMinutes } = tiers[name];
  const tracks = chosen(tiers[name].tracks);
  const deadline = Date.now() + limitMinutes * 60_000;
  const covers = process.env.SCCC_TEST_COVERAGE === "1";
  // The threshold applies to all of `npm test`, not to a part of it or of the tests.
  if (covers && (name !== "usual" || args.length > 0 || tracks !== tiers.usual.tracks)) {
    throw new Error("SCCC_TEST_COVERAGE=1 goes with `npm test` as a whole only");
  }
  const options: RunOptions = { deadline };
  rmSync(coverage, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  if (!covers) bundleWorker();
  const steps: boolean[] = [];
  // Beside the tests, most of which wait now and then.
  const checked = checks.map((script) => run(script, "npm", ["run", "--silent", script], { ...options, beside: true }));
  if (name !== "unit") {
    // Installed before the tests run in parallel: two npm processes in one folder would interfere with each other.
    const hosts = readdirSync(join(root, "test/hosts")).map((host) => join(root, "test/hosts", host));
    steps.push(
      await run("the Node-REDs to test in", process.execPath, [join(root, "build/ready.mjs"), ...hosts], options),
    );
    // Once, before several processes want them.
    const prepare = 'require("./tools/node-red").template(); void require("./tools/browser").unpackedBrowser()';
    const prepared = ["--import", "tsx", "-e", prepare];
    steps.push(await run("the package, installed, and the browser", process.execPath, prepared, options));
  }
  const track: RunOptions = {
    ...options,
    beside: tracks.length > 1,
    env: covers ? { NODE_V8_COVERAGE: coverage } : { SCCC_TEST_WORKER: workerBundle },
  };
  const results = await Promise.all(
    tracks.map(async (groups) => {
      const all: { readonly group: Group; readonly counts: Counts }[] = [];
      for (const group of groups) all.push({ group, counts: await mocha(group, args, track) });
      return all;
    }),
  );
  steps.push(...(await Promise.all(checked)));
  const counts: Counts[] = [];
  for (const result of results.flat())
    counts.push(await again(result.group, result.counts, args, { ...track, beside: false }));
  if (covers) {
    const c8 = join(root, "node_modules/c8/bin/c8.js");
    steps.push(await run("coverage", process.execPath, [c8, "report", "--check-coverage"], options));
  }
  const passed = sum(counts.map((one) => one.passed)) + steps.filter((well) => well).length;
  const failed = sum(counts.map((one) => one.failed)) + steps.filter((well) => !well).length;
  // Once more at the end: the output of a whole run is long.
  for (const failure of counts.flatMap((one) => one.failures)) console.log(`\nFAILED ${failure.text}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
