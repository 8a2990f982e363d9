// `npm run build`: writes the index of the commands, then dist/.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandsFolder, commandsIndex } from "./commands-index";

async function main(): Promise<void> {
  const start = Date.now();
  const index = join(commandsFolder, "index.ts");
  const text = commandsIndex();
  if (readFileSync(index, "utf8") !== text) writeFileSync(index, text);
  // Loaded only now: it reads the catalogue, and would miss a command that was just added.
  const { buildTo, sizes }: typeof import("./dist") = require("./dist");
  const dist = join(__dirname, "../dist");
  await buildTo(dist);
  const { buildResources }: typeof import("./resources") = require("./resources");
  buildResources(join(__dirname, "../resources"));
  console.log(`dist/ in ${Date.now() - start} ms, KiB: ${sizes(dist)}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
