// The buttons that nodes have on the canvas.
import { textElement } from "./page";
import { callIn as ask, inWords } from "./requests";

/** Whether a node runs as it stands in the editor: a button does nothing else. */
export function isDeployed(this: EditorNode): boolean {
  return this.changed !== true;
}

/** Has a simulator's customer call in, and says what came of it. */
export async function callIn(this: EditorNode): Promise<void> {
  const answer = await ask(this.id);
  RED.notify(textElement(inWords("inbound", answer)), { type: answer.outcome === "called" ? "success" : "warning" });
}
