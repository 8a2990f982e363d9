// `npm pack` and `npm publish` take a README without relative links: on an npm page these lead nowhere. prepack writes it, postpack puts
// the repository's own back.
import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const kept = join(root, ".cache/readme");
const names = ["README.md", "README.zh-CN.md"];

const isWeb = (target: string): boolean => /^(?:https?:|mailto:|#)/.test(target);

/**
 * A README for the package: a relative image goes, a relative link becomes its text, with the file's path beside it where the two differ.
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
