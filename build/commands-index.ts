// Generates nodes/catalogue/commands/index.ts from the files in its folder, so that a new command needs only one new file.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder with one file per command. */
export const commandsFolder = join(__dirname, "../nodes/catalogue/commands");

/** The content of commands/index.ts. A file `call-number.ts` exports `callNumber`. Throws if one does not. */
export function commandsIndex(folder = commandsFolder): string {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && name !== "index.ts")
    .map((name) => name.slice(0, -".ts".length))
    .sort();
  const camel = (name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  for (const name of files) {
    const text = readFileSync(join(folder, `${name}.ts`), "utf8");
    if (new RegExp(`^export const ${camel(name)}\\b`, "m").test(text)) continue;
    throw new Error(`nodes/catalogue/commands/${name}.ts must export ${camel(name)}`);
  }
  return [
    "// Every command of this folder. Written by `npm run build`; a test fails if it is stale.",
    ...files.map((name) => `import { ${camel(name)} } from "./${name}";`),
    "",
    "export const all = [",
    ...files.map((name) => `  ${camel(name)},`),
    "] as const;",
    "",
  ].join("\n");
}
