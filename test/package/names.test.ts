// Everything that the pages name exists: files, npm scripts, identifiers, targets of links.
import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import manifest from "../../package.json";
import { root } from "../../tools/hosts";

/** Not part of the repository. */
const omitted = new Set(["node_modules", "dist", ".git", ".cache", "coverage"]);

const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (omitted.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? below(path) : [path];
  });

const files = below(".");
const names = new Set(files.map((file) => basename(file)));
/** The changelog is omitted, because it may name removed things. */
const pages = files.filter((file) => file.endsWith(".md") && !/^(?:CHANGELOG\.md|bench\/)/.test(file));

/** Every word of the code: identifiers, keys, texts. */
const words = new Set(
  files
    .filter((file) => /\.(?:ts|mjs|cjs|json|html|conf)$/.test(file) && file !== relative(root, __filename))
    .filter((file) => basename(file) !== "package-lock.json")
    .flatMap((file) => readFileSync(join(root, file), "utf8").match(/[A-Za-z_$][\w$]*/g) ?? []),
);

/** Names of other software on pages that compare with it, and placeholders. */
const foreign = new Set([
  "EnvHttpProxyAgent",
  "x.test.ts",
  "x.integration.test.ts",
  "x.browser.test.ts",
  "x.long.test.ts",
]);

const isFile = /^[\w.-]+(?:\/[\w.-]+)*\.(?:ts|mjs|cjs|json|grit|md)$/;
const isInFolder = /^(?:nodes|simulator|tools|build|bench|demo|test|docs|examples|locales|icons)\/[\w./-]*$/;
const isIdentifier = /^#?(?:(?=\w*[a-z])(?=\w*[A-Z])\w+|SCCC_\w+|\w+(?=\(\)))(?:\(\))?$/;

/** What is wrong with a name on a page; undefined if it exists, or if it does not name a part of the repository. */
const problemOf = (name: string, page: string): string | undefined => {
  const script = /\bnpm run ([\w:-]+)/.exec(name)?.[1];
  if (script !== undefined && !(script in manifest.scripts)) return `${name}: no such script`;
  const path = /^npx mocha (\S+)$/.exec(name)?.[1] ?? name;
  if (foreign.has(path)) return undefined;
  if (isFile.test(path) || isInFolder.test(path)) {
    // Paths below nodes/ may omit that folder. A file may be named without its folder.
    const exists = [".", "nodes", dirname(page)].some((from) => existsSync(join(root, from, path))) || names.has(path);
    return exists ? undefined : `${path}: no such file`;
  }
  const last = name.replace(/^(?:[\w[\]]+\.)+(?=\w)/, "");
  return !isIdentifier.test(last) || words.has(last.replace(/^#|\(\)$/g, "")) ? undefined : `${name}: not in the code`;
};

/** The names on a page: texts in backquotes, and the commands and paths at the start of lines in code blocks. */
const namesOn = (text: string): readonly string[] => {
  const inBlocks = [...text.matchAll(/^```[^`]*^```/gm)].flatMap(([block]) =>
    [...block.matchAll(/^\s*(npm run [\w:-]+|npx mocha \S+|[\w.-]+\/[\w./-]*)(?=\s|$)/gm)].map(([, name = ""]) => name),
  );
  const outside = text.replace(/^```[^`]*^```/gm, "");
  return [...inBlocks, ...[...outside.matchAll(/`([^`\n]+)`/g)].map(([, name = ""]) => name)];
};

describe("a page of the repository", () => {
  it("is recognised when it names something that does not exist", () => {
    const wrong = ["nodes/protocol/gate.ts", "gate.ts", "npm run proof", "npx mocha test/gone.test.ts", "makeGone()"];
    assert.equal(wrong.filter((name) => problemOf(name, "README.md") !== undefined).length, wrong.length);
  });

  for (const page of pages) {
    const text = readFileSync(join(root, page), "utf8");
    it(`names only files, scripts and code that exist: ${page}`, () => {
      const problems = namesOn(text).map((name) => problemOf(name, page));
      assert.deepEqual(
        [...new Set(problems)].filter((problem) => problem !== undefined),
        [],
      );
    });

    it(`links only to files that exist: ${page}`, () => {
      const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to = ""]) => to);
      const local = targets.filter((to) => !/^(?:https?|mailto):/.test(to));
      assert.deepEqual(
        local.filter((to) => !existsSync(join(root, dirname(page), to))),
        [],
      );
    });
  }
});
