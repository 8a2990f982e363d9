// `npm run bench`: runs every part, prints a table for each, and writes bench/results.md. `npm run bench -- pushes` only runs and prints
// that part.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Children } from "./child";
import { commands } from "./commands";
import type { Size } from "./contest";
import { overhead } from "./overhead";
import { pushes } from "./pushes";
import { records } from "./records";
import { remarks } from "./remarks";
import { page, type Section, sectionText } from "./report";
import { sidebar } from "./sidebar";
import { tracker } from "./tracker";

const parts: Readonly<Record<string, (size: Size, children: Children) => Promise<Section>>> = {
  pushes,
  commands,
  records,
  tracker,
  overhead,
  sidebar,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "15" },
    seconds: { type: "string", default: "0.4" },
    records: { type: "string", default: "1000000" },
    calls: { type: "string", default: "100000" },
    /** The folder for the results. */
    out: { type: "string", default: __dirname },
  },
});

async function main(): Promise<void> {
  const { rounds, seconds, records, calls } = values;
  const size = { rounds: Number(rounds), seconds: Number(seconds), records: Number(records), calls: Number(calls) };
  const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;
  const sections: Section[] = [];
  for (const name of chosen) {
    const part = parts[name];
    if (part === undefined) throw new Error(`No part is named ${name}: there are ${Object.keys(parts).join(", ")}`);
    const children = new Children();
    try {
      const section = await part(size, children);
      console.log(`${sectionText(section, "en")}\n`);
      sections.push(section);
    } finally {
      await children.stop();
    }
  }
  if (positionals.length > 0) return;
  writeFileSync(join(values.out, "results.md"), page(sections, size, remarks, "en"));
  writeFileSync(join(values.out, "results.zh-CN.md"), page(sections, size, remarks, "zh"));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
