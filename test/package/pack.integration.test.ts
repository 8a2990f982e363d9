// The result of `npm pack`: everything that users need and nothing else; and package.json's promises about installation.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json";
import lock from "../../package-lock.json";
import { root } from "../../tools/hosts";
import { pack, temporaryFolder } from "../../tools/node-red";

const allowed =
  /^(package\.json|LICENSE|README(\.zh-CN)?\.md|CHANGELOG\.md|docs\/[\w.-]+\.md|examples\/[^/]+\.json|resources\/troubleshooting(\.zh-CN)?\.html|dist\/[\w-]+\.(js|html|d\.ts)|dist\/icons\/[\w-]+\.svg|dist\/locales\/[\w-]+\/sccc\.(json|html))$/;

const mostKilobytes = 650;

describe("the packed package", function () {
  this.timeout(60_000);

  it("contains what users need and nothing else", () => {
    const files = pack().files.map(({ path }) => path);
    assert.deepEqual(
      files.filter((path) => !allowed.test(path)),
      [],
    );
    const needed = [
      ...["package.json", "LICENSE", "README.md", "README.zh-CN.md", "CHANGELOG.md"],
      ...["dist/sccc.js", "dist/sccc.html", "dist/simulator.js", "dist/receive-worker.js", "dist/sccc-simulator.js"],
      ...["dist/testing.js", "dist/testing.d.ts"],
      ...["resources/troubleshooting.html", "resources/troubleshooting.zh-CN.html"],
      ...["en-US", "zh-CN"].flatMap((language) => [
        `dist/locales/${language}/sccc.json`,
        `dist/locales/${language}/sccc.html`,
      ]),
    ];
    assert.deepEqual(
      needed.filter((path) => !files.includes(path)),
      [],
    );
  });

  it(`is smaller than ${mostKilobytes} KB`, function () {
    const { size, files } = pack();
    const kilobytes = (bytes: number) => Math.round(bytes / 1000);
    const unpacked = files.reduce((sum, file) => sum + file.size, 0);
    this.test!.title += `: ${kilobytes(size)} KB, unpacked ${kilobytes(unpacked)} KB`;
    assert.ok(size < mostKilobytes * 1000, `${size}`);
  });

  it("exports startSimulator and signPush at its entry /testing", () => {
    const code =
      "const {signPush, startSimulator} = require('@sccc/node-red-sccc/testing'); console.log(typeof signPush, typeof startSimulator)";
    const printed = execFileSync(process.execPath, ["-e", code], { cwd: root, encoding: "utf8" });
    assert.equal(printed.trim(), "function function");
  });

  it("has READMEs without relative links, which do not work on an npm page", () => {
    // A copy of the checkout: the packing scripts temporarily write into it.
    const copy = temporaryFolder();
    for (const entry of ["build", "dist", "docs", "examples", "icons", "locales", "nodes", "simulator"]) {
      cpSync(join(root, entry), join(copy, entry), { recursive: true, preserveTimestamps: true });
    }
    for (const entry of readdirSync(root, { withFileTypes: true }).filter((one) => one.isFile())) {
      cpSync(join(root, entry.name), join(copy, entry.name), { preserveTimestamps: true });
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const readmes = ["README.md", "README.zh-CN.md"];
    const before = readmes.map((name) => readFileSync(join(copy, name), "utf8"));
    execFileSync("npm", ["pack", "--silent"], { cwd: copy });
    const [tarball = ""] = readdirSync(copy).filter((name) => name.endsWith(".tgz"));
    for (const name of readmes) {
      const text = execFileSync("tar", ["-xzOf", tarball, `package/${name}`], { cwd: copy, encoding: "utf8" });
      const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, to = ""]) => to);
      assert.deepEqual(
        links.filter((to) => !to.startsWith("https://")),
        [],
      );
      assert.ok(text.includes("npm install @sccc/node-red-sccc"));
    }
    const after = readmes.map((name) => readFileSync(join(copy, name), "utf8"));
    assert.deepEqual(after, before);
  });

  it("contains no path of the machine on which it was built", () => {
    for (const { path } of pack().files) {
      const text = readFileSync(join(root, path), "utf8");
      assert.ok(!text.includes(root) && !/sourceMappingURL|file:\/\/\//.test(text), path);
    }
  });
});

/** Whether a range of Node versions in a package.json includes a version 20. */
const admitsNode20 = (range: string) =>
  range.split("||").some((part) => /^\s*(\*|\^20\b.*|20(\.x)?|>=?\s*v?([0-9]|1[0-9]|20)(\.\d+)*)\s*$/.test(part));

describe("package.json", () => {
  /** The packages that are installed with ours. */
  const production = Object.entries<{ version: string; dev?: boolean; engines?: object }>(lock.packages).filter(
    ([path, { dev }]) => path !== "" && !dev,
  );

  it("has at most six dependencies, the same as in the lock file", () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    assert.deepEqual(lock.packages[""].dependencies, manifest.dependencies);
  });

  it("has no dependency that refuses Node 20", () => {
    for (const [path, { engines }] of production) {
      const range = (engines as { readonly node?: string } | undefined)?.node;
      assert.ok(range === undefined || admitsNode20(range), `${path} wants Node ${range}`);
    }
  });

  it("has no dependency with an install script", () => {
    assert.deepEqual(
      production.filter(([, entry]) => "hasInstallScript" in entry).map(([path]) => path),
      [],
    );
    for (const script of ["preinstall", "install", "postinstall"]) assert.ok(!(script in manifest.scripts), script);
  });

  it("has only dependencies that CommonJS can load", () => {
    // Node 20 before 20.19 cannot require() ES modules.
    const load = Object.keys(manifest.dependencies).map((name) => `require(${JSON.stringify(name)});`);
    execFileSync(process.execPath, ["--no-experimental-require-module", "-e", load.join("")], { cwd: root });
  });

  it("loads as Node-RED 4.1 loads it", () => {
    const nodes: unknown = require(join(root, manifest["node-red"].nodes.sccc));
    assert.equal(typeof nodes, "function");
  });

  for (const folder of [".", ...readdirSync(join(root, "test/hosts")).map((host) => `test/hosts/${host}`)]) {
    it(`has a lock file for every platform and any registry: ${folder}`, () => {
      const text = readFileSync(join(root, folder, "package-lock.json"), "utf8");
      assert.ok(!text.includes('"resolved"'));
      const { packages } = JSON.parse(text) as { packages: Record<string, { optionalDependencies?: object }> };
      const locked = new Set(Object.keys(packages).map((path) => path.split("node_modules/").at(-1)));
      const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
        Object.keys(optionalDependencies),
      );
      // npm ci refuses an incomplete lock file; npm install omits packages that the registry does not have at the moment.
      assert.deepEqual(
        wanted.filter((name) => !locked.has(name)),
        [],
      );
    });
  }
});
