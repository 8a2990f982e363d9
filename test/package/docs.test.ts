// The pages of docs/: each in both languages, built alike, linked to each other, and with links that lead somewhere.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/hosts";

const folder = join(root, "docs");
const chinese = (page: string) => page.replace(/\.md$/, ".zh-CN.md");
const pages = readdirSync(folder).filter((name) => name.endsWith(".md"));
const english = pages.filter((name) => !name.endsWith(".zh-CN.md"));

const read = (page: string) => readFileSync(join(folder, page), "utf8");

/** What does not depend on the language: headings by level, tables by rows and columns, blocks of code. */
const skeleton = (page: string) => ({
  headings: page.match(/^#+(?= )/gm),
  tables: page.match(/^\|.*$/gm)?.map((row) => row.split(/(?<!\\)\|/).length),
  code: page.match(/^```[\s\S]*?^```/gm),
});

describe("the pages of docs", () => {
  it("are there in both languages", () => {
    assert.ok(english.length > 2);
    assert.deepEqual(pages.toSorted(), english.flatMap((page) => [page, chinese(page)]).toSorted());
  });

  for (const page of english) {
    it(`say the same: ${page}`, () => {
      assert.deepEqual(skeleton(read(chinese(page))), skeleton(read(page)));
      assert.ok(read(page).includes(`](${chinese(page)})`));
      assert.ok(read(chinese(page)).includes(`[English](${page})`));
    });
  }

  it("lead to what is there", () => {
    for (const page of pages) {
      for (const [, link = ""] of read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (!/^[a-z]+:/.test(link)) assert.ok(existsSync(join(folder, link)), `${page}: ${link}`);
      }
    }
  });
});
