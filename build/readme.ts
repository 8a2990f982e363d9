// `npm run readme`: writes the tables of the READMEs, which come from the catalogue and the texts. A test fails if they are stale.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accountSettings, receivingSettings, type Setting, type Text } from "../nodes/catalogue";
import { flat, type Language, languages, served } from "./locales";
import { nodeTypes } from "./nodes";

/** The READMEs, by language. */
export const readmes: readonly { readonly file: string; readonly language: Language }[] = languages.map((language) => ({
  file: join(__dirname, "..", language.text === "en" ? "README.md" : `README.${language.folder}.md`),
  language,
}));

const heads: Readonly<Record<"node" | "command" | "does" | "property" | "standard" | "means", Text>> = {
  node: { en: "Node", zh: "节点" },
  command: { en: "Command", zh: "命令" },
  does: { en: "What it does", zh: "作用" },
  property: { en: "Property", zh: "属性" },
  standard: { en: "Default", zh: "默认值" },
  means: { en: "What it is", zh: "说明" },
};

const cell = (text: string): string => text.replace(/\|/g, "\\|");
const code = (text: string): string => (text === "" ? "" : `\`${text}\``);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");
}

function nodes(language: Language): string {
  const texts = new Map(flat(served(language)));
  const { text } = language;
  return table(
    [heads.node[text], heads.command[text], heads.does[text]],
    nodeTypes.map(({ type, key, command }) => [
      code(type),
      code(command?.api ?? ""),
      texts.get(`${key}.summary`) ?? "",
    ]),
  );
}

function account({ text }: Language): string {
  const standard = (setting: Setting) => ("default" in setting ? code(String(setting.default ?? "")) : "");
  return table(
    [heads.property[text], heads.standard[text], heads.means[text]],
    [...accountSettings, ...receivingSettings].map((setting) => [
      code(setting.name),
      standard(setting),
      `${setting.label[text]}${text === "en" ? ": " : "："}${setting.hint[text]}`,
    ]),
  );
}

/** A README with its tables as they must be: each between a pair of markers. */
export function withTables(readme: string, language: Language): string {
  const tables = { nodes: nodes(language), account: account(language) };
  return Object.entries(tables).reduce((text, [name, content]) => {
    const [start, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`The README for ${language.folder} has no markers for ${name}`);
    return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
  }, readme);
}

if (require.main === module) {
  for (const { file, language } of readmes) writeFileSync(file, withTables(readFileSync(file, "utf8"), language));
}
