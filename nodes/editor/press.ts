// The buttons that nodes have on the canvas.
import { textElement } from "./page";
import { callIn as ask, inWords } from "./requests";

/** Whether the deployed node is the one in the editor: a button works only then. */
export function isDeployed(this: EditorNode): boolean {
  return this.changed !== true;
}

/** Starts a customer's call at a simulator, and shows the result. */
export async function callIn(this: EditorNode): Promise<void> {
  const answer = await ask(this.id);
  RED.notify(textElement(inWords("inbound", answer)), { type: answer.outcome === "called" ? "success" : "warning" });
}
