// The help of the nodes of the catalogue's commands.
import type { Command } from "../../nodes/catalogue";
import type { Property } from "../nodes";
import { list, paragraphs, prose } from "./html";
import type { HelpPage } from "./page";

function outputs(page: HelpPage, { list: array, answer, derived }: Command): string {
  if (array === undefined) {
    return list([
      { name: "payload", type: page.type("object"), text: page.own("output.payload") },
      ...page.answers([...answer, ...(derived ?? [])], "payload."),
      page.outcome,
    ]);
  }
  return list([
    {
      name: "payload",
      type: page.type("array"),
      text: page.own("output.list"),
      more: list(page.answers([...array.items, ...(array.derived ?? [])])),
    },
    page.outcome,
  ]);
}

/** The help of a command's node, without its summary. */
export function commandHelp(page: HelpPage, command: Command, properties: readonly Property[]): readonly string[] {
  const { section, api, versions, fields, notes, batch, resend, settings } = command;
  const set = properties.filter(({ name }) => settings?.some((setting) => setting.name === name));
  const source = { section, api: `\`${api}\``, versions: versions.map((x) => `2.0.${x}`).join(", ") };
  return [
    page.heading("inputs"),
    page.fields(fields, [page.extra(command)]),
    page.heading("outputs"),
    outputs(page, command),
    ...(set.length === 0 ? [] : [page.heading("properties"), page.properties(set)]),
    page.heading("details"),
    paragraphs([
      ...notes.map((note) => note[page.language.text]),
      page.own("details.fields"),
      ...(batch ? [page.own("details.list")] : []),
      ...(command.chunks === undefined ? [] : [page.own("details.campaign")]),
    ]),
    page.errors(resend),
    page.heading("references"),
    `<p>${prose(page.own("reference", source))}</p>`,
  ];
}
