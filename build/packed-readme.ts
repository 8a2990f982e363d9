// Replaces the README while packing by one without relative links, which do not work on an npm page. prepack writes it, postpack restores
// the repository's README.
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const kept = join(root, ".cache/readme");
const names = ["README.md", "README.zh-CN.md"];

const isWeb = (target: string): boolean => /^(?:https?:|mailto:|#)/.test(target);

/**
 * A README for the package. Relative images are removed. A relative link becomes its text, followed by the file's path if that differs.
 * Most of these files are in the installed package.
 */
export function packedReadme(text: string): string {
  return text
    .replace(/^!\[[^\]]*\]\(([^)]+)\)\n\n/gm, (image, target: string) => (isWeb(target) ? image : ""))
    .replace(/\[([^\]]+)\]\(([^)#\s]+)(#[^)]*)?\)/g, (link, label: string, target: string) => {
      if (isWeb(target)) return link;
      return label.replace(/`/g, "") === target ? `\`${target}\`` : `${label} (\`${target}\`)`;
    });
}

function main(action: string | undefined): void {
  if (action === "restore") {
    for (const name of names) renameSync(join(kept, name), join(root, name));
    return;
  }
  mkdirSync(kept, { recursive: true });
  for (const name of names) {
    copyFileSync(join(root, name), join(kept, name));
    writeFileSync(join(root, name), packedReadme(readFileSync(join(root, name), "utf8")));
  }
}

if (require.main === module) main(process.argv[2]);
