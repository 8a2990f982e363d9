// Lets the user choose an agent from the platform's list, in the field for a staff number.
import { text, warn } from "./page";
import { agentsOf, inWords } from "./requests";
import { showMenu } from "./suggestions";

/** The account that is chosen in the open form of a node, if it exists. */
function chosenAccount(): EditorNode | undefined {
  const id = $("#node-input-account").val();
  return typeof id === "string" ? (RED.nodes.node(id) ?? undefined) : undefined;
}

/** Requested once for each form and account, because a request for each key would delay the user. */
let asked: { readonly account: EditorNode; readonly answer: ReturnType<typeof agentsOf> } | undefined;

/** Forgets the lists when another form is opened. */
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

/** For Node-RED's completion. If the list cannot be read, there is none. */
export function complete(part: string, done: (found: readonly MenuOption[]) => void): void {
  void suggestions(part).then((found) => done(typeof found === "string" ? [] : found));
}

/** Shows the list beside a field, or the reason why there is none. */
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
