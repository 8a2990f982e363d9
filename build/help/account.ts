// The help of sccc-account, with what all nodes have in common.
import { escapeHtml } from "../html";
import type { NodeHelp } from "./node-help";

export const accountHelp: NodeHelp = (page) => [
  page.heading("details"),
  page.paragraphs("account.details"),
  `<h3>${escapeHtml(page.text("section.receiving"))}</h3>`,
  page.paragraphs("account.receiving"),
  page.heading("common"),
  page.paragraphs("account.common"),
];
