// The buttons that nodes have on the canvas.
import { callIn as ask, inWords } from "./requests";

/** Whether a node runs as it stands in the editor: a button does nothing else. */
export function isDeployed(this: EditorNode): boolean {
  return this.changed !== true;
}

/** Has a simulator's customer call in, and says what came of it. */
export async function callIn(this: EditorNode): Promise<void> {
  const answer = await ask(this.id);
  // As text: a notification takes HTML.
  const message = $("<span>").text(inWords("inbound", answer));
  RED.notify(message, { type: answer.outcome === "called" ? "success" : "warning" });
}
