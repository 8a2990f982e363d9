// The Chinese texts use one word for one thing. Replaced terms must not come back.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/hosts";

/** Old terms, and the ones to use. */
const replaced: Readonly<Record<string, string>> = {
  通知呼入: "来电",
  通知呼出: "去电",
  呼入: "来电",
  呼出: "去电",
  模拟器: "模拟平台",
  帐号: "账户",
  账号: "账户",
  凭证: "凭据",
  交付: "投递",
  移交: "投递",
  大小限制: "大小上限",
  重叠时长: "往回重读的时长",
  重叠时间: "往回重读的时长",
};

const files = [
  "README.zh-CN.md",
  "CONTRIBUTING.zh-CN.md",
  ...["docs", "demo", "bench"].flatMap((folder) => chineseOf(folder)),
  ...filesOf("locales/zh-CN", ".json"),
  ...filesOf("examples", ".json"),
  ...filesOf("nodes/catalogue", ".ts"),
  ...filesOf("build", ".ts"),
  "demo/desk/texts.mjs",
  "demo/flows.json",
];

function filesOf(folder: string, end: string): readonly string[] {
  const all = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return all.filter((name) => name.endsWith(end)).map((name) => `${folder}/${name}`);
}

function chineseOf(folder: string): readonly string[] {
  return filesOf(folder, ".zh-CN.md");
}

describe("the Chinese texts", () => {
  it("are checked", () => assert.ok(files.length > 60, String(files.length)));

  for (const file of files) {
    it(`${file} has none of the old terms`, () => {
      const text = readFileSync(join(root, file), "utf8");
      for (const [old, now] of Object.entries(replaced)) {
        const at = text.indexOf(old);
        assert.equal(at, -1, `"${text.slice(Math.max(0, at - 20), at + 20)}": ${old} is ${now}`);
      }
    });
  }
});
