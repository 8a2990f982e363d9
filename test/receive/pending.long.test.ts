// Very many pending pushes: memory contains an index, not the pushes. PENDING sets their number; the figures are printed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { temporaryFolder } from "../../tools/node-red";

const count = Number(process.env.PENDING ?? 100_000);

describe("very many pending pushes", function () {
  this.timeout(60_000 + count / 10);

  it(`${count}: are there again after a restart, at less than 250 bytes of memory each`, () => {
    const folder = temporaryFolder();
    const run = (more: number) => {
      const child = join(__dirname, "pending-child.ts");
      const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", child, folder, String(more)], {
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      return JSON.parse(stdout) as { readonly pending: number; readonly ms: number; readonly rss: number };
    };
    const empty = run(0);
    assert.equal(run(count).pending, count);
    const { pending, ms, rss } = run(0);
    console.log(
      `      open after ${ms.toFixed(0)} ms; resident ${(rss / 1e6).toFixed(0)} MB, of an empty one ${(empty.rss / 1e6).toFixed(0)} MB`,
    );
    assert.equal(pending, count);
    // Reading produces garbage, whatever the number of entries.
    assert.ok(rss - empty.rss < 50e6 + 250 * count, `${rss - empty.rss} bytes`);
  });
});
