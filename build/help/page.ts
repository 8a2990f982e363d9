// Shared parts for the help of all node types, in one language.
import {
  type AnswerField,
  type Choice,
  type Command,
  codesOf,
  type Field,
  propertyOf,
  standardInput,
} from "../../nodes/catalogue";
import { escapeHtml } from "../html";
import { flat, type Language, served, written } from "../locales";
import { troubleshootingUrl } from "../resources";
import { exampleMessages } from "./examples";
import { type Entry, list, paragraphs } from "./html";

/** The texts of a language, and parts of the help that several node types share. Throws if a text is missing. */
export class HelpPage {
  /** The help's own texts. */
  readonly #written: ReadonlyMap<string, string>;
  /** The texts that Node-RED serves: labels, hints, summaries. */
  readonly #served: ReadonlyMap<string, string>;
  readonly #examples = exampleMessages();

  constructor(readonly language: Language) {
    this.#written = new Map(flat(written(language)));
    this.#served = new Map(flat(served(language)));
  }

  #find(from: ReadonlyMap<string, string>, key: string): string {
    const found = from.get(key);
    if (found === undefined) throw new Error(`locales/${this.language.folder}: there is no ${key}`);
    return found;
  }

  /** A text that Node-RED serves. */
  text(key: string): string {
    return this.#find(this.#served, key);
  }

  /** A text of the help, with its parameters. */
  own(key: string, params: Readonly<Record<string, string>> = {}): string {
    return this.#find(this.#written, `help.${key}`).replace(
      /__(\w+?)__/g,
      (whole, name: string) => params[name] ?? whole,
    );
  }

  /** All help texts below a key, each with the rest of its key. */
  below(key: string): readonly (readonly [string, string])[] {
    const prefix = `help.${key}.`;
    return [...this.#written].flatMap(([at, value]) =>
      at.startsWith(prefix) ? [[at.slice(prefix.length), value] as const] : [],
    );
  }

  heading(key: string): string {
    return `<h3>${escapeHtml(this.own(`heading.${key}`))}</h3>`;
  }

  /** The name of a value's type. */
  type(kind: string): string {
    return this.own(`type.${kind}`);
  }

  #value(choice: Choice): string {
    const meaning = choice.text[this.language.text];
    return meaning.startsWith(choice.value)
      ? escapeHtml(meaning)
      : `<code>${escapeHtml(choice.value)}</code> ${escapeHtml(meaning)}`;
  }

  #values(choices: readonly Choice[] | undefined): string {
    if (choices === undefined) return "";
    const items = choices.map((choice) => `<li>${this.#value(choice)}</li>`).join("");
    return `<br>${escapeHtml(this.own("values"))}<ul>${items}</ul>`;
  }

  /** The fields that a message may contain. */
  fields(fields: readonly Field[], further: readonly Entry[] = []): string {
    return list([...fields.map((field) => this.#field(field)), ...further]);
  }

  #field(field: Field): Entry {
    const { onlyIf, needs, preset } = field;
    const texts = [
      field.hint[this.language.text],
      ...(onlyIf === undefined ? [] : [this.own("onlyIf", { field: `\`${onlyIf.field}\``, is: onlyIf.is })]),
      ...(needs === undefined ? [] : [this.own("needs", { field: `\`${needs}\`` })]),
      ...(preset === undefined ? [] : [this.own("preset", { value: `\`${preset}\`` })]),
    ];
    return {
      name: preset === undefined ? standardInput(field).value : propertyOf(field),
      type: this.type(field.rule.kind),
      optional: !field.required,
      text: texts.join(" "),
      more: field.rule.kind === "choice" ? this.#values(field.rule.choices) : "",
    };
  }

  /** The fields of an answer or a push. @param prefix put in front of their names */
  answers(fields: readonly AnswerField[], prefix = ""): readonly Entry[] {
    return fields.map(({ name, text, choices, optional }) => ({
      name: prefix + name,
      optional: optional === true,
      text: text[this.language.text],
      more: this.#values(choices),
    }));
  }

  /**
   * The example of a message that the node sends. A new node has none until test/editor/help-examples.test.ts has
   * written it.
   * @param only the properties to show; by default all
   */
  example(type: string, only?: readonly string[]): string {
    const message = this.#examples[type];
    if (message === undefined) return "";
    const shown = Object.fromEntries(Object.entries(message).filter(([name]) => only?.includes(name) ?? true));
    return `<pre>${escapeHtml(JSON.stringify(shown, null, 2))}</pre>`;
  }

  /** The errors that a node can give, each with a link to the troubleshooting page. */
  errors(type: string, command?: Command): string {
    const codes = codesOf(type, command).map((code) => {
      const key = code.replace("<status>", "status");
      const text = code === "SCCC_HTTP_<status>" ? this.own(`errors.${key}`) : this.text(`status.${key}`);
      return this.#error(code, code, text);
    });
    const platform =
      command === undefined && type !== "sccc-command"
        ? []
        : [this.#error("E_…", "E_FAIL", this.own("errors.platform"))];
    return `${this.heading("errors")}\n<ul>${[...codes, ...platform].join("\n")}</ul>`;
  }

  #error(code: string, anchor: string, text: string): string {
    const url = escapeHtml(troubleshootingUrl(this.language, anchor));
    return `<li><a href="${url}" target="_blank" rel="noopener"><code>${escapeHtml(code)}</code></a> ${escapeHtml(text)}</li>`;
  }

  /** A paragraph for each text below a key. */
  paragraphs(key: string): string {
    return paragraphs(this.below(key).map(([, value]) => value));
  }
}
