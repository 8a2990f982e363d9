// The help of sccc-feed.
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const feedHelp: NodeHelp = (page, { properties }) => [
  page.heading("inputs"),
  list([{ name: "msg", type: page.type("any"), text: page.own("feed.trigger") }]),
  page.heading("outputs"),
  list([
    { name: page.text("port.items"), text: page.own("feed.outputs.items") },
    { name: page.text("port.ran"), text: page.own("feed.outputs.ran") },
    { name: "sccc.page", type: page.type("object"), text: page.own("feed.outputs.page") },
    { name: "sccc.token", type: page.type("string"), text: page.own("feed.outputs.token") },
    { name: "parts", type: page.type("object"), text: page.own("feed.outputs.parts") },
  ]),
  page.heading("properties"),
  page.properties(properties),
  page.heading("details"),
  page.details("feed.details"),
  page.errors("read"),
];
