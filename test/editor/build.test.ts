// The build as a whole: the files in dist/ that Node-RED and the shell load.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildTo } from "../../build/dist";
import manifest from "../../package.json";

describe("the build", () => {
  // Below the package, so that its dependencies are found.
  const cache = join(__dirname, "../../.cache");
  let dist: string;
  before(async () => {
    mkdirSync(cache, { recursive: true });
    dist = mkdtempSync(join(cache, "build-"));
    await buildTo(dist);
  });
  after(() => rmSync(dist, { recursive: true }));

  /** Runs a script in a new Node process, in dist/. */
  const run = (script: string) =>
    execFileSync(process.execPath, ["-e", script], { cwd: dist, encoding: "utf8" }).trim();

  it("makes a function for Node-RED, for require() and for import()", () => {
    assert.equal(run('console.log(typeof require("./sccc.js"))'), "function");
    assert.equal(run('import("./sccc.js").then((it) => console.log(typeof it.default))'), "function");
  });

  it("does not load the simulator with the nodes", () => {
    const loaded = run('require("./sccc.js"); console.log(Object.keys(require.cache).join())');
    assert.match(loaded, /sccc\.js/);
    assert.doesNotMatch(loaded, /simulator\.js/);
  });

  it("contains the simulator once", () => {
    assert.equal(run('console.log(typeof require("./simulator.js").startSimulator)'), "function");
    for (const file of ["sccc.js", "sccc-simulator.js"]) {
      assert.match(readFileSync(join(dist, file), "utf8"), /require\("\.\/simulator\.js"\)/);
    }
  });

  it("makes the command sccc-simulator", () => {
    const file = join(dist, "sccc-simulator.js");
    assert.match(readFileSync(file, "utf8"), /^#!\/usr\/bin\/env node\n(?!#!)/);
    if (process.platform !== "win32") accessSync(file, constants.X_OK);
    assert.equal(join("dist", "sccc-simulator.js"), join(manifest.bin["sccc-simulator"]));
  });

  it("needs nothing at runtime but the package's dependencies and Node", () => {
    const allowed = new Set(Object.keys(manifest.dependencies));
    for (const file of ["sccc.js", "simulator.js", "sccc-simulator.js"]) {
      for (const [, name = ""] of readFileSync(join(dist, file), "utf8").matchAll(/\brequire\("([^"]+)"\)/g)) {
        const own = name.startsWith("node:") || name.startsWith("./") || allowed.has(name.split("/")[0] ?? "");
        assert.ok(own, `${file} requires ${name}`);
      }
    }
  });

  it("puts icons, help and texts next to the nodes", () => {
    const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).map((name) => name.replace(/\\/g, "/"));
    assert.deepEqual(files.filter((name) => /^locales\/.*\./.test(name)).sort(), [
      "locales/en-US/sccc.html",
      "locales/en-US/sccc.json",
      "locales/zh-CN/sccc.html",
      "locales/zh-CN/sccc.json",
      "locales/zh/sccc.html",
      "locales/zh/sccc.json",
    ]);
    assert.deepEqual(
      files
        .filter((name) => name.startsWith("icons/"))
        .map((name) => name.slice("icons/".length))
        .sort(),
      readdirSync(join(__dirname, "../../icons")).sort(),
    );
    assert.ok(files.includes("sccc.html"));
  });
});
