// The help of sccc-command.
import { seenCommands } from "../../nodes/catalogue";
import { list, paragraphs } from "./html";
import type { NodeHelp } from "./node-help";

export const anyCommandHelp: NodeHelp = (page) => [
  page.heading("inputs"),
  list([
    {
      name: page.text("node.command.fields.api.label"),
      type: page.type("string"),
      text: page.text("node.command.fields.api.hint"),
    },
    {
      name: page.text("node.command.fields.request.label"),
      type: page.type("object"),
      text: page.text("node.command.fields.request.hint"),
    },
  ]),
  page.heading("outputs"),
  list([{ name: "payload", type: page.type("object"), text: page.own("output.payload") }, page.outcome]),
  page.heading("details"),
  page.details("command.details"),
  paragraphs([page.own("details.list")]),
  page.heading("seen"),
  list(
    seenCommands.map(({ api, text, fields }) => ({
      name: api,
      text: text[page.language.text],
      more: page.seen(fields),
    })),
  ),
  page.errors(),
];
