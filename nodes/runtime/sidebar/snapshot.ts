// Collects the sidebar's data from the monitor, the receiving thread, the nodes that follow calls, campaigns and simulators.
import type { AccountHealth, LiveAgent, LiveCall, LiveSimulator, SidebarSnapshot } from "../../catalogue/sidebar";
import type { Asks } from "../../receive/messages";
import { isObject } from "../../util/json";
import type { ReceivingView } from "../receive/receiving";
import type { Runtime } from "../state";
import { type HintedAccount, hintsOf } from "./hints";
import type { MonitoredAccount } from "./monitor";

/** How many entries one answer has. */
const mostEntries = 1000;

/** The user and the request. */
export interface Asking {
  readonly after: number;
  readonly mayWrite: boolean;
  /** The host by which the browser reaches Node-RED. */
  readonly hostname: string;
}

type AccountAnswer = Asks["traffic"]["answer"];

/** Reads the new entries of each account. */
async function pull({ state }: Runtime): Promise<ReadonlyMap<MonitoredAccount, AccountAnswer | undefined>> {
  const { monitor, receiving } = state;
  const answers = await Promise.all(
    monitor.accounts.map(async (account) => {
      const { run, serial } = account.heard;
      const answer = await receiving.ask(account.id, { what: "traffic", run, after: serial });
      return [account, typeof answer === "string" ? undefined : answer] as const;
    }),
  );
  for (const [account, answer] of answers) account.take(answer?.traffic ?? undefined, monitor.next);
  return new Map(answers);
}

function addressOf({ RED }: Runtime, { config }: ReceivingView, hostname: string): string {
  const { path, own } = config.endpoint;
  if (own === undefined) {
    const { httpNodeRoot } = RED.settings as { httpNodeRoot?: unknown };
    return `${typeof httpNodeRoot === "string" ? httpNodeRoot.replace(/\/+$/, "") : ""}${path}`;
  }
  const host = ["", "0.0.0.0", "::"].includes(own.host) ? hostname : own.host;
  const written = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `http${own.tls === undefined ? "" : "s"}://${written}:${own.port}${path}`;
}

function receivingOf(runtime: Runtime, view: ReceivingView, hostname: string): NonNullable<AccountHealth["receiving"]> {
  const { counts, problem, config } = view;
  const { taken, unremedied, last } = counts;
  return {
    address: addressOf(runtime, view, hostname),
    ownPort: config.endpoint.own !== undefined,
    taken,
    ...(last === undefined ? {} : { lastAt: last }),
    refused: Object.fromEntries(unremedied),
    ...(problem === undefined ? {} : { problem }),
  };
}

function healthOf(
  runtime: Runtime,
  account: MonitoredAccount,
  view: ReceivingView | undefined,
  answer: AccountAnswer | undefined,
  hostname: string,
): AccountHealth {
  const { id, facts, health } = account;
  const { label = "", baseUrl = "", customer = "", maxQueue = 0, client } = facts ?? {};
  const { reachable, lastAnswerAt, lastError } = health;
  return {
    ...{ id, label, baseUrl, customer, maxQueue },
    ...(reachable === undefined ? {} : { reachable }),
    ...(lastAnswerAt === undefined ? {} : { lastAnswerAt }),
    ...(lastError === undefined ? {} : { lastError }),
    waiting: client?.waiting ?? 0,
    sending: client?.sending ?? 0,
    ...(view === undefined ? {} : { receiving: receivingOf(runtime, view, hostname) }),
    deadLetters: answer?.deadLetters ?? 0,
  };
}

/** Agents of whom a state is known: by pushes and by answers, whichever is newer. */
function agentsOf(account: MonitoredAccount, answer: AccountAnswer | undefined): readonly LiveAgent[] {
  const agents = new Map<string, LiveAgent>();
  const pushed = new Map((answer?.traffic?.agents ?? []).map((agent) => [agent.staffNo, agent]));
  for (const { staffNo, status, since } of pushed.values()) {
    agents.set(staffNo, { account: account.id, staffNo, status, since });
  }
  for (const { staffNo, name, status, since, at } of account.agents.values()) {
    const push = pushed.get(staffNo);
    const isNewer = status !== undefined && (push === undefined || at > push.at);
    const shown = isNewer ? { status, since: push?.status === status ? push.since : since } : push;
    if (shown === undefined) continue;
    agents.set(staffNo, {
      ...{ account: account.id, staffNo, status: shown.status, since: shown.since },
      ...(name === undefined ? {} : { name }),
    });
  }
  return [...agents.values()];
}

async function simulatorsOf({ RED, state }: Runtime): Promise<readonly LiveSimulator[]> {
  return Promise.all(
    [...state.simulators].map(async ([id, starting]) => {
      // One that is still starting is not there yet.
      const running = await Promise.race([starting, Promise.resolve(undefined)]);
      const { name = "" } = (RED.nodes.getNode(id) ?? {}) as { readonly name?: string };
      return { id, label: name, running: running !== undefined, ...(running && { address: running.url }) };
    }),
  );
}

/** Whether the flows have an account. While they are stopped, none runs. */
function hasAccount({ RED }: Runtime): boolean {
  let found = false;
  RED.nodes.eachNode((node: unknown) => {
    found ||= isObject(node) && node.type === "sccc-account";
  });
  return found;
}

/** Collects a snapshot. */
export async function snapshotOf(runtime: Runtime, { after, mayWrite, hostname }: Asking): Promise<SidebarSnapshot> {
  const { state } = runtime;
  const { monitor } = state;
  const now = Date.now();
  // Requests during a run wait for its result: an entry must not get two numbers.
  const answers = await monitor.pulling.run(() => pull(runtime));
  const agents: LiveAgent[] = [];
  const calls: LiveCall[] = [...state.liveCalls()];
  const followed = new Set(calls.map(({ account }) => account));
  const accounts = [...answers].map(([account, answer]): HintedAccount => {
    const { id, facts, health } = account;
    const view = state.receiving.view(id);
    const known = agentsOf(account, answer);
    agents.push(...known);
    // If no node joins events into calls, a call is derived from the last event of each agent.
    if (!followed.has(id) && !state.callFollowers.hearsAll(id)) {
      for (const call of answer?.traffic?.calls ?? []) calls.push({ account: id, ...call });
    }
    const problem = facts?.problem;
    const clockOffMs = answer?.clockOffMs ?? health.clockOffMs;
    return {
      health: healthOf(runtime, account, view, answer, hostname),
      ...(problem === undefined ? {} : { problem }),
      receivingProblem: account.receivingProblem,
      passwordRefused: health.passwordRefused === true,
      ...(health.busyAt === undefined ? {} : { busyAt: health.busyAt }),
      ...(clockOffMs === undefined || clockOffMs === null ? {} : { clockOffMs }),
      refusedAt: view?.refusedAt ?? new Map(),
      agents: known,
    };
  });
  const listed = monitor.accounts.flatMap(({ list }) => list.map(({ entry }) => entry));
  const fresh = listed.filter(({ number }) => number > after).sort((one, other) => one.number - other.number);
  const campaigns = state.liveCampaigns();
  return {
    now,
    mayWrite,
    recording: monitor.recording,
    run: monitor.run,
    accounts: accounts.map(({ health }) => health),
    entries: fresh.slice(0, mostEntries),
    more: fresh.length > mostEntries,
    oldest: Object.fromEntries(monitor.accounts.map(({ id, list }) => [id, list[0]?.entry.number ?? 0])),
    calls,
    agents,
    campaigns,
    simulators: await simulatorsOf(runtime),
    hints: hintsOf({ now, recording: monitor.recording, hasAccount: hasAccount(runtime), accounts, campaigns }),
  };
}
