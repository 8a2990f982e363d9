// Generates dist/sccc.html: the form and the registration of every node type as literal text, and the editor's script.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { type Push, sections } from "../nodes/catalogue";
import { escapeHtml } from "./html";
import { described, eventsOf, keywordsOf, type NodeType, type Property, passwordsOf, type Tool } from "./nodes";

function select(id: string, { key, choices }: { readonly key: string; readonly choices: readonly string[] }): string {
  const option = (value: string) => `<option value="${value}" data-i18n="${key}.choices.${value}"></option>`;
  return `<select id="${id}">${choices.map(option).join("")}</select>`;
}

/** A checkbox for an event, with the vendor's name if it is a push of the vendor's. */
const eventBox = ({ event, section, type = event }: Push): string => `
        <label class="sccc-event">
          <input type="checkbox" value="${event}">
          <span><span data-i18n="event.${event}.label"></span>${
            section === "–" ? "" : ` <code class="sccc-vendor">${escapeHtml(type)}</code>`
          } <span class="sccc-hint" data-i18n="event.${event}.summary"></span></span>
        </label>`;

/** The id of the visible input. For some kinds, another input has the property's own id, or none has. */
const seen = ({ kind }: Property, id: string): string => (kind === "events" || kind === "hours" ? `${id}-choice` : id);

function control(property: Property, id: string): string {
  const text = (type: string, more = "") => `<input type="${type}" id="${id}"${more}>`;
  switch (property.kind) {
    case "text": {
      const { example, suggestions = [] } = property;
      const known = `${id}-known`;
      const more = [
        ...(example === undefined ? [] : [` placeholder="${escapeHtml(example)}"`]),
        ...(suggestions.length === 0 ? [] : [` list="${known}"`]),
      ];
      const options = suggestions.map(
        ({ key, value }) => `<option value="${escapeHtml(value)}" data-i18n="${key}"></option>`,
      );
      return (
        text("text", more.join("")) +
        (options.length === 0 ? "" : `<datalist id="${known}">${options.join("")}</datalist>`)
      );
    }
    // Not type="number": that does not accept ${ENV}. Node-RED omits a default of 0, so an empty field means the default.
    case "number":
      return `${text("text", ` inputmode="${property.integer ? "numeric" : "decimal"}" placeholder="${property.default ?? ""}"`)}${
        property.unit ? `<span class="sccc-unit" data-i18n="${property.key}.unit"></span>` : ""
      }`;
    case "boolean":
      return text("checkbox");
    case "choice":
      return select(id, property);
    case "events":
      return `<div class="sccc-events" id="${seen(property, id)}" role="group">${property.events.map(eventBox).join("")}\n      </div>`;
    case "hours":
      return `<div class="sccc-hours" id="${seen(property, id)}" role="group"></div>`;
    case "ports":
      return `<input type="hidden" id="${id}">`;
    case "secret":
      return text("password");
    case "node":
      return text("text", ' style="width: 100%"');
    case "typed":
      return `${text("text")}<input type="hidden" id="${id}Type">`;
  }
}

const button = (id: string, icon: string, key: string): string =>
  `<button type="button" class="red-ui-button" id="${id}"><i class="fa fa-${icon}" aria-hidden="true"></i> <span data-i18n="${key}"></span></button>`;

/**
 * The row of a node without an account: a button that adds a simulator and an account. nodes/editor/account.ts shows
 * it.
 */
const simulateRow = `
    <div class="form-row sccc-row" id="sccc-simulate-row" style="display: none">
      <span></span>
      <div class="sccc-control">${button("sccc-simulate", "magic", "simulate.add")}</div>
      <div class="sccc-hint" data-i18n="simulate.hint" role="status"></div>
    </div>`;

function row(property: Property, prefix: string): string {
  const id = `${prefix}-${property.name}`;
  if (property.kind === "ports") return `    ${control(property, id)}`;
  return `    <div class="form-row sccc-row">
      <label for="${seen(property, id)}"><i class="fa fa-fw fa-${property.icon}" aria-hidden="true"></i> <span data-i18n="${property.key}.label"></span></label>
      <div class="sccc-control">${control(property, id)}</div>
      <div class="sccc-problem" role="status"></div>
${property.name === "name" ? "" : `      <div class="sccc-hint" data-i18n="${property.key}.hint"></div>\n`}    </div>${
    property.name === "account" ? simulateRow : ""
  }`;
}

/** The rows that are not properties; nodes/editor/tools.ts finds them by their ids. */
const toolRows: Readonly<Record<Tool["kind"], (node: NodeType) => string>> = {
  connection: () => `    <div class="form-row sccc-row">
      <span></span>
      <div class="sccc-control">${button("sccc-connection", "plug", "connection.test")}</div>
      <div class="sccc-result" id="sccc-connection-result" role="status"></div>
      <div class="sccc-result" id="sccc-connection-recording" role="status"></div>
    </div>`,
  address: () => `    <div class="form-row sccc-row">
      <label for="sccc-address"><i class="fa fa-fw fa-share-square-o"></i> <span data-i18n="address.label"></span></label>
      <div class="sccc-control"><input type="text" id="sccc-address" readonly>${button("sccc-address-copy", "clipboard", "address.copy")}</div>
      <div class="sccc-hint" id="sccc-address-hint" role="status"></div>
    </div>`,
  sample: (node) => `    <div class="form-row sccc-row">
      <label for="sccc-sample-event"><i class="fa fa-fw fa-paper-plane-o"></i> <span data-i18n="sample.label"></span></label>
      <div class="sccc-control"><select id="sccc-sample-event">${(eventsOf(node) ?? [])
        .map(({ event }) => `<option value="${event}" data-i18n="event.${event}.label"></option>`)
        .join("")}</select>${button("sccc-sample", "paper-plane-o", "sample.send")}</div>
      <div class="sccc-result" id="sccc-sample-result" role="status"></div>
      <div class="sccc-hint" data-i18n="sample.hint"></div>
    </div>`,
  template: () => `    <div class="form-row sccc-row">
      <span></span>
      <div class="sccc-control">${button("sccc-template", "magic", "template.fill")}</div>
      <div class="sccc-hint" id="sccc-template-hint" role="status"></div>
    </div>`,
};

/** The form of a node type. */
export function form(node: NodeType): string {
  const { type, config, properties, tools = [] } = node;
  const toolsOf = (section: Property["section"]) =>
    tools.filter((tool) => tool.section === section).map(({ kind }) => toolRows[kind](node));
  const rows = (section?: Property["section"]) => [
    ...(section === undefined ? [] : toolsOf(section)),
    ...properties
      .filter((property) => property.section === section)
      .map((property) => row(property, config ? "node-config-input" : "node-input")),
    ...(section === undefined ? toolsOf(section) : []),
  ];
  const folded = sections.flatMap((section) => {
    const inside = rows(section);
    return inside.length === 0
      ? []
      : [
          `    <details class="sccc-section">\n    <summary data-i18n="section.${section}"></summary>`,
          ...inside,
          "    </details>",
        ];
  });
  return [`<script type="text/html" data-template-name="${type}">`, ...rows(), ...folded, "</script>"].join("\n");
}

/** The inside of an object literal: names with code. */
const object = (entries: readonly (readonly [string, string])[], separator: string): string =>
  entries.map(([name, code]) => `${name}: ${code}`).join(separator);

/** A value as code in a script of the page. No text in it can end the script. */
const code = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");

/** The words of all languages: people type English words in a Chinese editor too. */
const words = (node: NodeType): string => Object.values(keywordsOf(node) ?? {}).join(" ");

const labelOf = ({ key }: Property): string => `SCCC.text(${code(`${key}.label`)})`;

/** The defaults of a property: names with code. */
function defaults(property: Property): [string, string][] {
  const { name } = property;
  switch (property.kind) {
    case "secret":
      return [];
    case "node": {
      const { type, required } = property;
      return [[name, `{ value: "", type: ${code(type)}, required: ${required}, label: ${labelOf(property)} }`]];
    }
    case "typed":
      return [
        [name, `{ value: ${code(property.default)}, validate: SCCC.valid(${code(name)}) }`],
        [`${name}Type`, `{ value: ${code(property.defaultType)} }`],
      ];
    case "hours":
      return [[name, `{ value: [], validate: SCCC.valid(${code(name)}) }`]];
    default: {
      const check = described(property) !== undefined ? `, validate: SCCC.valid(${code(name)})` : "";
      return [[name, `{ value: ${code(property.default ?? "")}${check} }`]];
    }
  }
}

/** A property without a value that carries the check of the passwords: Node-RED itself checks them only in the open dialog. */
const passwordCheck = (node: NodeType): [string, string][] =>
  passwordsOf(node).length === 0 ? [] : [["passwords", "{ validate: SCCC.hasPasswords }"]];

/** The code that registers a node type with the editor. All of it is literal because catalogues read it as text. */
export function registration(node: NodeType): string {
  const secrets = node.properties.flatMap((property): [string, string][] =>
    property.kind === "secret"
      ? [[property.name, `{ type: "password", required: ${property.required}, label: ${labelOf(property)} }`]]
      : [],
  );
  const nested = (entries: readonly (readonly [string, string])[]) => `{\n    ${object(entries, ",\n    ")}\n  }`;
  const entries: [string, string][] = [
    ["category", code(node.config ? "config" : "SCCC")],
    ["color", code(node.color)],
    ["icon", code(node.icon)],
    ["inputs", code(node.inputs.length)],
    ["outputs", code(node.outputs.length)],
    ["defaults", nested([...node.properties.flatMap(defaults), ...passwordCheck(node)])],
    ...(secrets.length === 0 ? [] : ([["credentials", nested(secrets)]] as [string, string][])),
    ["label", "SCCC.label"],
    ["labelStyle", "SCCC.labelStyle"],
    ["paletteLabel", "SCCC.paletteLabel"],
    ...(node.inputs.length === 0 ? [] : ([["inputLabels", "SCCC.inputLabels"]] as [string, string][])),
    ["outputLabels", "SCCC.outputLabels"],
    ["oneditprepare", "SCCC.prepare"],
    ...(node.config
      ? []
      : ([
          ["onadd", "SCCC.added"],
          ["onpaletteadd", `SCCC.addKeywords(${code(node.type)}, ${code(words(node))})`],
        ] as [string, string][])),
    ...(node.press === undefined
      ? []
      : ([["button", `{ enabled: SCCC.isDeployed, onclick: SCCC.${node.press} }`]] as [string, string][])),
    // The accounts on a simulator follow its port.
    ...(eventsOf(node) === undefined &&
    node.type !== "sccc-simulator" &&
    !node.properties.some(({ kind }) => kind === "hours")
      ? []
      : ([["oneditsave", "SCCC.save"]] as [string, string][])),
  ];
  return `RED.nodes.registerType(${code(node.type)}, {\n  ${object(entries, ",\n  ")}\n});`;
}

// Uses the variables of Node-RED's themes.
const style = `
.sccc-row { display: grid; grid-template-columns: 130px minmax(0, 1fr); align-items: start; column-gap: 8px; }
.sccc-row > label { display: flex; align-items: center; gap: 4px; min-height: 34px; width: auto !important; margin: 0; overflow-wrap: anywhere; }
.sccc-control { display: flex; align-items: center; gap: 8px; min-width: 0; min-height: 34px; }
.sccc-control > input[readonly] { color: var(--red-ui-form-text-color); }
.sccc-control > input:not([type="checkbox"]), .sccc-control > select { width: 100% !important; min-width: 0; }
.sccc-control > input[type="checkbox"] { width: auto; margin: 0; }
.sccc-control > select { width: 0 !important; flex: 1 1 0; }
.sccc-control > .red-ui-typedInput-container { flex: 1; min-width: 0; }
.sccc-events { flex: 1; min-width: 0; padding-top: 7px; }
.sccc-event { display: flex !important; align-items: baseline; gap: 8px; width: auto !important; margin: 0 0 4px; }
.sccc-event > input[type="checkbox"] { width: auto; margin: 0; flex: none; }
.sccc-unit { color: var(--red-ui-secondary-text-color); white-space: nowrap; }
.sccc-hint, .sccc-problem { grid-column: 2; font-size: 12px; line-height: 1.4; margin-top: 2px; }
/* A dialog grows with its widest content, so text that wraps must not count. */
.sccc-row > .sccc-hint, .sccc-row > .sccc-problem, .sccc-row > .sccc-result, .sccc-events { width: 0; min-width: 100%; overflow-wrap: anywhere; }
.sccc-event .sccc-vendor { font-size: 11px; padding: 0 3px; color: var(--red-ui-secondary-text-color); background: none; border: none; }
.sccc-hint { color: var(--red-ui-secondary-text-color); }
.sccc-problem { color: var(--red-ui-text-color-error); }
.sccc-problem:empty, .sccc-result:empty { display: none; }
.sccc-result { grid-column: 2; font-size: 12px; line-height: 1.4; margin-top: 4px; }
.sccc-result.sccc-good::before { content: "✓ "; }
.sccc-result.sccc-bad::before { content: "✗ "; }
.sccc-result.sccc-good { color: var(--red-ui-text-color-success); }
.sccc-result.sccc-bad { color: var(--red-ui-text-color-error); }
.sccc-control > .red-ui-button { flex: none; }
.sccc-row > .red-ui-editableList { grid-column: 2; margin-top: 4px; }
.sccc-number > input { width: 100% !important; margin: 0; }
.sccc-hours { flex: 1; min-width: 0; }
.sccc-hours > input { width: 100% !important; margin: 0; }
.sccc-window { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; }
.sccc-window > label { display: inline-flex !important; flex-direction: column; align-items: center; width: auto !important; margin: 0; font-size: 12px; }
.sccc-window input[type="checkbox"] { width: auto; margin: 0; }
.sccc-times { display: inline-flex; align-items: center; gap: 8px; white-space: nowrap; }
.sccc-times > input[type="text"] { width: 60px !important; margin: 0; }
.sccc-section { border-top: 1px solid var(--red-ui-secondary-border-color); padding-top: 8px; margin-top: 8px; }
.sccc-section > summary { cursor: pointer; padding: 4px 0; margin-bottom: 8px; }
`;

const sidebarStyle = transformSync(readFileSync(join(__dirname, "../nodes/editor/sidebar/sidebar.css"), "utf8"), {
  loader: "css",
  minify: true,
}).code;

/** The whole of dist/sccc.html. `script` defines SCCC. */
export const page = (nodes: readonly NodeType[], script: string): string =>
  `<!-- Made by the build from nodes/catalogue and nodes/editor. -->
<style>${style}${sidebarStyle}</style>

${nodes.map(form).join("\n\n")}

<script type="text/javascript">
${script.trim()}
${nodes.map(registration).join("\n")}
</script>
`;
