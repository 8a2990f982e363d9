// Picks an agent from the platform's own list, in the field that wants a staff number.
import { text, warn } from "./page";
import { agentsOf, inWords } from "./requests";
import { showMenu } from "./suggestions";

/** The account that is chosen in the open form of a node, if it is there. */
function chosenAccount(): EditorNode | undefined {
  const id = $("#node-input-account").val();
  return typeof id === "string" ? (RED.nodes.node(id) ?? undefined) : undefined;
}

/** Asked for once per form and account: a platform does not mind, but a user who types does. */
let asked: { readonly account: EditorNode; readonly answer: ReturnType<typeof agentsOf> } | undefined;

/** Forgets what was asked: another form is open. */
export function forgetAgents(): void {
  asked = undefined;
}

async function suggestions(part: string): Promise<readonly MenuOption[] | string> {
  const account = chosenAccount();
  if (account === undefined) return text("connection.noAccount");
  if (asked?.account !== account) asked = { account, answer: agentsOf(account) };
  const answer = await asked.answer;
  if (answer.agents === undefined) {
    asked = undefined;
    return inWords("connection", answer);
  }
  return answer.agents
    .filter(({ staffNo, name }) => `${staffNo} ${name}`.toLowerCase().includes(part.toLowerCase()))
    .map(({ staffNo, name }) => ({ value: staffNo, label: name === "" ? staffNo : `${staffNo}  ${name}` }));
}

/** For Node-RED's completion while one types. Where the list can't be had, one types without. */
export function complete(part: string, done: (found: readonly MenuOption[]) => void): void {
  void suggestions(part).then((found) => done(typeof found === "string" ? [] : found));
}

/** Shows the list beside a field; says why where there is none. */
export async function pick(beside: JQuery, take: (staffNo: string) => void): Promise<void> {
  const found = await suggestions("");
  if (typeof found === "string") {
    warn(found);
    return;
  }
  const options = found.length > 0 ? found : [{ value: "", label: text("connection.nobody") }];
  showMenu(beside, options, (value) => {
    if (value !== "") take(value);
  });
}
