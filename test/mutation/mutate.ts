// `npm run mutate`: removes each guard of guards.ts in a copy, and checks that its tests fail. Arguments select guards by a part of their
// names.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { root } from "../../tools/hosts";
import { type Mutation, mutations } from "./guards";

/** Folders that are not copied. */
const left = new Set(["node_modules", ".git", ".cache", "coverage", "dist"]);

/** Far longer than any run. Without one of its limits, a run may never end. */
const limitMs = 120_000;

/** The result of a run: how many tests passed, and the first failed one, with its error if it was not an assertion. */
interface Ran {
  readonly passed: number;
  readonly failed?: string;
}

/** Runs tests; undefined if they did not finish. */
function run(folder: string, { tests, grep }: Pick<Mutation, "tests" | "grep">): Ran | undefined {
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  // TAP, because the JSON reporter cannot serialize the bigints in some assertions.
  const { stdout, error } = spawnSync(
    process.execPath,
    [mocha, "--exit", "--reporter", "tap", ...(grep === "" ? [] : ["--fgrep", grep]), tests],
    { cwd: folder, encoding: "utf8", timeout: limitMs, killSignal: "SIGKILL", maxBuffer: 2 ** 26 },
  );
  const passed = /^# pass (\d+)$/m.exec(stdout)?.[1];
  if (error !== undefined || passed === undefined) return undefined;
  const [, title, said = ""] = /^not ok \d+ ([^\n]*)\n(.*?)(?=^(?:not )?ok |^# tests)/ms.exec(stdout) ?? [];
  if (title === undefined) return { passed: Number(passed) };
  const how = said.includes("AssertionError") ? "" : ` (${said.trim().split(/[.;(\n]/)[0]})`;
  return { passed: Number(passed), failed: title + how };
}

/** The result of a mutation: the test that failed, or why none did. */
function judge(folder: string, mutation: Mutation): { readonly killed: boolean; readonly by: string } {
  const path = join(folder, mutation.file);
  const source = readFileSync(path, "utf8");
  const parts = source.split(mutation.excerpt);
  if (parts.length !== 2)
    return { killed: false, by: `the excerpt stands ${parts.length - 1} times in ${mutation.file}` };
  const before = run(folder, mutation);
  if (before === undefined || before.failed !== undefined || before.passed === 0) {
    return { killed: false, by: `${before?.passed ?? 0} tests pass without it; ${before?.failed ?? "none fails"}` };
  }
  writeFileSync(path, parts.join(mutation.replacement));
  try {
    const after = run(folder, mutation);
    if (after === undefined) return { killed: false, by: "the tests did not come to an end" };
    return after.failed === undefined ? { killed: false, by: "SURVIVED" } : { killed: true, by: after.failed };
  } finally {
    writeFileSync(path, source);
  }
}

function main(words: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "sccc-mutate-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(root, folder, {
    recursive: true,
    filter: (path) => path === root || !left.has(basename(relative(root, path))),
  });
  symlinkSync(realpathSync(join(root, "node_modules")), join(folder, "node_modules"));
  const chosen = mutations.filter(({ guard }) => words.every((word) => guard.includes(word)));
  console.log("| guard | mutation | killed by |\n| --- | --- | --- |");
  let survived = 0;
  for (const mutation of chosen) {
    const { killed, by } = judge(folder, mutation);
    if (!killed) survived += 1;
    console.log(`| ${mutation.guard} | ${mutation.change} | ${killed ? by : `**${by}**`} |`);
  }
  console.log(`\n${chosen.length - survived} killed, ${survived} not`);
  process.exitCode = survived === 0 && chosen.length > 0 ? 0 : 1;
}

main(process.argv.slice(2));
