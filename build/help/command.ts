// The help of the nodes of the catalogue's commands.
import type { Command } from "../../nodes/catalogue";
import { list, paragraphs, prose } from "./html";
import type { HelpPage } from "./page";

/** Fields that every command has, which the account's help explains. */
const common: readonly string[] = ["userData"];

/** The help of a command's node, without its summary. */
export function commandHelp(page: HelpPage, command: Command): readonly string[] {
  const { node, section, fields, notes, resend, answer, list: array, chunks } = command;
  const own = fields.filter(({ name }) => !common.includes(name));
  // The values of enumerations, which the example does not explain.
  const values = page.answers((array?.items ?? answer).filter(({ choices }) => choices !== undefined));
  return [
    ...(own.length === 0 ? [] : [page.heading("inputs"), page.fields(own)]),
    page.heading("outputs"),
    // Only the payload: the other properties are the same for all commands.
    page.example(node, ["payload"]),
    ...(values.length === 0 ? [] : [list(values)]),
    page.heading("details"),
    paragraphs([
      ...notes.map((note) => note[page.language.text]),
      ...(chunks === undefined ? [] : [page.own("longList")]),
      ...(array === undefined ? [] : [page.own("listOfLists", { name: `\`${array.name}\`` })]),
      ...(resend === "once" ? [page.own("errors.once")] : []),
    ]),
    page.errors(node, command),
    `<p>${prose(`${page.own("shared")} (SCCC ${section})`)}</p>`,
  ];
}
