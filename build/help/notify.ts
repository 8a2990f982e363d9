// The help of sccc-notify.
import { eventsOf } from "../nodes";
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const notifyHelp: NodeHelp = (page, node) => [
  page.heading("outputs"),
  list([
    { name: "topic", type: page.type("string"), text: page.own("notify.topic") },
    { name: "payload", type: page.type("object"), text: page.own("notify.payload") },
    { name: "sccc.push", type: page.type("object"), text: page.own("notify.push") },
    { name: "sccc.token", type: page.type("string"), text: page.own("notify.token") },
  ]),
  page.heading("properties"),
  page.properties(node.properties),
  page.heading("events"),
  list(
    (eventsOf(node) ?? []).map(({ event, label, summary, fields }) => ({
      name: event,
      type: label[page.language.text],
      text: summary[page.language.text],
      more: list(page.answers(fields, "payload.")),
    })),
  ),
  page.heading("derived"),
  page.about("notify.derived"),
  page.heading("details"),
  page.details("notify.details"),
];
