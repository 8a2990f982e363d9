// Generates dist/locales/<language>/sccc.html: the help of every node type, from the catalogue and the texts of the locales. Node-RED falls
// back to English for whole files only, so every language needs every type.
import type { Language } from "../locales";
import type { NodeType } from "../nodes";
import { accountHelp } from "./account";
import { anyCommandHelp } from "./any-command";
import { callTrackerHelp } from "./call-tracker";
import { callsHelp } from "./calls";
import { commandHelp } from "./command";
import { confirmHelp } from "./confirm";
import { feedHelp } from "./feed";
import { getRecordingHelp } from "./get-recording";
import { prose } from "./html";
import type { NodeHelp } from "./node-help";
import { notifyHelp } from "./notify";
import { HelpPage } from "./page";
import { simulatorHelp } from "./simulator";

export { errorValue } from "./account";

/** The helps of the node types that are not commands of the catalogue. */
const others: ReadonlyMap<string, NodeHelp> = new Map([
  ["sccc-account", accountHelp],
  ["sccc-command", anyCommandHelp],
  ["sccc-get-recording", getRecordingHelp],
  ["sccc-feed", feedHelp],
  ["sccc-calls", callsHelp],
  ["sccc-call-tracker", callTrackerHelp],
  ["sccc-simulator", simulatorHelp],
  ["sccc-notify", notifyHelp],
  ["sccc-confirm", confirmHelp],
]);

function partsOf(page: HelpPage, node: NodeType): readonly string[] {
  if (node.command !== undefined) return commandHelp(page, node.command, node.properties);
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
