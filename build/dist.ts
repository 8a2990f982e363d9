// Builds dist/: the nodes, the simulator, and the files for the editor.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import manifest from "../package.json";
import { page } from "./forms";
import { help } from "./help";
import { languages, served } from "./locales";
import { descriptions, nodeTypes } from "./nodes";
import { testingTypes } from "./testing-types";

const root = resolve(__dirname, "..");

/** The set's name below `nodes` in package.json; Node-RED names its texts and icons after it. */
const set = "sccc";

async function editorScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "nodes/editor/index.ts")],
    bundle: true,
    write: false,
    platform: "browser",
    target: "es2020",
    format: "iife",
    globalName: "SCCC",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    define: {
      DESCRIPTIONS: JSON.stringify(descriptions),
      NAMESPACE: JSON.stringify(`${manifest.name}/${set}`),
    },
  });
  return outputFiles.map(({ text }) => text).join("");
}

/** Writes the editor's files: sccc.html, help and texts in every language, icons. */
export async function buildEditor(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${set}.html`), page(nodeTypes, await editorScript()));
  for (const language of languages) {
    const helpText = help(nodeTypes, language);
    const texts = `${JSON.stringify(served(language), null, 1)}\n`;
    for (const name of language.folders) {
      const to = join(folder, "locales", name);
      mkdirSync(to, { recursive: true });
      writeFileSync(join(to, `${set}.html`), helpText);
      writeFileSync(join(to, `${set}.json`), texts);
    }
  }
  cpSync(join(root, "icons"), join(folder, "icons"), { recursive: true });
}

const simulator = join(root, "simulator/index.ts");

/** Puts the simulator into a separate file, which is loaded only when a flow has a simulator. */
const simulatorApart: Plugin = {
  name: "simulator-apart",
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^\.{1,2}(\/|$)/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === simulatorApart.name) return undefined;
      const found = await find(path, { ...from, pluginData: simulatorApart.name });
      return found.path === simulator ? { path: "./simulator.js", external: true } : undefined;
    });
  },
};

/** Writes the code for Node: the nodes, the simulator, the simulator's command, and the entry for users' tests with its types. */
export async function buildCode(folder: string): Promise<void> {
  const common: BuildOptions = {
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: Object.keys(manifest.dependencies),
    charset: "utf8",
    legalComments: "none",
    // import() becomes a deferred require(): the file that it loads is CommonJS too.
    supported: { "dynamic-import": false },
  };
  const command = join(folder, "sccc-simulator.js");
  await Promise.all([
    build({
      ...common,
      entryPoints: [join(root, "nodes/sccc.ts")],
      outfile: join(folder, `${set}.js`),
      plugins: [simulatorApart],
      // Node-RED expects the function itself; a default export would be one level deeper.
      footer: { js: "module.exports = module.exports.default ?? module.exports;" },
    }),
    // A worker thread needs its own file.
    build({
      ...common,
      entryPoints: [join(root, "nodes/receive/worker.ts")],
      outfile: join(folder, "receive-worker.js"),
      // Names are kept for stack traces.
      minifyWhitespace: true,
    }),
    build({ ...common, entryPoints: [simulator], outfile: join(folder, "simulator.js"), minifyWhitespace: true }),
    build({
      ...common,
      entryPoints: [join(root, "simulator/sccc-simulator.ts")],
      outfile: command,
      minifyWhitespace: true,
      plugins: [simulatorApart],
    }),
    build({
      ...common,
      entryPoints: [join(root, "simulator/testing.ts")],
      outfile: join(folder, "testing.js"),
      plugins: [simulatorApart],
    }),
  ]);
  writeFileSync(join(folder, "testing.d.ts"), testingTypes());
  const text = readFileSync(command, "utf8");
  if (!text.startsWith("#!")) writeFileSync(command, `#!/usr/bin/env node\n${text}`);
  chmodSync(command, 0o755);
}

/** Builds dist/ of the package into a folder, which is emptied first. */
export async function buildTo(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await buildEditor(folder);
  await buildCode(folder);
}

/** The files of a folder with their sizes, on one line. */
export function sizes(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return files
    .map((name) => ({ name, stat: statSync(join(folder, name)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ name, stat }) => `${name} ${(stat.size / 1024).toFixed(1)}`)
    .join(", ");
}
