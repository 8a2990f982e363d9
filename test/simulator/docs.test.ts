// The simulator's pages in docs/: they name everything that exists, and both languages have the same content.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pushes, simulatorSettings } from "../../nodes/catalogue";
import { type Outcome, startSimulator } from "../../simulator";
import { styleNames } from "../../simulator/styles";
import { password } from "./client";

const read = (name: string) => readFileSync(join(__dirname, "../../docs", name), "utf8");
const pages = { English: read("simulator.md"), Chinese: read("simulator.zh-CN.md") };

/** The code in a page, in order. */
const codeOf = (page: string) => page.match(/```[\s\S]*?```|`[^`\n]+`/g) ?? [];

/** The names that a refusal lists. */
const listed = (outcome: Outcome) => (outcome.ok ? [] : (outcome.error.split("one of ")[1] ?? "").split(", "));

describe("the simulator's documentation", () => {
  for (const [language, page] of Object.entries(pages)) {
    it(`names every option, instruction and fault, in ${language}`, async () => {
      const simulator = await startSimulator({ password });
      const [instructions, faults] = [
        listed(await simulator.instruct({ do: "?" })),
        listed(await simulator.instruct({ do: "fault", kind: "?" })),
      ];
      await simulator.close();
      const options = simulatorSettings.map(({ name }) => name).filter((name) => name !== "name");
      assert.ok(instructions.length > 5 && faults.length > 15);
      const wanted = [
        ...instructions.flatMap((name) => [`### ${name}`, `{do: "${name}"`]),
        ...faults.map((name) => (name === "none" ? 'kind: "none"' : `| \`${name}\``)),
        ...styleNames.map((name) => `| \`${name}\``),
        ...options.map((name) => `| \`${name}\``),
        ...pushes.map(({ event }) => event),
      ];
      assert.deepEqual(
        wanted.filter((text) => !page.includes(text)),
        [],
      );
    });
  }

  it("has the same code, headings and tables in both languages", () => {
    const [english, chinese] = [pages.English, pages.Chinese];
    assert.deepEqual(codeOf(chinese).toSorted(), codeOf(english).toSorted());
    for (const form of [/^#+/gm, /^\|/gm]) assert.deepEqual(chinese.match(form), english.match(form));
  });
});
