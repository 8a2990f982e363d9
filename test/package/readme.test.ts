// The READMEs and the pages of docs/: their tables match the catalogue, their links work, and both languages have the same content.
import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type Page, pages, tables, withTables } from "../../build/readme";
import { root } from "../../tools/hosts";

/** The formatter aligns the columns of tables. */
const unaligned = (page: string) => page.replace(/ *\| */g, "|").replace(/-{3,}/g, "---");

/** The structure that does not depend on the language: headings by level, code blocks, tables, paragraphs. */
const skeleton = (page: string) => ({
  headings: [...page.matchAll(/^#+/gm)].map(([level]) => level),
  code: [...page.matchAll(/^```[^`]*^```/gm)].map(([block]) => block),
  tables: [...page.matchAll(/^\|.*$/gm)].map(([row]) => row.split(/(?<!\\)\|/).length),
  paragraphs: page.split(/\n{2,}/).length,
});

/** The targets of a page's links, except for web links and links to headings. */
const linksOf = (page: string) =>
  [...page.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to = ""]) => to).filter((to) => !/^https?:/.test(to));

for (const both of pages) {
  const [english, chinese] = both;
  describe(relative(root, english?.file ?? ""), () => {
    for (const { file, language } of both) {
      it(`has the tables of the catalogue (${language.folder}); else run: npm run readme`, () => {
        const page = readFileSync(file, "utf8");
        const [lines, expected] = [page, withTables(page, language)].map((text) => unaligned(text).split("\n"));
        const stale = expected?.filter((line) => !lines?.includes(line));
        assert.deepEqual(stale, [], "rows that are missing or have changed");
        assert.deepEqual(lines, expected, "rows that are too many, or in another order");
      });

      it(`has no broken link (${language.folder})`, () => {
        const lost = linksOf(readFileSync(file, "utf8")).filter((to) => !existsSync(join(dirname(file), to)));
        assert.deepEqual(lost, []);
      });
    }

    it("has the same structure in both languages, each with a link to the other", () => {
      for (const [page, other] of [both, [...both].reverse()]) {
        assert.ok(readFileSync(page?.file ?? "", "utf8").includes(`](${basename(other?.file ?? "")})`));
      }
      const [one, other] = [english, chinese].map((page) => skeleton(readFileSync(page?.file ?? "", "utf8")));
      assert.deepEqual(other, one);
    });
  });
}

describe("the pages of docs", () => {
  it("exist in every language", () => {
    const known = pages.flat().map(({ file }) => relative(join(root, "docs"), file));
    const there = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
    assert.deepEqual(
      there.filter((name) => !known.includes(name)),
      [],
    );
  });
});

describe("the tables", () => {
  for (const name of Object.keys(tables)) {
    it(`are on a page in every language: ${name}`, () => {
      const marked = (page: Page | undefined) => readFileSync(page?.file ?? "", "utf8").includes(`<!-- ${name} -->`);
      assert.ok(pages.some((page) => page.every(marked)));
    });
  }
});
