// Generates dist/locales/<language>/sccc.html: the help of every node type, from the catalogue and the texts of the locales. Node-RED falls
// back to English for whole files only, so every language needs every type.
import type { Language } from "../locales";
import type { NodeType } from "../nodes";
import { accountHelp } from "./account";
import { commandHelp } from "./command";
import { prose } from "./html";
import type { NodeHelp } from "./node-help";
import { otherHelp } from "./other";
import { HelpPage } from "./page";

/** The helps of the node types that are not commands of the catalogue. */
const others: ReadonlyMap<string, NodeHelp> = new Map([
  ["sccc-account", accountHelp],
  ["sccc-command", otherHelp("command")],
  ["sccc-get-recording", otherHelp("recording")],
  ["sccc-feed", otherHelp("feed")],
  ["sccc-calls", otherHelp("calls")],
  ["sccc-call-tracker", otherHelp("tracker")],
  ["sccc-campaign", otherHelp("campaign")],
  ["sccc-simulator", otherHelp("simulator")],
  ["sccc-notify", otherHelp("notify")],
  ["sccc-confirm", otherHelp("confirm")],
]);

function partsOf(page: HelpPage, node: NodeType): readonly string[] {
  if (node.command !== undefined) return commandHelp(page, node.command);
  const other = others.get(node.type);
  if (other === undefined) throw new Error(`build/help has no help for ${node.type}`);
  return other(page, node);
}

/** The help of all node types in one language. */
export function help(nodes: readonly NodeType[], language: Language): string {
  const page = new HelpPage(language);
  return nodes
    .map((node) =>
      [
        `<script type="text/html" data-help-name="${node.type}">`,
        `<p>${prose(page.text(`${node.key}.summary`))}</p>`,
        ...partsOf(page, node),
        "</script>",
        "",
      ].join("\n"),
    )
    .join("\n");
}
