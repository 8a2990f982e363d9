// The data of the sidebar about an account's pushes: the newest ones, agents and calls. Kept in the worker, and read
// when a sidebar asks. Recording only keeps references, because every push costs this time.
import { eventOf } from "../protocol/push";
import { newId } from "../util/id";
import { isObject, type JsonObject } from "../util/json";
import { Ring, type Sized } from "../util/ring";
import type { ListenerSpec, SeenAgent, SeenCall, SeenPush, TrafficAnswer } from "./messages";

/**
 * How many pushes and how many of their bytes are kept. Refused pushes have a separate limit, so that a flood of them
 * removes no others.
 */
const passedLimits = { items: 500, bytes: 1_200_000 };
const refusedLimits = { items: 100, bytes: 150_000 };
/** Refused pushes that are recorded in one second; further ones are only counted. */
const refusedPerSecond = 10;
/** A push with more characters is shown in part, and cannot be handed over again. */
const mostText = 64 * 1024;
/**
 * How many more characters are kept than are shown: a password can only be found as a whole, so the kept text must not
 * end within one that is shown.
 */
export const beyondCut = 1024;
const mostRefusedText = 16 * 1024 + beyondCut;
/** The length of a name or a number from outside. */
const mostWord = 64;
/** Characters of strings take one or two bytes. */
const bytesPerCharacter = 2;
/** A parsed push takes more than its bytes. */
const parsedFactor = 4;

const mostAgents = 1000;
const mostCalls = 500;
/** A call without an event for so long is not shown any more: its end was lost. */
const callForgottenMs = 3_600_000;

/** The known data of a refused push. */
export interface RefusedPush {
  readonly notify?: JsonObject;
  /** The customer in its authentication block, which was not verified. */
  readonly customer?: unknown;
  readonly timestamp?: unknown;
  readonly ip?: string;
  readonly bytes?: number;
}

/** A push that was accepted. */
export interface PassedPush {
  readonly topic: string;
  readonly payload: JsonObject;
}

interface Recorded extends Sized {
  readonly serial: number;
  readonly at: number;
  readonly code: string;
  readonly event: string;
  readonly agent: string | undefined;
  readonly phone: string | undefined;
  readonly direction: unknown;
  readonly nodes: readonly Pick<ListenerSpec, "id">[];
  /** The JSON that nodes get, or the object for it. */
  readonly kept: string | object;
  /** Whether `kept` is complete and what nodes get. */
  readonly whole: boolean;
}

/** The state that an event gives to a call in the list of calls. */
const stateOf: ReadonlyMap<string, "begun" | "answered" | "ended"> = new Map([
  ["callin", "begun"],
  ["callout", "begun"],
  ["screenpop", "begun"],
  ["callstart", "answered"],
  ["callend", "ended"],
]);

/** A short copy of a text: a slice would keep the whole text in memory. */
export const copyOf = (text: string, length: number): string =>
  text.length <= length ? text : Buffer.from(text.slice(0, length), "utf16le").toString("utf16le");

const wordOf = (value: unknown): string | undefined => {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? copyOf(value, mostWord) : undefined;
};

const phoneOf = ({ number, numberE164, callee }: JsonObject): string | undefined =>
  wordOf(number) ?? wordOf(numberE164) ?? wordOf(callee);

/** Adds the newest entry of a map, and drops the oldest one if there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/**
 * The JSON that nodes get, without the query of its address, because some installations have a token there. Incomplete
 * JSON is unchanged.
 */
export function withoutQuery(text: string): string {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return text;
  }
  if (!isObject(kept) || !isObject(kept.push) || !isObject(kept.push.http)) return text;
  const { query: _query, ...http } = kept.push.http;
  return JSON.stringify({ ...kept, push: { ...kept.push, http } });
}

/** Records one account's pushes. */
export class PushTraffic {
  readonly #run = newId();
  readonly #now: () => number;
  readonly #passed = new Ring<Recorded>(passedLimits.items, passedLimits.bytes);
  readonly #refused = new Ring<Recorded>(refusedLimits.items, refusedLimits.bytes);
  readonly #agents = new Map<string, SeenAgent>();
  readonly #calls = new Map<string, SeenCall & { readonly lastAt: number }>();
  #last = 0;
  #second = 0;
  #inSecond = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * A push was accepted.
   * @param text the JSON of `kept` where there is one
   * @param bytes the size of its body
   */
  passed(
    code: "taken" | "unwanted" | "repeat",
    kept: PassedPush,
    text: string,
    nodes: readonly Pick<ListenerSpec, "id">[],
    bytes = 0,
  ): void {
    const { topic, payload } = kept;
    const agent = wordOf(payload.agent);
    const phone = phoneOf(payload);
    const at = this.#now();
    const characters = text === "" ? bytes * parsedFactor : text.length;
    // Only the beginning of a huge push is kept. The whole of it would remove all others.
    const isHuge = characters > (text === "" ? mostText * parsedFactor : mostText);
    const whole = isHuge ? copyOf(text === "" ? JSON.stringify(kept) : text, mostText) : text === "" ? kept : text;
    this.#last += 1;
    this.#passed.add({
      serial: this.#last,
      at,
      code,
      event: copyOf(topic, mostWord),
      agent,
      phone,
      direction: payload.direction,
      nodes,
      kept: whole,
      whole: !isHuge && code !== "repeat",
      size: (isHuge ? mostText : characters) * bytesPerCharacter,
    });
    if (code !== "repeat") this.#follow(topic, payload, agent, phone, at);
  }

  /** A push was refused. In a flood only some are recorded. */
  refused(code: string, push: RefusedPush = {}): void {
    const at = this.#now();
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (this.#inSecond > refusedPerSecond) return;
    const { notify = {}, customer, timestamp, ip } = push;
    const { event } = eventOf(notify);
    const claimed = { customer: wordOf(customer), timestamp: wordOf(timestamp) };
    const kept = copyOf(JSON.stringify({ claimed, ip, notify }), mostRefusedText);
    this.#last += 1;
    this.#refused.add({
      serial: this.#last,
      at,
      code,
      event: event === "unknown" ? "" : (wordOf(event) ?? ""),
      agent: wordOf(notify.agent) ?? wordOf(notify.staffNo),
      phone: phoneOf(notify),
      direction: undefined,
      nodes: [],
      kept,
      whole: false,
      size: kept.length * bytesPerCharacter,
    });
  }

  /** The entries after a serial number of this run. */
  since(run: string, after: number): TrafficAnswer {
    const known = run === this.#run ? after : 0;
    const entries: SeenPush[] = [];
    for (const ring of [this.#passed, this.#refused]) {
      for (const one of ring.newestFirst()) {
        if (one.serial <= known) break;
        const { serial, at, code, event, agent, phone, direction, nodes, whole } = one;
        entries.push({
          serial,
          at,
          code,
          event,
          refused: ring === this.#refused,
          ...(agent !== undefined && { agent }),
          ...(phone !== undefined && { phone }),
          ...((direction === "inbound" || direction === "outbound") && { direction }),
          nodes: nodes.map(({ id }) => id),
          replayable: whole,
        });
      }
    }
    const oldest = this.#now() - callForgottenMs;
    for (const [key, { lastAt }] of this.#calls) if (lastAt < oldest) this.#calls.delete(key);
    return {
      run: this.#run,
      entries: entries.sort((one, other) => one.serial - other.serial),
      oldest: this.#passed.oldest?.serial ?? this.#last + 1,
      oldestRefused: this.#refused.oldest?.serial ?? this.#last + 1,
      agents: [...this.#agents.values()],
      calls: [...this.#calls.values()].map(({ lastAt: _lastAt, ...call }) => call),
    };
  }

  /** The JSON of a push; undefined if it is not kept any more. */
  textOf(run: string, serial: number): { readonly text: string; readonly whole: boolean } | undefined {
    if (run !== this.#run) return undefined;
    for (const ring of [this.#passed, this.#refused]) {
      for (const one of ring.newestFirst()) {
        if (one.serial < serial) break;
        if (one.serial > serial) continue;
        return { text: typeof one.kept === "string" ? one.kept : JSON.stringify(one.kept), whole: one.whole };
      }
    }
    return undefined;
  }

  /** Follows agents and their calls. */
  #follow(topic: string, payload: JsonObject, agent: string | undefined, phone: string | undefined, at: number): void {
    if (topic === "agentstatus") {
      if (agent === undefined) return;
      const status = agentStatusOf(payload);
      const before = this.#agents.get(agent);
      const since = before?.status === status ? before.since : at;
      put(this.#agents, agent, { staffNo: agent, status, since, at }, mostAgents);
      if (status === "IDLE" || status === "OFFLINE") this.#calls.delete(agent);
      return;
    }
    const change = stateOf.get(topic);
    // A screen pop without an agent comes beside an event that has one.
    if (change === undefined || agent === undefined) return;
    if (change === "ended") {
      this.#calls.delete(agent);
      return;
    }
    const before = this.#calls.get(agent);
    const same = before !== undefined && (phone === undefined || before.phone === phone);
    const { direction, eventId } = payload;
    const inbound = direction === "inbound";
    const state = change === "answered" ? "answered" : inbound ? "ringing" : "dialing";
    put(
      this.#calls,
      agent,
      {
        id: same ? before.id : (wordOf(eventId) ?? agent),
        state: same && before.state === "answered" ? "answered" : state,
        ...(same && before.direction !== undefined
          ? { direction: before.direction }
          : direction === "inbound" || direction === "outbound"
            ? { direction }
            : {}),
        agent,
        phone: phone ?? (same ? before.phone : ""),
        since: same ? before.since : at,
        lastAt: at,
      },
      mostCalls,
    );
  }
}

/** An agent's state in one word of the catalogue: what the agent is doing, unless the working state forbids calls. */
export function agentStatusOf({ workStatus, serverStatus }: JsonObject): string {
  const [work, server] = [wordOf(workStatus) ?? "", wordOf(serverStatus) ?? ""];
  return work === "" || work === "ONLINE" ? server || work : work;
}
