// The help of sccc-get-recording.
import { recording } from "../../nodes/catalogue";
import { list, paragraphs, prose } from "./html";
import type { NodeHelp } from "./node-help";

export const getRecordingHelp: NodeHelp = (page, { properties }) => [
  page.heading("inputs"),
  page.fields(recording.fields),
  page.heading("outputs"),
  list([
    { name: "payload", type: page.type("recording"), text: page.own("recording.payload") },
    { name: "sccc.command", type: page.type("object"), text: page.own("recording.command") },
  ]),
  page.heading("properties"),
  page.properties(properties.filter(({ kind }) => kind !== "typed")),
  page.heading("details"),
  paragraphs(recording.notes.map((note) => note[page.language.text])),
  page.details("recording.details"),
  page.errors("read"),
  page.heading("references"),
  `<p>${prose(page.own("recording.reference", { section: recording.section }))}</p>`,
];
