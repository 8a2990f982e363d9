// The help of sccc-confirm.
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const confirmHelp: NodeHelp = (page, { properties }) => [
  page.heading("inputs"),
  list([{ name: "sccc.token", type: page.type("token"), text: page.own("confirm.token") }]),
  page.heading("outputs"),
  list([{ name: "msg", type: page.type("object"), text: page.own("confirm.unchanged") }]),
  page.heading("properties"),
  page.properties(properties),
  page.heading("details"),
  page.details("confirm.details"),
  page.heading("errors"),
  page.about("confirm.errors"),
];
