// The account of a new node: the only one in the flows, or a new simulator and an account on it if there is none.
import { input, text, textElement, warn } from "./page";

const accountType = "sccc-account";
export const simulatorType = "sccc-simulator";

/** The accounts that a node on this tab or in this subflow may use. */
function accountsFor(z: unknown): readonly EditorNode[] {
  const found: EditorNode[] = [];
  RED.nodes.eachConfig((node) => {
    if (node.type === accountType && node.d !== true && (!node.z || node.z === z)) found.push(node);
  });
  return found;
}

const hasAccount = (node: EditorNode): boolean => "account" in node._def.defaults;

/** Gives a node that comes from the palette the only account. */
export function chooseOnlyAccount(node: EditorNode): void {
  if (!hasAccount(node)) return;
  const [only, ...others] = accountsFor(node.z ?? RED.workspaces.active());
  if (only !== undefined && others.length === 0) node.account = only.id;
}

/** The language of the platform's own texts that fits the editor's. */
const platformLanguage = (): string => (/^zh\b/i.test(RED.i18n.lang()) ? "zh_CN" : "en_US");

/** Sets the platform's language in the form of an account that is being made. */
export function chooseLanguage(account: EditorNode): void {
  if (account.type === accountType && !RED.nodes.node(account.id)) input(account, "lang").val(platformLanguage());
}

/** A random password. */
const randomPassword = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The first port from 8088 that no simulator of the editor has. */
function freePort(): number {
  const taken = new Set(RED.nodes.filterNodes({ type: simulatorType }).map(({ port }) => String(port)));
  let port = 8088;
  while (taken.has(String(port))) port += 1;
  return port;
}

/**
 * The tab for a new simulator: the open one, or the first one if a subflow is open. In a subflow, each instance would
 * start a simulator.
 */
function tabForSimulator(): string | undefined {
  const open = RED.workspaces.active();
  if (RED.nodes.workspace(open) && !RED.workspaces.isLocked(open)) return open;
  let first: string | undefined;
  RED.nodes.eachWorkspace(({ id }) => {
    if (first === undefined && !RED.workspaces.isLocked(id)) first = id;
  });
  return first;
}

/** Adds a simulator and an account on it to the flows. Returns the account's id, or undefined if no tab can hold them. */
export function addSimulatorAndAccount(): string | undefined {
  const z = tabForSimulator();
  if (z === undefined) return undefined;
  const lowest = Math.max(0, ...RED.nodes.filterNodes({ z }).map(({ y }) => Number(y) || 0));
  const [simulator, account] = [RED.nodes.id(), RED.nodes.id()];
  const port = freePort();
  const credentials = { password: randomPassword() };
  const customer = "C2";
  const dirty = RED.nodes.dirty();
  const node = (type: string, properties: object): object => ({
    ...Object.fromEntries(Object.entries(RED.nodes.getType(type).defaults).map(([name, { value }]) => [name, value])),
    type,
    customer,
    credentials,
    ...properties,
  });
  RED.nodes.import(
    [
      node(simulatorType, { id: simulator, z, x: 180, y: lowest + 60, port: String(port), wires: [[]] }),
      node(accountType, {
        id: account,
        name: text("node.simulator.label"),
        baseUrl: `http://127.0.0.1:${port}`,
        lang: platformLanguage(),
      }),
    ],
    { generateIds: false, markChanged: true },
  );
  RED.history.push({ t: "add", nodes: [simulator, account], dirty });
  RED.nodes.dirty(true);
  RED.view.redraw(true);
  return account;
}

/** A changed node. Undo reverts it together with the dialog's own change. */
interface Followed {
  readonly history: readonly object[];
}

/**
 * If a simulator's form changes the port, gives the accounts on it the new port. Must be called before Node-RED saves
 * the form.
 */
export function followSimulator(simulator: EditorNode): Followed | undefined {
  const [before, after] = [String(simulator.port), String(input(simulator, "port").val()).trim()];
  const isShared = RED.nodes
    .filterNodes({ type: simulatorType })
    .some(({ id, port }) => id !== simulator.id && String(port) === before);
  if (isShared || after === before || !/^\d+$/.test(after)) return undefined;
  const hosts = ["127.0.0.1", "localhost", String(simulator.host)];
  const history: object[] = [];
  RED.nodes.eachConfig((account) => {
    const { baseUrl, changed } = account;
    const host = hosts.find((one) => baseUrl === `http://${one}:${before}`);
    if (account.type !== accountType || host === undefined) return;
    history.push({ t: "edit", node: account, changes: { baseUrl }, changed, dirty: RED.nodes.dirty() });
    account.baseUrl = `http://${host}:${after}`;
    account.changed = true;
    RED.events.emit("nodes:change", account);
    const shown = text("simulate.followed", {
      label: String(account.name || account.id),
      url: String(account.baseUrl),
    });
    RED.notify(textElement(shown), { type: "success" });
  });
  return { history };
}

/** In a node's form: chooses the only account, or offers a simulator and an account if there is none. */
export function prepareAccount(node: EditorNode, within: JQuery): void {
  if (!hasAccount(node)) return;
  const select = input(node, "account");
  const accounts = accountsFor(node.z);
  const [only] = accounts;
  if (!node.account && only !== undefined && accounts.length === 1) select.val(only.id).trigger("change");
  const offer = within.find("#sccc-simulate-row").toggle(accounts.length === 0);
  within.find("#sccc-simulate").on("click", () => {
    const account = addSimulatorAndAccount();
    if (account === undefined) {
      warn(text("simulate.noTab"));
      return;
    }
    $("<option>").val(account).text(text("node.simulator.label")).appendTo(select);
    select.val(account).trigger("change");
    offer.find(".sccc-control").remove();
    offer.find(".sccc-hint").text(text("simulate.added"));
  });
}
