// The table of guards matches the source: each excerpt occurs once in its file, and its tests exist.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";
import { mutations } from "./guards";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("the table of guards", () => {
  for (const { guard, change, file, excerpt, replacement, tests, grep } of mutations) {
    it(`is of the source: ${guard}, ${change}`, () => {
      assert.equal(read(file).split(excerpt).length - 1, 1, file);
      assert.notEqual(replacement, excerpt);
      // Titles may be built at run time, so only their words are searched.
      const words = grep.split(/[^A-Za-z]+/).filter((word) => word !== "");
      for (const word of words) assert.ok(read(tests).includes(word), `${tests}: ${word}`);
    });
  }
});
