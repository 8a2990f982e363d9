// The help of sccc-call-tracker.
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const callTrackerHelp: NodeHelp = (page, { properties }) => [
  page.heading("inputs"),
  list([{ name: "payload", type: page.type("object"), text: page.own("tracker.inputs.payload") }]),
  page.heading("outputs"),
  list([
    { name: page.text("port.change"), text: page.own("tracker.outputs.change") },
    { name: page.text("port.finished"), text: page.own("tracker.outputs.finished") },
    {
      name: "topic",
      type: page.type("string"),
      text: page.own("tracker.outputs.topic"),
      more: page.about("tracker.states"),
    },
    {
      name: "payload",
      type: page.type("object"),
      text: page.own("tracker.outputs.payload"),
      more: page.about("tracker.call"),
    },
    { name: "sccc.call", type: page.type("object"), text: page.own("tracker.outputs.call") },
    { name: "sccc.token", type: page.type("string"), text: page.own("tracker.outputs.token") },
  ]),
  page.heading("properties"),
  page.properties(properties),
  page.heading("details"),
  page.details("tracker.details"),
  page.heading("errors"),
  page.about("tracker.errors"),
];
