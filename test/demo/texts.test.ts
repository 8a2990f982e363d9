// The texts of the demo's pages: both languages have the same texts with the same placeholders, and the pages use all of them.
import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../tools/hosts";

const folder = join(root, "demo/desk");

type Texts = Readonly<Record<string, string>>;

const valuesOf = (text = "") => [...text.matchAll(/\{\w+\}/g)].map(([value]) => value).sort();

describe("the texts of the demo's pages", () => {
  let en: Texts;
  let zh: Texts;
  before(async () => {
    const module: { readonly texts: { readonly en: Texts; readonly zh: Texts } } = await import(
      pathToFileURL(join(folder, "texts.mjs")).href
    );
    ({ en, zh } = module.texts);
  });

  const sources = readdirSync(folder)
    .filter((name) => /\.(mjs|html)$/.test(name) && name !== "texts.mjs")
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");

  it("are there in both languages", () => {
    assert.deepEqual(Object.keys(zh), Object.keys(en));
    for (const [key, text] of Object.entries(en)) assert.deepEqual(valuesOf(zh[key]), valuesOf(text), key);
    for (const [key, text] of Object.entries(zh)) {
      if (key !== "language") assert.match(text, /\p{Script=Han}/u, key);
    }
  });

  it("are all used, and all that is used is there", () => {
    // Keys for a state, an outcome and so on are built from the flows' data.
    const composed = [...sources.matchAll(/`([a-z]+)\.\$\{/g)].map(([, kind]) => kind);
    for (const key of Object.keys(en)) {
      assert.ok(sources.includes(`"${key}"`) || composed.includes(key.split(".")[0]), key);
    }
    const named = /(?:\bt\(|data-(?:text|label|placeholder)=)"([\w.]+)"/g;
    for (const [, key = ""] of sources.matchAll(named)) assert.ok(key in en, key);
  });
});
