// Builds the editor's files into a separate folder, and reads them as Node-RED would.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { buildEditor } from "../../build/dist";
import { flat, languages, served, type Texts } from "../../build/locales";

/** A property as passed to registerType. */
export interface Default {
  readonly value?: unknown;
  readonly type?: string;
  readonly required?: boolean;
  readonly label?: string;
  readonly validate?: (this: unknown, value: unknown, opt: unknown) => unknown;
}

/** A definition as passed to registerType. */
export interface Definition {
  readonly category: string;
  readonly color: string;
  readonly icon: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly defaults: Readonly<Record<string, Default>>;
  readonly credentials?: Readonly<Record<string, Default>>;
  readonly label: (this: unknown) => string;
  readonly paletteLabel: (this: unknown) => string;
  readonly inputLabels?: (this: unknown, index: number) => string;
  readonly outputLabels: (this: unknown, index: number) => string;
  readonly onadd?: (this: unknown) => void;
}

/** Called for a node that is added in the editor, for example from a flow. */
export type Arrival = (node: object) => void;

/** The folder's content. */
export interface Built {
  readonly html: string;
  readonly help: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, Texts>>;
  /** The types that the page registers; each text is replaced by its key. */
  readonly registered: ReadonlyMap<string, Definition>;
  /** Reports a node to the page's script. */
  readonly arrive: Arrival;
  /** The credentials that the runtime reports to the editor, by node ID. */
  readonly credentials: Map<string, object>;
}

const english = new Map(flat(served(languages[0])));

/** A text's key with its parameters, if any. */
function shown(key: string): string {
  const names = [...(english.get(key.replace(/^.*:/, "")) ?? "").matchAll(/__\w+?__/g)].map(([name]) => name);
  const params = Object.fromEntries(names.map((name) => [name.replaceAll("_", ""), name]));
  return names.length === 0 ? key : `${key} ${JSON.stringify(params)}`;
}

/** Runs the page's script with the parts of Node-RED that it needs. */
function register(html: string): Pick<Built, "registered" | "arrive" | "credentials"> {
  const registered = new Map<string, Definition>();
  const listeners: Arrival[] = [];
  const arrived = new Map<string, object>();
  const credentials = new Map<string, object>();
  const [, script = ""] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html) ?? [];
  const RED = {
    events: {
      on: (event: string, listener: Arrival) => {
        // The sidebar is added and removed with a node type. Without a page there is none.
        if (event !== "nodes:add") assert.match(event, /^registry:node-type-(added|removed)$/);
        else listeners.push(listener);
      },
      emit: () => undefined,
    },
    editor: { validateNode: () => true },
    view: { redraw: () => undefined },
    _: shown,
    nodes: {
      node: (id: string) => arrived.get(id),
      registerType: (type: string, definition: Definition) => {
        assert.ok(!registered.has(type), `${type} is registered twice`);
        registered.set(type, definition);
      },
    },
    utils: { validateTypedProperty: (value: string) => !value.startsWith("bad expression") || value },
  };
  const closedForm = { data: () => undefined };
  const ajax = async ({ url }: { readonly url: string }) => credentials.get(url.split("/").at(-1) ?? "") ?? {};
  runInNewContext(script, { RED, URL, $: Object.assign(() => closedForm, { ajax }) });
  const arrive = (node: object) => {
    if ("id" in node) arrived.set(String(node.id), node);
    for (const listener of listeners) listener(node);
  };
  return { registered, arrive, credentials };
}

/** Builds and reads the files. */
export async function built(): Promise<Built> {
  const folder = mkdtempSync(join(tmpdir(), "sccc-editor-"));
  try {
    await buildEditor(folder);
    const read = (file: string) => readFileSync(join(folder, file), "utf8");
    const html = read("sccc.html");
    const names = languages.flatMap(({ folders }) => folders);
    return {
      html,
      help: Object.fromEntries(names.map((name) => [name, read(`locales/${name}/sccc.html`)])),
      texts: Object.fromEntries(names.map((name) => [name, JSON.parse(read(`locales/${name}/sccc.json`))])),
      ...register(html),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
