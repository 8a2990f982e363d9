// Marks nodes whose required passwords are missing. Node-RED checks credentials only in the open dialog, so that an imported account without
// a password would look complete.
import { text, untagged } from "./page";

/** Which credentials each node has, by node ID and credential name, as last reported by the runtime or the dialog. */
const known = new Map<string, Map<string, boolean>>();

/** Whether an object of the editor or the runtime has a credential; undefined if it does not say. */
function hasCredential(credentials: Readonly<Record<string, unknown>> | undefined, name: string): boolean | undefined {
  const all = new Map(Object.entries(credentials ?? {}));
  const has = all.get(`has_${name}`);
  if (typeof has === "boolean") return has;
  return all.has(name) ? all.get(name) !== "" : undefined;
}

/** A check for the property that represents the passwords of a node: true, or the name of the missing one. */
export function hasPasswords(this: EditorNode, _value: unknown, _opt: unknown): true | string {
  for (const { name, key } of DESCRIPTIONS[this.type]?.passwords ?? []) {
    const typed = hasCredential(this.credentials, name);
    // After a deploy, the editor forgets what was typed.
    if (typed !== undefined) known.set(this.id, new Map(known.get(this.id)).set(name, typed));
    if ((typed ?? known.get(this.id)?.get(name)) === false)
      return untagged(text("invalid.password", { label: text(`${key}.label`) }));
  }
  return true;
}

/** Shows the result of a node's check on the node and on the nodes that use it. */
function mark(node: EditorNode): void {
  RED.editor.validateNode(node);
  for (const user of node.users ?? []) RED.editor.validateNode(user);
  RED.events.emit("nodes:change", node);
  RED.view.redraw();
}

/** Asks the runtime for the credentials of a node. An unknown node has none. */
async function ask(node: EditorNode): Promise<void> {
  try {
    const answer: Record<string, unknown> = await $.ajax({
      url: `credentials/${node.type}/${node.id}`,
      dataType: "json",
    });
    const names = Object.keys(node._def.credentials ?? {});
    known.set(node.id, new Map(names.map((name) => [name, hasCredential(answer, name) === true])));
  } catch {
    // Users who may not read credentials see no mark.
    return;
  }
  if (RED.nodes.node(node.id) === node) mark(node);
}

/** Checks the passwords of a node that was added to the editor: from the flows, by import, or by the user. */
export function watchPasswords(node: EditorNode): void {
  if ((DESCRIPTIONS[node.type]?.passwords ?? []).length === 0) return;
  known.delete(node.id);
  void ask(node);
}
