// The agent desk: connects to the flows, and passes their messages to the parts of the page.

import { list, loadCalls } from "./calls.mjs";
import { redraw } from "./center.mjs";
import { inBothLanguages, t } from "./common.mjs";
import { findCustomers } from "./customers.mjs";
import { announce, attempt, showProblem } from "./doing.mjs";
import { startMe } from "./me.mjs";
import { resend, whenSaved, withOwnDraft } from "./notes.mjs";
import { askToNotify } from "./ringing.mjs";
import { live, Problem } from "./server.mjs";
import { callerOf, desk, draw, isLoggedIn } from "./state.mjs";

const loadAll = () => attempt(() => Promise.all([findCustomers(), loadCalls()]));

/** Tells screen readers what has happened to the call on the screen. */
function tell(before, call) {
  if (before?.id === call.id && before.state === call.state) return;
  const isOver = call.state === "over";
  const key = `told.${isOver ? "ended" : call.state}`;
  const ofDirection = ["ringing", "dialing"].includes(call.state) ? `${key}.${call.direction ?? "outbound"}` : key;
  announce(t(ofDirection, { name: callerOf(call) }));
}

const hearing = {
  welcome(message) {
    const { agents, simulated, state, screen, callbacks } = message;
    Object.assign(desk, { agents, simulated, me: state ?? desk.me, screen, callbacks, calls: [] });
    resend();
    if (isLoggedIn()) loadAll();
  },
  agents({ agents }) {
    desk.agents = agents;
    draw();
  },
  state({ kind, now, ...state }) {
    const before = isLoggedIn();
    desk.me = state;
    draw();
    // The welcome message may be older than the platform's report that the agent is logged in.
    if (isLoggedIn() && !before) loadAll();
  },
  /** A call of this agent has changed, or its note. */
  desk({ call, screen, callbacks, by }) {
    const before = desk.screen?.call;
    Object.assign(desk, { screen: withOwnDraft(screen, by), callbacks });
    // A new call replaces an entry that the agent has opened.
    if (screen !== null && screen.call.id !== before?.id && screen.call.state !== "over") desk.viewed = null;
    if (call !== undefined) {
      if (call.state === "over") list(call);
      tell(before, call);
      if (desk.viewed?.call?.id === call.id) desk.viewed.call = call;
    }
    draw();
  },
  problem({ error }) {
    showProblem(new Problem(error));
  },
};

const greet = live(
  () => ({ agent: desk.agent }),
  (message) => hearing[message.kind]?.(message),
);

whenSaved((call) => {
  announce(t("noteSaved"));
  list(call);
  if (desk.viewed?.call?.id === call.id) desk.viewed = null;
  if (desk.screen?.call.id === call.id) desk.screen = null;
  draw();
});
startMe(() => {
  greet();
  askToNotify();
});
inBothLanguages(redraw);
