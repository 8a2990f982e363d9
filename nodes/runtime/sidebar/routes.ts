// The routes of the sidebar. Reading needs the permission sccc.read; every change needs sccc.write.
import type { Request, Response } from "express";
import { type DeadLetterList, type SidebarOutcome, sidebarRoutes, type TrafficDetail } from "../../catalogue/sidebar";
import { excerptOf } from "../../protocol/failure";
import { mostLetterText } from "../../receive/push-inbox";
import { withoutQuery } from "../../receive/traffic";
import { guarded } from "../../util/guarded";
import { isObject, type JsonObject } from "../../util/json";
import { sendSample } from "../admin/sample";
import type { Runtime } from "../state";
import { mostText } from "./monitor";
import { mayUse } from "./permissions";
import { snapshotOf } from "./snapshot";

const gone: SidebarOutcome = { outcome: "gone" };
/** The dead letters can't be read now: the thread does not answer, or its store is not open. */
const unread: SidebarOutcome = { outcome: "busy" };

/** The most dead letters in one request. */
const mostIds = 200;
/** The longest text of a simulator's refusal, in characters. */
const longestText = 300;

const textIn = (query: unknown, name: string): string => {
  const value: unknown = isObject(query) ? query[name] : undefined;
  return typeof value === "string" ? value : "";
};

/** A number in an address; 0 if there is none. */
const numberIn = (query: unknown, name: string): number => {
  const number = Number(textIn(query, name));
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
};

const idsIn = ({ ids }: JsonObject): readonly string[] =>
  Array.isArray(ids) ? ids.slice(0, mostIds).filter((id) => typeof id === "string") : [];

/** The host name by which a browser has reached Node-RED, if it looks like one. */
function hostnameOf(request: Request): string {
  const host = request.headers.host ?? "";
  const [, name] = /^(\[[\da-fA-F:.]{2,45}\]|[\w.-]{1,253})(?::\d{1,5})?$/.exec(host) ?? [];
  return name ?? "localhost";
}

/** An entry with its request and answer. */
async function detailOf({ state }: Runtime, number: number): Promise<TrafficDetail | SidebarOutcome> {
  const found = state.monitor.find(number);
  if (found === undefined) return gone;
  const { account, listed } = found;
  const { entry, command, push } = listed;
  if (command !== undefined) {
    const { request, answer, cut } = command;
    return { entry, request: account.shown(request), answer: account.shown(answer), cut };
  }
  if (push === undefined) return gone;
  const kept = await state.receiving.ask(account.id, { what: "push", run: push.run, serial: push.serial });
  if (typeof kept === "string") return { outcome: kept };
  const text = withoutQuery(kept.text);
  return { entry, request: account.shown(text), cut: text.length > mostText };
}

/** Hands a recorded push to its nodes again. */
async function replay({ state }: Runtime, { number }: JsonObject): Promise<SidebarOutcome> {
  const found = state.monitor.find(number);
  const push = found?.listed.push;
  if (found === undefined || push === undefined || found.listed.entry.replayable !== true) return gone;
  const kept = await state.receiving.ask(found.account.id, { what: "push", run: push.run, serial: push.serial });
  if (typeof kept === "string") return { outcome: kept };
  if (!kept.whole) return gone;
  const nodes = state.receiving.replay(found.account.id, kept.text);
  return nodes.length === 0 ? { outcome: "noNode" } : { outcome: "handed", params: { count: nodes.length } };
}

/** Dead letters of an account. */
async function lettersOf({ state }: Runtime, id: string): Promise<DeadLetterList | SidebarOutcome> {
  const account = state.monitor.accounts.find((one) => one.id === id);
  // Only an account with a node that takes pushes has its dead letters loaded.
  if (account === undefined || state.receiving.view(id) === undefined) return { letters: [], total: 0 };
  const answer = await state.receiving.ask(id, { what: "letters" });
  if (typeof answer === "string") return unread;
  return {
    ...answer,
    letters: answer.letters.map((letter) => ({ ...letter, text: account.shown(letter.text, mostLetterText) })),
  };
}

async function handLetters({ state }: Runtime, body: JsonObject): Promise<SidebarOutcome> {
  const account = textIn(body, "account");
  if (state.receiving.view(account) === undefined) return gone;
  const answer = await state.receiving.ask(account, { what: "handLetters", ids: idsIn(body) });
  if (typeof answer === "string") return unread;
  if (answer.handed > 0) return { outcome: "delivered", params: { count: answer.handed } };
  return answer.unwanted > 0 ? { outcome: "noNode" } : gone;
}

async function deleteLetters({ state }: Runtime, body: JsonObject): Promise<SidebarOutcome> {
  const account = textIn(body, "account");
  if (state.receiving.view(account) === undefined) return gone;
  const answer = await state.receiving.ask(account, { what: "deleteLetters", ids: idsIn(body) });
  if (typeof answer === "string") return unread;
  return answer.deleted === 0 ? gone : { outcome: "deleted", params: { count: answer.deleted } };
}

/** Gives a simulator an instruction, as a message to its node would. */
async function instruct({ state }: Runtime, { simulator, instruction }: JsonObject): Promise<SidebarOutcome> {
  const running = typeof simulator === "string" ? await state.simulators.get(simulator) : undefined;
  if (running === undefined) return { outcome: "noSimulator" };
  const answer = await running.instruct(instruction);
  return answer.ok
    ? { outcome: "done" }
    : { outcome: "refused", params: { text: excerptOf(answer.error, longestText) } };
}

/** Serves the sidebar's routes. The caller must do this once for each admin server. */
export function serveSidebar(runtime: Runtime): void {
  const { RED } = runtime;
  const respond = (answer: (request: Request) => Promise<unknown>) => (request: Request, response: Response) => {
    const send = async () => {
      const answered = await answer(request);
      response.set("Cache-Control", "no-store").json(answered);
    };
    guarded(send, (error) => {
      RED.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (!response.headersSent) response.status(500).json({ outcome: "silent" } satisfies SidebarOutcome);
    })();
  };
  const get = (route: string, answer: (request: Request) => Promise<unknown>): void => {
    RED.httpAdmin.get(`/${route}`, RED.auth.needsPermission("sccc.read"), respond(answer));
  };
  const post = (route: string, answer: (body: JsonObject) => Promise<unknown>): void => {
    const read = ({ body }: { body: unknown }) => answer(isObject(body) ? body : {});
    RED.httpAdmin.post(`/${route}`, RED.auth.needsPermission("sccc.write"), respond(read));
  };
  get(sidebarRoutes.snapshot, (request) =>
    snapshotOf(runtime, {
      after: numberIn(request.query, "after"),
      mayWrite: mayUse(request, "sccc.write"),
      hostname: hostnameOf(request),
    }),
  );
  get(sidebarRoutes.entry, ({ query }) => detailOf(runtime, numberIn(query, "number")));
  get(sidebarRoutes.dead, ({ query }) => lettersOf(runtime, textIn(query, "account")));
  post(sidebarRoutes.replay, (body) => replay(runtime, body));
  post(sidebarRoutes.deadReplay, (body) => handLetters(runtime, body));
  post(sidebarRoutes.deadDelete, (body) => deleteLetters(runtime, body));
  post(sidebarRoutes.simulator, (body) => instruct(runtime, body));
  post(sidebarRoutes.sample, (body) => sendSample(runtime, body));
}
