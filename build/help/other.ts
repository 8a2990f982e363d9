// The help of the node types that carry out no command of the catalogue: all of them have the same parts.
import { eventsOf, type NodeType } from "../nodes";
import { list, prose } from "./html";
import type { NodeHelp } from "./node-help";
import type { HelpPage } from "./page";

/** The events that a node gives. */
function events(page: HelpPage, node: NodeType): readonly string[] {
  const all = eventsOf(node);
  if (all === undefined) return [];
  const { text } = page.language;
  return [page.heading("events"), list(all.map(({ event, label }) => ({ name: event, text: label[text] })))];
}

/** The instructions that a node takes. */
function instructions(page: HelpPage, key: string): readonly string[] {
  const all = page.below(`${key}.instructions`);
  return all.length === 0 ? [] : [page.heading("instructions"), list(all.map(([name, text]) => ({ name, text })))];
}

/** Makes the help of a node type. @param key where its texts are, below `help` of the locales */
export const otherHelp =
  (key: string): NodeHelp =>
  (page, node) => [
    page.heading("outputs"),
    page.example(node.type),
    page.heading("details"),
    page.paragraphs(`${key}.details`),
    ...events(page, node),
    ...instructions(page, key),
    page.errors(node.type),
    `<p>${prose(page.own("shared"))}</p>`,
  ];
