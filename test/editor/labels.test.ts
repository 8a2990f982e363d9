// The documentation names the labels of forms and the sidebar as they are.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { flat, type Language, languages, served } from "../../build/locales";
import { root } from "../../tools/hosts";

/** Emphasised words that are not labels of ours: labels of other programs, and sentences. */
const others: Readonly<Record<Language["folder"], readonly string[]>> = {
  "en-US": [
    ...["Manage palette", "Require unique values", "Unreleased", "Use clean start", "View"],
    // The button has the name of what it opens.
    "Open",
    // Problems with the editor.
    ...["The nodes are not in the palette", "Texts are in English and not in Chinese", "A node has a red triangle"],
  ],
  "zh-CN": [
    ...["节点管理", "要求唯一值", "全新创建", "显示"],
    "打开",
    ...[
      "Unreleased",
      "已发送",
      "没有 type 且有 number",
      "这是谁？",
      "台账",
      "拒绝 2 条：时钟不一致",
      "拒绝 3 条：密码错误",
      "上一条推送",
    ],
  ],
};

/** What may be a label: capitalised and emphasised in English, in quotation marks in Chinese. */
const emphasised: Readonly<Record<Language["folder"], RegExp>> = {
  "en-US": /(?<!\w)_([A-Z][^_`]*)_(?!\w)/g,
  "zh-CN": /“([^”]+)”/g,
};

const namesOf = ({ folder }: Language): readonly string[] =>
  readdirSync(join(root, "docs")).filter(
    (name) => name.endsWith(".md") && name.includes(".zh-CN.") === (folder === "zh-CN"),
  );

describe("the labels that the documentation names", () => {
  for (const language of languages) {
    const texts = new Set(flat(served(language)).map(([, text]) => text.toLowerCase()));
    const known = (label: string): boolean => others[language.folder].includes(label) || texts.has(label.toLowerCase());
    for (const name of namesOf(language)) {
      it(`exist: ${name}`, () => {
        const text = readFileSync(join(root, "docs", name), "utf8").replace(/```[\s\S]*?```/g, "");
        const labels = [...text.matchAll(emphasised[language.folder])]
          .map(([, label = ""]) => label.replace(/\s+/g, " "))
          // The way through menus.
          .filter((label) => !label.includes("→"));
        // A label may have its choice: "Input: a list of commands per message".
        const unknown = labels.filter((label) => !known(label) && !label.split(": ").every(known));
        assert.deepEqual(unknown, []);
      });
    }
  }
});
