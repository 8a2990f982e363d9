// The conversion of the pages that the help links to.
import assert from "node:assert/strict";
import { languages } from "../../build/locales";
import { htmlOf } from "../../build/markdown";
import { troubleshooting } from "../../build/resources";

describe("a page as HTML", () => {
  it("has headings with anchors, paragraphs, lists, tables and code", () => {
    const text =
      "# A _b_ title\n\nOne\ntwo `a|<b>`.\n\n- x\n- y\n  z\n\n1. first\n2. **second**\n\n| C | D |\n| --- | --- |\n| `E` | f \\| g |";
    assert.equal(
      htmlOf(text),
      [
        '<h1 id="a-_b_-title">A <em>b</em> title</h1>',
        "<p>One two <code>a|&#60;b&#62;</code>.</p>",
        "<ul><li>x</li>\n<li>y z</li></ul>",
        "<ol><li>first</li>\n<li><strong>second</strong></li></ol>",
        '<table><thead><tr><th scope="col">C</th><th scope="col">D</th></tr></thead><tbody>',
        '<tr id="E"><td><code>E</code></td><td>f | g</td></tr>',
        "</tbody></table>",
      ].join("\n"),
    );
  });

  it("keeps characters that are not emphasis, and makes no link to files that the page cannot open", () => {
    assert.equal(
      htmlOf("E_FAIL and NO_EXIST, [other](other.md), [site](https://example.com/)"),
      '<p>E_FAIL and NO_EXIST, other, <a href="https://example.com/">site</a></p>',
    );
  });

  it("shows the whole troubleshooting page", () => {
    for (const language of languages) {
      const page = troubleshooting(language);
      assert.ok(page.length > 8000);
      assert.doesNotMatch(page.replace(/<code>[\s\S]*?<\/code>/g, ""), /\*\*|\]\(|<!--|^#/m);
      assert.match(page, new RegExp(`lang="${language.folder}"`));
    }
  });
});
