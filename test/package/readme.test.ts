// The READMEs: their tables are the catalogue's, and both languages say the same things.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { readmes, withTables } from "../../build/readme";

/** The formatter lines the columns of tables up. */
const unaligned = (readme: string) => readme.replace(/ *\| */g, "|").replace(/-{3,}/g, "---");

/** What does not depend on the language: headings by level, code blocks, links to elsewhere. */
const skeleton = (readme: string) => ({
  headings: [...readme.matchAll(/^#+/gm)].map(([level]) => level),
  code: [...readme.matchAll(/^```[^`]*^```/gm)].map(([block]) => block),
  paragraphs: readme.split(/\n{2,}/).length,
});

describe("README", () => {
  for (const { file, language } of readmes) {
    it(`has the tables of the catalogue (${language.folder}); else run: npm run readme`, () => {
      const readme = readFileSync(file, "utf8");
      assert.equal(unaligned(readme), unaligned(withTables(readme, language)));
    });
  }

  it("is built alike in both languages", () => {
    const [english, chinese] = readmes.map(({ file }) => skeleton(readFileSync(file, "utf8")));
    assert.deepEqual(chinese, english);
  });
});
