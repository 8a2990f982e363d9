// `npm run readme`: generates the tables of the READMEs and of docs/ from the catalogue, the texts and the examples. A test fails if they
// are stale.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  accountSettings,
  commands,
  errorCodes,
  pushes,
  receivingSettings,
  type Setting,
  type Text,
} from "../nodes/catalogue";
import { flat, type Language, languages, served } from "./locales";
import { nodeTypes } from "./nodes";

const root = join(__dirname, "..");

/** A page for users in one language. The file name of the other language has another suffix. */
export interface Page {
  readonly file: string;
  readonly language: Language;
}

/** A page in every language. */
const inAll = (name: string): readonly Page[] =>
  languages.map((language) => ({
    file: join(root, language.text === "en" ? `${name}.md` : `${name}.${language.folder}.md`),
    language,
  }));

/** The pages, each in every language: the READMEs, and those in docs/. */
export const pages: readonly (readonly Page[])[] = [
  "README",
  "demo/README",
  ...readdirSync(join(root, "docs"))
    .filter((name) => /^[^.]+\.md$/.test(name))
    .map((name) => `docs/${name.replace(/\.md$/, "")}`),
].map(inAll);

const heads: Readonly<
  Record<
    | "node"
    | "command"
    | "does"
    | "property"
    | "standard"
    | "means"
    | "example"
    | "code"
    | "value"
    | "section"
    | "versions"
    | "fields"
    | "answer"
    | "again"
    | "event"
    | "type",
    Text
  >
> = {
  node: { en: "Node", zh: "节点" },
  command: { en: "Command", zh: "命令" },
  does: { en: "What it does", zh: "作用" },
  property: { en: "Property", zh: "属性" },
  standard: { en: "Default", zh: "默认值" },
  means: { en: "What it is", zh: "说明" },
  example: { en: "Example", zh: "示例" },
  code: { en: "Code", zh: "代码" },
  value: { en: "Value", zh: "值" },
  section: { en: "§", zh: "§" },
  versions: { en: "Versions", zh: "版本" },
  fields: { en: "Fields (required ones in bold)", zh: "字段（粗体为必填）" },
  answer: { en: "Answer", zh: "响应" },
  again: { en: "Again", zh: "重发" },
  event: { en: "Event", zh: "事件" },
  type: { en: "notify.type", zh: "notify.type" },
};

/** The value of an error code in the vendor's notation: large ones in hex. */
const errorValue = (value: number): string =>
  value < 10_000 ? String(value) : `0x${value.toString(16).toUpperCase()}`;

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

/** The part of an example's text in one language: the texts contain both, one after the other. */
const partOf = (text: string, { text: language }: Language, separator: string): string =>
  text.split(separator)[language === "en" ? 0 : 1] ?? text;

function examples(language: Language): string {
  const folder = join(root, "examples");
  const rows = readdirSync(folder).map((file) => {
    const nodes: readonly { readonly type: string; readonly name?: string; readonly info?: string }[] = JSON.parse(
      readFileSync(join(folder, file), "utf8"),
    );
    const about = nodes.find(({ type, info }) => type === "comment" && info !== "");
    return [code(basename(file, ".json")), partOf(about?.name ?? "", language, " · ")];
  });
  return table([heads.example[language.text], heads.does[language.text]], rows);
}

function codes({ text }: Language): string {
  return table(
    [heads.code[text], heads.value[text], heads.means[text]],
    errorCodes.map(({ name, value, text: meaning }) => [code(name), errorValue(value), meaning[text]]),
  );
}

const names = (fields: readonly { readonly name: string; readonly required?: boolean }[]): string =>
  fields.map(({ name, required }) => (required === true ? `**${name}**` : name)).join(", ");

/** The commands by their names on the wire. */
function commandTable({ text }: Language): string {
  return table(
    [heads.section, heads.command, heads.versions, heads.fields, heads.answer, heads.again].map((head) => head[text]),
    commands.map(({ section, api, versions, fields, answer, list, resend }) => [
      section,
      code(api),
      versions.map((x) => `2.0.${x}`).join(" "),
      names(fields),
      [...answer.map(({ name }) => name), ...(list === undefined ? [] : [`${list.name}[]`])].join(", "),
      code(resend),
    ]),
  );
}

/** The pushes by their names on the wire. */
function pushTable({ text }: Language): string {
  return table(
    [heads.section, heads.type, heads.event, heads.fields].map((head) => head[text]),
    pushes.map(({ section, type, event, fields }) => [
      section,
      code(type ?? ""),
      code(event),
      names(fields.map(({ name, optional }) => ({ name, required: optional !== true }))),
    ]),
  );
}

/** The tables that a page may contain. */
export const tables = { nodes, account, examples, codes, commands: commandTable, pushes: pushTable };

/** A page with up-to-date tables, each between a pair of markers. */
export function withTables(page: string, language: Language): string {
  return Object.entries(tables).reduce((text, [name, make]) => {
    const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(start), text.indexOf(end)];
    if (from < 0 || to < from) return text;
    return `${text.slice(0, from + start.length)}\n${make(language)}\n\n${text.slice(to)}`;
  }, page);
}

if (require.main === module) {
  for (const { file, language } of pages.flat()) {
    const before = readFileSync(file, "utf8");
    const after = withTables(before, language);
    // A page with a new date makes the next start build again.
    if (after !== before) writeFileSync(file, after);
  }
}
