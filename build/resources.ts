// Writes resources/: pages that Node-RED serves beside its editor, so that the help can link to them where there is no internet.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json";
import { escapeHtml } from "./html";
import type { Language } from "./locales";
import { languages } from "./locales";
import { htmlOf } from "./markdown";

const docs = join(__dirname, "../docs");

/** A page's suffix in a language. */
const suffixOf = ({ text }: Language): string => (text === "en" ? "" : ".zh-CN");

const style = `:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #8886; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }
code { overflow-wrap: anywhere; }
tr:target, :target { background: #fd06; }`;

/** The address of the troubleshooting page, for links of the help: relative to the editor's own. @param anchor a code, or a heading */
export const troubleshootingUrl = (language: Language, anchor: string): string =>
  `resources/${manifest.name}/troubleshooting${suffixOf(language)}.html#${encodeURIComponent(anchor)}`;

/** The troubleshooting page in a language. */
export function troubleshooting(language: Language): string {
  const markdown = readFileSync(join(docs, `troubleshooting${suffixOf(language)}.md`), "utf8");
  // The line with the link to the other language.
  const text = markdown.replace(/^.*\]\(troubleshooting.*\n/m, "");
  const title = /^# (.*)$/m.exec(markdown)?.[1] ?? "";
  return `<!doctype html>
<html lang="${language.folder}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)} · SCCC</title>
<style>
${style}
</style>
<main>
${htmlOf(text)}
</main>
</html>
`;
}

/** Writes all pages. */
export function buildResources(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const language of languages) {
    writeFileSync(join(folder, `troubleshooting${suffixOf(language)}.html`), troubleshooting(language));
  }
}
