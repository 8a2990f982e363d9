// The bench runs completely with small numbers. The report has every row with a figure, in both languages.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import { temporaryFolder } from "../../tools/node-red";

/** How many rows each part has. */
const rows = { pushes: 17, commands: 7, records: 1, tracker: 2, overhead: 2, sidebar: 4 };

/** Runs the bench's command line with small numbers. */
function bench(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const tiny = ["--rounds", "1", "--seconds", "0.1", "--records", "1000", "--calls", "50"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--require", require.resolve("tsx/cjs"), join(root, "bench/index.ts"), ...tiny, ...args],
    { cwd: root, encoding: "utf8", timeout: 600_000 },
  );
  return { status, output: stdout + stderr };
}

/** The cells of the tables of a page, a list of rows for each table. */
const tablesOf = (page: string): readonly (readonly (readonly string[])[])[] =>
  page
    .split("\n## ")
    .slice(1)
    .map((section) =>
      section
        .split("\n")
        .filter((line) => line.startsWith("| "))
        .slice(2)
        .map((line) => line.split("|").map((cell) => cell.trim())),
    );

describe("the bench", function () {
  this.timeout(610_000);

  it("measures everything and writes both pages", () => {
    const out = temporaryFolder();
    const { status, output } = bench("--out", out);
    assert.equal(status, 0, output);
    for (const name of ["results.md", "results.zh-CN.md"]) {
      const tables = tablesOf(readFileSync(join(out, name), "utf8"));
      assert.deepEqual(
        tables.map((table) => table.length),
        Object.values(rows),
        name,
      );
      for (const [, ours = "", rival = "", ratio = ""] of tables.flat()) {
        assert.match(ratio, /^\*\*-?[\d,.e+-]+\*\*$/, `${name}: ${ours} against ${rival}`);
      }
    }
  });

  it("refuses an unknown part, and lists the known ones", () => {
    const { status, output } = bench("postcards");
    assert.equal(status, 1);
    for (const part of Object.keys(rows)) assert.match(output, new RegExp(part));
  });
});
