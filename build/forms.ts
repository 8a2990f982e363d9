// Writes dist/sccc.html: for every node type its form and its registration, as literal text, and the editor's script.
import type { Push } from "../nodes/catalogue";
import { escapeHtml } from "./html";
import { described, eventsOf, type NodeType, type Property, sections } from "./nodes";

function select(id: string, { key, choices }: { readonly key: string; readonly choices: readonly string[] }): string {
  const option = (value: string) => `<option value="${value}" data-i18n="${key}.choices.${value}"></option>`;
  return `<select id="${id}">${choices.map(option).join("")}</select>`;
}

/** A box for an event, with its section of the vendor's document. */
const eventBox = ({ event, section }: Push): string => `
        <label class="sccc-event">
          <input type="checkbox" value="${event}">
          <span><span data-i18n="event.${event}.label"></span>${
            section === "–" ? "" : ` <span class="sccc-unit">§${escapeHtml(section)}</span>`
          } <span class="sccc-hint" data-i18n="event.${event}.summary"></span></span>
        </label>`;

/** The id of the input that is seen; another one has the property's own id, or none has. */
const seen = ({ kind }: Property, id: string): string => (kind === "events" || kind === "layout" ? `${id}-choice` : id);

function control(property: Property, id: string): string {
  const text = (type: string, more = "") => `<input type="${type}" id="${id}"${more}>`;
  switch (property.kind) {
    case "text":
      return text("text", property.example === undefined ? "" : ` placeholder="${escapeHtml(property.example)}"`);
    // Not type="number": that would lose ${ENV}. Node-RED leaves out a default of 0: empty stands for the default.
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
    // Node-RED reads from the input of this name what becomes of the outputs.
    case "layout":
      return `${select(seen(property, id), property)}<input type="hidden" id="${id}">`;
    case "secret":
      return text("password");
    case "node":
      return text("text", ' style="width: 100%"');
    case "typed":
      return `${text("text")}<input type="hidden" id="${id}Type">`;
  }
}

function row(property: Property, prefix: string): string {
  const id = `${prefix}-${property.name}`;
  return `    <div class="form-row sccc-row">
      <label for="${seen(property, id)}"><i class="fa fa-fw fa-${property.icon}"></i> <span data-i18n="${property.key}.label"></span></label>
      <div class="sccc-control">${control(property, id)}</div>
      <div class="sccc-problem" role="status"></div>
      <div class="sccc-hint" data-i18n="${property.key}.hint"></div>
    </div>`;
}

/** The form of a node type. */
export function form({ type, config, properties }: NodeType): string {
  const rows = (section?: Property["section"]) =>
    properties
      .filter((property) => property.section === section)
      .map((property) => row(property, config ? "node-config-input" : "node-input"));
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

/** An object literal's inside: names to code. */
const object = (entries: readonly (readonly [string, string])[], separator: string): string =>
  entries.map(([name, code]) => `${name}: ${code}`).join(separator);

const code = (value: unknown): string => JSON.stringify(value);

const labelOf = ({ key }: Property): string => `SCCC.text(${code(`${key}.label`)})`;

/** The defaults of a property: name and code. */
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
    default: {
      const check = described(property) !== undefined ? `, validate: SCCC.valid(${code(name)})` : "";
      return [[name, `{ value: ${code(property.default ?? "")}${check} }`]];
    }
  }
}

/** The call that registers a node type with the editor, all of it literal: catalogues read it as text. */
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
    ["inputs", code(node.inputs)],
    ["outputs", code(node.outputs.length)],
    ["defaults", nested(node.properties.flatMap(defaults))],
    ...(secrets.length === 0 ? [] : ([["credentials", nested(secrets)]] as [string, string][])),
    ["label", "SCCC.label"],
    ["labelStyle", "SCCC.labelStyle"],
    ["paletteLabel", "SCCC.paletteLabel"],
    ["outputLabels", "SCCC.outputLabels"],
    ["oneditprepare", "SCCC.prepare"],
    ...(eventsOf(node) === undefined
      ? []
      : ([
          ["onadd", "SCCC.added"],
          ["oneditsave", "SCCC.save"],
        ] as [string, string][])),
  ];
  return `RED.nodes.registerType(${code(node.type)}, {\n  ${object(entries, ",\n  ")}\n});`;
}

// Variables of Node-RED's themes, so that the forms look right in all of them.
const style = `
.sccc-row { display: grid; grid-template-columns: 130px minmax(0, 1fr); align-items: center; column-gap: 8px; }
.sccc-row > label { width: auto !important; margin: 0; overflow-wrap: anywhere; }
.sccc-control { display: flex; align-items: center; gap: 8px; min-width: 0; }
.sccc-control > input:not([type="checkbox"]), .sccc-control > select { width: 100% !important; min-width: 0; }
.sccc-control > input[type="checkbox"] { width: auto; margin: 0; }
.sccc-control > .red-ui-typedInput-container { flex: 1; min-width: 0; }
.sccc-events { flex: 1; min-width: 0; }
.sccc-event { display: flex !important; align-items: baseline; gap: 8px; width: auto !important; margin: 0 0 4px; }
.sccc-event > input[type="checkbox"] { width: auto; margin: 0; flex: none; }
.sccc-unit { color: var(--red-ui-secondary-text-color); white-space: nowrap; }
.sccc-hint, .sccc-problem { grid-column: 2; font-size: 12px; line-height: 1.4; margin-top: 2px; }
.sccc-hint { color: var(--red-ui-secondary-text-color); }
.sccc-problem { color: var(--red-ui-text-color-error); }
.sccc-problem:empty { display: none; }
.sccc-section { border-top: 1px solid var(--red-ui-secondary-border-color); padding-top: 8px; margin-top: 8px; }
.sccc-section > summary { cursor: pointer; padding: 4px 0; margin-bottom: 8px; }
`;

/** The whole of dist/sccc.html. `script` defines SCCC. */
export const page = (nodes: readonly NodeType[], script: string): string =>
  `<!-- Made by the build from nodes/catalogue and nodes/editor. -->
<style>${style}</style>

${nodes.map(form).join("\n\n")}

<script type="text/javascript">
${script.trim()}
${nodes.map(registration).join("\n")}
</script>
`;
