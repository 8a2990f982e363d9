// The texts and the help in both languages: complete, parallel, and in the right language.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { escapeHtml } from "../../build/html";
import { flat, languages, merge, written } from "../../build/locales";
import { nodeTypes } from "../../build/nodes";
import { troubleshooting } from "../../build/resources";
import { codesOf, commands, errorCodes, ownCodes, propertyOf, pushes, receivingSettings } from "../../nodes/catalogue";
import { root } from "../../tools/hosts";
import { type Built, built } from "./built";

const [english, chinese] = languages.map((language) => new Map(flat(written(language))));

/** Texts without a word of any language. */
const wordless = (text: string) => !/\p{L}/u.test(text.replace(/__\w+?__|`[^`]*`/g, ""));

/** The most words of a help besides its example. */
const mostWords = 360;

/** Product names and units that are not translated into Chinese. */
const untranslated = new Set(["TLS"]);

const placeholders = (text: string) => [...text.matchAll(/__\w+?__/g)].map(([name]) => name).sort();

describe("the texts written by hand", () => {
  it("have the same keys in both languages", () => {
    assert.deepEqual([...chinese!.keys()].sort(), [...english!.keys()].sort());
  });

  it("are each in their own language, with the same placeholders and the same code", () => {
    for (const [key, en] of english!) {
      const zh = chinese!.get(key) ?? "";
      assert.ok(en !== "" && zh !== "", key);
      assert.doesNotMatch(en, /\p{Script=Han}|[，。：；、“”（）]/u, key);
      if (!wordless(en)) assert.match(zh, /\p{Script=Han}/u, key);
      assert.deepEqual(placeholders(zh), placeholders(en), key);
    }
  });

  it("have every status that the nodes show", () => {
    const folder = join(root, "nodes/runtime");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const keys = sources.flatMap((name) => {
      const source = readFileSync(join(folder, name), "utf8");
      const figures = [...source.matchAll(/statusWords\([^,"]+, "(\w+)"/g)].map(([, key]) => `status.${key}`);
      return [...(source.match(/(?<=")status\.[\w.]+(?=")/g) ?? []), ...figures];
    });
    assert.ok(keys.length > 20, String(keys.length));
    assert.deepEqual(
      keys.filter((key) => !english!.has(key)),
      [],
    );
  });

  it("say a status in words, not in signs", () => {
    for (const texts of [english!, chinese!]) {
      for (const [key, text] of texts) {
        if (/^(status|refusal)\./.test(key)) assert.doesNotMatch(text, /[✓✗✂⏳↓↻–]/u, key);
      }
    }
  });
});

describe("the texts that Node-RED serves", () => {
  let pages: Built;
  before(async () => {
    pages = await built();
  });

  it("have the same keys in every language", () => {
    const [first, ...others] = Object.values(pages.texts).map((texts) => flat(texts).map(([key]) => key));
    assert.ok(first!.length > 300);
    for (const keys of others) assert.deepEqual(keys, first);
  });

  it("contain Chinese in the Chinese files", () => {
    for (const [key, text] of flat(pages.texts["zh-CN"]!)) {
      if (wordless(text) || untranslated.has(text)) continue;
      assert.match(text, /\p{Script=Han}/u, key);
    }
  });

  it("exist under zh too, for zh-TW and others", () => {
    assert.deepEqual(pages.texts.zh, pages.texts["zh-CN"]);
    assert.equal(pages.help.zh, pages.help["zh-CN"]);
  });

  it("have the palette's category, every error code, command, event and setting of receiving", () => {
    for (const [name, text] of [
      ["en-US", "en"],
      ["zh-CN", "zh"],
    ] as const) {
      const there = new Map(flat(pages.texts[name]!));
      assert.equal(there.get("palette.label.SCCC"), text === "en" ? "SCCC" : "呼叫中心");
      for (const code of errorCodes) assert.equal(there.get(`error.${code.name}`), code.text[text]);
      for (const { node, label } of commands) {
        assert.equal(there.get(`command.${node.replace("sccc-", "")}.label`), label[text]);
      }
      for (const { event, label, summary } of pushes) {
        assert.equal(there.get(`event.${event}.label`), label[text]);
        assert.equal(there.get(`event.${event}.summary`), summary[text]);
      }
      assert.ok(there.get("event.other.label"));
      for (const { name, label } of receivingSettings) {
        assert.equal(there.get(`setting.account.${name}.label`), label[text]);
      }
    }
  });

  it("do not contain the texts of the help", () => {
    for (const texts of Object.values(pages.texts)) assert.equal(texts.help, undefined);
  });

  it("come from one source each", () => {
    assert.throws(() => merge({ a: { b: "x" } }, { a: { b: "y" } }), /a\.b is written by hand/);
    assert.deepEqual(merge({ a: { b: "x" } }, { a: { c: "y" } }), { a: { b: "x", c: "y" } });
  });

  it("have help for every type in every language", () => {
    for (const help of Object.values(pages.help)) {
      const types = [...help.matchAll(/<script type="text\/html" data-help-name="([^"]+)">/g)].map(([, type]) => type);
      assert.deepEqual(
        types,
        nodeTypes.map(({ type }) => type),
      );
      assert.doesNotMatch(help, /undefined|__\w+?__|\[object/);
      for (const tag of ["p", "h3", "dl", "dt", "dd", "ul", "li", "code", "span", "script"]) {
        const count = (pattern: string) => help.match(new RegExp(pattern, "g"))?.length ?? 0;
        assert.equal(count(`<${tag}[ >]`), count(`</${tag}>`), tag);
      }
    }
  });

  /** The help of a type. */
  const helpOf = (folder: string, type: string): string =>
    new RegExp(`data-help-name="${type}">([\\s\\S]*?)</script>`).exec(pages.help[folder] ?? "")?.[1] ?? "";

  /** The text as the browser shows it. */
  const textOf = (html: string): string =>
    html
      .replace(/<[^>]+>/g, " ")
      .replace(/&#(\d+);/g, (_, character: string) => String.fromCharCode(Number(character)));

  it("are short in the help: words beside the example", () => {
    for (const { type } of nodeTypes) {
      const words = textOf(helpOf("en-US", type).replace(/<pre>[\s\S]*?<\/pre>/, "")).split(/\s+/).length;
      assert.ok(words > 50 && words <= mostWords, `${type}: ${words}`);
    }
  });

  it("show one message in the help of every node that sends one, the same in both languages", () => {
    for (const { type, config } of nodeTypes) {
      const [english, chinese] = ["en-US", "zh-CN"].map((folder) =>
        [...helpOf(folder, type).matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, json = ""]) => textOf(json)),
      );
      assert.deepEqual(chinese, english);
      const remedy = `${type} has no example: run WRITE=1 npx mocha test/editor/help-examples.test.ts, and build again`;
      assert.equal(english?.length, config ? 0 : 1, remedy);
      for (const json of english ?? []) assert.ok("payload" in JSON.parse(json), type);
    }
  });

  it("name the errors that a node can give, each with a link to its row of the troubleshooting page", () => {
    for (const language of languages) {
      const rows = new Set(
        [...troubleshooting(language).matchAll(/<tr id="([^"]+)">/g)].map(([, id = ""]) => textOf(id)),
      );
      for (const { type, command, config } of nodeTypes) {
        const links = [
          ...helpOf(language.folder, type).matchAll(/<a href="([^"#]+)#([^"]+)"[^>]*><code>([^<]+)<\/code>/g),
        ];
        const codes = links.map(([, , , code = ""]) => textOf(code)).filter((code) => code.startsWith("SCCC"));
        assert.deepEqual(codes, config ? [] : codesOf(type, command), type);
        for (const [, page = "", anchor = ""] of links) {
          assert.ok(page.startsWith("resources/@sccc/node-red-sccc/troubleshooting"), page);
          assert.ok(rows.has(decodeURIComponent(anchor)), anchor);
        }
      }
    }
  });

  it("have a row of the troubleshooting page, and a status, for every code", () => {
    for (const language of languages) {
      const page = troubleshooting(language);
      for (const code of ownCodes) assert.ok(page.includes(`<tr id="${escapeHtml(code)}">`), code);
      const texts = new Map(flat(written(language)));
      for (const code of ownCodes) if (!code.includes("<")) assert.ok(texts.has(`status.${code}`), code);
    }
  });

  it("explain every command and its fields", () => {
    for (const language of languages) {
      for (const { node, fields, section, notes, list } of commands) {
        const help = helpOf(language.folder, node);
        if (list !== undefined) assert.match(help, new RegExp(`<p>[^<]*<code>${list.name}</code>`));
        for (const field of fields) {
          const name = field.preset === undefined ? `payload\\.${propertyOf(field)}` : propertyOf(field);
          if (field.name !== "userData") assert.match(help, new RegExp(`>${name} <`));
        }
        for (const note of notes) assert.ok(textOf(help).includes(note[language.text].replaceAll("`", "")), node);
        assert.ok(help.includes(section));
      }
    }
  });

  it("name every event", () => {
    for (const language of languages) {
      const notify = helpOf(language.folder, "sccc-notify");
      for (const { event, label } of pushes) {
        assert.ok(notify.includes(`<dt>${event}</dt><dd>${label[language.text]}</dd>`), event);
      }
    }
  });
});

describe("the codes of the errors", () => {
  /** The folders of the node types that carry out no command. */
  const folders: Readonly<Record<string, string>> = {
    "sccc-notify": "notify",
    "sccc-confirm": "confirm",
    "sccc-calls": "calls",
    "sccc-call-tracker": "call-tracker",
    "sccc-feed": "feed",
    "sccc-simulator": "simulator",
    "sccc-get-recording": "get-recording",
    "sccc-campaign": "campaign",
  };
  for (const [type, folder] of Object.entries(folders)) {
    it(`of ${type} are those that its code has`, () => {
      const path = join(root, "nodes/runtime", folder);
      const source = readdirSync(path)
        .map((file) => readFileSync(join(path, file), "utf8"))
        .join("\n");
      const codes = new Set(source.match(/(?<=")SCCC_[A-Z_]+(?=")/g) ?? []);
      const given: readonly string[] = codesOf(type);
      // Not listed, because no flow gets errors while a node closes.
      codes.delete("SCCC_CLOSED");
      // The message contains these codes if a recording could not be fetched; they are not errors of the node.
      if (type === "sccc-calls") for (const code of ["SCCC_INVALID_FIELD", "SCCC_FILE"]) codes.delete(code);
      assert.deepEqual(
        [...codes].filter((code) => !given.includes(code)),
        [],
        type,
      );
    });
  }
});
