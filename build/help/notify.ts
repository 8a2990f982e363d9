// The help of sccc-notify.
import { list } from "./html";
import { eventList, type NodeHelp } from "./node-help";

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
  eventList(page, node, ({ fields }) => list(page.answers(fields, "payload."))),
  page.heading("derived"),
  page.about("notify.derived"),
  page.heading("details"),
  page.details("notify.details"),
];
