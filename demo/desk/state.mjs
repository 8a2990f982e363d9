// The state of a desk, and the functions that draw it.
import { numberOf, stateOf, t, words } from "./common.mjs";

export const desk = {
  /** The agent of this desk. It survives a reload; each tab has its own. */
  agent: sessionStorage.getItem("agent") ?? "",
  /** The agents to choose from. */
  agents: [],
  simulated: false,
  /** The agent's state on the platform. */
  me: null,
  /** The current call, or the call whose note is not written yet: {call, history}. */
  screen: null,
  /** The entry that the agent has opened: {call, history} or {customer, history}. */
  viewed: null,
  /** Today's calls, the newest first. */
  calls: [],
  callbacks: [],
};

export const isOnCall = () => desk.screen !== null && desk.screen.call.state !== "over";
export const isWrappingUp = () => desk.screen?.call.wrapUp === true;
export const isLoggedIn = () => desk.agent !== "" && stateOf(desk.me) !== "loggedOff";

/**
 * The agent's state. The platform may not push its agents' states, so the state of the call on the screen comes first.
 */
export const stateNow = () =>
  isOnCall()
    ? desk.screen.call.state === "answered"
      ? "talking"
      : "ringing"
    : stateOf({ ...desk.me, serverStatus: "IDLE" }, isWrappingUp());

export const nameOf = (customer, number) =>
  customer === null ? numberOf(number) || t("unknown") : words(customer.name);
export const callerOf = (call) => nameOf(call.customer, call.number);
export const detailsOf = (customer) => [words(customer?.company), words(customer?.city)].filter(Boolean).join(" · ");

/** The result of a call: the platform's cause is more precise than the outcome. */
export const resultOf = ({ outcome, cause }) =>
  outcome === "unanswered" && cause !== null ? `cause.${cause}` : `outcome.${outcome ?? "unknown"}`;

const drawers = [];

/** Adds a function that draws a part of the page. */
export const onDraw = (draw) => void drawers.push(draw);

export function draw() {
  for (const one of drawers) one();
}
