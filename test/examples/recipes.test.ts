// The files of the examples that write to other systems: their confirmations, and their entries in the pages.
// recipes.long.test.ts drives them.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeTypes } from "../../build/nodes";
import { root } from "../../tools/hosts";
import type { FlowNode } from "../../tools/launch";
import { examples } from "./examples";
import { recipes } from "./recipes";

const pages = (name: string): readonly string[] =>
  ["md", "zh-CN.md"].map((ending) => readFileSync(join(root, "docs", `${name}.${ending}`), "utf8"));

const wiresOf = ({ wires = [] }: FlowNode): readonly string[] => (wires as readonly (readonly string[])[]).flat();

/** The nodes that a node's messages go to. */
const after = (nodes: readonly FlowNode[], node: FlowNode): readonly FlowNode[] =>
  nodes.filter(({ id }) => wiresOf(node).includes(id));

describe("the pages on recipes and on nodes", () => {
  it("name every recipe, in both languages", () => {
    for (const page of [...pages("recipes"), ...pages("which-node")]) {
      for (const name of Object.keys(recipes)) assert.ok(page.includes(name), name);
    }
  });

  it("name every node and no other, and every example, in both languages", () => {
    for (const page of pages("which-node")) {
      // `-logout` after `sccc-agent-login` is short for sccc-agent-logout.
      const rows = [...page.matchAll(/^\|.*$/gm)].map(([row]) => row);
      const named = rows.flatMap((row) => {
        const whole = [...row.matchAll(/`(sccc-[a-z-]+)`/g)].map(([, type = ""]) => type);
        const short = [...row.matchAll(/`(-[a-z-]+)`/g)].map(([, end = ""]) =>
          nodeTypes.find(({ type }) => type.endsWith(end) && type.startsWith(whole[0]?.replace(/-[a-z]+$/, "") ?? "?")),
        );
        return [...whole, ...short.map((one) => one?.type ?? "unknown")];
      });
      const types = nodeTypes.map(({ type }) => type);
      assert.deepEqual([...new Set(named)].sort(), [...types].sort());
      const names = rows.flatMap((row) => row.split("|").at(-2)?.trim().split(/, |、/) ?? []);
      const known = examples.map(({ name }) => name);
      assert.deepEqual(
        known.filter((name) => !names.includes(name)),
        [],
      );
    }
  });
});

for (const { name, nodes } of examples.filter((one) => one.name in recipes)) {
  describe(name, () => {
    it("stores pushes, and has a node that confirms", () => {
      assert.deepEqual(
        nodes.filter(({ type }) => type === "sccc-account").map((one) => one.pushAnswer),
        ["stored"],
      );
      assert.ok(nodes.some(({ type }) => type === "sccc-confirm"));
    });

    it("has no address of a Node-RED, and its secrets are credentials", () => {
      assert.doesNotMatch(JSON.stringify(nodes), /:1880/);
      for (const { type, env = [] } of nodes.filter((one) => one.type === "tab")) {
        for (const one of env as readonly Readonly<Record<string, string>>[]) {
          const secret = /PASSWORD|TOKEN|SECRET|WEBHOOK/.test(one.name ?? "");
          assert.equal(one.type === "cred", secret, `${type} ${one.name}`);
        }
      }
    });

    it("can be changed without writing code: one function node at most", () => {
      assert.ok(nodes.filter(({ type }) => type === "function").length <= 1);
    });
  });
}

describe("the examples that confirm", () => {
  it("check the answer of a request first: http request treats 400 and 500 as success", () => {
    for (const { name, nodes } of examples) {
      for (const request of nodes.filter(({ type }) => type === "http request")) {
        const next = after(nodes, request).map(({ type }) => type);
        assert.ok(!next.includes("sccc-confirm"), `${name}: ${request.id}`);
      }
    }
  });
});
