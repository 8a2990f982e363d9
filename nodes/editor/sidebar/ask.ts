// Requests to the admin routes of the sidebar. $.ajax sends the editor's token.
import {
  type DeadLetterList,
  sidebarRoutes as routes,
  type SidebarOutcome,
  type SidebarSnapshot,
  type TrafficDetail,
} from "../../catalogue/sidebar";
import type { Answer as SampleAnswer } from "../requests";

/** No result: Node-RED refused the request, or it or its receiving thread did not answer. */
export type Unanswered = { readonly outcome: "denied" | "silent" | "busy" };

/** The time limit of a request, in ms: a request that hangs must not stop all others. */
const patience = 15_000;

async function ask<Answer>(method: "GET" | "POST", route: string, body?: object): Promise<Answer | Unanswered> {
  try {
    return await $.ajax({
      url: route,
      type: method,
      dataType: "json",
      timeout: patience,
      ...(body === undefined ? {} : { contentType: "application/json", data: JSON.stringify(body) }),
    });
  } catch (error) {
    const { status } = error as JQuery.jqXHR;
    return { outcome: status === 401 || status === 403 ? "denied" : "silent" };
  }
}

export const askSnapshot = (after: number) => ask<SidebarSnapshot>("GET", `${routes.snapshot}?after=${after}`);

export const askEntry = (number: number) =>
  ask<TrafficDetail | { readonly outcome: "gone" }>("GET", `${routes.entry}?number=${number}`);

export const askDeadLetters = (account: string) =>
  ask<DeadLetterList>("GET", `${routes.dead}?account=${encodeURIComponent(account)}`);

const order = (route: string, body: object) => ask<SidebarOutcome>("POST", route, body);

export const replay = (number: number) => order(routes.replay, { number });

export const replayDead = (account: string, ids: readonly string[]) => order(routes.deadReplay, { account, ids });

export const deleteDead = (account: string, ids: readonly string[]) => order(routes.deadDelete, { account, ids });

export const instruct = (simulator: string, instruction: object) => order(routes.simulator, { simulator, instruction });

/** Sends a signed push through an account's own address; the outcome ends a key below `sample` of the locales. */
export const sendSample = (account: string, event: string) =>
  ask<SampleAnswer>("POST", routes.sample, { account, event });
