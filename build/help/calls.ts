// The help of sccc-calls.
import { eventsOf } from "../nodes";
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const callsHelp: NodeHelp = (page, node) => [
  page.heading("outputs"),
  list([
    { name: "topic", type: page.type("string"), text: page.own("calls.outputs.topic") },
    {
      name: "payload",
      type: page.type("object"),
      text: page.own("calls.outputs.payload"),
      more: `${page.about("tracker.call")}${list(
        ["reason", "context", "recording"].map((name) => ({ name, text: page.own(`calls.outputs.${name}`) })),
      )}`,
    },
    { name: "sccc.call", type: page.type("object"), text: page.own("calls.outputs.call") },
    { name: "sccc.token", type: page.type("string"), text: page.own("calls.outputs.token") },
  ]),
  page.heading("properties"),
  page.properties(node.properties),
  page.heading("events"),
  list(
    (eventsOf(node) ?? []).map(({ event, label, summary }) => ({
      name: event,
      type: label[page.language.text],
      text: summary[page.language.text],
    })),
  ),
  page.heading("details"),
  page.details("calls.details"),
];
