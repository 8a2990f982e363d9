// The texts and the help in both languages: complete, parallel, and in the right language.
import assert from "node:assert/strict";
import { flat, languages, merge, written } from "../../build/locales";
import { nodeTypes } from "../../build/nodes";
import { commands, errorCodes, propertyOf, pushes, receivingSettings } from "../../nodes/catalogue";
import { type Built, built } from "./built";

const [english, chinese] = languages.map((language) => new Map(flat(written(language))));

/** Texts without a word of any language. */
const wordless = (text: string) => !/\p{L}/u.test(text.replace(/__\w+?__|`[^`]*`/g, ""));

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

  it("are Chinese in Chinese", () => {
    for (const [key, text] of flat(pages.texts["zh-CN"]!)) {
      if (wordless(text) || untranslated.has(text)) continue;
      assert.match(text, /\p{Script=Han}/u, key);
    }
  });

  it("are found under zh too, where zh-TW and others look", () => {
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

  it("leave the prose of the help to the help", () => {
    for (const texts of Object.values(pages.texts)) assert.equal(texts.help, undefined);
  });

  it("come from one place each", () => {
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

  it("describe every field of every command, and every field of its answer", () => {
    for (const [name, text] of [
      ["en-US", "en"],
      ["zh-CN", "zh"],
    ] as const) {
      for (const { node, fields, answer, list, section, notes } of commands) {
        const [, help = ""] =
          new RegExp(`data-help-name="${node}">([\\s\\S]*?)</script>`).exec(pages.help[name]!) ?? [];
        for (const field of fields) assert.match(help, new RegExp(`>payload\\.${propertyOf(field)} <`));
        for (const { name } of list?.items ?? answer) assert.match(help, new RegExp(`>(payload\\.)?${name}</dt>`));
        for (const note of notes) assert.ok(help.includes(note[text]), node);
        assert.ok(help.includes(section));
      }
    }
  });

  it("describe every event with its fields, what is derived, and how to confirm", () => {
    for (const [name, text] of [
      ["en-US", "en"],
      ["zh-CN", "zh"],
    ] as const) {
      const of = (type: string) =>
        new RegExp(`data-help-name="${type}">([\\s\\S]*?)</script>`).exec(pages.help[name]!)?.[1] ?? "";
      const notify = of("sccc-notify");
      for (const { event, label, fields } of pushes) {
        assert.ok(notify.includes(`<dt>${event} <span class="property-type">${label[text]}</span></dt>`), event);
        for (const field of fields) assert.ok(notify.includes(`>payload.${field.name}</dt>`), field.name);
      }
      for (const derived of ["eventId", "startAt, ringAt, answerAt, byeAt", "numberE164", "recordUrl"]) {
        assert.ok(notify.includes(`<dt>${derived}</dt>`), derived);
      }
      for (const part of ["sccc.push", "sccc.token"]) assert.ok(notify.includes(`<dt>${part} <`), part);
      assert.match(of("sccc-confirm"), /<dt>SCCC_NOT_PENDING<\/dt>/);
      for (const { label } of receivingSettings) assert.ok(of("sccc-account").includes(`<dt>${label[text]}</dt>`));
    }
  });
});
