// Writes dist/locales/<language>/sccc.html: the help of every node type, from the catalogue and the prose of the locales.
// Node-RED falls back to English for a whole file only, so every language has every type.
import { type AnswerField, type Choice, type Command, errorCodes, type Field, recording } from "../nodes/catalogue";
import { escapeHtml } from "./html";
import { flat, type Language, served, written } from "./locales";
import { eventsOf, type NodeType, type Property } from "./nodes";

/** Prose to HTML: `code` between backticks. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");

const paragraphs = (texts: readonly string[]): string => texts.map((text) => `<p>${prose(text)}</p>`).join("\n");

/** An entry of a list of properties. `more` is HTML. */
interface Entry {
  readonly name: string;
  readonly type?: string;
  readonly optional?: boolean;
  readonly text: string;
  readonly more?: string;
}

const list = (entries: readonly Entry[]): string =>
  `<dl class="message-properties">\n${entries
    .map(({ name, type, optional, text, more = "" }) => {
      const kind = type === undefined ? "" : ` <span class="property-type">${escapeHtml(type)}</span>`;
      return `<dt${optional ? ' class="optional"' : ""}>${escapeHtml(name)}${kind}</dt><dd>${prose(text)}${more}</dd>`;
    })
    .join("\n")}\n</dl>`;

/** The value of an error code as the vendor writes it: the large ones in hex. */
export const errorValue = (value: number): string =>
  value < 10_000 ? String(value) : `0x${value.toString(16).toUpperCase()}`;

/** The help of all node types in one language. */
export function help(nodes: readonly NodeType[], language: Language): string {
  const byHand = new Map(flat(written(language)));
  const texts = new Map(flat(served(language)));

  const look = (from: ReadonlyMap<string, string>, key: string): string => {
    const found = from.get(key);
    if (found === undefined) throw new Error(`locales/${language.folder}: there is no ${key}`);
    return found;
  };
  const text = (key: string) => look(texts, key);
  const own = (key: string, params: Readonly<Record<string, string>> = {}) =>
    look(byHand, `help.${key}`).replace(/__(\w+?)__/g, (whole, name: string) => params[name] ?? whole);
  const below = (key: string): [string, string][] => {
    const prefix = `help.${key}.`;
    return [...byHand].flatMap(([at, value]): [string, string][] =>
      at.startsWith(prefix) ? [[at.slice(prefix.length), value]] : [],
    );
  };
  const heading = (key: string) => `<h3>${escapeHtml(own(`heading.${key}`))}</h3>`;
  const type = (kind: string) => own(`type.${kind}`);

  const value = (choice: Choice): string => {
    const meaning = choice.text[language.text];
    return meaning.startsWith(choice.value)
      ? escapeHtml(meaning)
      : `<code>${escapeHtml(choice.value)}</code> ${escapeHtml(meaning)}`;
  };
  const values = (choices: readonly Choice[] | undefined): string =>
    choices === undefined
      ? ""
      : `<br>${escapeHtml(own("values"))}<ul>${choices.map((choice) => `<li>${value(choice)}</li>`).join("")}</ul>`;

  const fieldEntry = (field: Field): Entry => ({
    name: `payload.${field.property ?? field.name}`,
    type: type(field.rule.kind),
    optional: !field.required,
    text: [
      field.hint[language.text],
      ...(field.onlyIf === undefined
        ? []
        : [own("onlyIf", { field: `\`${field.onlyIf.field}\``, is: field.onlyIf.is })]),
      ...(field.needs === undefined ? [] : [own("needs", { field: `\`${field.needs}\`` })]),
    ].join(" "),
    more: field.rule.kind === "choice" ? values(field.rule.choices) : "",
  });

  const answerEntry =
    (prefix: string) =>
    ({ name, text, choices, optional }: AnswerField): Entry => ({
      name: prefix + name,
      optional: optional === true,
      text: text[language.text],
      more: values(choices),
    });

  const outcome: Entry = { name: "sccc.command", type: type("object"), text: own("output.command") };

  const outputs = ({ list: array, answer, derived }: Command): string =>
    array === undefined
      ? list([
          { name: "payload", type: type("object"), text: own("output.payload") },
          ...[...answer, ...(derived ?? [])].map(answerEntry("payload.")),
          outcome,
        ])
      : list([
          {
            name: "payload",
            type: type("array"),
            text: own("output.list"),
            more: list([...array.items, ...(array.derived ?? [])].map(answerEntry(""))),
          },
          outcome,
        ]);

  const errors = (resend: Command["resend"] | undefined): string => {
    const codes = below("errors").filter(([code]) => code.startsWith("SCCC_"));
    return [
      heading("errors"),
      `<p>${prose(own("errors.catch"))}</p>`,
      list(codes.map(([code, meaning]) => ({ name: code.replace("_status", "_<status>"), text: meaning }))),
      ...(resend === undefined ? [] : [`<p>${prose(own(`errors.${resend}`))}</p>`]),
    ].join("\n");
  };

  const commandHelp = (command: Command, properties: readonly Property[]): string[] => {
    const { section, api, versions, fields, notes, batch, resend, settings } = command;
    const set = properties.filter(({ name }) => settings?.some((setting) => setting.name === name));
    return [
      heading("inputs"),
      list(fields.map(fieldEntry)),
      heading("outputs"),
      outputs(command),
      ...(set.length === 0 ? [] : [heading("properties"), propertyList(set)]),
      heading("details"),
      paragraphs([
        ...notes.map((note) => note[language.text]),
        own("details.fields"),
        ...(batch ? [own("details.list")] : []),
        ...(command.chunks === undefined ? [] : [own("details.campaign")]),
      ]),
      errors(resend),
      heading("references"),
      `<p>${prose(own("reference", { section, api: `\`${api}\``, versions: versions.map((x) => `2.0.${x}`).join(", ") }))}</p>`,
    ];
  };

  const propertyEntry = (property: Property): Entry => ({
    name: text(`${property.key}.label`),
    text: [
      text(`${property.key}.hint`),
      ...(property.kind === "number" && property.unit ? [own("unit", { unit: text(`${property.key}.unit`) })] : []),
    ].join(" "),
  });

  const about = (key: string) => below(key).map(([name, value]): Entry => ({ name, text: value }));

  const propertyList = (properties: readonly Property[]) =>
    list(properties.filter(({ kind }) => kind !== "ports").map(propertyEntry));

  const details = (key: string) => paragraphs(below(key).map(([, value]) => value));

  const errorTable = () =>
    list(
      errorCodes.map((code) => ({
        name: code.name,
        type: errorValue(code.value),
        text: code.text[language.text],
      })),
    );

  /** The parts of the nodes that are not commands of the catalogue, by the end of their key. */
  const others: Readonly<Record<string, (node: NodeType) => string[]>> = {
    account: ({ properties }) => [
      heading("properties"),
      propertyList(properties.filter(({ section }) => section !== "receiving")),
      heading("details"),
      details("account.details"),
      `<h3>${escapeHtml(text("section.receiving"))}</h3>`,
      propertyList(properties.filter(({ section }) => section === "receiving")),
      details("account.receiving"),
      heading("codes"),
      errorTable(),
    ],
    command: () => [
      heading("inputs"),
      list([
        {
          name: text("node.command.fields.api.label"),
          type: type("string"),
          text: text("node.command.fields.api.hint"),
        },
        {
          name: text("node.command.fields.request.label"),
          type: type("object"),
          text: text("node.command.fields.request.hint"),
        },
      ]),
      heading("outputs"),
      list([{ name: "payload", type: type("object"), text: own("output.payload") }, outcome]),
      heading("details"),
      details("command.details"),
      paragraphs([own("details.list")]),
      errors(undefined),
    ],
    "get-recording": ({ properties }) => [
      heading("inputs"),
      list(recording.fields.map(fieldEntry)),
      heading("outputs"),
      list([
        { name: "payload", type: type("recording"), text: own("recording.payload") },
        { name: "sccc.command", type: type("object"), text: own("recording.command") },
      ]),
      heading("properties"),
      propertyList(properties.filter(({ kind }) => kind !== "typed")),
      heading("details"),
      paragraphs(recording.notes.map((note) => note[language.text])),
      details("recording.details"),
      errors("read"),
      heading("references"),
      `<p>${prose(own("recording.reference", { section: recording.section }))}</p>`,
    ],
    feed: ({ properties }) => [
      heading("inputs"),
      list([{ name: "msg", type: type("any"), text: own("feed.trigger") }]),
      heading("outputs"),
      list([
        { name: text("port.items"), text: own("feed.outputs.items") },
        { name: text("port.ran"), text: own("feed.outputs.ran") },
        { name: "sccc.page", type: type("object"), text: own("feed.outputs.page") },
        { name: "sccc.token", type: type("string"), text: own("feed.outputs.token") },
        { name: "parts", type: type("object"), text: own("feed.outputs.parts") },
      ]),
      heading("properties"),
      propertyList(properties),
      heading("details"),
      details("feed.details"),
      errors("read"),
    ],
    "call-tracker": ({ properties }) => [
      heading("inputs"),
      list([{ name: "payload", type: type("object"), text: own("tracker.inputs.payload") }]),
      heading("outputs"),
      list([
        { name: text("port.change"), text: own("tracker.outputs.change") },
        { name: text("port.finished"), text: own("tracker.outputs.finished") },
        {
          name: "topic",
          type: type("string"),
          text: own("tracker.outputs.topic"),
          more: list(about("tracker.states")),
        },
        {
          name: "payload",
          type: type("object"),
          text: own("tracker.outputs.payload"),
          more: list(about("tracker.call")),
        },
        { name: "sccc.call", type: type("object"), text: own("tracker.outputs.call") },
        { name: "sccc.token", type: type("string"), text: own("tracker.outputs.token") },
      ]),
      heading("properties"),
      propertyList(properties),
      heading("details"),
      details("tracker.details"),
      heading("errors"),
      list(about("tracker.errors")),
    ],
    calls: (node) => [
      heading("outputs"),
      list([
        { name: "topic", type: type("string"), text: own("calls.outputs.topic") },
        {
          name: "payload",
          type: type("object"),
          text: own("calls.outputs.payload"),
          more: list([
            ...about("tracker.call"),
            ...["reason", "context", "recording"].map((name) => ({ name, text: own(`calls.outputs.${name}`) })),
          ]),
        },
        { name: "sccc.call", type: type("object"), text: own("calls.outputs.call") },
        { name: "sccc.token", type: type("string"), text: own("calls.outputs.token") },
      ]),
      heading("properties"),
      propertyList(node.properties),
      heading("events"),
      list(
        (eventsOf(node) ?? []).map(({ event, label, summary }) => ({
          name: event,
          type: label[language.text],
          text: summary[language.text],
        })),
      ),
      heading("details"),
      details("calls.details"),
    ],
    simulator: ({ properties }) => [
      heading("inputs"),
      list([
        {
          name: "payload",
          type: type("object"),
          text: own("simulator.inputs.payload"),
          more: list(about("simulator.instructions")),
        },
      ]),
      heading("outputs"),
      list([{ name: "payload", type: type("object"), text: own("simulator.outputs.payload") }]),
      heading("properties"),
      propertyList(properties),
      heading("details"),
      details("simulator.details"),
    ],
    notify: (node) => [
      heading("outputs"),
      list([
        { name: "topic", type: type("string"), text: own("notify.topic") },
        { name: "payload", type: type("object"), text: own("notify.payload") },
        { name: "sccc.push", type: type("object"), text: own("notify.push") },
        { name: "sccc.token", type: type("string"), text: own("notify.token") },
      ]),
      heading("properties"),
      propertyList(node.properties),
      heading("events"),
      list(
        (eventsOf(node) ?? []).map(({ event, label, summary, fields }) => ({
          name: event,
          type: label[language.text],
          text: summary[language.text],
          more: list(fields.map(answerEntry("payload."))),
        })),
      ),
      heading("derived"),
      list(about("notify.derived")),
      heading("details"),
      details("notify.details"),
    ],
    confirm: ({ properties }) => [
      heading("inputs"),
      list([{ name: "sccc.token", type: type("token"), text: own("confirm.token") }]),
      heading("outputs"),
      list([{ name: "msg", type: type("object"), text: own("confirm.unchanged") }]),
      heading("properties"),
      propertyList(properties),
      heading("details"),
      details("confirm.details"),
      heading("errors"),
      list(about("confirm.errors")),
    ],
  };

  const body = (node: NodeType): string[] => {
    if (node.command !== undefined) return commandHelp(node.command, node.properties);
    const other = others[node.key.replace(/^(?:node|download)\./, "")];
    if (other === undefined) throw new Error(`build/help.ts has no help for ${node.type}`);
    return other(node);
  };

  return nodes
    .map((node) =>
      [
        `<script type="text/html" data-help-name="${node.type}">`,
        `<p>${prose(text(`${node.key}.summary`))}</p>`,
        ...body(node),
        "</script>",
        "",
      ].join("\n"),
    )
    .join("\n");
}
