// The flow library's scorecard with the packed package: all its checks.
import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeTypes } from "../../build/nodes";
import { root } from "../../tools/hosts";
import { packageName, template, temporaryFolder } from "../../tools/node-red";

const host = join(root, "test/hosts/node-red-dev");

/** A check: whether it passed, and its findings. */
type Scorecard = Readonly<Record<string, { readonly test?: boolean; readonly nodes?: readonly string[] }>>;

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

describe("the flow library's scorecard", function () {
  this.timeout(180_000);
  let scorecard: Scorecard;
  before(() => {
    run(process.execPath, [join(root, "build/ready.mjs"), host], root);
    const folder = temporaryFolder();
    cpSync(template(), folder, { recursive: true });
    const output = join(folder, "scorecard.json");
    run(
      process.execPath,
      [
        ...["--require", join(__dirname, "scorecard-stubs.cjs"), join(host, "node_modules/node-red-dev/bin/run")],
        ...["validate", "--path", join(folder, "node_modules", packageName), "--output", output],
      ],
      folder,
    );
    scorecard = JSON.parse(readFileSync(output, "utf8")) as Scorecard;
  });

  it("passes every check", () => {
    const checks = ["P01", "P03", "P04", "P05", "P06", "P07", "P08", "N01", "N02", "D01", "D02", "D03"];
    for (const check of checks) assert.equal(scorecard[check]?.test, true, `${check}: ${JSON.stringify(scorecard)}`);
  });

  it("finds every type in the page as text, and each type in an example", () => {
    const types = nodeTypes.filter(({ config }) => !config).map(({ type }) => type);
    assert.deepEqual([...(scorecard.N02?.nodes ?? [])].sort(), types.sort());
  });
});
