// The type of a node type's help, and its list of events.
import type { Push } from "../../nodes/catalogue";
import { eventsOf, type NodeType } from "../nodes";
import { list } from "./html";
import type { HelpPage } from "./page";

/** The parts of a node type's help, without its summary: HTML. */
export type NodeHelp = (page: HelpPage, node: NodeType) => readonly string[];

/** The events of a node type with their labels and summaries. `more` adds to an event, as HTML. */
export const eventList = (page: HelpPage, node: NodeType, more?: (push: Push) => string): string =>
  list(
    (eventsOf(node) ?? []).map((push) => ({
      name: push.event,
      type: push.label[page.language.text],
      text: push.summary[page.language.text],
      ...(more === undefined ? {} : { more: more(push) }),
    })),
  );
