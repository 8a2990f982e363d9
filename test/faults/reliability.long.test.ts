// The table of docs/reliability.md: every fault names a test that exists.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The titles in a test file; values that are inserted at run time are "…". */
const titlesIn = (path: string): readonly string[] =>
  [...read(path).matchAll(/\b(?:it|describe)\(\s*(["`])(.*?)\1,/gs)].map(([, , title = ""]) =>
    title.replace(/\$\{[^}]*\}/g, "…"),
  );

/** The tests that each row of the table names. */
const rowsIn = (path: string): readonly (readonly string[])[] =>
  read(path)
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
    .slice(1)
    .map((line) => [...line.matchAll(/`(test\/[^`]+)`: `([^`]+)`/g)].map(([, file, title]) => `${file}: ${title}`));

describe("the table of promises after faults", () => {
  const rows = rowsIn("docs/reliability.md");

  it("names a test in every row", () => {
    assert.ok(rows.length > 20);
    assert.deepEqual(
      rows.filter((tests) => tests.length === 0),
      [],
    );
  });

  for (const test of new Set(rows.flat())) {
    it(`names an existing test: ${test}`, () => {
      const [path = "", ...title] = test.split(": ");
      assert.ok(titlesIn(path).includes(title.join(": ")));
    });
  }

  it("names the same tests in Chinese", () => {
    assert.deepEqual(rowsIn("docs/reliability.zh-CN.md"), rows);
  });
});
