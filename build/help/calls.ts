// The help of sccc-calls.
import { list } from "./html";
import { eventList, type NodeHelp } from "./node-help";

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
  eventList(page, node),
  page.heading("details"),
  page.details("calls.details"),
];
