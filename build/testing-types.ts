// Makes the types of `require("@sccc/node-red-sccc/testing")`: one file with everything that the exports of
// simulator/testing.ts refer to. The compiler writes a file for each module, with internal declarations that are left
// out here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";

const root = resolve(__dirname, "..");

/**
 * A top-level declaration with its comment. The compiler indents its content; only a closing bracket is at the left
 * margin.
 */
const declarations =
  /^(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?:export )?(?:declare )?((interface|type|class|const|function) (\w+).*\n(?:[ })\]].*\n)*)/gm;
const imports = /^(?:import|export)(?: type)? \{([^}]*)\} from "([^"]*)";$/gm;

interface Declaration {
  readonly comment: string;
  readonly kind: string;
  readonly code: string;
}

/** The declarations of a module by name, and where its imported and re-exported names are declared. */
interface Module {
  readonly declared: ReadonlyMap<string, Declaration>;
  readonly imported: ReadonlyMap<string, string>;
}

function read(file: string): Module {
  const text = readFileSync(`${file}.d.ts`, "utf8");
  const imported = new Map<string, string>();
  for (const [, names = "", path = ""] of text.matchAll(imports)) {
    const target = path.startsWith(".") ? resolve(dirname(file), path === "." ? "index" : path) : path;
    for (const name of names.split(",")) imported.set(name.replace(/^\s*type\s/, "").trim(), target);
  }
  const declared = [...text.matchAll(declarations)].map(
    ([, comment = "", code = "", kind = "", name = ""]) => [name, { comment, code, kind }] as const,
  );
  return { declared: new Map(declared), imported };
}

/** The declarations that a module's exports need, from all modules, and the imports from packages. Throws if two have the same name. */
function gather(entry: string) {
  const modules = new Map<string, Module>();
  const found = new Map<string, Declaration & { readonly file: string }>();
  const packages = new Map<string, string>();
  const find = (name: string, file: string): void => {
    const { imported, declared } = modules.get(file) ?? read(file);
    modules.set(file, { imported, declared });
    const elsewhere = imported.get(name);
    if (elsewhere !== undefined) {
      if (isAbsolute(elsewhere)) find(name, elsewhere);
      else packages.set(name, elsewhere);
      return;
    }
    const declaration = declared.get(name);
    const known = found.get(name);
    if (declaration === undefined || known?.file === file) return;
    if (known !== undefined) throw new Error(`${name} is declared in ${known.file} and in ${file}`);
    found.set(name, { ...declaration, file });
    // Words in comments and names of properties do not refer to declarations.
    const code = declaration.code.replace(/\/\*\*[\s\S]*?\*\//g, "");
    for (const [word] of code.matchAll(/\b[A-Za-z]\w*\b(?!\??:)/g)) find(word, file);
  };
  const exported = [...read(entry).imported.keys()];
  for (const name of exported) find(name, entry);
  return { exported, found, packages };
}

/** The text of testing.d.ts. */
export function testingTypes(): string {
  const folder = mkdtempSync(join(tmpdir(), "sccc-types-"));
  try {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const args = [tsc, "-p", join(root, "build/tsconfig.types.json"), "--outDir", folder];
    execFileSync(process.execPath, args, { stdio: ["ignore", 2, 2] });
    const { exported, found, packages } = gather(join(folder, "simulator/testing"));
    const lines = [...found].map(([name, { comment, kind, code }]) => {
      // Only declarations that exist at run time are exported as values.
      const prefix =
        kind === "interface" || kind === "type" ? "export " : exported.includes(name) ? "export declare " : "declare ";
      return `${comment}${prefix}${code}`;
    });
    const classes = [...found].filter(([name, { kind }]) => kind === "class" && !exported.includes(name));
    return [
      '// The types of require("@sccc/node-red-sccc/testing").\n',
      ...[...packages].map(([name, from]) => `import type { ${name} } from "${from}";\n`),
      ...lines,
      `export type { ${classes.map(([name]) => name).join(", ")} };\n`,
    ].join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
