// The example flows as files: tidy, explained in both languages, without secrets, and covering every node.
import { strict as assert } from "node:assert";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeTypes } from "../../build/nodes";
import { root } from "../../tools/hosts";
import { temporaryFolder } from "../../tools/node-red";
import { examples } from "./examples";

const nrlint = join(root, "node_modules/nrlint/bin/nrlint.js");
const chinese = /\p{Script=Han}/u;

describe("the examples", () => {
  it("have every node", () => {
    const there = new Set(examples.flatMap(({ nodes }) => nodes.map(({ type }) => type)));
    assert.deepEqual(
      nodeTypes.filter(({ type }) => !there.has(type)).map(({ type }) => type),
      [],
    );
  });

  it("can be imported into one Node-RED together: no identifier, port or address twice", () => {
    const all = examples.flatMap(({ nodes }) => nodes);
    const doubled = (values: readonly unknown[]) => values.filter((value, index) => values.indexOf(value) !== index);
    const simulators = all.filter(({ type }) => type === "sccc-simulator");
    const entries = all.filter(({ type }) => type === "http in");
    const ports = new Set(all.filter(({ type }) => type === "sccc-account").map(({ pushPort }) => pushPort));
    assert.deepEqual(doubled(all.map(({ id }) => id)), []);
    assert.deepEqual(doubled(simulators.map(({ port }) => port)), []);
    assert.deepEqual(doubled(entries.map(({ method, url }) => `${method} ${url}`)), []);
    // Several accounts may share an address only within one example.
    assert.equal(ports.size, examples.length);
  });

  it("run at any address of Node-RED: they do not contain one", () => {
    for (const { name, nodes } of examples) {
      assert.doesNotMatch(JSON.stringify(nodes), /1880/, name);
      for (const { type, url, env } of nodes) {
        if (type === "http request") assert.equal(url, "", name);
        // The address that a flow calls is filled in by its user.
        if (type !== "tab" || !Array.isArray(env)) continue;
        const known = new Set(["https://api.hubapi.com"]);
        for (const { value = "" } of env as readonly { value?: string }[]) {
          assert.ok(known.has(value) || !/^https?:/.test(value), `${name}: ${value}`);
        }
      }
    }
  });

  it("need nothing but core nodes, except the wallboard", () => {
    const folder = join(root, "node_modules/@node-red/nodes/core");
    const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
      /^[^/]+\/[^/]+\.html$/.test(path),
    );
    const known = new Set(
      pages.flatMap((path) =>
        [...readFileSync(join(folder, path), "utf8").matchAll(/registerType\(\s*['"]([^'"]+)/g)].map(
          ([, type]) => type,
        ),
      ),
    );
    assert.ok(known.has("inject"));
    for (const { name, nodes } of examples.filter(({ name: one }) => one !== "wallboard")) {
      const others = nodes.map(({ type }) => type).filter((type) => !/^sccc-|^tab$/.test(type) && !known.has(type));
      assert.deepEqual(others, [], name);
    }
  });

  describe("nrlint", () => {
    const config = join(temporaryFolder(), "nrlintrc.js");
    before(() => writeFileSync(config, execFileSync(process.execPath, [nrlint, "--init"])));
    for (const { name, file } of examples) {
      it(`finds nothing in ${name}`, () => {
        const { stdout } = spawnSync(process.execPath, [nrlint, "--config", config, file], { encoding: "utf8" });
        assert.match(stdout, /✖ 0 problems/, stdout);
      });
    }
  });

  for (const { name, nodes } of examples) {
    describe(name, () => {
      it("is one tab, explained in both languages", () => {
        const tabs = nodes.filter(({ type }) => type === "tab");
        assert.equal(tabs.length, 1);
        assert.match(String(tabs[0]?.label), chinese);
        const about = nodes.find(({ type, info }) => type === "comment" && info !== "");
        const [english = "", translated = ""] = String(about?.info).split("\n\n---\n\n");
        assert.ok(english.length > 100 && !chinese.test(english), english);
        assert.ok(translated.length > 40 && chinese.test(translated), translated);
      });

      it("has names for its buttons and their results in both languages", () => {
        for (const { id, type, name: label } of nodes) {
          if (!["inject", "debug", "comment"].includes(type)) continue;
          assert.ok(/msg\./.test(String(label)) || (chinese.test(String(label)) && /\w/.test(String(label))), id);
        }
      });

      it("has no secret: its platforms are simulated, and their password is a word", () => {
        for (const { type, credentials, baseUrl } of nodes) {
          const simulated = type === "sccc-account" || type === "sccc-simulator";
          assert.deepEqual(credentials, simulated ? { password: "simulator" } : undefined);
          if (type === "sccc-account") assert.match(String(baseUrl), /^http:\/\/127\.0\.0\.1:/);
        }
      });
    });
  }
});
