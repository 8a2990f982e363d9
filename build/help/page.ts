// Shared parts for the help of all node types, in one language.
import {
  type AnswerField,
  type Choice,
  type Command,
  extra,
  type Field,
  type SeenField,
  standardInput,
} from "../../nodes/catalogue";
import { escapeHtml } from "../html";
import { flat, type Language, served, written } from "../locales";
import type { Property } from "../nodes";
import { type Entry, list, paragraphs, prose } from "./html";

/** The texts of a language, and parts of the help that several node types share. Throws if a text is missing. */
export class HelpPage {
  /** The help's own texts. */
  readonly #written: ReadonlyMap<string, string>;
  /** The texts that Node-RED serves: labels, hints, summaries. */
  readonly #served: ReadonlyMap<string, string>;

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
    const { onlyIf, needs } = field;
    const texts = [
      field.hint[this.language.text],
      ...(onlyIf === undefined ? [] : [this.own("onlyIf", { field: `\`${onlyIf.field}\``, is: onlyIf.is })]),
      ...(needs === undefined ? [] : [this.own("needs", { field: `\`${needs}\`` })]),
    ];
    return {
      name: standardInput(field).value,
      type: this.type(field.rule.kind),
      optional: !field.required,
      text: texts.join(" "),
      more: field.rule.kind === "choice" ? this.#values(field.rule.choices) : "",
    };
  }

  /** A field that was seen in public code. */
  #seen({ name, text, rule, required }: SeenField): Entry {
    return { name, type: this.type(rule.kind), optional: !required, text: text[this.language.text] };
  }

  /** A list of fields that were seen in public code; "" if there are none. */
  seen(fields: readonly SeenField[]): string {
    return fields.length === 0 ? "" : list(fields.map((field) => this.#seen(field)));
  }

  /** The property for further fields, with those that were seen. */
  extra({ seen = [] }: Command): Entry {
    return {
      name: this.text("form.extra.label"),
      type: this.type(extra.rule.kind),
      optional: true,
      text: [this.own("extra"), ...(seen.length === 0 ? [] : [this.own("seen")])].join(" "),
      more: this.seen(seen),
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

  /** `sccc.command`. */
  get outcome(): Entry {
    return { name: "sccc.command", type: this.type("object"), text: this.own("output.command") };
  }

  /** The error codes. @param resend determines the note about retries */
  errors(resend?: Command["resend"]): string {
    const codes = this.below("errors").filter(([code]) => code.startsWith("SCCC_"));
    return [
      this.heading("errors"),
      `<p>${prose(this.own("errors.catch"))}</p>`,
      list(codes.map(([code, meaning]) => ({ name: code.replace("_status", "_<status>"), text: meaning }))),
      ...(resend === undefined ? [] : [`<p>${prose(this.own(`errors.${resend}`))}</p>`]),
    ].join("\n");
  }

  properties(properties: readonly Property[]): string {
    // The number of outputs follows another property and is not visible.
    return list(properties.filter(({ kind }) => kind !== "ports").map((property) => this.#property(property)));
  }

  #property(property: Property): Entry {
    const hint = this.text(`${property.key}.hint`);
    const unit =
      property.kind === "number" && property.unit
        ? [this.own("unit", { unit: this.text(`${property.key}.unit`) })]
        : [];
    return { name: this.text(`${property.key}.label`), text: [hint, ...unit].join(" ") };
  }

  /** A list of the texts below a key, with the rest of their keys as terms. */
  about(key: string): string {
    return list(this.below(key).map(([name, value]) => ({ name, text: value })));
  }

  /** A paragraph for each text below a key. */
  details(key: string): string {
    return paragraphs(this.below(key).map(([, value]) => value));
  }
}
