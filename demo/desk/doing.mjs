// The agent's actions, and their errors.
import { at, h, t } from "./common.mjs";
import { act } from "./server.mjs";
import { desk } from "./state.mjs";

export function hideProblem() {
  at("problem").hidden = true;
}

export function showProblem(problem) {
  at("problem").replaceChildren(
    h("span", {}, problem.text ?? String(problem)),
    h("button", { type: "button", class: "quiet", onclick: hideProblem }, t("close")),
  );
  at("problem").hidden = false;
}

/** Sends an action of this desk's agent; removes the previous error. */
export function order(what, body = {}) {
  hideProblem();
  return act(what, { agent: desk.agent, ...body });
}

/** Tries an action and shows its error; returns whether it succeeded. */
export async function attempt(doing) {
  try {
    await doing();
    return true;
  } catch (problem) {
    showProblem(problem);
    return false;
  }
}

/** Announces a text to screen readers. */
export function announce(text) {
  at("told").textContent = text;
}

/** Calls a number. */
export const call = (number) => attempt(() => order("call", { number }));
