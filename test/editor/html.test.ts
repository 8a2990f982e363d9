// No text becomes HTML: the lint rule for the editor's script, and the output of the build.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { page } from "../../build/forms";
import { flat, languages, served } from "../../build/locales";
import { nodeTypes } from "../../build/nodes";
import { fill } from "../../nodes/util/fill";
import { root } from "../../tools/hosts";
import { temporaryFolder } from "../../tools/node-red";

/** The lines of an editor file that violate this package's own lint rules. */
function faulty(lines: readonly string[]): readonly string[] {
  const folder = temporaryFolder();
  const { plugins } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  const absolute = plugins.map((plugin: { readonly path: string }) => ({ ...plugin, path: join(root, plugin.path) }));
  writeFileSync(join(folder, "biome.json"), JSON.stringify({ plugins: absolute }));
  mkdirSync(join(folder, "nodes/editor"), { recursive: true });
  writeFileSync(join(folder, "nodes/editor/sample.ts"), lines.join("\n"));
  const biome = require.resolve("@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--reporter=github", "--max-diagnostics=none", "."];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const found = [...`${stdout}${stderr}`.matchAll(/title=plugin,[^\n]*?\bline=(\d+)/g)];
  const numbers = new Set(found.map(([, line]) => Number(line)));
  return lines.filter((_, index) => numbers.has(index + 1));
}

const sinks = [
  "place.html(said);",
  "place?.html(said);",
  "const draw = place.html;",
  "const { html } = place;",
  'place["html"](said);',
  "place.append(said);",
  "place.prepend(said);",
  "place.before(said);",
  "place.after(said);",
  "place.replaceWith(said);",
  "place.wrap(said);",
  "place.load(said);",
  "element.innerHTML = said;",
  "element.innerHTML += said;",
  'element["innerHTML"] = said;',
  "element.outerHTML = said;",
  "frame.srcdoc = said;",
  "link.href = said;",
  "element.onclick = said;",
  'element.insertAdjacentHTML("beforeend", said);',
  "range.createContextualFragment(said);",
  "document.write(said);",
  '$("<p>" + said);',
  "$(`<p>${said}`);",
  "$(said);",
  "jQuery(said);",
  "window.$(said);",
  "$<HTMLElement>(said);",
  '$("<p onclick=go()>");',
  '$("<p>", { html: said });',
  "$.parseHTML(said);",
  "$.globalEval(said);",
  'place.attr("href", said);',
  'place.attr("onclick", said);',
  "place.attr({ style: said });",
  "place.attr(said, said);",
  'element.setAttribute("onclick", said);',
  'RED.notify(said, { type: "warning" });',
  'RED.notify(text("a.key"), { type: "warning" });',
  "RED.popover.create({ content: said });",
  "RED.popover.tooltip(place, said);",
  "RED.clipboard.copyText(value, place, said);",
  'RED.clipboard.copyText(value, place, text("a.key", { said }));',
  "eval(said);",
  "new Function(said);",
];

const harmless = [
  "place.text(said);",
  "input.val(said);",
  '$("<p>").text(said);',
  '$("#sccc-sample");',
  "$(`#node-input-${property}`);",
  'place.attr("aria-label", said);',
  'element.setAttribute("aria-label", said);',
  'RED.notify(textElement(said), { type: "warning" });',
  'RED.clipboard.copyText(said, place, text("a.key"));',
  "list.insertAfter(place);",
  "list[index] = said;",
];

describe("the editor's texts", () => {
  it("cannot become HTML: the linter refuses the functions that would make it", () => {
    assert.deepEqual(faulty([...sinks, ...harmless]), sinks);
  });

  it("cannot end the script that contains them, and have no keys for HTML", () => {
    const made = page(nodeTypes, "");
    for (const [, key = ""] of made.matchAll(/data-i18n="([^"]*)"/g)) assert.match(key, /^[\w.-]+$/);
    // A key in brackets would mark the text as HTML.
    assert.ok(!made.includes("data-i18n='"));
    const [node] = nodeTypes;
    assert.ok(node);
    const hostile = '</script><img src=x onerror="window.ran = 1">';
    const property = { kind: "text", name: "evil", key: "k", icon: "i", required: false, default: hostile } as const;
    const told = page([{ ...node, properties: [{ ...property, example: hostile }] }], "");
    assert.ok(!told.includes("<img"), told);
    assert.equal(told.match(/<\/script>/g)?.length, page([node], "").match(/<\/script>/g)?.length);
  });

  for (const language of languages) {
    it(`contain no HTML in ${language.folder}: Node-RED would not escape it`, () => {
      for (const [key, text] of flat(served(language))) assert.doesNotMatch(text, /<|&\w+;|\$t\(/, key);
    });
  }

  it("get their parameters in one pass", () => {
    assert.equal(fill("__a__ and __b__, __c__", { a: "__b__ $& $1", b: "<b>" }), "__b__ $& $1 and <b>, __c__");
    assert.equal(fill("__constructor__", {}), "__constructor__");
  });
});
