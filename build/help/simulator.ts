// The help of sccc-simulator.
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const simulatorHelp: NodeHelp = (page, { properties }) => [
  page.heading("inputs"),
  list([
    {
      name: "payload",
      type: page.type("object"),
      text: page.own("simulator.inputs.payload"),
      more: page.about("simulator.instructions"),
    },
  ]),
  page.heading("outputs"),
  list([{ name: "payload", type: page.type("object"), text: page.own("simulator.outputs.payload") }]),
  page.heading("properties"),
  page.properties(properties),
  page.heading("details"),
  page.details("simulator.details"),
];
